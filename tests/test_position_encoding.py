"""The position encodings of the notes are what the papers and ONNX say."""

import cmath

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from nlpnotes.attention import dot_scores
from nlpnotes.position_encoding import (
    frequencies,
    linear_biases,
    relative_buckets,
    relative_scores,
    rotate,
    sinusoidal_positions,
)

SHAPES = [(1, 1, 2), (2, 5, 8), (3, 7, 6), (1, 12, 64)]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


# -- Sinusoidal --------------------------------------------------------------


@pytest.mark.parametrize(("n", "d"), [(1, 2), (5, 8), (50, 512)])
def test_the_table_is_the_formula_entry_by_entry(n: int, d: int):
    table = sinusoidal_positions(n, d)
    assert table.shape == (n, d)
    for p in range(n):
        for i in range(d // 2):
            turn = cmath.exp(1j * p / 10_000 ** (2 * i / d))
            assert table[p, 2 * i] == pytest.approx(turn.imag, abs=1e-12)
            assert table[p, 2 * i + 1] == pytest.approx(turn.real, abs=1e-12)


def test_the_dot_product_of_two_positions_depends_on_their_distance():
    table = sinusoidal_positions(60, 64)
    products = table @ table.T
    for k in (0, 1, 7, 30):
        diagonal = np.diagonal(products, k)
        assert diagonal == pytest.approx(diagonal[0])
        assert diagonal[0] == pytest.approx(np.cos(k * frequencies(64)).sum())


def test_a_shift_is_one_linear_map_for_all_positions():
    table = sinusoidal_positions(40, 16)
    shift, *_ = np.linalg.lstsq(table[:-5], table[5:], rcond=None)
    assert table[:-5] @ shift == pytest.approx(table[5:])


@pytest.mark.parametrize("d", [0, -2, 3])
def test_an_odd_width_is_an_error(d: int):
    with pytest.raises(ValueError, match="even"):
        frequencies(d)


# -- Rotary ------------------------------------------------------------------


def onnx_rotary(
    X: np.ndarray, positions: np.ndarray, interleaved: bool, run: str
) -> np.ndarray:
    """ONNX's RotaryEmbedding (opset 23) on one head."""
    d = X.shape[-1]
    angles = np.arange(positions.max() + 1)[:, None] * frequencies(d)
    kind = helper.np_dtype_to_tensor_dtype(X.dtype)
    inputs = {
        "X": X[:, None],
        "cos": np.cos(angles).astype(X.dtype),
        "sin": np.sin(angles).astype(X.dtype),
        "ids": np.tile(positions, (len(X), 1)).astype(np.int64),
    }
    graph = helper.make_graph(
        [
            helper.make_node(
                "RotaryEmbedding",
                list(inputs),
                ["Y"],
                interleaved=int(interleaved),
            )
        ],
        "rotary",
        [
            helper.make_tensor_value_info(
                name,
                TensorProto.INT64 if name == "ids" else kind,
                value.shape,
            )
            for name, value in inputs.items()
        ],
        [helper.make_tensor_value_info("Y", kind, inputs["X"].shape)],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10
    )
    if run == "reference":
        (found,) = ReferenceEvaluator(model).run(None, inputs)
    else:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        (found,) = session.run(None, inputs)
    return found[:, 0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("interleaved", [True, False])
def test_rotate_is_the_reference_of_onnx(rng, shape, interleaved: bool):
    X = rng.normal(size=shape)
    positions = rng.permutation(40)[: shape[1]]
    expected = onnx_rotary(X, positions, interleaved, "reference")
    found = rotate(X, positions, interleaved)
    np.testing.assert_allclose(found, expected, atol=1e-10, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("interleaved", [True, False])
def test_rotate_is_onnxruntime_in_float32(rng, shape, interleaved: bool):
    X = rng.normal(size=shape).astype(np.float32)
    positions = np.arange(shape[1])
    expected = onnx_rotary(X, positions, interleaved, "runtime")
    found = rotate(X, positions, interleaved)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("interleaved", [True, False])
def test_rotated_scores_depend_on_the_distance_alone(rng, interleaved):
    Q, K = rng.normal(size=(2, 6, 8))
    here = np.arange(6)

    def scores(offset: int) -> np.ndarray:
        return dot_scores(
            rotate(Q, here + offset, interleaved),
            rotate(K, here + offset, interleaved),
        )

    assert scores(100) == pytest.approx(scores(0))
    assert rotate(Q, here * 0, interleaved) == pytest.approx(Q)


def test_rotation_keeps_lengths_and_takes_another_base(rng):
    X, positions = rng.normal(size=(5, 8)), np.arange(5)
    turned = rotate(X, positions, base=100)
    assert np.linalg.norm(turned, axis=1) == pytest.approx(
        np.linalg.norm(X, axis=1)
    )
    assert turned[1, 2] == pytest.approx(
        X[1, 2] * np.cos(100**-0.25) - X[1, 3] * np.sin(100**-0.25)
    )


def test_rotate_refuses_other_shapes_and_whole_numbers(rng):
    with pytest.raises(ValueError, match="positions"):
        rotate(rng.normal(size=(5, 8)), np.arange(4))
    with pytest.raises(ValueError, match="X"):
        rotate(rng.normal(size=8), np.arange(8))
    with pytest.raises(ValueError, match="floats"):
        rotate(np.array([[1, 2, 3, 4]]), np.array([1]))


# -- Relative ----------------------------------------------------------------


@pytest.mark.parametrize(("n", "m", "k"), [(4, 4, 1), (3, 6, 2), (7, 5, 9)])
def test_relative_scores_are_the_sum_over_every_pair(rng, n, m, k):
    d = 4
    Q, K = rng.normal(size=(2, n, d)), rng.normal(size=(2, m, d))
    table = rng.normal(size=(2 * k + 1, d))
    found = relative_scores(Q, K, table)
    for b in range(2):
        for i in range(n):
            for j in range(m):
                away = max(-k, min(k, j - i))
                expected = Q[b, i] @ (K[b, j] + table[away + k]) / 2
                assert found[b, i, j] == pytest.approx(expected)


def test_relative_scores_refuse_other_shapes(rng):
    Q, K = rng.normal(size=(2, 3, 4))
    with pytest.raises(ValueError, match="odd"):
        relative_scores(Q, K, rng.normal(size=(4, 4)))
    with pytest.raises(ValueError, match="table"):
        relative_scores(Q, K, rng.normal(size=(5, 3)))
    with pytest.raises(ValueError, match="K"):
        relative_scores(Q, K[:, :2], rng.normal(size=(5, 4)))


# -- T5's buckets ------------------------------------------------------------


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("buckets", "limit"), [(32, 128), (16, 20), (8, 9)])
def test_a_bucket_begins_where_the_distance_reaches_its_power(
    buckets: int, limit: int, causal: bool
):
    # In whole numbers, so that nothing is rounded: bucket e + k begins at
    # e (limit / e)^(k / rest), where rest buckets share the far distances.
    half = buckets if causal else buckets // 2
    e = half // 2
    rest = half - e
    for r in range(2 * limit):
        if r < e:
            expected = r
        else:
            expected = e + max(
                k for k in range(rest) if r**rest * e**k >= e**rest * limit**k
            )
        ahead = 0 if causal else (half + expected if r else expected)
        found = relative_buckets(np.array([-r, r]), buckets, limit, causal)
        assert found.tolist() == [expected, ahead]


def test_the_buckets_of_t5_are_fine_nearby_and_coarse_far_away():
    behind = relative_buckets(-np.arange(1000))
    first = np.flatnonzero(np.diff(behind, prepend=-1))
    assert first.tolist() == [*range(9), 12, 16, 23, 32, 46, 64, 91]
    causal = relative_buckets(-np.arange(1000), causal=True)
    assert np.flatnonzero(np.diff(causal))[-1] + 1 == 113
    assert relative_buckets(np.zeros((2, 3), int)).shape == (2, 3)


@pytest.mark.parametrize(
    ("buckets", "limit", "causal", "what"),
    [
        (6, 128, False, "buckets"),
        (5, 128, True, "buckets"),
        (0, 128, True, "buckets"),
        (32, 8, False, "limit"),
        (32, 16, True, "limit"),
    ],
)
def test_buckets_that_cannot_be_halved_are_an_error(
    buckets: int, limit: int, causal: bool, what: str
):
    with pytest.raises(ValueError, match=what):
        relative_buckets(np.arange(3), buckets, limit, causal)


# -- Linear biases -----------------------------------------------------------


def test_eight_heads_have_the_slopes_of_the_paper():
    biases = linear_biases(8, 3)
    assert biases[:, 1, 0] == pytest.approx([-(2.0**-i) for i in range(1, 9)])
    assert biases[0] == pytest.approx(
        np.array([[0, -0.5, -1], [-0.5, 0, -0.5], [-1, -0.5, 0]])
    )


def test_sixteen_heads_begin_at_one_over_the_square_root_of_two():
    assert linear_biases(16, 2)[0, 1, 0] == pytest.approx(-(2**-0.5))
