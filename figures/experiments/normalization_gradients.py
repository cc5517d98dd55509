"""How large the gradients are before any training.

An encoder (one head, no dropout) with LayerNorm after the residual sum
(Post-LN, as in Vaswani et al. 2017) or before the sub-layer (Pre-LN, with
one more LayerNorm at the end). Weights are Xavier's normal ones. The loss is
that of Xiong et al. 2020, section 3.3: the cross-entropy of the label, here
a random one, averaged over the positions of one sentence.

What is measured is the Frobenius norm of the gradient of W_2, the second
matrix of the feed-forward network: the norm first, for one sentence in each
network, then the mean over the networks.
"""

import autograd.numpy as np
from autograd import grad

D, D_FF, N, CLASSES = 32, 64, 12, 20
DEPTHS, SEEDS = (2, 4, 8, 16), 400
# Networks that go through NumPy at once: more of them leave the caches.
BATCH = 20


def norm(X):
    """LayerNorm with gain 1 and bias 0, in autograd's NumPy."""
    centred = X - np.mean(X, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(centred**2, axis=-1, keepdims=True))


def log_softmax(Z):
    Z = Z - np.max(Z, axis=-1, keepdims=True)
    return Z - np.log(np.sum(np.exp(Z), axis=-1, keepdims=True))


def attention(X, W):
    keys = np.swapaxes(np.matmul(X, W["k"]), -1, -2)
    scores = np.matmul(np.matmul(X, W["q"]), keys) / D**0.5
    values = np.matmul(X, W["v"])
    return np.matmul(np.matmul(np.exp(log_softmax(scores)), values), W["o"])


def feed_forward(X, W):
    return np.matmul(np.maximum(0, np.matmul(X, W["1"])), W["2"])


def logits(layers, X, readout, pre):
    for W in layers:
        for part in (attention, feed_forward):
            X = X + part(norm(X), W) if pre else norm(X + part(X, W))
    return np.matmul(norm(X) if pre else X, readout)


def xavier(rng, rows, columns):
    return rng.normal(size=(rows, columns)) * (2 / (rows + columns)) ** 0.5


def network(depth: int, seed: int) -> list:
    """Return layers, X (N, D), readout and labels, all from one seed."""
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
    return [layers, X, readout, labels]


def norms_of(depth: int, seeds, pre: bool):
    """Return the norm of dL/dW_2, (seeds, depth), the lowest layer first.

    The networks do not meet: the sum of their losses has in each network's
    matrices the gradient of its own loss.
    """
    networks = [network(depth, seed) for seed in seeds]
    stacks, X, readout, labels = zip(*networks, strict=True)
    layers = [
        {name: np.array([W[name] for W in same]) for name in same[0]}
        for same in zip(*stacks, strict=True)
    ]

    def loss(second):
        those = [{**W, "2": W2} for W, W2 in zip(layers, second, strict=True)]
        scores = logits(those, np.array(X), np.array(readout), pre)
        return -np.sum(log_softmax(scores) * np.array(labels)) / N

    gradients = grad(loss)([W["2"] for W in layers])
    return np.array([np.linalg.norm(g, axis=(1, 2)) for g in gradients]).T


def means(depth: int, pre: bool) -> list[float]:
    """Return each layer's mean of norms_of over all the seeds."""
    batches = [range(k, k + BATCH) for k in range(0, SEEDS, BATCH)]
    norms = np.concatenate([norms_of(depth, b, pre) for b in batches])
    return [float(f"{mean:.4g}") for mean in np.mean(norms, axis=0)]


def run() -> dict:
    """Return the mean norms of the last layers and of one Pre-LN network.

    post and pre: the last layer's for each depth. pre_layers: all layers' of
    the deepest Pre-LN, the lowest first.
    """
    post = [means(depth, pre=False) for depth in DEPTHS]
    pre = [means(depth, pre=True) for depth in DEPTHS]
    return {
        "depths": list(DEPTHS),
        "seeds": SEEDS,
        "post": [layers[-1] for layers in post],
        "pre": [layers[-1] for layers in pre],
        "pre_layers": pre[-1],
    }
