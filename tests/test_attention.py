"""Attention, held to ONNX's Attention operator and to plain loops."""

import math

import numpy as np
import pytest

from finite_differences import derivative
from nlpnotes.attention import (
    additive_scores,
    attention_multiply_adds,
    causal_mask,
    dot_scores,
    general_scores,
    merge_heads,
    multi_head_attention,
    multi_head_parameter_count,
    padding_mask,
    scaled_dot_product_attention,
    softmax_jacobian,
    split_heads,
)
from nlpnotes.functions import softmax
from onnx_attention_peer import onnx_attention
from onnx_peers import TOLERANCE, random_arrays

# (B, h, n, m, d_k, d_v): each size is 1 somewhere.
SHAPES = [
    (1, 1, 1, 1, 1, 1),
    (2, 1, 3, 4, 5, 6),
    (1, 3, 4, 2, 1, 3),
    (2, 4, 1, 6, 8, 8),
    (3, 2, 5, 1, 4, 1),
    (1, 2, 7, 7, 16, 5),
    (2, 8, 6, 6, 3, 3),
    (1, 1, 20, 30, 64, 64),
]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)
# Why onnxruntime is not asked for float64: see onnx_attention_peer.
peers = pytest.mark.parametrize(
    ("dtype", "reference"),
    [("float32", False), ("float64", True)],
    ids=["onnxruntime", "onnx-reference"],
)
seeds = pytest.mark.parametrize("seed", range(3))


def case(shape: tuple[int, ...], seed: int, dtype: str) -> list[np.ndarray]:
    B, h, n, m, d_k, d_v = shape
    Q, K, V = random_arrays(
        seed, dtype, (B, h, n, d_k), (B, h, m, d_k), (B, h, m, d_v)
    )
    return [3 * Q, 3 * K, V]  # far from uniform weights


def assert_close(ours: np.ndarray, theirs: np.ndarray) -> None:
    tolerance = TOLERANCE[str(ours.dtype)]
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@peers
@shapes
@seeds
def test_attention_is_onnx_attention(shape, seed, dtype, reference):
    Q, K, V = case(shape, seed, dtype)
    ours, _ = scaled_dot_product_attention(Q, K, V)
    assert_close(ours, onnx_attention(Q, K, V, reference=reference))


@pytest.mark.parametrize("reference", [False, True])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("scale", [0.0625, 0.5625])
@shapes
def test_another_scale_is_onnx_scale(shape, scale, dtype, reference):
    # ONNX keeps these scales and their roots exactly, so that onnxruntime
    # can be held to float64 too.
    Q, K, V = case(shape, 0, dtype)
    ours, _ = scaled_dot_product_attention(Q, K, V, scale=scale)
    theirs = onnx_attention(Q, K, V, reference=reference, scale=scale)
    assert_close(ours, theirs)


@peers
@shapes
@seeds
def test_a_boolean_mask_is_onnx_mask(shape, seed, dtype, reference):
    Q, K, V = case(shape, seed, dtype)
    *batch, n, m = (*shape[:2], shape[2], shape[3])
    mask = np.random.default_rng(seed).random((*batch, n, m)) < 0.6
    mask[..., 0] = True  # rows without any key have tests of their own
    ours, weights = scaled_dot_product_attention(Q, K, V, mask)
    theirs = onnx_attention(Q, K, V, mask, reference=reference)
    assert_close(ours, theirs)
    assert (weights[~mask] == 0).all()


@peers
@pytest.mark.parametrize(
    "axes", [(4, 5), (3, 4, 5), (2, 1, 4, 5), (1, 3, 4, 5), (1, 1, 4, 5)]
)
def test_a_mask_is_broadcast_as_onnx_does(axes, dtype, reference):
    Q, K, V = case((2, 3, 4, 5, 6, 7), 0, dtype)
    mask = np.random.default_rng(0).random(axes) < 0.6
    mask[..., 0] = True
    ours, _ = scaled_dot_product_attention(Q, K, V, mask)
    assert_close(ours, onnx_attention(Q, K, V, mask, reference=reference))


