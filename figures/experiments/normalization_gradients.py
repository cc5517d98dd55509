"""How large the gradients of each layer are before any training.

A stack of Transformer layers (one head, no dropout) with LayerNorm after
the residual sum (Post-LN, as in Vaswani et al. 2017) or before the sub-layer
(Pre-LN, with one more LayerNorm at the end). Weights are Xavier's normal
ones, and the loss is the cross-entropy of a random label at each position,
as in Xiong et al. 2020, section 3.3. What is kept is the Frobenius norm of
the gradient of W_2, the second matrix of the feed-forward network.
"""

import autograd.numpy as np
from autograd import grad

D, D_FF, N, CLASSES = 32, 64, 12, 20
DEPTHS, SEEDS = (2, 4, 8, 16), 6


def norm(X):
    """LayerNorm with gain 1 and bias 0, in autograd's NumPy."""
    centred = X - np.mean(X, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True))


def log_softmax(Z):
    Z = Z - np.max(Z, axis=-1, keepdims=True)
    return Z - np.log(np.sum(np.exp(Z), axis=-1, keepdims=True))


def attend(X, W):
    scores = (X @ W["q"]) @ (X @ W["k"]).T / D**0.5
    return np.exp(log_softmax(scores)) @ (X @ W["v"]) @ W["o"]


def feed_forward(X, W):
    return np.maximum(0, X @ W["1"]) @ W["2"]


def logits(layers, X, readout, pre):
    for W in layers:
        for part in (attend, feed_forward):
            X = X + part(norm(X), W) if pre else norm(X + part(X, W))
    return (norm(X) if pre else X) @ readout


def xavier(rng, rows, columns):
    return rng.normal(size=(rows, columns)) * (2 / (rows + columns)) ** 0.5


def norms_of(depth: int, seed: int, pre: bool) -> list[float]:
    """Return the norm of dL/dW_2 of each layer, from the lowest up."""
    rng = np.random.default_rng(seed)
    layers = [
        {
            **{name: xavier(rng, D, D) for name in "qkvo"},
            "1": xavier(rng, D, D_FF),
            "2": xavier(rng, D_FF, D),
        }
        for _ in range(depth)
    ]
    X, readout = rng.normal(size=(N, D)), xavier(rng, D, CLASSES)
    labels = np.eye(CLASSES)[rng.integers(CLASSES, size=N)]

    def loss(layers):
        chosen = log_softmax(logits(layers, X, readout, pre)) * labels
        return -np.sum(chosen) / N

    return [float(np.linalg.norm(g["2"])) for g in grad(loss)(layers)]


def run() -> dict:
    """Return the mean norm of each layer for each depth, post and pre."""
    found: dict = {"depths": list(DEPTHS)}
    for name, pre in (("post", False), ("pre", True)):
        found[name] = [
            [
                float(f"{value:.4g}")
                for value in np.mean(
                    np.array([norms_of(depth, s, pre) for s in range(SEEDS)]),
                    axis=0,
                )
            ]
            for depth in DEPTHS
        ]
    return found
