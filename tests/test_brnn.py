"""Both directions, held to ONNX's bidirectional operators."""

import numpy as np
import pytest

from nlpnotes.brnn import bidirectional, reverse_sequences
from nlpnotes.gru import gru
from nlpnotes.lstm import lstm
from nlpnotes.rnn import rnn, rnn_backward
from onnx_peers import (
    SHAPES,
    TOLERANCE,
    random_arrays,
    random_parameters,
    run_onnx,
)

NETWORKS = {"RNN": rnn, "LSTM": lstm, "GRU": gru}


def case(operator, shape, seed, dtype):
    """X, then each direction's parameters and first states, random."""
    B, T, d_x, d_h = shape
    (X,) = random_arrays(seed, dtype, (B, T, d_x))
    parameters, states = [], []
    for k in (100, 200):
        p = random_parameters(operator, seed + k, dtype, d_x, d_h)
        parameters.append(p)
        zeros = [(B, d_h)] * (2 if operator == "LSTM" else 1)
        states.append(random_arrays(seed + k + 50, dtype, *zeros))
    return X, parameters, states


def both(operator, X, parameters, states, lengths=None):
    """Run the notes' network in both directions."""
    runs = [
        lambda X, p=p, s=s: NETWORKS[operator](X, *s, *p)
        for p, s in zip(parameters, states, strict=True)
    ]
    return bidirectional(*runs, X, lengths)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("operator", NETWORKS)
def test_both_directions_agree_with_onnx(operator, shape, dtype):
    X, parameters, states = case(operator, shape, 0, dtype)
    results = both(operator, X, parameters, states)
    H, h_T, *_ = run_onnx(operator, X, parameters, states)
    for ours, theirs in zip(results, (H, h_T), strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("operator", NETWORKS)
def test_padded_batches_agree_with_onnxruntime(operator, shape, seed):
    B, T, *_ = shape
    X, parameters, states = case(operator, shape, seed, "float32")
    lengths = np.random.default_rng(seed).integers(1, T + 1, B)
    results = both(operator, X, parameters, states, lengths)
    H, h_T, *_ = run_onnx(operator, X, parameters, states, lengths)
    for ours, theirs in zip(results, (H, h_T), strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize("operator", NETWORKS)
def test_a_padded_sequence_gets_what_onnx_gives_it_alone(operator):
    X, parameters, states = case(operator, (4, 6, 3, 5), 0, "float64")
    lengths = np.array([6, 1, 4, 3])
    # Whatever the padding holds, it must not reach a state.
    padded = X.copy()
    padded[np.arange(6) >= lengths[:, None]] = np.nan
    H, h_T = both(operator, padded, parameters, states, lengths)
    for k, length in enumerate(lengths):
        own = [[state[k : k + 1] for state in s] for s in states]
        alone = run_onnx(operator, X[k : k + 1, :length], parameters, own)
        for ours, theirs in [
            (H[k, :length], alone[0][0]),
            (h_T[k], alone[1][0]),
        ]:
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10)
        np.testing.assert_array_equal(H[k, length:], 0)


def test_a_sequence_is_reversed_before_its_padding():
    X = np.array([[1, 2, 3, -1, -2], [4, 5, 6, 7, 8], [9, -1, -2, -3, -4]])
    lengths = np.array([3, 5, 1])
    turned = reverse_sequences(X[:, :, None], lengths)
    np.testing.assert_array_equal(
        turned[:, :, 0],
        [[3, 2, 1, -1, -2], [8, 7, 6, 5, 4], [9, -1, -2, -3, -4]],
    )
    back = reverse_sequences(turned, lengths)
    np.testing.assert_array_equal(back[:, :, 0], X)


def test_each_direction_sees_its_side_of_the_sequence_only():
    X, parameters, states = case("RNN", (1, 5, 3, 4), 0, "float64")
    changed = X.copy()
    changed[0, 2] += 1
    H, _ = both("RNN", X, parameters, states)
    H_changed, _ = both("RNN", changed, parameters, states)
    seen = (H_changed != H).reshape(5, 2, 4).any(axis=-1)
    np.testing.assert_array_equal(seen[:, 0], [False] * 2 + [True] * 3)
    np.testing.assert_array_equal(seen[:, 1], [True] * 3 + [False] * 2)


def test_the_chain_from_the_right_sends_back_what_the_page_derives():
    X, (_, p), _ = case("RNN", (1, 6, 3, 4), 0, "float64")
    zero, (e,) = np.zeros((1, 4)), random_arrays(1, "float64", (6, 4))
    W, U, _ = p
    H = rnn(X[:, ::-1], zero, *p)[0][0, ::-1]
    # a_0 sends nothing; h_{T+1}, on the right of h_T, is the first state.
    da, a = np.zeros((6, 4)), np.zeros(4)
    for t in range(6):
        da[t] = a = (e[t] + U.T @ a) * (1 - H[t] ** 2)
    right = np.vstack([H[1:], zero])
    dX, _, *gradients = rnn_backward(e[None, ::-1], X[:, ::-1], zero, *p)
    np.testing.assert_allclose(da @ W, dX[0, ::-1], rtol=0, atol=1e-12)
    derived = [da.T @ X[0], da.T @ right, da.sum(axis=0)]
    for ours, theirs in zip(derived, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_padding_is_masked_out_of_the_gradients_and_reversed_in_place():
    X, (_, p), _ = case("RNN", (2, 5, 3, 4), 0, "float64")
    zero, (e,) = np.zeros((2, 4)), random_arrays(1, "float64", (2, 5, 4))
    lengths = np.array([5, 2])
    masked = np.where((np.arange(5) < lengths[:, None])[:, :, None], e, 0)
    turned = [reverse_sequences(a, lengths) for a in (masked, X)]
    dX, *_ = rnn_backward(*turned, zero, *p)
    dX = reverse_sequences(dX, lengths)
    alone, *_ = rnn_backward(e[1:, 1::-1], X[1:, 1::-1], zero[1:], *p)
    np.testing.assert_allclose(dX[1, :2], alone[0, ::-1], rtol=0, atol=1e-12)
    assert not dX[1, 2:].any()


def test_lengths_may_be_a_list():
    X, parameters, states = case("RNN", (2, 3, 4, 5), 0, "float64")
    H, _ = both("RNN", X, parameters, states, [3, 2])
    assert not H[1, 2].any()
    assert H[0, 2].all()


@pytest.mark.parametrize("lengths", [[0, 3], [4, 3], [-1, 3]])
def test_lengths_outside_the_sequences_are_an_error(lengths):
    X, parameters, states = case("RNN", (2, 3, 4, 5), 0, "float64")
    with pytest.raises(ValueError, match=r"^lengths: expected 1 to 3, got"):
        both("RNN", X, parameters, states, lengths)


def test_a_wrong_shape_is_named():
    X, parameters, states = case("RNN", (2, 3, 4, 5), 0, "float64")
    with pytest.raises(ValueError, match=r"^lengths: .*\(2\), got \(1,\)"):
        both("RNN", X, parameters, states, [3])
    with pytest.raises(ValueError, match=r"^X: .*\(B, T, d_x\), got \(2, 4\)"):
        both("RNN", X[:, 0], parameters, states)

    def run(X):
        return rnn(X, states[0][0], *parameters[0])

    def forgetful(X):
        return run(X)[0]

    with pytest.raises(ValueError, match=r"^run_forward\(X\)\[0\]: expected"):
        bidirectional(forgetful, run, X)
    with pytest.raises(ValueError, match=r"^run_backward\(X\)\[0\]: expected"):
        bidirectional(run, forgetful, X)
