"""What transformer.rst says of its experiment holds when it is run again."""

import numpy as np
import pytest
from autograd import grad

from figures.experiments import result, transformer_reverse
from figures.experiments.transformer_reverse import (
    EVERY,
    FLOOR,
    GUESSING,
    LENGTH,
    SEEDS,
    STEPS,
    TESTED,
    VARIANTS,
    arrays,
    cross_attention,
    data,
    differentiable,
    exact,
    in_decoder,
    in_encoder,
    initial,
    loss,
    rebuild,
    same_places,
    strings,
    write,
)
from finite_differences import derivative
from nlpnotes.transformer import decode_greedily


def test_no_claim_rests_on_one_seed():
    assert len(SEEDS) >= 3


@pytest.fixture(scope="module")
def ran() -> dict:
    return transformer_reverse.run()


@pytest.fixture(params=["stored", "run again"])
def found(request) -> dict:
    """The stored result, which the page prints, and that of a new run."""
    if request.param == "stored":
        return result("transformer_reverse")
    return request.getfixturevalue("ran")


def of_seeds(found: dict, variant: str, measured: str) -> np.ndarray:
    """A row for each seed, a column for each time it was measured."""
    rows = np.array([one[measured] for one in found[variant]])
    assert rows.shape == (len(SEEDS), STEPS // EVERY)
    return rows


def test_the_whole_model_learns_to_reverse_new_strings(found):
    shares = of_seeds(found, "whole", "exact")
    assert (shares[:, :3] < 0.1).all()
    assert (shares[:, -1] > 0.9).all()
    assert (of_seeds(found, "whole", "loss")[:, -1] < 0.1).all()


def test_without_positions_in_the_encoder_it_does_not(found):
    assert of_seeds(found, "no-positions", "exact").max() < 0.02
    assert (of_seeds(found, "no-positions", "loss")[:, -1] > 1).all()


def test_with_the_mask_the_unrelated_letters_stay_a_guess(found):
    losses = of_seeds(found, "unrelated", "loss")
    assert losses.min() > FLOOR - 0.02
    assert losses[:, -1].max() < FLOOR + 0.05


def test_without_the_mask_they_leak(found):
    assert of_seeds(found, "unrelated-no-mask", "loss")[:, -1].max() < 0.05


def test_who_had_no_use_for_the_source_writes_nothing_right(found):
    for variant in GUESSING:
        assert of_seeds(found, variant, "exact").max() == 0


def test_each_letter_is_written_by_looking_at_its_place(found):
    weights = np.array(found["weights"])
    assert weights.shape == (len(SEEDS), LENGTH + 1, LENGTH)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=0.004)
    for of_seed in weights:
        places = of_seed[:LENGTH].argmax(axis=-1)
        np.testing.assert_array_equal(places, np.arange(LENGTH)[::-1])
        assert of_seed[:LENGTH].max(axis=-1).min() > 0.5


def test_it_knows_places_and_no_other_length(found):
    for length in (LENGTH - 1, LENGTH + 1):
        assert max(found["lengths"][str(length)]) == 0
    shorter, longer = (np.array(one) for one in found["places"].values())
    assert shorter.shape == (len(SEEDS), LENGTH - 1)
    assert longer.shape == (len(SEEDS), LENGTH)
    assert shorter.min() > 0.9
    assert longer[:, 1:].min() > 0.9
    assert longer[:, 0].min() > 0.4
    assert (longer[:, 0] < longer[:, 1:].min(axis=1)).all()


def test_the_stored_result_is_of_this_experiment(ran):
    stored = result("transformer_reverse")
    assert stored.keys() == ran.keys()
    assert stored["steps"] == ran["steps"]
    for variant in VARIANTS:
        # Up to the rounding of another machine, which grows with the steps.
        np.testing.assert_allclose(
            of_seeds(stored, variant, "loss")[:, 0],
            of_seeds(ran, variant, "loss")[:, 0],
            atol=0.02,
        )


