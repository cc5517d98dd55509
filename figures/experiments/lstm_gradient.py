"""How much of the gradient reaches an input, by its distance to the loss.

The networks are those of lstm_gap.py before their first step of training,
on the same kind of sequences. The loss is v . h_T with a random v; its
gradient for x_{T-k} is measured by the Euclidean norm, averaged over the
sequences, and over the seeds by the geometric mean.
"""

import numpy as np

from figures.experiments.lstm_gap import D_H, NETWORKS, examples, initial
from nlpnotes.lstm import lstm_backward
from nlpnotes.rnn import rnn_backward

DISTANCE, SEQUENCES, SEEDS = 40, 100, range(8)


def norms(network: str, seed: int) -> np.ndarray:
    """Return the norms (DISTANCE + 1,), at distance 0 first."""
    rng = np.random.default_rng(seed)
    W, U, b, _, _ = (p[0].astype(float) for p in initial(network, [rng]))
    X = examples([rng], DISTANCE, SEQUENCES)[0][:, 0].transpose(1, 0, 2)
    dH = np.zeros((SEQUENCES, DISTANCE + 1, D_H))
    dH[:, -1] = rng.normal(size=(SEQUENCES, D_H))
    zero = np.zeros((SEQUENCES, D_H))
    if network.startswith("lstm"):
        dX, *_ = lstm_backward(dH, X, zero, zero, W, U, b)
    else:
        dX, *_ = rnn_backward(dH, X, zero, W, U, b)
    return np.linalg.norm(dX, axis=-1).mean(axis=0)[::-1]


def run() -> dict:
    """Return for each network the norms by distance, 1 at distance 0."""
    found = {}
    for network in NETWORKS:
        logs = [np.log(norms(network, seed)) for seed in SEEDS]
        share = np.exp(np.mean(logs, axis=0))
        found[network] = [float(f"{s:.3e}") for s in share / share[0]]
    return {"distance": list(range(DISTANCE + 1)), "norm": found}
