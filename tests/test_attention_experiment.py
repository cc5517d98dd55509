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


def test_without_the_scale_the_jacobian_is_that_of_torn_queries(found):
    assert found["unscaled"]["torn"][-1] < 0.2
    assert found["unscaled"]["torn_share"][-1] > 0.9


def test_without_the_scale_the_gradient_grows_but_for_ever_fewer(found):
    """The factor 1 / sqrt(d_k) of the backward pass is counted in."""
    scaled, unscaled = found["scaled"], found["unscaled"]
    assert (np.diff(unscaled["query"]) > 0).all()
    assert unscaled["query"][-1] > 4 * scaled["query"][-1]
    # The typical query of the paper's d_k = 64 still has more without.
    ratio = dict(
        zip(
            found["widths"],
            np.divide(unscaled["query_median"], scaled["query_median"]),
            strict=True,
        )
    )
    assert ratio[16] > 4
    assert ratio[64] > 2.5
    assert ratio[256] < 0.4
    assert ratio[1024] < 0.01


def test_with_the_scale_all_queries_have_much_the_same_gradient(found):
    scaled, unscaled = found["scaled"], found["unscaled"]
    medians = np.divide(scaled["query_median"], scaled["query"])
    np.testing.assert_allclose(medians[2:], 1, atol=0.03)
    assert 0.23 < scaled["query_least"][-1] < 0.24
    assert 0.40 < scaled["query_greatest"][-1] < 0.41
    assert unscaled["query_least"][-1] < 1e-6
    assert unscaled["query_greatest"][-1] > 10


def test_the_stored_result_is_of_this_experiment(found):
    stored = result("attention_saturation")
    assert stored["widths"] == found["widths"]
    for name in ("scaled", "unscaled"):
        for key, values in found[name].items():
            np.testing.assert_allclose(stored[name][key], values, rtol=1e-3)
