"""A small Transformer learns to reverse six letters, or does not.

The model is nlpnotes.transformer itself, trained through autograd: one layer
on each side, two heads, d_model = 32. Every step shows new strings of six
letters out of twelve, teacher forced, and lowers the mean cross-entropy.

    whole              the model as it is
    no-positions       the encoder without position encodings
    unrelated          the encoder reads other strings than those to reverse:
                       each letter can only be guessed, and nothing in a loss
                       below FLOOR has been learned honestly
    unrelated-no-mask  the same without the causal mask, so that each position
                       of the decoder sees the word that it has to give

Each is trained from several seeds. Measured on strings that were not trained
on: the loss, teacher forced as in training, and the share of strings written
right, where each word written is fed back; while a model writes, the encoder
always reads the string to reverse.
"""

import math
from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
)
from unittest.mock import patch

import autograd.numpy as differentiable_numpy
import numpy as np
from autograd import value_and_grad
from autograd.extend import defvjp

from nlpnotes import attention, functions, normalization, transformer
from nlpnotes.transformer import (
    Transformer,
    decode,
    encode,
    random_transformer,
    start_decoding,
)

LETTERS, LENGTH = 12, 6
BEGIN, END = LETTERS, LETTERS + 1
WORDS = LETTERS + 2
D_MODEL, D_FF, HEADS, LAYERS = 32, 64, 2, 1
BATCH, STEPS, EVERY, TESTED = 32, 200, 25, 200
PEAK, WARMUP = 0.008, 50
SEEDS = range(3)
GUESSING = ("unrelated", "unrelated-no-mask")
VARIANTS = ("whole", "no-positions", *GUESSING)
# Six letters that nobody can know and an END that everybody knows.
FLOOR = LENGTH / (LENGTH + 1) * math.log(LETTERS)

# autograd knows no gradient of asarray, which changes nothing here.
defvjp(differentiable_numpy.asarray, lambda ans, x: lambda g: g)


@contextmanager
def differentiable() -> Iterator[None]:
    """Let nlpnotes compute with autograd's NumPy for a while."""
    with ExitStack() as stack:
        for module in (attention, functions, normalization, transformer):
            stack.enter_context(
                patch.object(module, "np", differentiable_numpy)
            )
        yield


def in_encoder(variant: str) -> AbstractContextManager:
    """Take the position encodings away for a while, if so named."""
    if variant != "no-positions":
        return nullcontext()
    return patch.object(
        transformer,
        "sinusoidal_positions",
        lambda n, d_model: np.zeros((n, d_model)),
    )


def in_decoder(variant: str) -> AbstractContextManager:
    """Take the causal mask away for a while, if so named."""
    if variant != "unrelated-no-mask":
        return nullcontext()
    return patch.object(
        transformer,
        "causal_mask",
        lambda n, m: np.ones((n, m), dtype=bool),
    )


def start(model: Transformer, source: np.ndarray, variant: str) -> list:
    """Return the caches once the encoder has read the source."""
    with in_encoder(variant):
        return start_decoding(model, encode(model, source))


def arrays(model) -> list[np.ndarray]:
    """Return the arrays of the nested model, in order."""
    if isinstance(model, int):
        return []
    if isinstance(model, tuple | list):
        return [array for part in model for array in arrays(part)]
    return [model]


def rebuild(like, parts: Iterator[np.ndarray]):
    """Return the structure of like with other arrays."""
    if isinstance(like, int):
        return like
    if isinstance(like, list):
        return [rebuild(part, parts) for part in like]
    if isinstance(like, tuple):
        return type(like)(*(rebuild(part, parts) for part in like))
    return next(parts)


def initial(seed: int) -> Transformer:
    rng = np.random.default_rng(seed)
    return random_transformer(rng, WORDS, D_MODEL, D_FF, HEADS, LAYERS)


def strings(seed, n: int, length: int = LENGTH) -> np.ndarray:
    """Return n random strings; seed is what default_rng takes."""
    return np.random.default_rng(seed).integers(LETTERS, size=(n, length))


def loss(
    model: Transformer,
    source: np.ndarray,
    variant: str = "whole",
    read: np.ndarray | None = None,
) -> float:
    """Return the mean cross-entropy of the reversed letters and END.

    The encoder reads the source itself, or what is to be read instead.
    """
    np = differentiable_numpy
    ends = np.ones((len(source), 1), dtype=int)
    reversed_ = source[:, ::-1]
    fed = np.concatenate([BEGIN * ends, reversed_], axis=1)
    wanted = np.concatenate([reversed_, END * ends], axis=1)
    caches = start(model, source if read is None else read, variant)
    with in_decoder(variant):
        logits, _ = decode(model, fed, caches)
    logits = logits - np.max(logits, axis=-1, keepdims=True)
    total = np.log(np.sum(np.exp(logits), axis=-1))
    chosen = np.sum(logits * np.eye(WORDS)[wanted], axis=-1)
    return np.mean(total - chosen)


