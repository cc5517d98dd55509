"""Remember the first symbol of a sequence until its end.

Every step shows one of four symbols at random; after the last step the
network must name the first one. Only the number of steps in between, the
gap, differs. All networks get the same kind of data, steps and optimiser,
and but for what their name says initial weights uniform within 1/sqrt(d_h),
as torch.nn draws them, biases zero. The LSTMs share the drawn weights and
data, the RNNs the weights but for U, not the data.

    rnn             a plain network
    rnn-orthogonal  U is a random orthogonal matrix
    lstm-0          an LSTM, forget gates start at sigmoid(0) = 0.5
    lstm-1          ... at sigmoid(1) = 0.73
    lstm-5          ... at sigmoid(5) = 0.993

The networks are those of nlpnotes, written for speed and for all seeds at
once: tests/test_lstm_experiment.py holds their gradients to nlpnotes.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from nlpnotes.functions import softmax

SYMBOLS, D_H, BATCH = 4, 16, 32
STEPS, RATE, CLIP = 300, 0.01, 1.0
# Few seeds mislead: of one network, some learn a gap and others do not.
GAPS, SEEDS = (5, 10, 20, 40), tuple(range(24))
NETWORKS = ("rnn", "rnn-orthogonal", "lstm-0", "lstm-1", "lstm-5")
# Do more steps help where no seed has learned anything?
LONGER = {"network": "lstm-0", "gap": 20, "steps": 1000}

# Every array has an axis for the seeds: the first, after time if it has any.
Arrays = list[np.ndarray]


def examples(
    rngs: list[np.random.Generator], gap: int, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return X (gap + 1, seeds, n, SYMBOLS), one-hot, and y (seeds, n)."""
    symbols = np.stack(
        [rng.integers(SYMBOLS, size=(gap + 1, n)) for rng in rngs], axis=1
    )
    return np.eye(SYMBOLS, dtype=np.float32)[symbols], symbols[0]


def initial(network: str, rngs: list[np.random.Generator]) -> Arrays:
    """Return W, U, b of the network, V and v of the output layer."""
    drawn = zip(*(_draw(network, rng) for rng in rngs), strict=True)
    return [np.stack(p).astype(np.float32) for p in drawn]


def _draw(network: str, rng: np.random.Generator) -> Arrays:
    blocks = 4 if network.startswith("lstm") else 1
    limit = 1 / np.sqrt(D_H)
    W, U, V = (
        rng.uniform(-limit, limit, shape)
        for shape in (
            (blocks * D_H, SYMBOLS),
            (blocks * D_H, D_H),
            (SYMBOLS, D_H),
        )
    )
    b = np.zeros(blocks * D_H)
    if network == "rnn-orthogonal":
        U, _ = np.linalg.qr(rng.normal(size=(D_H, D_H)))
    elif blocks == 4:
        b[D_H : 2 * D_H] = float(network.removeprefix("lstm-"))
    return [W, U, b, V, np.zeros(SYMBOLS)]


def run_rnn(X: np.ndarray, W: np.ndarray, U: np.ndarray, b: np.ndarray):
    """Return the last state and a function from its gradient to W, U, b's."""
    A = X @ _transposed(W) + b[:, None]
    U_T = _transposed(U)
    H = np.zeros((len(X) + 1, *A.shape[1:]), A.dtype)
    for t, a in enumerate(A):
        np.tanh(a + H[t] @ U_T, out=H[t + 1])

    def backward(dh: np.ndarray) -> Arrays:
        slope, dA = 1 - H[1:] ** 2, np.empty_like(A)
        for t in reversed(range(len(X))):
            np.multiply(dh, slope[t], out=dA[t])
            dh = dA[t] @ U
        return _sums(dA, X, H)

    return H[-1], backward


