"""How far softmax saturates as d_k grows, with the scale and without.

Entries of queries and keys are independent, normal, with mean 0 and variance
1, so that q . k has the variance d_k (Vaswani et al. 2017, section 3.2.1,
footnote 4). Each query has KEYS keys. Kept are the mean of its largest
weight, and mean and median of two Frobenius norms: of the Jacobian
J = dp / ds = diag(p) - p p^T, and of dp / dq = scale J K, which is what
reaches the query, the scale's own factor included.
"""

from collections.abc import Iterable

import numpy as np

from nlpnotes.attention import scaled_dot_product_attention, softmax_jacobian

WIDTHS = (1, 4, 16, 64, 256, 1024)
KEYS, QUERIES = 16, 2000


def run() -> dict:
    """Return the mean weights and the norms by d_k, scaled and not."""
    found: dict = {"widths": list(WIDTHS)}
    for name in ("scaled", "unscaled"):
        largest = []
        norms: dict = {"jacobian": [], "query": []}
        for d_k in WIDTHS:
            rng = np.random.default_rng(d_k)
            Q = rng.normal(size=(QUERIES, 1, d_k))
            K = rng.normal(size=(QUERIES, KEYS, d_k))
            scale = d_k**-0.5 if name == "scaled" else 1
            _, p = scaled_dot_product_attention(Q, K, K, scale=scale)
            largest.append(p.max(axis=-1).mean())
            jacobian = softmax_jacobian(p[:, 0])
            for kind, matrix in (
                ("jacobian", jacobian),
                ("query", scale * (jacobian @ K)),
            ):
                norms[kind].append(np.linalg.norm(matrix, axis=(-2, -1)))
        found[name] = {"largest": rounded(largest)}
        for kind, of_widths in norms.items():
            found[name][kind] = rounded(map(np.mean, of_widths))
            found[name][f"{kind}_median"] = rounded(map(np.median, of_widths))
    return found


def rounded(values: Iterable[float]) -> list[float]:
    """Return the values with four significant digits."""
    return [float(f"{value:.4g}") for value in values]
