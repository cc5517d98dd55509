"""The Transformer: encoder, decoder, and decoding step by step.

Source: Vaswani et al., "Attention Is All You Need" (2017, arXiv 1706.03762),
sections 3.1 to 3.5, without dropout. LayerNorm comes after the residual sum
(Post-LN), and one table of vectors serves both inputs and the output.

Tokens are integers (..., n); "..." is the axis of the batch, or nothing.
Masks are those of nlpnotes.attention: True where a query may attend.
"""

from typing import NamedTuple

import numpy as np

from nlpnotes.attention import (
    causal_mask,
    check_mask,
    merge_heads,
    scaled_dot_product_attention,
    split_heads,
)
from nlpnotes.functions import check_shape
from nlpnotes.normalization import layer_norm
from nlpnotes.position_encoding import sinusoidal_positions


class Attention(NamedTuple):
    """The projections of h heads side by side, (d_model, d_model) each."""

    W_Q: np.ndarray
    W_K: np.ndarray
    W_V: np.ndarray
    W_O: np.ndarray


class FeedForward(NamedTuple):
    """W_1 (d_model, d_ff), W_2 (d_ff, d_model) and a bias after each."""

    W_1: np.ndarray
    b_1: np.ndarray
    W_2: np.ndarray
    b_2: np.ndarray


class Norm(NamedTuple):
    """The gain and the bias of a LayerNorm, (d_model,) each."""

    gain: np.ndarray
    bias: np.ndarray


class EncoderLayer(NamedTuple):
    """Self-attention and feed-forward network, a LayerNorm after each."""

    own: Attention
    own_norm: Norm
    feed_forward: FeedForward
    feed_forward_norm: Norm


class DecoderLayer(NamedTuple):
    """The layer of the encoder with cross-attention in the middle."""

    own: Attention
    own_norm: Norm
    cross: Attention
    cross_norm: Norm
    feed_forward: FeedForward
    feed_forward_norm: Norm


class Transformer(NamedTuple):
    """h heads, the vectors of the words (|V|, d_model), two stacks."""

    h: int
    embedding: np.ndarray
    encoder: list[EncoderLayer]
    decoder: list[DecoderLayer]


class Memory(NamedTuple):
    """Keys and values (..., h, m, d_k) of m positions, for one attention."""

    K: np.ndarray
    V: np.ndarray

    def followed_by(self, later: "Memory") -> "Memory":
        """Return these positions and behind them those of later."""
        return Memory(
            np.concatenate([self.K, later.K], axis=-2),
            np.concatenate([self.V, later.V], axis=-2),
        )


class Cache(NamedTuple):
    """What one layer of the decoder keeps: its own past, the encoder's."""

    own: Memory
    cross: Memory


def embed(
    model: Transformer, tokens: np.ndarray, start: int = 0
) -> np.ndarray:
    """Return sqrt(d_model) E[token] + PE (..., n, d_model): sections 3.4, 3.5.

    The first of the tokens (..., n) stands at the position start. Raises
    ValueError for a token that the vocabulary does not have.
    """
    *_, n = check_shape("tokens", tokens, (..., "n"))
    size, d_model = model.embedding.shape
    tokens = np.asarray(tokens)
    if tokens.min() < 0 or tokens.max() >= size:
        raise ValueError(f"tokens: expected 0 to {size - 1}, got {tokens}")
    positions = sinusoidal_positions(start + n, d_model)[start:]
    vectors = d_model**0.5 * model.embedding[tokens]
    return vectors + positions.astype(vectors.dtype)


def remember(X: np.ndarray, weights: Attention, h: int) -> Memory:
    """Return the keys and values of X (..., m, d_model)."""
    return Memory(
        split_heads(X @ weights.W_K, h), split_heads(X @ weights.W_V, h)
    )


