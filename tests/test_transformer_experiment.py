"""What transformer.rst says of its experiment holds when it is run again."""

import numpy as np
import pytest
from autograd import grad

from figures.experiments import result, transformer_reverse
from figures.experiments.transformer_reverse import (
    LENGTH,
    arrays,
    differentiable,
    exact,
    in_training,
    in_use,
    initial,
    loss,
    rebuild,
    strings,
    write,
)
from finite_differences import derivative
from nlpnotes.transformer import decode_greedily


@pytest.fixture(scope="module")
def found() -> dict:
    return transformer_reverse.run()


def test_the_whole_model_learns_to_reverse_new_strings(found):
    assert found["whole"]["exact"][0] == 0
    assert found["whole"]["exact"][-1] > 0.9
    assert found["whole"]["loss"][-1] < 0.1


def test_without_positions_it_does_not(found):
    assert max(found["no-positions"]["exact"]) < 0.05
    assert found["no-positions"]["loss"][-1] > 0.5


def test_without_the_mask_the_loss_falls_and_nothing_is_learned(found):
    assert found["no-mask"]["loss"][-1] < 0.1
    assert max(found["no-mask"]["exact"]) < 0.05


def test_each_letter_is_written_by_looking_at_its_place(found):
    weights = np.array(found["weights"])
    assert weights.shape == (LENGTH + 1, LENGTH)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=0.003)
    places = weights[:LENGTH].argmax(axis=1)
    np.testing.assert_array_equal(places, np.arange(LENGTH)[::-1])


def test_it_knows_no_other_length(found):
    assert found["lengths"][str(LENGTH)] > 0.9
    assert found["lengths"][str(LENGTH - 1)] < 0.05
    assert found["lengths"][str(LENGTH + 1)] < 0.05


def test_the_stored_result_is_of_this_experiment(found):
    stored = result("transformer_reverse")
    assert stored.keys() == found.keys()
    assert stored["steps"] == found["steps"]
    for variant in transformer_reverse.VARIANTS:
        assert len(stored[variant]["exact"]) == len(stored["steps"])


def test_the_gradient_through_nlpnotes_is_that_of_finite_differences():
    model, source = initial(0), strings(0, 3)
    parts = arrays(model)
    rng = np.random.default_rng(0)

    def loss_of(parts):
        return loss(rebuild(model, iter(parts)), source)

    with differentiable():
        gradients = grad(loss_of)(parts)
    for place, gradient in enumerate(gradients):
        direction = rng.normal(size=gradient.shape)

        def along(t, place=place, direction=direction):
            moved = parts[place] + t[0] * direction
            return loss_of([*parts[:place], moved, *parts[place + 1 :]])

        np.testing.assert_allclose(
            (gradient * direction).sum(),
            derivative(along, np.zeros(1))[0],
            atol=1e-7,
        )


def test_the_loss_of_a_model_that_knows_nothing_is_that_of_chance():
    model = initial(0)
    blank = rebuild(model, (0 * array for array in arrays(model)))
    words = transformer_reverse.WORDS
    np.testing.assert_allclose(loss(blank, strings(0, 4)), np.log(words))


def test_strings_are_written_as_greedy_decoding_writes_them():
    model = initial(1)
    source = strings(5, 4)
    begin = transformer_reverse.BEGIN
    for row, words in zip(source, write(model, source), strict=True):
        alone = decode_greedily(model, row, begin, -1, LENGTH + 1)
        assert alone == words.tolist()


def test_a_string_counts_only_when_all_of_it_is_right(monkeypatch):
    source = np.array([[1, 2, 3], [4, 5, 6]])
    end = transformer_reverse.END
    wanted = np.array([[3, 2, 1, end], [6, 5, 4, end]])
    for place, share in [((0, 0), 0.5), ((1, 3), 0.5), (None, 1.0)]:
        words = wanted.copy()
        if place:
            words[place] += 1
        monkeypatch.setattr(
            transformer_reverse, "write", lambda *_, words=words: words
        )
        assert exact(initial(0), source) == share


def test_the_variants_change_what_their_names_say():
    model, source = initial(0), strings(0, 3)
    plain = loss(model, source)
    turned = source[:, [1, 0, 2, 3, 4, 5]]
    encode = transformer_reverse.encode
    with in_use("no-positions"):
        one, other = encode(model, source), encode(model, turned)
        np.testing.assert_allclose(one[:, 0], other[:, 1])
    assert not np.allclose(encode(model, source)[:, 0], one[:, 0])
    with in_use("no-mask"), in_use("whole"), in_training("whole"):
        assert loss(model, source) == plain
    with in_training("no-mask"):
        assert loss(model, source) != plain
    with in_training("no-positions"):
        assert loss(model, source) != plain
    assert loss(model, source) == plain
