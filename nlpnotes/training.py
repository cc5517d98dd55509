"""What training the Transformer needs beside the model.

Sources: Vaswani et al., "Attention Is All You Need" (2017, arXiv
1706.03762), sections 3.1, 5.3 and 5.4; Kingma and Ba, "Adam" (2015, arXiv
1412.6980), algorithm 1; Szegedy et al., "Rethinking the Inception
Architecture" (2016, arXiv 1512.00567), section 7; Srivastava et al.,
"Dropout" (2014, JMLR 15), sections 4 and 10.

Targets are integers (..., n), logits are (..., n, K) with K classes. Masks
are True where a token is real, False where it is padding.
"""

from typing import NamedTuple

import numpy as np

from nlpnotes.functions import check_shape


def noam_rate(
    step: int | np.ndarray, d_model: int = 512, warmup: int = 4000
) -> np.ndarray:
    """Return the learning rate at the steps 1, 2, ...

        d_model^-0.5 * min(step^-0.5, step * warmup^-1.5)

    Vaswani et al., equation 3. It rises to (d_model * warmup)^-0.5 at
    step = warmup. Raises ValueError when a step, d_model or warmup is less
    than 1: at step 0 the power has no value.
    """
    for name, value in (
        ("step", step),
        ("d_model", d_model),
        ("warmup", warmup),
    ):
        if np.min(value) < 1:
            raise ValueError(f"{name}: expected 1 or more, got {value}")
    step = np.asarray(step, dtype=float)
    return d_model**-0.5 * np.minimum(step**-0.5, step * warmup**-1.5)


def smooth_labels(
    targets: np.ndarray, classes: int, epsilon: float = 0.1
) -> np.ndarray:
    """Return (1 - epsilon) * onehot + epsilon / K, (..., K).

    targets (...) are 0 to K - 1, classes is K. The right class keeps its
    share of the even part, so that it gets 1 - epsilon + epsilon / K:
    Szegedy et al., section 7, with u(k) = 1 / K. Raises ValueError for
    another target and for epsilon outside 0 <= epsilon < 1.
    """
    targets = np.asarray(targets)
    if targets.min() < 0 or targets.max() >= classes:
        raise ValueError(f"targets: expected 0 to {classes - 1}")
    if not 0 <= epsilon < 1:
        raise ValueError(f"epsilon: expected 0 <= epsilon < 1, got {epsilon}")
    right = np.arange(classes) == targets[..., None]
    return (1 - epsilon) * right + epsilon / classes


def cross_entropy(
    logits: np.ndarray,
    targets: np.ndarray,
    mask: np.ndarray | None = None,
    epsilon: float = 0.0,
) -> tuple[float, np.ndarray]:
    """Return the mean loss of the real tokens and dL/dlogits (..., n, K).

        L = -1/N sum_t sum_k q_tk log softmax(logits_t)_k

    targets (..., n), mask (..., n), q the smoothed labels, N the number of
    real tokens. What stands in targets at padding does not matter. Raises
    ValueError for other shapes, when no token is real, and as smooth_labels
    does.
    """
    *batch, classes = check_shape("logits", logits, (..., "n", "K"))
    check_shape("targets", targets, tuple(batch))
    real = np.ones(batch, bool) if mask is None else np.asarray(mask, bool)
    check_shape("mask", real, tuple(batch))
    N = real.sum()
    if N == 0:
        raise ValueError("mask: no token is real, the mean has no value")
    q = smooth_labels(np.where(real, targets, 0), classes, epsilon)
    q = q.astype(logits.dtype)
    # log softmax, and not the log of softmax: that of a tiny number is -inf.
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    losses = -(q * log_p).sum(axis=-1)
    gradient = np.where(real[..., None], np.exp(log_p) - q, 0) / N
    return float(losses[real].sum() / N), gradient.astype(logits.dtype)


def dropout(
    X: np.ndarray, rate: float, rng: np.random.Generator, train: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return X with entries set to 0, and the mask of those kept.

    In training each entry is dropped with the probability rate, and what is
    kept is divided by 1 - rate, so that the expectation stays (Srivastava
    et al., section 10; their p is the probability of keeping). Otherwise X
    passes as it is. The gradient takes the same path: dX = dY * mask /
    (1 - rate). Raises ValueError for rate outside 0 <= rate < 1.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate: expected 0 <= rate < 1, got {rate}")
    if not train:
        return X, np.ones(X.shape, dtype=bool)
    mask = rng.random(X.shape) >= rate
    return (X * mask / (1 - rate)).astype(X.dtype), mask


class Moments(NamedTuple):
    """What Adam keeps of one parameter: two arrays of its shape."""

    step: int
    first: np.ndarray
    second: np.ndarray


def start_adam(parameter: np.ndarray) -> Moments:
    """Return the moments before the first step: zeros."""
    return Moments(0, np.zeros_like(parameter), np.zeros_like(parameter))


def adam_step(
    parameter: np.ndarray,
    gradient: np.ndarray,
    moments: Moments,
    rate: float,
    betas: tuple[float, float] = (0.9, 0.98),
    eps: float = 1e-9,
) -> tuple[np.ndarray, Moments]:
    """Return the new parameter and moments: Kingma and Ba, algorithm 1.

    All arrays have the parameter's shape. The defaults are those of Vaswani
    et al., section 5.3; Kingma and Ba have 0.999 and 1e-8. eps is added to
    the root of the *corrected* second moment. Raises ValueError for other
    shapes.
    """
    step, m, v = moments
    for name, value in (
        ("gradient", gradient),
        ("first moment", m),
        ("second moment", v),
    ):
        check_shape(name, value, parameter.shape)
    step += 1
    beta_1, beta_2 = betas
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    # The averages began at 0; this undoes it.
    corrected_m = m / (1 - beta_1**step)
    corrected_v = v / (1 - beta_2**step)
    change = rate * corrected_m / (np.sqrt(corrected_v) + eps)
    return parameter - change, Moments(step, m, v)


def shift_right(targets: np.ndarray, begin: int) -> np.ndarray:
    """Return what the decoder is fed: begin, then all targets but the last.

    targets (..., n) are what it has to give, so that position t is fed
    y_(t-1) and has to give y_t: Vaswani et al., section 3.1 ("offset by one
    position"). Raises ValueError when there is no target.
    """
    check_shape("targets", targets, (..., "n"))
    fed = np.roll(targets, 1, axis=-1)
    fed[..., 0] = begin
    return fed
