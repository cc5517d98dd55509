"""The linear-chain conditional random field, in log space.

Sources: Lafferty, McCallum and Pereira, "Conditional Random Fields" (2001),
sections 3 and 4; Sutton and McCallum, "An Introduction to Conditional Random
Fields" (2012); Lample et al., "Neural Architectures for Named Entity
Recognition" (2016, arXiv 1603.01360), section 2.2, for the emissions and the
two ends.

One sentence at a time, with T positions and K labels; a label is a number
from 0 to K - 1. E (T, K) holds the emissions, the score of label j at
position t; A (K, K) the transitions, A[i, j] from i to j; start (K,) and
end (K,) the scores of beginning and ending with a label. A score of -inf
forbids what it stands for.
"""

import numpy as np

from nlpnotes.functions import check_shape


def logsumexp(x: np.ndarray, axis: int) -> np.ndarray:
    """Return log(sum(exp(x))) along an axis; -inf where all x are -inf."""
    largest = x.max(axis=axis, keepdims=True)
    # -inf - -inf would be nan.
    shift = np.where(largest == -np.inf, 0, largest)
    with np.errstate(divide="ignore"):  # log 0 is the -inf we want
        total = np.log(np.exp(x - shift).sum(axis=axis))
    return total + shift.squeeze(axis)


