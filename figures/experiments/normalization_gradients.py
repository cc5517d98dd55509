"""How large the gradients of each layer are before any training.

A stack of Transformer layers (one head, no dropout) with LayerNorm after
the residual sum (Post-LN, as in Vaswani et al. 2017) or before the sub-layer
(Pre-LN, with one more LayerNorm at the end). Weights are Xavier's normal
ones, and the loss is the cross-entropy of a random label at each position,
as in Xiong et al. 2020, section 3.3. What is kept is the Frobenius norm of
the gradient of W_2, the second matrix of the feed-forward network.

The layers are an encoder's. A decoder's have a third sub-layer, attention
to a memory, here to random normalized vectors that no gradient changes.

Many networks, because a single Post-LN one says little: the norms of its
lowest layer differ by a factor of three between the quartiles, and a few
large ones carry the mean. The medians say what a typical network has.
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


def attend(X, memory, W, names):
    """One head from X (..., N, D) to memory, with the four matrices."""
    q, k, v, o = (W[name] for name in names)
    keys = np.swapaxes(np.matmul(memory, k), -1, -2)
    weights = np.exp(log_softmax(np.matmul(np.matmul(X, q), keys) / D**0.5))
    return np.matmul(np.matmul(weights, np.matmul(memory, v)), o)


def self_attention(X, W):
    return attend(X, X, W, "qkvo")


def cross_attention(X, W):
    return attend(X, W["memory"], W, "QKVO")


def feed_forward(X, W):
    return np.matmul(np.maximum(0, np.matmul(X, W["1"])), W["2"])


ENCODER = (self_attention, feed_forward)
DECODER = (self_attention, cross_attention, feed_forward)


def logits(layers, X, readout, pre, parts=ENCODER):
    for W in layers:
        for part in parts:
            X = X + part(norm(X), W) if pre else norm(X + part(X, W))
    return np.matmul(norm(X) if pre else X, readout)


def xavier(rng, rows, columns):
    return rng.normal(size=(rows, columns)) * (2 / (rows + columns)) ** 0.5


def network(depth: int, seed: int, parts: tuple) -> list:
    """Return layers, X (N, D), readout and labels, all from one seed."""
    rng = np.random.default_rng(seed)
    names = "qkvoQKVO" if cross_attention in parts else "qkvo"
    layers = [
        {
            **{name: xavier(rng, D, D) for name in names},
            "1": xavier(rng, D, D_FF),
            "2": xavier(rng, D_FF, D),
        }
        for _ in range(depth)
    ]
    X, readout = rng.normal(size=(N, D)), xavier(rng, D, CLASSES)
    labels = np.eye(CLASSES)[rng.integers(CLASSES, size=N)]
    memory = norm(rng.normal(size=(N, D)))
    for layer in layers:
        layer["memory"] = memory
    return [layers, X, readout, labels]


def norms_of(depth: int, seeds, pre: bool, parts: tuple = ENCODER):
    """Return the norm of dL/dW_2, (seeds, depth), the lowest layer first.

    The networks do not meet: the sum of their losses has in each network's
    matrices the gradient of its own loss.
    """
    networks = [network(depth, seed, parts) for seed in seeds]
    stacks, X, readout, labels = zip(*networks, strict=True)
    layers = [
        {name: np.array([W[name] for W in same]) for name in same[0]}
        for same in zip(*stacks, strict=True)
    ]

    def loss(second):
        those = [{**W, "2": W2} for W, W2 in zip(layers, second, strict=True)]
        scores = logits(those, np.array(X), np.array(readout), pre, parts)
        return -np.sum(log_softmax(scores) * np.array(labels)) / N

    gradients = grad(loss)([W["2"] for W in layers])
    return np.array([np.linalg.norm(g, axis=(1, 2)) for g in gradients]).T


def measure(depth: int, pre: bool, parts: tuple = ENCODER):
    """Return norms_of for all the seeds."""
    batches = [range(k, k + BATCH) for k in range(0, SEEDS, BATCH)]
    return np.concatenate([norms_of(depth, s, pre, parts) for s in batches])


def rounded(values) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def run() -> dict:
    """Return the layers' norms: means, and quartiles of the deepest.

    post and pre: each layer's mean for each depth. deepest: three rows, the
    quartiles of each layer, where cross is a Post-LN decoder.
    """
    found: dict = {"depths": list(DEPTHS), "seeds": SEEDS, "deepest": {}}
    norms = {
        name: [measure(depth, pre) for depth in DEPTHS]
        for name, pre in (("post", False), ("pre", True))
    }
    for name, each in norms.items():
        found[name] = [rounded(np.mean(one, axis=0)) for one in each]
    norms["cross"] = [measure(DEPTHS[-1], pre=False, parts=DECODER)]
    for name, each in norms.items():
        quartiles = np.quantile(each[-1], (0.25, 0.5, 0.75), axis=0)
        found["deepest"][name] = [rounded(row) for row in quartiles]
    return found