def write(
    model: Transformer, source: np.ndarray, variant: str = "whole"
) -> np.ndarray:
    """Return one word more than each string has, each the likeliest."""
    caches = start(model, source, variant)
    words = [np.full(len(source), BEGIN)]
    for _ in range(source.shape[1] + 1):
        logits, caches = decode(model, words[-1][:, None], caches)
        words.append(logits[:, -1].argmax(axis=-1))
    return np.stack(words[1:], axis=1)


def exact(
    model: Transformer, source: np.ndarray, variant: str = "whole"
) -> float:
    """Return the share of strings that come out reversed, then END."""
    wanted = np.pad(source[:, ::-1], [(0, 0), (0, 1)], constant_values=END)
    return float((write(model, source, variant) == wanted).all(axis=1).mean())


def data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the strings to train on and others to test on."""
    trained = strings([seed, 1], STEPS * BATCH)
    seen = set(map(tuple, trained.tolist()))
    drawn = strings([seed, 2], 2 * TESTED).tolist()
    new = [row for row in drawn if tuple(row) not in seen]
    return trained, np.array(new[:TESTED])


def train(variant: str, seed: int) -> tuple[Transformer, dict]:
    """Return the trained model and what was measured every EVERY steps."""
    like = initial(seed)
    trained, tested = data(seed)
    read, read_in_test = trained, tested
    if variant in GUESSING:
        read = strings([seed, 3], len(trained))
        read_in_test = strings([seed, 4], len(tested))

    def objective(parameters, source, read):
        return loss(rebuild(like, iter(parameters)), source, variant, read)

    step_of = value_and_grad(objective)
    parameters = arrays(like)
    first, second = ([np.zeros_like(p) for p in parameters] for _ in "12")
    found: dict = {"loss": [], "exact": []}
    for step in range(1, STEPS + 1):
        batch = slice((step - 1) * BATCH, step * BATCH)
        with differentiable():
            _, gradients = step_of(parameters, trained[batch], read[batch])
        rate = PEAK * min(step / WARMUP, (WARMUP / step) ** 0.5)
        for k, g in enumerate(gradients):  # Adam, the paper's section 5.3
            first[k] += 0.1 * (g - first[k])
            second[k] += 0.02 * (g**2 - second[k])
            size = np.sqrt(second[k] / (1 - 0.98**step)) + 1e-9
            parameters[k] = (
                parameters[k] - rate * first[k] / (1 - 0.9**step) / size
            )
        if step % EVERY == 0:
            model = rebuild(like, iter(parameters))
            value = float(loss(model, tested, variant, read_in_test))
            found["loss"].append(round(value, 3))
            found["exact"].append(exact(model, tested, variant))
    return rebuild(like, iter(parameters)), found


def cross_attention(model: Transformer, source: np.ndarray) -> np.ndarray:
    """Return the weights (LENGTH + 1, LENGTH), the mean of heads and strings.

    The right letters are fed. The last layer's attention is the last called.
    """
    kept = []

    def keep(*arguments):
        output, weights = attention.scaled_dot_product_attention(*arguments)
        kept.append(weights)
        return output, weights

    fed = np.pad(source[:, ::-1], [(0, 0), (1, 0)], constant_values=BEGIN)
    with patch.object(transformer, "scaled_dot_product_attention", keep):
        decode(model, fed, start_decoding(model, encode(model, source)))
    return kept[-1].mean(axis=(0, 1))


def same_places(model: Transformer, source: np.ndarray) -> np.ndarray:
    """Return how often step t = 1, ..., LENGTH writes letter LENGTH + 1 - t.

    Those are the places of a string of LENGTH letters. Shorter strings have
    no letter for the first steps, which are left out.
    """
    n = min(LENGTH, source.shape[1])
    written = write(model, source)[:, LENGTH - n : LENGTH]
    return (written == source[:, :n][:, ::-1]).mean(axis=0)


def run() -> dict:
    """Return what was measured of each variant, seed by seed.

    Of the whole model also where it looks, and what it makes of strings of
    other lengths.
    """
    others = (LENGTH - 1, LENGTH + 1)
    found: dict = {
        "steps": list(range(EVERY, STEPS + 1, EVERY)),
        "weights": [],
        "lengths": {str(length): [] for length in others},
        "places": {str(length): [] for length in others},
    }
    for variant in VARIANTS:
        found[variant] = []
        for seed in SEEDS:
            model, measured = train(variant, seed)
            found[variant].append(measured)
            if variant != "whole":
                continue
            weights = cross_attention(model, data(seed)[1])
            found["weights"].append(weights.round(3).tolist())
            for length in others:
                source = strings([seed, 5], TESTED, length)
                shares = same_places(model, source).round(3).tolist()
                found["lengths"][str(length)].append(exact(model, source))
                found["places"][str(length)].append(shares)
    return found
