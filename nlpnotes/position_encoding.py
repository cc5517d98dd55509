"""Position encodings: sinusoidal, relative, rotary, linear biases.

Sources: Vaswani et al., "Attention Is All You Need" (2017, arXiv
1706.03762), section 3.5; Shaw et al., "Self-Attention with Relative
Position Representations" (2018, arXiv 1803.02155), section 3; Raffel et
al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
Transformer" (2020, arXiv 1910.10683), section 2.1; Su et al., "RoFormer"
(2021, arXiv 2104.09864), section 3; Press et al., "Train Short, Test Long"
(2022, arXiv 2108.12409), section 3.

Positions count from 0, as in the papers' code.
"""

import numpy as np

from nlpnotes.functions import check_shape


def frequencies(d: int, base: float = 10_000) -> np.ndarray:
    """Return base^(-2i / d) for i = 0 .. d/2 - 1, shape (d / 2,).

    Vaswani et al., section 3.5; Su et al., section 3.2.2, theta_i. Raises
    ValueError when d is not even and positive.
    """
    if d <= 0 or d % 2:
        raise ValueError(f"d: expected an even number, got {d}")
    return base ** (-np.arange(0, d, 2) / d)


def sinusoidal_positions(n: int, d_model: int) -> np.ndarray:
    """Return the table (n, d_model) of section 3.5 of Vaswani et al.

    Column 2i is sin(p w_i), column 2i + 1 is cos(p w_i), with w_i of
    `frequencies`. Raises ValueError when d_model is not even.
    """
    angles = np.arange(n)[:, None] * frequencies(d_model)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(
        n, d_model
    )


def rotate(
    X: np.ndarray,
    positions: np.ndarray,
    interleaved: bool = True,
    base: float = 10_000,
) -> np.ndarray:
    """Return X (..., n, d_k), each row turned by its position (RoPE).

    positions (n,). Pair i of a row is a point of the plane, and is turned
    by the angle position * theta_i: Su et al., equations 15 and 34. There
    pair i is the columns 2i and 2i + 1 (interleaved); many libraries take
    i and i + d_k / 2 instead, and need other weights. The result has X's
    dtype. Raises ValueError for other shapes, when d_k is not even, or when
    X does not hold floats: whole numbers would cut cos and sin down to 0.
    """
    *_, n, d_k = check_shape("X", X, (..., "n", "d_k"))
    if not np.issubdtype(X.dtype, np.floating):
        raise ValueError(f"X: expected floats, got {X.dtype}")
    check_shape("positions", positions, (n,))
    angles = np.asarray(positions)[:, None] * frequencies(d_k, base)
    cos, sin = np.cos(angles).astype(X.dtype), np.sin(angles).astype(X.dtype)
    if interleaved:
        first, second = X[..., 0::2], X[..., 1::2]
    else:
        first, second = X[..., : d_k // 2], X[..., d_k // 2 :]
    turned = [first * cos - second * sin, first * sin + second * cos]
    if interleaved:
        return np.stack(turned, axis=-1).reshape(X.shape)
    return np.concatenate(turned, axis=-1)


def relative_scores(
    Q: np.ndarray, K: np.ndarray, table: np.ndarray
) -> np.ndarray:
    """Return the scores (..., n, m) with learned relative positions.

        e_ij = q_i . (k_j + a_{clip(j - i, k)}) / sqrt(d_k)

    Q (..., n, d_k), K (..., m, d_k), table (2k + 1, d_k): row r holds the
    vector of the distance r - k. Shaw et al., equation 4 and section 3.2.
    Raises ValueError for other shapes, or for an even number of rows.
    """
    *batch, n, d_k = check_shape("Q", Q, (..., "n", "d_k"))
    *_, m, _ = check_shape("K", K, (*batch, "m", d_k))
    rows, _ = check_shape("table", table, ("rows", d_k))
    if rows % 2 == 0:
        raise ValueError(f"table: expected an odd number of rows, got {rows}")
    k = rows // 2
    distance = np.arange(m) - np.arange(n)[:, None]
    vectors = table[np.clip(distance, -k, k) + k]
    content = Q @ np.swapaxes(K, -1, -2)
    position = np.einsum("...id,ijd->...ij", Q, vectors)
    return (content + position) * float(d_k) ** -0.5


def relative_buckets(
    distances: np.ndarray,
    buckets: int = 32,
    limit: int = 128,
    causal: bool = False,
) -> np.ndarray:
    """Return which of T5's buckets each distance j - i falls into.

    distances holds integers in any shape; the result has its shape, with
    numbers from 0 to buckets - 1. Raffel et al., section 2.1, say how many
    buckets there are and that they grow logarithmically up to the limit;
    the rule is that of their code (mesh_tensorflow, transformer_layers.py,
    _relative_position_bucket). With causal all buckets are for keys behind
    the query, and a key ahead counts as distance 0; otherwise keys ahead
    have the second half to themselves. Raises ValueError when the buckets
    cannot be halved as often as that, or do not end below the limit.
    """
    parts = 2 if causal else 4
    if buckets <= 0 or buckets % parts:
        raise ValueError(
            f"buckets: expected a multiple of {parts}, got {buckets}"
        )
    half = buckets if causal else buckets // 2
    exact = half // 2
    if limit <= exact:
        raise ValueError(f"limit: expected more than {exact}, got {limit}")
    distances = np.asarray(distances)
    behind = np.maximum(-distances, 0) if causal else np.abs(distances)
    # log2, because it is exact at the powers of two where a bucket begins.
    far = np.log2(np.maximum(behind, exact) / exact) / np.log2(limit / exact)
    steps = exact + (far * (half - exact)).astype(int)
    found = np.where(behind < exact, behind, np.minimum(steps, half - 1))
    return found if causal else found + half * (distances > 0)


def linear_biases(h: int, n: int) -> np.ndarray:
    """Return what ALiBi adds to the scores, shape (h, n, n).

    Head i (from 1) has the slope 2^(-8i / h); a key that lies r positions
    back gets -slope * r. Keys ahead of the query get the same penalty: the
    causal mask of a decoder hides them. Press et al., section 3, for powers
    of two; for other h their code takes other slopes (get_slopes).
    """
    slopes = 2.0 ** (-8 * np.arange(1, h + 1) / h)
    positions = np.arange(n)
    distance = np.abs(positions[:, None] - positions)
    return -slopes[:, None, None] * distance