def run_lstm(X: np.ndarray, W: np.ndarray, U: np.ndarray, b: np.ndarray):
    """Do what run_rnn does for an LSTM, its blocks in the order i, f, g, o."""
    # The blocks get an axis of their own, before the seeds'.
    W, U, b = (np.stack(np.split(p, 4, axis=1)) for p in (W, U, b))
    # sigmoid(a) = (1 + tanh(a / 2)) / 2: one tanh for all four blocks.
    scale = np.array([0.5, 0.5, 1.0, 0.5], X.dtype).reshape(4, 1, 1, 1)
    A = scale * (X[:, None] @ _transposed(W) + b[:, :, None])
    U_T = scale * _transposed(U)
    H, C = np.zeros((2, len(X) + 1, *A.shape[2:]), A.dtype)
    tanh_C = np.empty_like(C[1:])
    for t, a in enumerate(A):
        a += H[t] @ U_T
        np.tanh(a, out=a)
        a *= scale
        a += 1 - scale
        i, f, g, o = a
        C[t + 1] = f * C[t] + i * g
        np.tanh(C[t + 1], out=tanh_C[t])
        np.multiply(o, tanh_C[t], out=H[t + 1])

    def backward(dh: np.ndarray) -> Arrays:
        i, f, g, o = A.swapaxes(0, 1)
        # First what dc, or for o dh, is multiplied by to reach a block.
        dA = np.empty_like(A)
        dA[:, 0] = g * i * (1 - i)
        dA[:, 1] = C[:-1] * f * (1 - f)
        dA[:, 2] = i * (1 - g**2)
        dA[:, 3] = tanh_C * o * (1 - o)
        into_c = o * (1 - tanh_C**2)
        dc = np.zeros_like(dh)
        for t in reversed(range(len(X))):
            dc = dc + dh * into_c[t]
            dA[t, :3] *= dc
            dA[t, 3] *= dh
            dh = (dA[t] @ U).sum(axis=0)
            dc *= f[t]
        sums = _sums(dA, X[:, None], H[:, None])
        return [np.concatenate(list(blocks), axis=1) for blocks in sums]

    return H[-1], backward


def _transposed(a: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(a.swapaxes(-1, -2))


def _sums(dA: np.ndarray, X: np.ndarray, H: np.ndarray) -> Arrays:
    # Many small products, not one large: BLAS would share a large one out
    # to threads that wait for each other longer than they work.
    dA_T = dA.swapaxes(-1, -2)
    return [(dA_T @ a).sum(axis=0) for a in (X, H[:-1])] + [
        dA.sum(axis=(0, -2))
    ]


def accuracies(network: str, gap: int, steps: int = STEPS) -> list[float]:
    """Train with each seed; return the share of 1000 new sequences it gets."""
    rngs = [np.random.default_rng([seed, gap]) for seed in SEEDS]
    parameters = initial(network, rngs)
    run = run_lstm if network.startswith("lstm") else run_rnn
    first, second = ([np.zeros_like(p) for p in parameters] for _ in "12")
    for step in range(1, steps + 1):
        X, y = examples(rngs, gap, BATCH)
        *own, V, v = parameters
        h, backward = run(X, *own)
        dy = softmax(h @ _transposed(V) + v[:, None])
        dy -= np.eye(SYMBOLS, dtype=dy.dtype)[y]
        dy /= BATCH
        gradients = [
            *backward(dy @ V),
            dy.swapaxes(-1, -2) @ h,
            dy.sum(axis=1),
        ]
        norms = np.sqrt(
            sum((g**2).reshape(len(SEEDS), -1).sum(1) for g in gradients)
        )
        shrink = np.minimum(1, CLIP / np.maximum(norms, 1e-30))
        for k, g in enumerate(gradients):  # Adam (Kingma and Ba, 2015)
            g = g * shrink.reshape(-1, *[1] * (g.ndim - 1))
            first[k] += 0.1 * (g - first[k])
            second[k] += 0.001 * (g**2 - second[k])
            size = np.sqrt(second[k] / (1 - 0.999**step)) + 1e-8
            parameters[k] = (
                parameters[k] - RATE * first[k] / (1 - 0.9**step) / size
            )
    X, y = examples(rngs, gap, 1000)
    *own, V, v = parameters
    h, _ = run(X, *own)
    named = (h @ _transposed(V) + v[:, None]).argmax(axis=-1)
    return [round(float(share), 4) for share in (named == y).mean(axis=1)]


def run() -> dict:
    """Return each network's accuracies, by gap, then by seed; and LONGER's."""
    # NumPy lets other threads run while it works.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        longer = pool.submit(accuracies, **LONGER)
        found = {
            network: [pool.submit(accuracies, network, gap) for gap in GAPS]
            for network in NETWORKS
        }
        return {
            "gaps": list(GAPS),
            "accuracy": {
                network: [each.result() for each in runs]
                for network, runs in found.items()
            },
            "longer": longer.result(),
        }
