"""The gradients at initialization do what the page says of them."""

import numpy as np

from figures.experiments import result
from figures.experiments.normalization_gradients import DEPTHS, logits, run

FOUND = run()
LAST = {
    name: np.array([layers[-1] for layers in FOUND[name]])
    for name in ("post", "pre")
}


def test_the_last_layer_of_post_ln_does_not_care_how_deep_it_lies():
    assert LAST["post"].max() < 1.5 * LAST["post"].min()


def test_that_of_pre_ln_shrinks_like_one_over_the_root_of_the_depth():
    steady = LAST["pre"] * np.sqrt(DEPTHS)
    assert steady.max() < 1.25 * steady.min()


def test_the_stored_result_is_this_one():
    stored = result("normalization_gradients")
    for name in ("post", "pre"):
        for one, other in zip(FOUND[name], stored[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=0.01)


def test_without_layers_only_the_last_norm_of_pre_ln_is_left():
    X, readout = np.array([[1.0, 3.0]]), np.eye(2)
    np.testing.assert_allclose(logits([], X, readout, pre=True), [[-1, 1]])
    np.testing.assert_allclose(logits([], X, readout, pre=False), X)
