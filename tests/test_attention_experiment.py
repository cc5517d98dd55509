"""What attention.rst says of saturation holds when measured again."""

import numpy as np
import pytest

from figures.experiments import attention_saturation, result


@pytest.fixture(scope="module")
def found() -> dict:
    return attention_saturation.run()


def test_without_the_scale_one_key_takes_all_as_d_k_grows(found):
    largest = found["unscaled"]["largest"]
    assert (np.diff(largest) > 0).all()
    assert largest[-1] > 0.95
    assert largest[0] < 0.25


def test_with_the_scale_d_k_makes_no_difference(found):
    # From 16 on; with one entry a product is far from normal.
    largest = found["scaled"]["largest"][2:]
    assert max(largest) - min(largest) < 0.02


def test_the_jacobian_vanishes_without_the_scale_only(found):
    scaled = found["scaled"]["jacobian"]
    unscaled = found["unscaled"]["jacobian"]
    assert unscaled[-1] < 0.2 * unscaled[0]
    assert abs(scaled[-1] / scaled[2] - 1) < 0.05


def test_without_the_scale_few_queries_have_all_the_gradient(found):
    """The factor 1 / sqrt(d_k) of the backward pass is counted in."""
    scaled, unscaled = found["scaled"], found["unscaled"]
    assert unscaled["query"][-1] > 4 * scaled["query"][-1]
    assert unscaled["query_median"][-1] < 0.001 * unscaled["query"][-1]
    assert abs(scaled["query_median"][-1] / scaled["query"][-1] - 1) < 0.1


def test_the_stored_result_is_of_this_experiment(found):
    stored = result("attention_saturation")
    assert stored["widths"] == found["widths"]
    for name in ("scaled", "unscaled"):
        for key, values in found[name].items():
            np.testing.assert_allclose(stored[name][key], values, rtol=1e-3)
