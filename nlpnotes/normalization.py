"""Normalization: batch, layer and root mean square.

Sources: Ioffe and Szegedy, "Batch Normalization" (2015, arXiv 1502.03167),
algorithms 1 and 2; Ba et al., "Layer Normalization" (2016, arXiv
1607.06450), equations 3 and 4; Zhang and Sennrich, "Root Mean Square Layer
Normalization" (2019, arXiv 1910.07467), equation 4.

The last axis holds the d features. Variances divide by the count, not by
the count less one, as in Ba et al. and in Ioffe and Szegedy's algorithm 1
(their algorithm 2 keeps B / (B - 1) times the variance for inference).
"""

import numpy as np

from nlpnotes.functions import check_shape


def layer_norm(
    X: np.ndarray, gain: np.ndarray, bias: np.ndarray, eps: float = 1e-5
) -> np.ndarray:
    """Return X (..., d), each row with mean 0 and variance 1, then scaled.

        gain * (x - mean) / sqrt(var + eps) + bias

    gain (d,), bias (d,). Mean and variance are those of one row: rows know
    nothing of each other. Ba et al. have the statistics in equation 3 (their
    H is d), gain and bias in equation 4, and no eps; what they normalize are
    the sums before the activation. Raises ValueError for other shapes.
    """
    *_, d = check_shape("X", X, (..., "d"))
    check_shape("gain", gain, (d,))
    check_shape("bias", bias, (d,))
    centred = X - X.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return gain * centred / np.sqrt(variance + eps) + bias


def layer_norm_backward(
    dY: np.ndarray, X: np.ndarray, gain: np.ndarray, eps: float = 1e-5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return dL/dX (..., d), dL/dgain (d,) and dL/dbias (d,).

    dY (..., d) is dL/d(layer_norm). With the normalized row z and the row
    g = gain * dY, the gradient is (g - mean(g) - z mean(g z)) / sqrt(var +
    eps): what would change the mean or the length of z is taken out. Raises
    ValueError for other shapes.
    """
    *batch, d = check_shape("X", X, (..., "d"))
    check_shape("dY", dY, (*batch, d))
    check_shape("gain", gain, (d,))
    centred = X - X.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt(variance + eps)
    Z, G = centred * scale, gain * dY
    dX = scale * (
        G
        - G.mean(axis=-1, keepdims=True)
        - Z * (G * Z).mean(axis=-1, keepdims=True)
    )
    rows = tuple(range(len(batch)))
    return dX, (dY * Z).sum(axis=rows), dY.sum(axis=rows)


def rms_norm(X: np.ndarray, gain: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Return gain * x / sqrt(mean(x^2) + eps) for each row of X (..., d).

    gain (d,). Zhang and Sennrich, equation 4, which has no eps. Raises
    ValueError for other shapes.
    """
    *_, d = check_shape("X", X, (..., "d"))
    check_shape("gain", gain, (d,))
    return gain * X / np.sqrt((X**2).mean(axis=-1, keepdims=True) + eps)


def batch_norm_train(
    X: np.ndarray,
    gain: np.ndarray,
    bias: np.ndarray,
    running: tuple[np.ndarray, np.ndarray],
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return X (B, d) normalized by its own batch, and the new averages.

    gain (d,), bias (d,). Each feature gets the mean and the variance of the
    batch: Ioffe and Szegedy, algorithm 1. running holds the averages of the
    means and the variances, (d,) each; momentum is the share of the old
    average that stays, as in ONNX (PyTorch's momentum is the share of the
    new one, and its average takes the variance divided by B - 1). Raises
    ValueError for other shapes.
    """
    _, d = check_shape("X", X, ("B", "d"))
    for name, value in (
        ("gain", gain),
        ("bias", bias),
        ("running mean", running[0]),
        ("running variance", running[1]),
    ):
        check_shape(name, value, (d,))
    mean, variance = X.mean(axis=0), X.var(axis=0)
    averages = (
        momentum * running[0] + (1 - momentum) * mean,
        momentum * running[1] + (1 - momentum) * variance,
    )
    return gain * (X - mean) / np.sqrt(variance + eps) + bias, averages


def batch_norm_infer(
    X: np.ndarray,
    gain: np.ndarray,
    bias: np.ndarray,
    running: tuple[np.ndarray, np.ndarray],
    eps: float = 1e-5,
) -> np.ndarray:
    """Return X (B, d) normalized by the averages kept in training.

    A row's result depends on no other row: Ioffe and Szegedy, algorithm 2,
    line 11. The arguments are those of batch_norm_train. Raises ValueError
    for other shapes.
    """
    _, d = check_shape("X", X, ("B", "d"))
    mean, variance = running
    for name, value in (
        ("gain", gain),
        ("bias", bias),
        ("running mean", mean),
        ("running variance", variance),
    ):
        check_shape(name, value, (d,))
    return gain * (X - mean) / np.sqrt(variance + eps) + bias
