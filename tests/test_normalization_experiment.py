"""The gradients at initialization do what the page says of them."""

import numpy as np

from figures.experiments import result
from figures.experiments.normalization_gradients import (
    DEPTHS,
    SEEDS,
    logits,
    norms_of,
    run,
)

FOUND = run()


def test_the_last_layer_of_post_ln_does_not_shrink_with_the_depth():
    assert min(FOUND["post"]) == FOUND["post"][0]
    assert max(FOUND["post"]) < 1.3 * min(FOUND["post"])


def test_that_of_pre_ln_comes_near_one_over_the_root_of_the_depth():
    last = np.array(FOUND["pre"])
    ratio = last / last[-1] * np.sqrt(np.divide(DEPTHS, DEPTHS[-1]))
    assert (np.diff(ratio) > 0).all()
    assert ratio[0] > 0.8
    assert ratio[2] > 0.95


def test_the_layers_of_pre_ln_shrink_on_the_way_up():
    assert (np.diff(FOUND["pre_layers"]) < 0).all()
    assert FOUND["pre_layers"][-1] == FOUND["pre"][-1]


def test_the_stored_result_is_this_one():
    stored = result("normalization_gradients")
    assert stored["seeds"] == SEEDS
    for name in ("post", "pre", "pre_layers"):
        np.testing.assert_allclose(FOUND[name], stored[name], rtol=0.01)


def test_networks_that_are_computed_together_do_not_meet():
    for pre in (False, True):
        together = norms_of(3, range(4), pre)
        alone = [norms_of(3, [seed], pre)[0] for seed in range(4)]
        np.testing.assert_allclose(together, alone)


def test_without_layers_only_the_last_norm_of_pre_ln_is_left():
    X, readout = np.array([[1.0, 3.0]]), np.eye(2)
    np.testing.assert_allclose(logits([], X, readout, pre=True), [[-1, 1]])
    np.testing.assert_allclose(logits([], X, readout, pre=False), X)