def _check(
    E: np.ndarray, A: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[int, int]:
    T, K = check_shape("E", E, ("T", "K"))
    check_shape("A", A, (K, K))
    check_shape("start", start, (K,))
    check_shape("end", end, (K,))
    return T, K


def check_labels(y: np.ndarray, T: int, K: int) -> np.ndarray:
    """Return y as an array; ValueError unless it is T labels below K."""
    y = np.asarray(y)
    check_shape("y", y, (T,))
    # A label of -1 would silently be the last one.
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= K:
        raise ValueError(f"y: expected integers from 0 to {K - 1}, got {y}")
    return y


def path_score(
    y: np.ndarray,
    E: np.ndarray,
    A: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
) -> float:
    """Return the score of the labels y (T,), any real number.

        s(y) = start[y_1] + sum_t E[t, y_t] + sum_t A[y_{t-1}, y_t] + end[y_T]

    Lample et al., section 2.2, first display; ValueError for other shapes.
    """
    T, K = _check(E, A, start, end)
    y = check_labels(y, T, K)
    inside = E[np.arange(T), y].sum() + A[y[:-1], y[1:]].sum()
    return float(start[y[0]] + inside + end[y[-1]])


def forward(
    E: np.ndarray, A: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return alpha (T, K) and log Z.

    alpha[t, j] is the log-sum-exp of the scores of all beginnings y_1..y_t
    with y_t = j. Raises ValueError for other shapes, or if every path is
    forbidden.
    """
    T, K = _check(E, A, start, end)
    alpha = np.empty((T, K))
    alpha[0] = start + E[0]
    for t in range(1, T):
        alpha[t] = logsumexp(alpha[t - 1][:, None] + A, axis=0) + E[t]
    log_Z = float(logsumexp(alpha[-1] + end, axis=0))
    if log_Z == -np.inf:
        raise ValueError("A, start, end: they forbid every path")
    return alpha, log_Z


def backward(
    E: np.ndarray, A: np.ndarray, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Return beta (T, K).

    beta[t, i] is the log-sum-exp of what all continuations y_{t+1}..y_T
    add to the score when y_t = i: neither E[t, i] nor what came before.
    Raises ValueError for other shapes.
    """
    T, K = _check(E, A, start, end)
    beta = np.empty((T, K))
    beta[-1] = end
    for t in range(T - 2, -1, -1):
        beta[t] = logsumexp(A + E[t + 1] + beta[t + 1], axis=1)
    return beta


def marginals(
    E: np.ndarray, A: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return p(y_t = j) (T, K) and p(y_t = i, y_{t+1} = j) (T - 1, K, K).

    Raises ValueError for other shapes, or if every path is forbidden.
    """
    alpha, log_Z = forward(E, A, start, end)
    beta = backward(E, A, start, end)
    nodes = np.exp(alpha + beta - log_Z)
    onward = (E + beta)[1:, None, :]
    edges = np.exp(alpha[:-1, :, None] + A + onward - log_Z)
    return nodes, edges


def viterbi(
    E: np.ndarray, A: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the best labels (T,) and their score.

    The forward recursion with max in place of log-sum-exp, plus a note of
    where each maximum came from. Of several best paths, the one with the
    smallest last label, then the smallest label before it, and so on.
    Raises ValueError for other shapes, or if every path is forbidden.
    """
    T, K = _check(E, A, start, end)
    delta, origins = start + E[0], np.empty((T, K), dtype=int)
    for t in range(1, T):
        scores = delta[:, None] + A
        origins[t] = scores.argmax(axis=0)
        delta = scores.max(axis=0) + E[t]
    delta = delta + end
    if delta.max() == -np.inf:
        raise ValueError("A, start, end: they forbid every path")
    y = [delta.argmax()]
    for t in range(T - 1, 0, -1):
        y.append(origins[t, y[-1]])
    return np.array(y[::-1]), float(delta.max())


def negative_log_likelihood(
    y: np.ndarray,
    E: np.ndarray,
    A: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
) -> float:
    """Return -log p(y | x) = log Z - s(y); arguments as in path_score."""
    score = path_score(y, E, A, start, end)
    return forward(E, A, start, end)[1] - score


def gradients(
    y: np.ndarray,
    E: np.ndarray,
    A: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of -log p(y | x) by E, A, start and end.

    Each is the expected count minus the observed one: how often the model
    expects the label (or pair) there, minus how often y has it. Arguments
    and errors as in path_score; ValueError too if y itself is forbidden,
    where the loss is infinite and these differences say nothing. A forbidden
    transition gets 0.
    """
    T, K = _check(E, A, start, end)
    y = check_labels(y, T, K)
    if path_score(y, E, A, start, end) == -np.inf:
        raise ValueError(f"y: {y} has a label or a pair that is forbidden")
    dE, edges = marginals(E, A, start, end)
    dA = edges.sum(axis=0)
    dE[np.arange(T), y] -= 1
    # Not dA[...] -= 1, which counts a pair that occurs twice only once.
    np.subtract.at(dA, (y[:-1], y[1:]), 1)
    return dE, dA, dE[0].copy(), dE[-1].copy()


def memm_log_probability(
    y: np.ndarray, E: np.ndarray, A: np.ndarray, start: np.ndarray
) -> float:
    """Return log p(y | x) when each step is normalised by itself.

        p(y | x) = softmax(start + E_1)[y_1]
                   * product over t > 1 of softmax(A[y_{t-1}] + E_t)[y_t]

    The maximum entropy Markov model (McCallum et al. 2000), for contrast;
    there each previous label has weights of its own, here they share E.
    Shapes as in path_score; ValueError for others.
    """
    T, K = _check(E, A, start, start)
    y = check_labels(y, T, K)
    scores = E + np.concatenate([start[None], A[y[:-1]]])
    steps = scores[np.arange(T), y] - logsumexp(scores, axis=1)
    return float(steps.sum())


def bio_allowed(labels: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return which transitions (K, K) and which beginnings (K,) BIO allows.

    BIO is IOB2: every entity begins with a B. Labels are O, B-X and I-X for
    types X. I-X may only follow B-X or I-X, so it cannot begin a sentence.
    Raises ValueError for other labels.
    """
    for label in labels:
        typed = label[:2] in ("B-", "I-") and len(label) > 2
        if label != "O" and not typed:
            raise ValueError(f"labels: expected O, B-X or I-X, got {label!r}")
    inside = np.array([label[0] == "I" for label in labels])
    kind = np.array([label[2:] for label in labels])
    # O has the kind "", which no I-X has.
    return ~inside | (kind[:, None] == kind), ~inside


def crf_parameter_count(K: int) -> int:
    """Return the number of parameters of A, start and end."""
    return K * K + 2 * K
