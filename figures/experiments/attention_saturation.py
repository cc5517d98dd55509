"""How far softmax saturates as d_k grows, with the scale and without.

Entries of queries and keys are independent, normal, with mean 0 and variance
1, so that q . k has the variance d_k (Vaswani et al. 2017, section 3.2.1,
footnote 4). Each query has KEYS keys. Kept are the mean of its largest weight
and the mean Frobenius norm of the Jacobian diag(p) - p p^T, which the
gradient of the scores is multiplied by.
"""

import numpy as np

from nlpnotes.attention import scaled_dot_product_attention, softmax_jacobian

WIDTHS = (1, 4, 16, 64, 256, 1024)
KEYS, QUERIES = 16, 2000


def run() -> dict:
    """Return both means by d_k, scaled and not."""
    found: dict = {"widths": list(WIDTHS)}
    for name in ("scaled", "unscaled"):
        largest, slope = [], []
        for d_k in WIDTHS:
            rng = np.random.default_rng(d_k)
            Q = rng.normal(size=(QUERIES, 1, d_k))
            K = rng.normal(size=(QUERIES, KEYS, d_k))
            _, p = scaled_dot_product_attention(
                Q, K, K, scale=None if name == "scaled" else 1
            )
            jacobian = softmax_jacobian(p[:, 0])
            norms = np.linalg.norm(jacobian, axis=(-2, -1))
            largest.append(float(f"{p.max(axis=-1).mean():.4g}"))
            slope.append(float(f"{norms.mean():.4g}"))
        found[name] = {"largest": largest, "jacobian": slope}
    return found