# The specification of Attention-24 asks for zeros, and both peers give them;
# onnx before 1.23 gave nan. The formula alone would be 0 / 0.
@peers
@seeds
def test_a_query_that_sees_nothing_gets_zero_as_in_onnx(
    seed, dtype, reference
):
    Q, K, V = case((2, 2, 3, 4, 5, 6), seed, dtype)
    mask = np.ones((2, 2, 3, 4), dtype=bool)
    mask[1, :, 2] = False
    ours, weights = scaled_dot_product_attention(Q, K, V, mask)
    assert (weights[1, :, 2] == 0).all()
    assert (ours[1, :, 2] == 0).all()
    assert_close(ours, onnx_attention(Q, K, V, mask, reference=reference))


# Adding a large negative number, as much code does instead of -inf, leaves
# equal scores where all keys are hidden, so that padding is averaged.
# onnxruntime takes the lowest float32 for -inf, the reference does not.
@pytest.mark.parametrize(
    ("hidden", "onnxruntime_gives", "reference_gives"),
    [
        (-np.inf, "zero", "zero"),
        (-1e9, "mean", "mean"),
        (np.finfo(np.float32).min, "zero", "mean"),
    ],
)
def test_peers_differ_on_a_query_whose_keys_are_all_hidden_by_a_number(
    hidden, onnxruntime_gives, reference_gives
):
    Q, K, V = case((1, 1, 2, 3, 4, 5), 0, "float32")
    mask = np.zeros((1, 1, 2, 3), dtype=np.float32)
    mask[..., 1, :] = hidden
    results = {"zero": np.zeros(5), "mean": V[0, 0].mean(axis=0)}
    for reference, gives in (
        (False, onnxruntime_gives),
        (True, reference_gives),
    ):
        row = onnx_attention(Q, K, V, mask, reference=reference)[0, 0, 1]
        np.testing.assert_allclose(row, results[gives], atol=1e-6)


@peers
@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_causal_mask_is_onnx_is_causal(n, dtype, reference):
    Q, K, V = case((2, 3, n, n, 4, 5), 0, dtype)
    ours, _ = scaled_dot_product_attention(Q, K, V, causal_mask(n))
    theirs = onnx_attention(Q, K, V, reference=reference, is_causal=1)
    assert_close(ours, theirs)


@peers
@pytest.mark.parametrize(("n", "m"), [(1, 4), (2, 6), (3, 3)])
def test_the_causal_mask_counts_the_keys_of_a_cache(n, m, dtype, reference):
    Q, K, V = case((2, 3, n, m, 4, 5), 0, dtype)
    ours, _ = scaled_dot_product_attention(Q, K, V, causal_mask(n, m))
    past, new = np.s_[:, :, : m - n], np.s_[:, :, m - n :]
    theirs = onnx_attention(
        Q,
        K[new],
        V[new],
        past=(K[past], V[past]),
        reference=reference,
        is_causal=1,
    )
    assert_close(ours, theirs)


@peers
def test_without_a_cache_onnx_aligns_its_causal_mask_at_the_top_left(
    dtype, reference
):
    Q, K, V = case((2, 3, 2, 6, 4, 5), 0, dtype)
    theirs = onnx_attention(Q, K, V, reference=reference, is_causal=1)
    top_left = np.tril(np.ones((2, 6), dtype=bool))
    ours, _ = scaled_dot_product_attention(Q, K, V, top_left)
    assert_close(ours, theirs)
    late, _ = scaled_dot_product_attention(Q, K, V, causal_mask(2, 6))
    assert np.abs(late - theirs).max() > 0.1


@peers
def test_masks_are_combined_by_and(dtype, reference):
    n = 5
    Q, K, V = case((3, 2, n, n, 4, 5), 0, dtype)
    padding = padding_mask(np.array([0, 2, n]), n)
    both = (causal_mask(n) & padding)[:, None]
    ours, _ = scaled_dot_product_attention(Q, K, V, both)
    padding = np.broadcast_to(padding[:, None], (3, 1, n, n)).copy()
    theirs = onnx_attention(Q, K, V, padding, reference=reference, is_causal=1)
    assert_close(ours, theirs)