def attend(
    X: np.ndarray,
    memory: Memory,
    weights: Attention,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Let X (..., n, d_model) attend to the memory: section 3.2.2.

    mask (..., n, m) is the same for all heads.
    """
    *batch, h, m, _ = memory.K.shape
    if mask is not None:
        mask = check_mask(mask, (*batch, X.shape[-2], m))[..., None, :, :]
    Q = split_heads(X @ weights.W_Q, h)
    heads, _ = scaled_dot_product_attention(Q, *memory, mask)
    return merge_heads(heads) @ weights.W_O


def feed_forward(X: np.ndarray, weights: FeedForward) -> np.ndarray:
    """Return max(0, X W_1 + b_1) W_2 + b_2 (..., d_model): equation 2.

    X (..., d_model). Raises ValueError for other shapes.
    """
    W_1, b_1, W_2, b_2 = weights
    *_, d_model = check_shape("X", X, (..., "d_model"))
    _, d_ff = check_shape("W_1", W_1, (d_model, "d_ff"))
    check_shape("b_1", b_1, (d_ff,))
    check_shape("W_2", W_2, (d_ff, d_model))
    check_shape("b_2", b_2, (d_model,))
    return np.maximum(0, X @ W_1 + b_1) @ W_2 + b_2


def add_norm(X: np.ndarray, change: np.ndarray, norm: Norm) -> np.ndarray:
    """Return LayerNorm(X + change), change = Sublayer(X): section 3.1."""
    return layer_norm(X + change, *norm)


def encode(
    model: Transformer, tokens: np.ndarray, mask: np.ndarray | None = None
) -> np.ndarray:
    """Return the encoder's output (..., m, d_model) for tokens (..., m).

    mask broadcasts to (..., m, m): padding_mask hides what is not text.
    """
    X = embed(model, tokens)
    for layer in model.encoder:
        own = remember(X, layer.own, model.h)
        X = add_norm(X, attend(X, own, layer.own, mask), layer.own_norm)
        X = add_norm(
            X, feed_forward(X, layer.feed_forward), layer.feed_forward_norm
        )
    return X


def start_decoding(model: Transformer, encoded: np.ndarray) -> list[Cache]:
    """Return the caches of the layers before the first word.

    encoded (..., m, d_model) is projected here, once for all steps.
    """
    caches = []
    for layer in model.decoder:
        cross = remember(encoded, layer.cross, model.h)
        nothing = Memory(cross.K[..., :0, :], cross.V[..., :0, :])
        caches.append(Cache(nothing, cross))
    return caches


def decode(
    model: Transformer,
    tokens: np.ndarray,
    caches: list[Cache],
    mask: np.ndarray | None = None,
) -> tuple[np.ndarray, list[Cache]]:
    """Return the logits (..., n, |V|) after each token, and the new caches.

    The tokens (..., n) continue those that the caches have seen. All at once
    or one by one, the logits are the same: each position sees itself and what
    is before it, no more. mask broadcasts to (..., n, m) and hides positions
    of the encoder's.
    """
    past = caches[0].own.K.shape[-2]
    Y = embed(model, tokens, past)
    n = Y.shape[-2]
    new = []
    for layer, cache in zip(model.decoder, caches, strict=True):
        own = cache.own.followed_by(remember(Y, layer.own, model.h))
        visible = causal_mask(n, past + n)
        Y = add_norm(Y, attend(Y, own, layer.own, visible), layer.own_norm)
        Y = add_norm(
            Y, attend(Y, cache.cross, layer.cross, mask), layer.cross_norm
        )
        Y = add_norm(
            Y, feed_forward(Y, layer.feed_forward), layer.feed_forward_norm
        )
        new.append(Cache(own, cache.cross))
    return Y @ model.embedding.T, new


def decode_greedily(
    model: Transformer,
    source: np.ndarray,
    begin: int,
    end: int,
    limit: int,
) -> list[int]:
    """Return the likeliest next word, again and again, until end or limit.

    source (m,) is one sentence. begin is fed first and not returned, nor is
    end. Each step feeds one token; the caches hold the rest.
    """
    caches = start_decoding(model, encode(model, source))
    words: list[int] = []
    token = begin
    while len(words) < limit:
        logits, caches = decode(model, np.array([token]), caches)
        token = int(logits[-1].argmax())
        if token == end:
            break
        words.append(token)
    return words


def random_transformer(
    rng: np.random.Generator,
    vocabulary: int,
    d_model: int = 512,
    d_ff: int = 2048,
    h: int = 8,
    layers: int = 6,
) -> Transformer:
    """Return a model before its training; the sizes are the base model's.

    The paper does not say how its weights begin. Here matrices are uniform
    within sqrt(6 / (rows + columns)) (Glorot and Bengio 2010, equation 16),
    biases 0, gains 1, and the words' vectors normal with the variance
    1 / d_model, so that embed gives numbers of size 1.
    """

    def matrix(rows: int, columns: int) -> np.ndarray:
        limit = (6 / (rows + columns)) ** 0.5
        return rng.uniform(-limit, limit, (rows, columns))

    def attention() -> Attention:
        return Attention(*(matrix(d_model, d_model) for _ in range(4)))

    def network() -> FeedForward:
        return FeedForward(
            matrix(d_model, d_ff),
            np.zeros(d_ff),
            matrix(d_ff, d_model),
            np.zeros(d_model),
        )

    def norm() -> Norm:
        return Norm(np.ones(d_model), np.zeros(d_model))

    return Transformer(
        h,
        rng.normal(0, d_model**-0.5, (vocabulary, d_model)),
        [
            EncoderLayer(attention(), norm(), network(), norm())
            for _ in range(layers)
        ],
        [
            DecoderLayer(
                attention(), norm(), attention(), norm(), network(), norm()
            )
            for _ in range(layers)
        ],
    )


def parameter_count(
    vocabulary: int, d_model: int = 512, d_ff: int = 2048, layers: int = 6
) -> dict[str, int]:
    """Return how many numbers each part of the model learns.

    One table for both inputs and the output, no bias in the projections of
    attention, and a gain and a bias for each LayerNorm.
    """
    attention = 4 * d_model**2
    network = 2 * d_model * d_ff + d_ff + d_model
    norm = 2 * d_model
    return {
        "embedding": vocabulary * d_model,
        "encoder": layers * (attention + network + 2 * norm),
        "decoder": layers * (2 * attention + network + 3 * norm),
    }
