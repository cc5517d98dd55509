"""nlpnotes.transformer: held to one ONNX graph of the whole model."""

import numpy as np
import pytest

from nlpnotes.attention import padding_mask
from nlpnotes.transformer import (
    Attention,
    FeedForward,
    Transformer,
    decode,
    decode_greedily,
    embed,
    encode,
    feed_forward,
    parameter_count,
    random_transformer,
    start_decoding,
)
from onnx_peers import TOLERANCE
from onnx_transformer_peer import onnx_logits

WORDS = 11

# (B, m, n, d_model, d_ff, h, layers)
SIZES = [
    (1, 1, 1, 2, 1, 1, 1),
    (2, 5, 3, 8, 16, 2, 1),
    (3, 4, 6, 12, 5, 3, 2),
    (1, 7, 7, 16, 32, 4, 3),
    (4, 2, 9, 6, 24, 1, 2),
    (2, 12, 5, 32, 64, 8, 2),
]
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


def leaves(model) -> list[np.ndarray]:
    """All the arrays of a nested structure."""
    if isinstance(model, np.ndarray):
        return [model]
    if isinstance(model, int):
        return []
    return [array for part in model for array in leaves(part)]


def change_leaves(model, change):
    """The structure with each of its arrays changed."""
    if isinstance(model, np.ndarray):
        return change(model)
    if isinstance(model, int):
        return model
    parts = [change_leaves(part, change) for part in model]
    return parts if isinstance(model, list) else type(model)(*parts)


def make_model(
    seed: int, d_model: int, d_ff: int, h: int, layers: int, dtype="float64"
) -> Transformer:
    """A model none of whose numbers is 0 or 1, as after some training."""
    rng = np.random.default_rng(seed)
    model = random_transformer(rng, WORDS, d_model, d_ff, h, layers)
    return change_leaves(
        model,
        lambda array: (array + rng.normal(0, 0.2, array.shape)).astype(dtype),
    )


def make_batch(seed: int, B: int, m: int, n: int):
    rng = np.random.default_rng(seed)
    source = rng.integers(WORDS, size=(B, m))
    target = rng.integers(WORDS, size=(B, n))
    lengths = rng.integers(1, m + 1, size=B)
    return source, target, padding_mask(lengths, m)


def logits_of(model, source, target, mask):
    caches = start_decoding(model, encode(model, source, mask))
    return decode(model, target, caches, mask)[0]


@sizes
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("dtype", "reference"),
    [("float32", False), ("float64", True)],
    ids=["onnxruntime", "onnx-reference"],
)
def test_the_logits_are_those_of_onnx(size, seed, dtype, reference):
    B, m, n, *widths = size
    model = make_model(seed, *widths, dtype)
    batch = make_batch(seed, B, m, n)
    ours = logits_of(model, *batch)
    theirs = onnx_logits(model, *batch, reference=reference)
    assert ours.dtype == theirs.dtype == dtype
    assert ours.shape == (B, n, WORDS)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(
        ours, theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max()
    )


@sizes
def test_word_by_word_gives_what_all_at_once_gives(size):
    B, m, n, *widths = size
    model = make_model(5, *widths)
    source, target, mask = make_batch(5, B, m, n)
    whole = logits_of(model, source, target, mask)
    caches = start_decoding(model, encode(model, source, mask))
    for t in range(n):
        step, caches = decode(model, target[:, t : t + 1], caches, mask)
        np.testing.assert_allclose(step[:, 0], whole[:, t], rtol=1e-10)
    for cache in caches:
        d_k = widths[0] // widths[2]
        assert cache.own.K.shape == (B, widths[2], n, d_k)
        assert cache.cross.V.shape == (B, widths[2], m, d_k)


def test_pieces_of_any_length_may_follow_one_another():
    model = make_model(1, 8, 16, 2, 2)
    source, target, mask = make_batch(1, 2, 4, 9)
    whole = logits_of(model, source, target, mask)
    caches = start_decoding(model, encode(model, source, mask))
    pieces = []
    for start, stop in [(0, 4), (4, 5), (5, 9)]:
        piece, caches = decode(model, target[:, start:stop], caches, mask)
        pieces.append(piece)
    np.testing.assert_allclose(
        np.concatenate(pieces, axis=1), whole, rtol=1e-10
    )


def test_a_step_leaves_the_caches_it_was_given():
    model = make_model(2, 8, 16, 2, 1)
    caches = start_decoding(model, encode(model, np.array([1, 2, 3])))
    first, _ = decode(model, np.array([4]), caches)
    again, _ = decode(model, np.array([4]), caches)
    np.testing.assert_array_equal(first, again)


def test_a_batch_gives_what_its_sentences_give_alone():
    model = make_model(3, 8, 16, 2, 2)
    source, target, _ = make_batch(3, 2, 6, 4)
    lengths = np.array([6, 2])
    batch = logits_of(model, source, target, padding_mask(lengths, 6))
    for row, length in enumerate(lengths):
        alone = logits_of(model, source[row, :length], target[row], None)
        np.testing.assert_allclose(batch[row], alone, rtol=1e-10)


def test_a_later_word_changes_nothing_before_it():
    model = make_model(4, 8, 16, 2, 2)
    source, target, mask = make_batch(4, 1, 4, 5)
    changed = target.copy()
    changed[0, 3] = (changed[0, 3] + 1) % WORDS
    before = logits_of(model, source, target, mask)
    after = logits_of(model, source, changed, mask)
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert not np.allclose(before[:, 3:], after[:, 3:])