def test_the_last_queries_see_what_they_see_in_the_whole_sequence():
    whole = causal_mask(6)
    np.testing.assert_array_equal(causal_mask(2, 6), whole[-2:])


def test_masking_keys_is_deleting_them():
    Q, K, V = case((2, 1, 3, 5, 4, 4), 0, "float64")
    mask = padding_mask(np.array([2, 5]), 5)[:, None]
    output, weights = scaled_dot_product_attention(Q, K, V, mask)
    short, _ = scaled_dot_product_attention(Q[0], K[0, :, :2], V[0, :, :2])
    np.testing.assert_allclose(output[0], short, rtol=1e-12)
    free, _ = scaled_dot_product_attention(Q[1], K[1], V[1])
    np.testing.assert_array_equal(output[1], free)
    assert (weights[0, ..., 2:] == 0).all()


def test_a_length_of_zero_hides_everything():
    mask = padding_mask(np.array([0, 3]), 3)
    assert mask.shape == (2, 1, 3)
    assert mask[0].sum() == 0
    assert mask[1].all()


@seeds
@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (3, 4, 2, 5, 6)])
def test_additive_scores_are_those_of_plain_loops(shape, seed):
    n, m, d_q, d_k, d_a = shape
    Q, K, W_q, W_k, v = random_arrays(
        seed, "float64", (n, d_q), (m, d_k), (d_q, d_a), (d_k, d_a), (d_a,)
    )
    scores = additive_scores(Q, K, W_q, W_k, v)
    for i in range(n):
        for j in range(m):
            score = 0.0
            for a in range(d_a):
                inner = sum(Q[i, x] * W_q[x, a] for x in range(d_q))
                inner += sum(K[j, x] * W_k[x, a] for x in range(d_k))
                score += v[a] * math.tanh(inner)
            assert scores[i, j] == pytest.approx(score, rel=1e-10)


@seeds
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 4, 2, 5)])
def test_general_and_dot_scores_are_those_of_plain_loops(shape, seed):
    n, m, d_q, d_k = shape
    Q, K, W = random_arrays(seed, "float64", (n, d_q), (m, d_k), (d_q, d_k))
    general, dot = general_scores(Q, K, W), dot_scores(Q @ W, K)
    assert general.shape == dot.shape == (n, m)
    for i in range(n):
        for j in range(m):
            score = 0.0
            for a in range(d_q):
                for b in range(d_k):
                    score += Q[i, a] * W[a, b] * K[j, b]
            assert general[i, j] == pytest.approx(score, rel=1e-10)
            assert dot[i, j] == pytest.approx(score, rel=1e-10)


@shapes
def test_scaled_dot_product_attention_is_dot_scores_scaled(shape):
    Q, K, V = case(shape, 0, "float64")
    weights = softmax(dot_scores(Q, K) / math.sqrt(shape[4]))
    output, ours = scaled_dot_product_attention(Q, K, V)
    np.testing.assert_allclose(ours, weights, rtol=1e-12)
    np.testing.assert_allclose(output, weights @ V, rtol=1e-10, atol=1e-12)


def test_additive_scores_of_a_batch_are_those_of_its_members():
    Q, K, W_q, W_k, v = random_arrays(
        0, "float32", (2, 3, 4), (2, 5, 6), (4, 7), (6, 7), (7,)
    )
    scores = additive_scores(Q, K, W_q, W_k, v)
    assert scores.dtype == np.float32
    for b in range(2):
        alone = additive_scores(Q[b], K[b], W_q, W_k, v)
        np.testing.assert_allclose(scores[b], alone, rtol=1e-5)


HEADS = [(1, 4, 4, 3, 3), (2, 6, 3, 2, 5), (8, 16, 2, 2, 2), (3, 5, 1, 4, 1)]


