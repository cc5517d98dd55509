"""The gradients at initialization do what the page says of them."""

import numpy as np

from figures.experiments import result
from figures.experiments.normalization_gradients import (
    DECODER,
    DEPTHS,
    SEEDS,
    logits,
    norms_of,
    run,
)

FOUND = run()
LAST = {
    name: np.array([layers[-1] for layers in FOUND[name]])
    for name in ("post", "pre")
}
DEEPEST = {name: np.array(rows) for name, rows in FOUND["deepest"].items()}


def test_the_last_layer_of_post_ln_does_not_shrink_with_the_depth():
    assert (np.diff(LAST["post"]) > 0).all()
    assert LAST["post"].max() < 1.3 * LAST["post"].min()


def test_that_of_pre_ln_comes_near_one_over_the_root_of_the_depth():
    ratio = LAST["pre"] / LAST["pre"][-1] * np.sqrt(np.divide(DEPTHS, 16))
    assert (np.diff(ratio) > 0).all()
    assert ratio[0] > 0.8
    assert ratio[2] > 0.95


def test_the_layers_of_post_ln_have_one_mean_and_the_lower_less_of_a_median():
    mean = FOUND["post"][-1]
    assert max(mean) < 1.15 * min(mean)
    low, median, high = DEEPEST["post"]
    assert median[[0, 3]].max() < 0.8 * median[-1]
    assert high[0] > 3 * low[0]
    assert high[-1] < 1.5 * low[-1]


def test_those_of_pre_ln_shrink_on_the_way_up():
    for row in (FOUND["pre"][-1], *DEEPEST["pre"]):
        assert (np.diff(row) < 0).all()


def test_attention_to_a_memory_makes_the_low_layers_smaller():
    encoder, decoder = DEEPEST["post"][1], DEEPEST["cross"][1]
    assert (decoder[[0, 3]] < 0.75 * encoder[[0, 3]]).all()
    assert decoder[-1] > 0.9 * encoder[-1]


def test_the_stored_result_is_this_one():
    stored = result("normalization_gradients")
    assert stored["seeds"] == SEEDS
    for name in ("post", "pre"):
        for one, other in zip(FOUND[name], stored[name], strict=True):
            np.testing.assert_allclose(one, other, rtol=0.01)
    assert stored["deepest"].keys() == DEEPEST.keys()
    for name, rows in stored["deepest"].items():
        np.testing.assert_allclose(DEEPEST[name], rows, rtol=0.01)


def test_networks_that_are_computed_together_do_not_meet():
    for pre in (False, True):
        together = norms_of(3, range(4), pre, DECODER)
        alone = [norms_of(3, [seed], pre, DECODER)[0] for seed in range(4)]
        np.testing.assert_allclose(together, alone)


def test_without_layers_only_the_last_norm_of_pre_ln_is_left():
    X, readout = np.array([[1.0, 3.0]]), np.eye(2)
    np.testing.assert_allclose(logits([], X, readout, pre=True), [[-1, 1]])
    np.testing.assert_allclose(logits([], X, readout, pre=False), X)