def test_the_parameters_are_counted_as_they_are():
    for words, d_model, d_ff, h, layers in [(7, 6, 10, 2, 1), (3, 8, 5, 4, 3)]:
        rng = np.random.default_rng(0)
        model = random_transformer(rng, words, d_model, d_ff, h, layers)
        parts = {
            name: sum(array.size for array in leaves(getattr(model, name)))
            for name in ("embedding", "encoder", "decoder")
        }
        counted = parameter_count(words, d_model, d_ff, layers)
        assert counted == parts


def test_the_sizes_are_those_of_the_base_model():
    # Vaswani et al., table 3: N = 6, d_model = 512, d_ff = 2048, h = 8.
    model = random_transformer(np.random.default_rng(0), 3)
    assert model.h == 8
    assert len(model.encoder) == len(model.decoder) == 6
    assert model.embedding.shape == (3, 512)
    assert model.encoder[0].feed_forward.W_1.shape == (512, 2048)
    assert parameter_count(3) == parameter_count(3, 512, 2048, 6)
    assert sum(parameter_count(3).values()) == sum(
        array.size for array in leaves(model)
    )


def test_the_weights_begin_as_documented():
    rng = np.random.default_rng(0)
    model = random_transformer(rng, 50, 64, 192, 4, 2)
    layer = model.decoder[1]
    for W in (*layer.own, *layer.cross, *layer.feed_forward[::2]):
        limit = np.sqrt(6 / sum(W.shape))
        assert 0.98 * limit < np.abs(W).max() <= limit
        assert abs(W.mean()) < 0.02 * limit
        np.testing.assert_allclose(W.var(), limit**2 / 3, rtol=0.05)
    np.testing.assert_allclose(model.embedding.var() * 64, 1, rtol=0.05)
    assert abs(model.embedding.mean()) < 0.01
    assert not layer.feed_forward.b_1.any()
    assert not layer.feed_forward.b_2.any()
    for norm in (layer.own_norm, layer.cross_norm, layer.feed_forward_norm):
        assert (norm.gain == 1).all()
        assert not norm.bias.any()


def next_word(model, source, words):
    """The likeliest word after these, computed without a cache."""
    caches = start_decoding(model, encode(model, source))
    return int(decode(model, np.array(words), caches)[0][-1].argmax())


def test_greedy_decoding_takes_the_likeliest_word_each_time():
    source, limit = np.array([3, 1, 4]), 5
    model = make_model(0, 8, 16, 2, 2)
    lengths = set()
    for end in range(WORDS):
        fed = [0]
        while len(fed) <= limit:
            word = next_word(model, source, fed)
            if word == end:
                break
            fed.append(word)
        lengths.add(len(fed) - 1)
        assert decode_greedily(model, source, 0, end, limit) == fed[1:]
    # Some ended by the word that ends, some by the limit.
    assert limit in lengths
    assert len(lengths) > 1


def test_a_limit_of_nothing_gives_nothing():
    model = make_model(0, 8, 16, 2, 1)
    assert decode_greedily(model, np.array([1]), 0, WORDS, 0) == []


@pytest.mark.parametrize("tokens", [[-1], [3, WORDS], [WORDS + 3, 0]])
def test_unknown_tokens_are_refused(tokens):
    model = make_model(0, 4, 4, 2, 1)
    with pytest.raises(ValueError, match="tokens: expected 0 to 10, got"):
        embed(model, np.array(tokens))


def test_no_tokens_are_refused():
    model = make_model(0, 4, 4, 2, 1)
    with pytest.raises(ValueError, match="tokens: expected the shape"):
        embed(model, np.array([], dtype=int))


def test_the_caches_of_another_model_are_refused():
    shallow, deep = (make_model(0, 4, 4, 2, layers) for layers in (1, 2))
    caches = start_decoding(shallow, encode(shallow, np.array([1])))
    with pytest.raises(ValueError, match="zip"):
        decode(deep, np.array([1]), caches)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("X", (2, 3)),
        ("W_1", (3, 5)),
        ("b_1", (1,)),
        ("W_2", (5, 3)),
        ("b_2", (1,)),
    ],
)
def test_a_network_of_other_shapes_is_refused(name, shape):
    shapes = {"X": (2, 4), "W_1": (4, 5), "b_1": (5,), "W_2": (5, 4)}
    shapes |= {"b_2": (4,), name: shape}
    X, *weights = (np.ones(size) for size in shapes.values())
    with pytest.raises(ValueError, match="expected the shape"):
        feed_forward(X, FeedForward(*weights))


def test_heads_that_do_not_divide_the_width_are_refused():
    model = random_transformer(np.random.default_rng(0), 5, 8, 4, 3, 1)
    with pytest.raises(ValueError, match="do not make 3 heads"):
        encode(model, np.array([1, 2]))


def test_a_wrong_mask_is_refused():
    model = make_model(0, 8, 16, 2, 1)
    with pytest.raises(ValueError, match="does not broadcast"):
        encode(model, np.array([1, 2, 3]), np.ones((2,), dtype=bool))


def test_keys_and_values_have_projections_of_their_own():
    # A swap of W_K and W_V would pass where both are equal.
    model = make_model(6, 8, 16, 2, 1)
    layer = model.encoder[0]
    W_Q, W_K, W_V, W_O = layer.own
    swapped = layer._replace(own=Attention(W_Q, W_V, W_K, W_O))
    tokens = np.array([1, 5, 2])
    changed = encode(model._replace(encoder=[swapped]), tokens)
    assert not np.allclose(changed, encode(model, tokens))