@peers
@seeds
@pytest.mark.parametrize(("h", "d_model", "d_k", "d_v", "m"), HEADS)
def test_heads_are_onnx_heads_between_projections(
    h, d_model, d_k, d_v, m, seed, dtype, reference
):
    B, n = 2, 3
    X_q, X_kv, W_Q, W_K, W_V, W_O = random_arrays(
        seed,
        dtype,
        (B, n, d_model),
        (B, m, d_model),
        (d_model, h * d_k),
        (d_model, h * d_k),
        (d_model, h * d_v),
        (h * d_v, d_model),
    )
    lengths = np.random.default_rng(seed).integers(1, m + 1, size=B)
    mask = padding_mask(lengths, m)
    ours, weights = multi_head_attention(
        X_q, X_kv, W_Q, W_K, W_V, W_O, h, mask
    )
    # Fed with three axes, the operator splits and merges the heads itself.
    heads = onnx_attention(
        X_q @ W_Q,
        X_kv @ W_K,
        X_kv @ W_V,
        np.broadcast_to(mask[:, None], (B, h, n, m)).copy(),
        reference=reference,
        q_num_heads=h,
        kv_num_heads=h,
    )
    assert_close(ours, heads @ W_O)
    assert weights.shape == (B, h, n, m)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)


def test_one_head_is_attention_between_projections():
    X_q, X_kv, W_Q, W_K, W_V, W_O = random_arrays(
        0, "float64", (3, 6), (4, 6), (6, 2), (6, 2), (6, 5), (5, 6)
    )
    mask = causal_mask(3, 4)
    ours = multi_head_attention(X_q, X_kv, W_Q, W_K, W_V, W_O, 1, mask)
    head, weights = scaled_dot_product_attention(
        X_q @ W_Q, X_kv @ W_K, X_kv @ W_V, mask
    )
    np.testing.assert_allclose(ours[0], head @ W_O, rtol=1e-12)
    np.testing.assert_allclose(ours[1], weights[None], rtol=1e-12)


def test_head_i_has_the_columns_of_block_i():
    X = np.arange(12).reshape(2, 6)
    np.testing.assert_array_equal(split_heads(X, 3)[1], X[:, 2:4])
    np.testing.assert_array_equal(merge_heads(split_heads(X, 3)), X)


def test_permuting_the_tokens_permutes_the_outputs():
    X, *W = random_arrays(0, "float64", (5, 8), *[(8, 8)] * 4)
    order = np.array([3, 0, 4, 1, 2])
    straight, _ = multi_head_attention(X, X, *W, h=2)
    permuted, _ = multi_head_attention(X[order], X[order], *W, h=2)
    np.testing.assert_allclose(permuted, straight[order], rtol=1e-10)
    assert not np.allclose(permuted, straight)


def test_the_order_of_the_keys_does_not_matter():
    Q, K, V = case((2, 1, 3, 5, 4, 6), 0, "float64")
    order = np.array([3, 0, 4, 1, 2])
    straight, weights = scaled_dot_product_attention(Q, K, V)
    output, permuted = scaled_dot_product_attention(
        Q, K[..., order, :], V[..., order, :]
    )
    np.testing.assert_allclose(output, straight, rtol=1e-10)
    np.testing.assert_allclose(permuted, weights[..., order], rtol=1e-10)
    unpaired, _ = scaled_dot_product_attention(Q, K[..., order, :], V)
    assert np.abs(unpaired - straight).max() > 0.1


def test_the_jacobian_of_softmax_is_its_derivative():
    (s,) = random_arrays(0, "float64", (5,))
    numeric = derivative(softmax, s)
    jacobian = softmax_jacobian(softmax(s))
    np.testing.assert_allclose(jacobian, numeric, atol=1e-8)
    batch = softmax_jacobian(np.stack([softmax(s)] * 2))
    np.testing.assert_allclose(batch[1], numeric, atol=1e-8)


def test_the_base_model_has_a_million_parameters_a_layer_of_attention():
    assert multi_head_parameter_count(512, 8, 64, 64) == 4 * 512 * 512
    arrays = [(5, 3 * 2), (5, 3 * 2), (5, 3 * 4), (3 * 4, 5)]
    biases = [3 * 2, 3 * 2, 3 * 4, 5]
    weights = sum(rows * columns for rows, columns in arrays)
    assert multi_head_parameter_count(5, 3, 2, 4) == weights
    with_bias = multi_head_parameter_count(5, 3, 2, 4, bias=True)
    assert with_bias == weights + sum(biases)


