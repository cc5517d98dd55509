"""The GRU in both of its forms, held to ONNX's GRU."""

import numpy as np
import pytest

from finite_differences import derivative
from nlpnotes.functions import sigmoid
from nlpnotes.gru import gru, gru_cell
from onnx_peers import (
    SHAPES,
    TOLERANCE,
    random_arrays,
    random_parameters,
    run_onnx,
)


def case(shape, seed, dtype="float64"):
    """The arguments of gru up to b, random."""
    B, T, d_x, d_h = shape
    X, h0 = random_arrays(seed, dtype, (B, T, d_x), (B, d_h))
    return [X, h0, *random_parameters("GRU", seed + 100, dtype, d_x, d_h)]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", ["before", "after", "after, with bh"])
def test_gru_agrees_with_onnx(form, shape, seed, dtype):
    X, h0, *parameters = case(shape, seed, dtype)
    if form == "after, with bh":
        parameters += random_arrays(seed + 200, dtype, h0.shape[1:])
    reset_after = form != "before"
    results = gru(X, h0, *parameters, reset_after=reset_after)
    expected = run_onnx(
        "GRU", X, [parameters], [[h0]], linear_before_reset=int(reset_after)
    )
    for ours, theirs in zip(results, expected, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE[dtype])


def test_the_blocks_are_stacked_in_pytorch_order():
    x, h = np.zeros(1), np.array([0.5])
    W, U = np.zeros((3, 1)), np.array([[0.0], [0.0], [2.0]])
    b = np.array([-1.0, 1.0, 3.0])
    r, z = 1 / (1 + np.exp(1.0)), 1 / (1 + np.exp(-1.0))
    expected = z * 0.5 + (1 - z) * np.tanh(2 * r * 0.5 + 3)
    np.testing.assert_allclose(gru_cell(x, h, W, U, b), [expected])


@pytest.mark.parametrize("reset_after", [False, True])
def test_an_update_gate_of_one_keeps_the_old_state(reset_after):
    X, h0, W, U, b = case((2, 9, 3, 4), seed=0)
    keep, replace = b.copy(), b.copy()
    keep[4:8], replace[4:8] = 1000, -1000
    _, kept = gru(X, h0, W, U, keep, reset_after=reset_after)
    _, replaced = gru(X, h0, W, U, replace, reset_after=reset_after)
    np.testing.assert_array_equal(kept, h0)
    assert np.abs(replaced - h0).min() > 1e-3


@pytest.mark.parametrize("reset_after", [False, True])
def test_a_reset_gate_of_zero_hides_the_old_state(reset_after):
    X, h0, W, U, b = case((2, 1, 3, 4), seed=0)
    reset = b.copy()
    reset[:4], reset[4:8] = -1000, -1000
    h = gru_cell(X[:, 0], h0, W, U, reset, reset_after=reset_after)
    unaware = np.tanh(X[:, 0] @ W[8:].T + b[8:])
    np.testing.assert_allclose(h, unaware, atol=1e-15)


def test_the_two_forms_differ():
    X, h0, *parameters = case((2, 4, 3, 4), seed=0)
    before, _ = gru(X, h0, *parameters)
    after, _ = gru(X, h0, *parameters, reset_after=True)
    assert np.abs(before - after).max() > 1e-2


def test_the_other_form_negates_the_update_gate():
    X, h0, W, U, b = case((2, 1, 3, 4), seed=0)
    x, other = X[:, 0], [p.copy() for p in (W, U, b)]
    for p in other:
        p[4:8] *= -1
    W_r, W_z, W_h, U_r, U_z, U_h, b_r, b_z, b_h = (
        block for p in other for block in np.split(p, 3)
    )
    r = sigmoid(x @ W_r.T + h0 @ U_r.T + b_r)
    z = sigmoid(x @ W_z.T + h0 @ U_z.T + b_z)
    candidate = np.tanh(x @ W_h.T + (r * h0) @ U_h.T + b_h)
    chung = (1 - z) * h0 + z * candidate
    np.testing.assert_allclose(gru_cell(x, h0, W, U, b), chung, atol=1e-15)


def test_the_jacobian_with_the_reset_after():
    X, h0, W, U, b = case((1, 1, 3, 4), seed=0)
    (bh,) = random_arrays(200, "float64", (4,))
    x, h = X[0, 0], h0[0]
    a_r, a_z, a_h = np.split(W @ x + b, 3)
    U_r, U_z, U_h = np.split(U, 3)
    r, z = sigmoid(a_r + U_r @ h), sigmoid(a_z + U_z @ h)
    candidate = np.tanh(a_h + r * (U_h @ h + bh))
    M = np.diag(r) @ U_h + np.diag((U_h @ h + bh) * r * (1 - r)) @ U_r
    J = (
        np.diag(z)
        + np.diag((h - candidate) * z * (1 - z)) @ U_z
        + np.diag((1 - z) * (1 - candidate**2)) @ M
    )
    tried = derivative(
        lambda h: gru_cell(x, h, W, U, b, bh, reset_after=True), h
    )
    np.testing.assert_allclose(J, tried, atol=1e-8)


def test_the_cell_takes_a_single_vector():
    X, h0, *parameters = case((2, 1, 3, 4), seed=0)
    H, _ = gru(X, h0, *parameters)
    for k in range(2):
        h = gru_cell(X[k, 0], h0[k], *parameters)
        np.testing.assert_allclose(h, H[k, 0], atol=1e-15)


WRONG = {
    "X": (2, 3),
    "h0": (1, 5),
    "W": (20, 4),
    "U": (15, 1),
    "b": (1,),
    "bh": (1,),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_shape_is_named(name):
    names = ["X", "h0", "W", "U", "b", "bh"]
    arguments = [*case((2, 3, 4, 5), seed=0), np.zeros(5)]
    arguments[names.index(name)] = np.zeros(WRONG[name])
    with pytest.raises(ValueError, match=f"^{name}: expected the shape"):
        gru(*arguments, reset_after=True)


def test_wrong_shapes_of_the_cell_are_named():
    X, h0, *parameters = case((2, 3, 4, 5), seed=0)
    with pytest.raises(ValueError, match=r"^h: .*\(2, d_h\), got \(1, 5\)"):
        gru_cell(X[:, 0], h0[:1], *parameters)
    with pytest.raises(ValueError, match=r"^x: .*\(..., d_x\), got \(\)"):
        gru_cell(np.float64(1), h0, *parameters)


def test_a_second_bias_needs_the_form_that_has_one():
    with pytest.raises(ValueError, match=r"^bh: only with reset_after=True"):
        gru(*case((2, 3, 4, 5), seed=0), np.zeros(5))
