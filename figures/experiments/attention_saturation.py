"""How far softmax saturates as d_k grows, with the scale and without.

Entries of queries and keys are independent, normal, with mean 0 and variance
1, so that q . k has the variance d_k (Vaswani et al. 2017, section 3.2.1,
footnote 4). Each query has KEYS keys. Kept are the mean of its largest
weight, and mean, median, least and greatest of two Frobenius norms: of the
Jacobian J = da / ds = diag(a) - a a^T, and of da / dq = scale J K, which is
what reaches the query, the scale's own factor included. Kept too is how many
queries are torn, their two largest scores less than GAP apart, and how much
of the sum of the norms of J these have.
"""

from collections.abc import Iterable

import numpy as np

from nlpnotes.attention import (
    dot_scores,
    scaled_dot_product_attention,
    softmax_jacobian,
)

WIDTHS = (1, 4, 16, 64, 256, 1024)
KEYS, QUERIES = 16, 2000
GAP = 3


def run() -> dict:
    """Return the mean weights and the norms by d_k, scaled and not."""
    found: dict = {"widths": list(WIDTHS)}
    for name in ("scaled", "unscaled"):
        largest, torn, torn_share = [], [], []
        norms: dict = {"jacobian": [], "query": []}
        for d_k in WIDTHS:
            rng = np.random.default_rng(d_k)
            Q = rng.normal(size=(QUERIES, 1, d_k))
            K = rng.normal(size=(QUERIES, KEYS, d_k))
            scale = d_k**-0.5 if name == "scaled" else 1
            _, a = scaled_dot_product_attention(Q, K, K, scale=scale)
            largest.append(a.max(axis=-1).mean())
            jacobian = softmax_jacobian(a[:, 0])
            for kind, matrix in (
                ("jacobian", jacobian),
                ("query", scale * (jacobian @ K)),
            ):
                norms[kind].append(np.linalg.norm(matrix, axis=(-2, -1)))
            scores = np.sort(scale * dot_scores(Q, K)[:, 0])
            close = scores[:, -1] - scores[:, -2] < GAP
            torn.append(close.mean())
            norm = norms["jacobian"][-1]
            torn_share.append(norm[close].sum() / norm.sum())
        found[name] = {
            "largest": rounded(largest),
            "torn": rounded(torn),
            "torn_share": rounded(torn_share),
        }
        for kind, of_widths in norms.items():
            found[name][kind] = rounded(map(np.mean, of_widths))
            found[name][f"{kind}_median"] = rounded(map(np.median, of_widths))
            found[name][f"{kind}_least"] = rounded(map(np.min, of_widths))
            found[name][f"{kind}_greatest"] = rounded(map(np.max, of_widths))
    return found


def rounded(values: Iterable[float]) -> list[float]:
    """Return the values with four significant digits."""
    return [float(f"{value:.4g}") for value in values]