class Counting:
    """A number that counts the products made with it."""

    products = 0

    def __mul__(self, other: "Counting") -> "Counting":
        Counting.products += 1
        return self

    def __add__(self, other: "Counting") -> "Counting":
        return self


def test_multiply_adds_are_counted_one_by_one(monkeypatch):
    monkeypatch.setattr(Counting, "products", 0)
    n, m, d_k, d_v = 2, 3, 5, 7
    Q, K, A, V = (
        np.full(shape, Counting(), dtype=object)
        for shape in ((n, d_k), (m, d_k), (n, m), (m, d_v))
    )
    dot_scores(Q, K), A @ V
    assert attention_multiply_adds(n, m, d_k, d_v) == Counting.products


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_everything_keeps_the_dtype(dtype):
    X, W, v = random_arrays(0, dtype, (3, 4), (4, 4), (4,))
    mask = causal_mask(3)
    results = [
        *scaled_dot_product_attention(X, X, X, mask),
        # 1 / np.sqrt(d_k) is a float64 of NumPy's, which would win.
        *scaled_dot_product_attention(X, X, X, scale=1 / np.sqrt(4)),
        *multi_head_attention(X, X, W, W, W, W, 2, mask),
        dot_scores(X, X),
        general_scores(X, X, W),
        additive_scores(X, X, W, W, v),
        softmax_jacobian(softmax(X)),
    ]
    assert {str(result.dtype) for result in results} == {dtype}


Q, K, V, W = np.ones((2, 3)), np.ones((4, 3)), np.ones((4, 5)), np.ones((3, 6))


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: scaled_dot_product_attention(Q, V, V), "K: expected"),
        (lambda: scaled_dot_product_attention(Q, K, V[:3]), "V: expected"),
        (lambda: causal_mask(3, 2), "m: expected at least n = 3, got 2"),
        (lambda: padding_mask(np.array([5]), 4), "lengths: expected 0 to 4"),
        (lambda: padding_mask(np.array([-1]), 4), "lengths: expected 0 to 4"),
        (lambda: padding_mask(3, 4), "lengths: expected the shape"),
        (lambda: split_heads(Q, 2), "h: 3 columns do not make 2 heads"),
        (lambda: split_heads(Q, 0), "h: 3 columns do not make 0 heads"),
        (lambda: merge_heads(Q), "X: expected the shape"),
        (
            lambda: scaled_dot_product_attention(Q, K, V, np.zeros((2, 4))),
            "mask: expected booleans, got float64",
        ),
        (
            lambda: scaled_dot_product_attention(Q, K, V, np.eye(3) > 0),
            r"mask: \(3, 3\) does not broadcast to \(2, 4\)",
        ),
        (
            lambda: scaled_dot_product_attention(
                Q, K, V, np.ones((5, 2, 4), dtype=bool)
            ),
            r"mask: \(5, 2, 4\) does not broadcast to \(2, 4\)",
        ),
        (
            lambda: multi_head_attention(
                Q, Q, W, W, W, W.T, 2, np.ones((2, 2, 2), dtype=bool)
            ),
            r"mask: \(2, 2, 2\) does not broadcast to \(2, 2\)",
        ),
        (lambda: softmax_jacobian(np.float64(1)), "p: expected the shape"),
        (lambda: dot_scores(Q, V), "K: expected"),
        (lambda: general_scores(Q, K, W), "W: expected"),
        (
            lambda: multi_head_attention(Q, K, W, W, W, W, 2),
            r"W_O: expected the shape \(6, 3\), got \(3, 6\)",
        ),
        (
            lambda: additive_scores(Q, K, W, W[:2], np.ones(6)),
            "W_k: expected",
        ),
    ],
)
def test_a_wrong_shape_is_named(call, complaint):
    with pytest.raises(ValueError, match=f"^{complaint}") as caught:
        call()
    assert "\n" not in str(caught.value)
