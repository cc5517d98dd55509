"""The plain recurrent network, held to ONNX's RNN."""

import numpy as np
import pytest

from finite_differences import derivative
from nlpnotes.functions import sigmoid
from nlpnotes.rnn import jacobian_norms, rnn, rnn_backward, rnn_cell
from onnx_peers import (
    SHAPES,
    TOLERANCE,
    random_arrays,
    random_parameters,
    run_onnx,
)


def case(shape, seed, dtype="float64"):
    """The arguments of rnn, random."""
    B, T, d_x, d_h = shape
    X, h0 = random_arrays(seed, dtype, (B, T, d_x), (B, d_h))
    return [X, h0, *random_parameters("RNN", seed + 100, dtype, d_x, d_h)]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
def test_rnn_agrees_with_onnx(shape, seed, dtype):
    X, h0, *parameters = case(shape, seed, dtype)
    results = rnn(X, h0, *parameters)
    expected = run_onnx("RNN", X, [parameters], [[h0]])
    for ours, theirs in zip(results, expected, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[dtype])


def test_the_cell_takes_a_single_vector():
    X, h0, *parameters = case((2, 1, 3, 4), seed=0)
    H, _ = rnn(X, h0, *parameters)
    for k in range(2):
        h = rnn_cell(X[k, 0], h0[k], *parameters)
        np.testing.assert_allclose(h, H[k, 0], atol=1e-15)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("shape", SHAPES[:7])
def test_gradients_agree_with_finite_differences(shape, seed):
    arguments = case(shape, seed)
    (dH,) = random_arrays(seed + 200, "float64", (*shape[:2], shape[3]))
    gradients = rnn_backward(dH, *arguments)
    assert len(gradients) == len(arguments)
    for k, derived in enumerate(gradients):

        def loss(argument, k=k):
            H = rnn(*arguments[:k], argument, *arguments[k + 1 :])[0]
            return (H * dH).sum()

        tried = derivative(loss, arguments[k])
        np.testing.assert_allclose(derived, tried, rtol=1e-6, atol=1e-8)


def test_the_gradient_of_u_is_a_double_sum():
    X, h0, W, U, b = case((1, 5, 3, 4), seed=0)
    (dH,) = random_arrays(200, "float64", (1, 5, 4))
    H = np.concatenate([h0, rnn(X, h0, W, U, b)[0][0]])
    dU = np.zeros_like(U)
    for t in range(1, 6):
        J = np.eye(4)  # dh_k/dh_t
        for k in range(t, 6):
            if k > t:
                J = np.diag(1 - H[k] ** 2) @ U @ J
            da = (1 - H[t] ** 2) * (J.T @ dH[0, k - 1])
            dU += np.outer(da, H[t - 1])
    expected = rnn_backward(dH, X, h0, W, U, b)[3]
    np.testing.assert_allclose(dU, expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_a_sigmoid_network_is_a_tanh_network(seed):
    X, g, W, U, b = case((2, 20, 3, 6), seed)
    _, g_T = rnn(X, g, W / 2, U / 4, b / 2 + U.sum(axis=1) / 4)
    h = (1 + g) / 2
    for t in range(20):
        h = sigmoid(X[:, t] @ W.T + h @ U.T + b)
    np.testing.assert_allclose((1 + g_T) / 2, h, atol=1e-12)


def test_gradients_keep_float32():
    arguments = case((2, 3, 4, 5), 0, "float32")
    gradients = rnn_backward(np.ones((2, 3, 5), "float32"), *arguments)
    assert [g.dtype for g in gradients] == ["float32"] * 5


def test_gradients_of_whole_numbers_are_not_rounded():
    _, *rest = case((2, 3, 4, 5), 0)
    one_hot = np.eye(4, dtype=int)[[[0, 1, 2], [3, 0, 1]]]
    dH = np.ones((2, 3, 5))
    whole = rnn_backward(dH, one_hot, *rest)
    for ours, theirs in zip(
        whole, rnn_backward(dH, one_hot.astype(float), *rest), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("shape", SHAPES[:7])
def test_jacobian_norms_agree_with_finite_differences(shape):
    B, T, *_ = shape
    X, h0, *parameters = case(shape, seed=0)
    H, _ = rnn(X, h0, *parameters)
    states = np.concatenate([h0[:, None], H], axis=1)
    norms = jacobian_norms(H, parameters[1])
    for t in range(T):
        J = derivative(
            lambda h, t=t: rnn(X[:, t:], h, *parameters)[1], states[:, t]
        )
        # A sequence's last state depends on its own states only.
        own = J[range(B), :, range(B)]
        largest = np.linalg.svd(own, compute_uv=False)[:, 0]
        np.testing.assert_allclose(norms[:, t], largest, atol=1e-8)
    np.testing.assert_array_equal(norms[:, T], 1)


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25])
def test_gradients_vanish_or_explode_with_the_size_of_u(scale):
    # States of zero leave tanh linear, so that dh_T/dh_t is a power of U.
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    norms = jacobian_norms(np.zeros((1, 50, 2)), scale * rotation)
    np.testing.assert_allclose(norms[0], scale ** np.arange(50.0, -1, -1))


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_jacobian_norms_keep_the_dtype(dtype):
    H, U = random_arrays(0, dtype, (2, 3, 4), (4, 4))
    assert jacobian_norms(H, U).dtype == dtype


WRONG = {"X": (2, 3), "h0": (1, 5), "W": (4, 5), "U": (1, 5), "b": (1,)}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_shape_is_named(name):
    names = ["X", "h0", "W", "U", "b"]
    arguments = case((2, 3, 4, 5), seed=0)
    arguments[names.index(name)] = np.zeros(WRONG[name])
    message = f"^{name}: expected the shape"
    with pytest.raises(ValueError, match=message):
        rnn(*arguments)
    with pytest.raises(ValueError, match=message):
        rnn_backward(np.zeros((2, 3, 5)), *arguments)


def test_wrong_shapes_of_the_other_functions_are_named():
    X, h0, *parameters = case((2, 3, 4, 5), seed=0)
    with pytest.raises(ValueError, match=r"^dH: .*\(2, 3, 5\), got \(2, 5\)"):
        rnn_backward(h0, X, h0, *parameters)
    with pytest.raises(ValueError, match=r"^h: .*\(2, d_h\), got \(1, 5\)"):
        rnn_cell(X[:, 0], h0[:1], *parameters)
    with pytest.raises(ValueError, match=r"^x: .*\(..., d_x\), got \(\)"):
        rnn_cell(np.float64(1), h0, *parameters)
    with pytest.raises(ValueError, match=r"^H: .*\(B, T, d_h\), got \(2, 5\)"):
        jacobian_norms(h0, parameters[1])
    with pytest.raises(ValueError, match=r"^U: .*\(4, 4\), got \(5, 5\)"):
        jacobian_norms(X, parameters[1])