def test_no_string_is_tested_that_was_trained_on(monkeypatch):
    for seed in SEEDS:
        trained, tested = data(seed)
        assert len(trained) == STEPS * transformer_reverse.BATCH
        assert tested.shape == (TESTED, LENGTH)
        assert not set(map(tuple, trained)) & set(map(tuple, tested))
    # With few letters most strings have been trained on.
    monkeypatch.setattr(transformer_reverse, "LETTERS", 3)
    trained, tested = data(0)
    assert len(tested) < TESTED
    assert not set(map(tuple, trained)) & set(map(tuple, tested))


def test_the_floor_is_that_of_guessing_six_letters():
    chances = [1 / transformer_reverse.LETTERS] * LENGTH + [1]
    np.testing.assert_allclose(FLOOR, -np.mean(np.log(chances)))


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


def test_strings_are_tested_as_the_variant_writes_them(monkeypatch):
    source, end = np.array([[1, 2, 3]]), transformer_reverse.END
    right, wrong = [[3, 2, 1, end]], [[1, 2, 3, end]]
    monkeypatch.setattr(
        transformer_reverse,
        "write",
        lambda _, __, variant: np.array(right if variant == "A" else wrong),
    )
    assert exact(initial(0), source, "A") == 1
    assert exact(initial(0), source, "B") == 0


def test_places_are_counted_from_the_end_of_six(monkeypatch):
    words = np.array([[6, 5, 4, 3, 2, 1, 0, 0]])
    monkeypatch.setattr(transformer_reverse, "write", lambda *_: words)
    for source, shares in [
        ([1, 2, 3, 4, 5, 6], [1] * 6),
        ([1, 2, 3, 4, 5, 6, 9], [1] * 6),
        ([1, 2, 3, 4, 5], [1] * 5),
        ([1, 9, 3, 4, 5], [1, 1, 1, 0, 1]),
    ]:
        places = same_places(initial(0), np.array([source]))
        np.testing.assert_array_equal(places, shares)


def test_cross_attention_is_the_mean_of_what_each_string_gives():
    model, source = initial(0), strings(0, 3)
    alone = [cross_attention(model, source[i : i + 1]) for i in range(3)]
    assert alone[0].shape == (LENGTH + 1, LENGTH)
    np.testing.assert_allclose(
        cross_attention(model, source), np.mean(alone, axis=0)
    )


def test_the_variants_change_what_their_names_say():
    model, source = initial(0), strings(0, 3)
    plain = loss(model, source)
    turned = source[:, [1, 0, 2, 3, 4, 5]]
    encode = transformer_reverse.encode
    with in_encoder("no-positions"):
        one, other = encode(model, source), encode(model, turned)
        np.testing.assert_allclose(one[:, 0], other[:, 1])
    assert not np.allclose(encode(model, source)[:, 0], one[:, 0])
    assert loss(model, source, "unrelated") == plain
    assert loss(model, source, "no-positions") != plain
    assert loss(model, source, "unrelated-no-mask") != plain
    assert loss(model, source, read=strings(1, 3)) != plain
    # Only the encoder's positions are gone, only the decoder's mask.
    with in_decoder("no-positions"):
        assert loss(model, source) == plain
    with in_encoder("unrelated-no-mask"):
        assert loss(model, source) == plain
    assert loss(model, source) == plain


def test_the_decoder_without_the_mask_sees_the_next_letter():
    model, source = initial(0), strings(0, 1)
    fed = np.array([[transformer_reverse.BEGIN, 1, 2, 3]])
    other = np.array([[transformer_reverse.BEGIN, 7, 2, 3]])

    def first(words, variant):
        caches = transformer_reverse.start(model, source, variant)
        with in_decoder(variant):
            return transformer_reverse.decode(model, words, caches)[0][0, 0]

    for variant in VARIANTS:
        same = np.array_equal(first(fed, variant), first(other, variant))
        assert same == (variant != "unrelated-no-mask")


def test_writing_reads_the_source_as_the_training_did():
    # Numbers large enough that more than one word is ever the likeliest.
    model, source = initial(0), strings(0, 20)
    model = rebuild(model, (4 * array for array in arrays(model)))
    assert not np.array_equal(
        write(model, source), write(model, source, "no-positions")
    )
