"""Attention: scores, masks, one head, many heads.

Sources: Vaswani et al., "Attention Is All You Need" (2017, arXiv
1706.03762), sections 3.2.1 to 3.2.3; Bahdanau et al., "Neural Machine
Translation by Jointly Learning to Align and Translate" (2015, arXiv
1409.0473), section 3.1 and appendix A.1.2; Luong et al., "Effective
Approaches to Attention-based Neural Machine Translation" (2015, arXiv
1508.04025), section 3.1.

A sequence is a matrix with one row a position. Masks are boolean, True
where a query may attend to a key, broadcast to (..., n, m), and are
combined by &.
"""

import numpy as np

from nlpnotes.functions import check_shape, softmax


def scaled_dot_product_attention(
    Q: np.ndarray,
    K: np.ndarray,
    V: np.ndarray,
    mask: np.ndarray | None = None,
    scale: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs (..., n, d_v) and the weights (..., n, m).

    Q (..., n, d_k), K (..., m, d_k), V (..., m, d_v); scale is
    1 / sqrt(d_k) unless given. Raises ValueError for other shapes.

        A = softmax(Q K^T / sqrt(d_k)),  output = A V

    That is equation 1 of Vaswani et al.; their section 3.2.3 masks by
    scores of -inf. A query that may attend to nothing gets the weights 0
    and the output 0, as in ONNX's Attention, where the formula has 0 / 0.
    """
    *batch, _n, d_k = check_shape("Q", Q, (..., "n", "d_k"))
    *_, m, _ = check_shape("K", K, (*batch, "m", d_k))
    check_shape("V", V, (*batch, m, "d_v"))
    # A Python float, unlike one of NumPy's, leaves float32 as it is.
    scale = d_k**-0.5 if scale is None else float(scale)
    scores = scale * (Q @ np.swapaxes(K, -1, -2))
    if mask is not None:
        mask = check_mask(mask, scores.shape)
        scores = np.where(mask, scores, -np.inf)
    weights = softmax(scores)
    return weights @ V, weights


def check_mask(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the mask, broadcast to the shape of the scores.

    Raises ValueError if it is not boolean (a mask of 0 and -inf would be
    read the wrong way round) or does not broadcast.
    """
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise ValueError(f"mask: expected booleans, got {mask.dtype}")
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(
            f"mask: {mask.shape} does not broadcast to {tuple(shape)}"
        ) from None


def dot_scores(Q: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Return the scores q . k, not scaled, (..., n, m).

    Q (..., n, d_k), K (..., m, d_k). Luong et al., section 3.1, "dot".
    Raises ValueError for other shapes.
    """
    *batch, _n, d_k = check_shape("Q", Q, (..., "n", "d_k"))
    check_shape("K", K, (*batch, "m", d_k))
    return Q @ np.swapaxes(K, -1, -2)


def general_scores(Q: np.ndarray, K: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return the bilinear scores q W k^T, (..., n, m).

    Q (..., n, d_q), K (..., m, d_k), W (d_q, d_k). Luong et al., section
    3.1, "general". Raises ValueError for other shapes.
    """
    *batch, _n, d_q = check_shape("Q", Q, (..., "n", "d_q"))
    *_, d_k = check_shape("K", K, (*batch, "m", "d_k"))
    check_shape("W", W, (d_q, d_k))
    return Q @ W @ np.swapaxes(K, -1, -2)


def additive_scores(
    Q: np.ndarray,
    K: np.ndarray,
    W_q: np.ndarray,
    W_k: np.ndarray,
    v: np.ndarray,
) -> np.ndarray:
    """Return the scores v . tanh(q W_q + k W_k), (..., n, m).

    Q (..., n, d_q), K (..., m, d_k), W_q (d_q, d_a), W_k (d_k, d_a),
    v (d_a,). All n m pairs keep d_a numbers at once. Raises ValueError for
    other shapes.

    Bahdanau et al., appendix A.1.2, have columns, v^T tanh(W s + U h): a
    decoder state s is a query, an annotation h a key, W_q = W^T, W_k = U^T.
    """
    *batch, _n, d_q = check_shape("Q", Q, (..., "n", "d_q"))
    *_, d_k = check_shape("K", K, (*batch, "m", "d_k"))
    (d_a,) = check_shape("v", v, ("d_a",))
    check_shape("W_q", W_q, (d_q, d_a))
    check_shape("W_k", W_k, (d_k, d_a))
    hidden = (Q @ W_q)[..., :, None, :] + (K @ W_k)[..., None, :, :]
    return np.tanh(hidden) @ v


def causal_mask(n: int, m: int | None = None) -> np.ndarray:
    """Return the mask (n, m) that hides the future.

    The queries are the last n of m positions (m = n unless given), so that
    query i sees the keys up to i + m - n: with a cache of m - n keys, just
    what it would see in the whole sequence. Raises ValueError if m < n.
    """
    m = n if m is None else m
    if m < n:
        raise ValueError(f"m: expected at least n = {n}, got {m}")
    return np.tril(np.ones((n, m), dtype=bool), k=m - n)


def padding_mask(lengths: np.ndarray, m: int) -> np.ndarray:
    """Return the mask (B, 1, m) that hides keys behind each length.

    lengths (B,), each from 0 to m. Raises ValueError for others.
    """
    lengths = np.asarray(lengths)
    check_shape("lengths", lengths, ("B",))
    if lengths.min() < 0 or lengths.max() > m:
        raise ValueError(f"lengths: expected 0 to {m}, got {lengths}")
    return (np.arange(m) < lengths[:, None])[:, None, :]


def split_heads(X: np.ndarray, h: int) -> np.ndarray:
    """Turn (..., n, h d) into (..., h, n, d).

    Head i, from 0, has the columns from i d up to, without, (i + 1) d.
    Raises ValueError if h does not divide the number of columns.
    """
    *batch, n, columns = check_shape("X", X, (..., "n", "h d"))
    if h < 1 or columns % h:
        raise ValueError(f"h: {columns} columns do not make {h} heads")
    heads = X.reshape(*batch, n, h, columns // h)
    return np.swapaxes(heads, -2, -3)


def merge_heads(X: np.ndarray) -> np.ndarray:
    """Turn (..., h, n, d) back into (..., n, h d): the heads side by side."""
    *batch, h, n, d = check_shape("X", X, (..., "h", "n", "d"))
    return np.swapaxes(X, -2, -3).reshape(*batch, n, h * d)


def multi_head_attention(
    X_q: np.ndarray,
    X_kv: np.ndarray,
    W_Q: np.ndarray,
    W_K: np.ndarray,
    W_V: np.ndarray,
    W_O: np.ndarray,
    h: int,
    mask: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs (..., n, d_model), the weights (..., h, n, m).

    X_q (..., n, d_model), X_kv (..., m, d_model); W_Q and W_K (d_model,
    h d_k), W_V (d_model, h d_v), W_O (h d_v, d_model), the heads side by
    side; mask (..., n, m) is the same for all heads. With X_q = X_kv this
    is self-attention. Raises ValueError for other shapes.

        head_i = Attention(X_q W_i^Q, X_kv W_i^K, X_kv W_i^V)
        output = Concat(head_1, ..., head_h) W^O         (section 3.2.2)
    """
    *batch, n, d_model = check_shape("X_q", X_q, (..., "n", "d_model"))
    *_, m, _ = check_shape("X_kv", X_kv, (*batch, "m", d_model))
    _, width = check_shape("W_Q", W_Q, (d_model, "h d_k"))
    check_shape("W_K", W_K, (d_model, width))
    _, width = check_shape("W_V", W_V, (d_model, "h d_v"))
    check_shape("W_O", W_O, (width, d_model))
    Q = split_heads(X_q @ W_Q, h)
    K = split_heads(X_kv @ W_K, h)
    V = split_heads(X_kv @ W_V, h)
    if mask is not None:
        # One mask for all heads: an axis of length 1 where they are.
        mask = check_mask(mask, (*batch, n, m))[..., None, :, :]
    heads, weights = scaled_dot_product_attention(Q, K, V, mask)
    return merge_heads(heads) @ W_O, weights


def softmax_jacobian(p: np.ndarray) -> np.ndarray:
    """Return dp_i / ds_j = p_i (1[i = j] - p_j), (..., m, m).

    p (..., m) are the weights softmax(s); as a matrix it is
    diag(p) - p p^T. Raises ValueError if p has no axis.
    """
    *_, m = check_shape("p", p, (..., "m"))
    return p[..., None] * (np.eye(m, dtype=p.dtype) - p[..., None, :])


def multi_head_parameter_count(
    d_model: int, h: int, d_k: int, d_v: int, bias: bool = False
) -> int:
    """Return the number of parameters of W_Q, W_K, W_V and W_O.

    With bias, each of the four products is followed by one.
    """
    weights = d_model * h * (d_k + d_k + d_v + d_v)
    return weights + (h * (d_k + d_k + d_v) + d_model if bias else 0)


def attention_multiply_adds(n: int, m: int, d_k: int, d_v: int) -> int:
    """Return the multiply-adds of Q K^T (n m d_k) and A V (n m d_v).

    That is for one head, without the scale, the softmax and the projections.
    """
    return n * m * d_k + n * m * d_v
