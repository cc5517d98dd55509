"""A small Transformer learns to reverse six letters, or does not.

The model is nlpnotes.transformer itself, trained through autograd: one layer
on each side, two heads, d_model = 32. Every step shows new strings of six
letters out of twelve, teacher forced, and lowers the mean cross-entropy. New
strings are then written out word by word, each word fed back.

    whole          the model as it is
    no-positions   trained and used without position encodings
    no-mask        trained without the causal mask, so that each position of
                   the decoder sees the word that it has to give; used as
                   the model must be used, where the future is not there yet
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
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
BATCH, STEPS, EVERY, TESTED = 32, 300, 25, 200
PEAK, WARMUP = 0.005, 100
VARIANTS = ("whole", "no-positions", "no-mask")
EXAMPLE = [0, 1, 2, 3, 4, 5]

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


def in_use(variant: str):
    """Take the position encodings away for a while, if so named."""
    if variant != "no-positions":
        return nullcontext()
    return patch.object(
        transformer,
        "sinusoidal_positions",
        lambda n, d_model: np.zeros((n, d_model)),
    )


def in_training(variant: str):
    """Do the same, or take the causal mask away for a while."""
    if variant != "no-mask":
        return in_use(variant)
    return patch.object(
        transformer,
        "causal_mask",
        lambda n, m: np.ones((n, m), dtype=bool),
    )


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
    """Return n random strings; seed may be a generator."""
    return np.random.default_rng(seed).integers(LETTERS, size=(n, length))


def loss(model: Transformer, source: np.ndarray) -> float:
    """Return the mean cross-entropy of the reversed letters and END."""
    np = differentiable_numpy
    ends = np.ones((len(source), 1), dtype=int)
    reversed_ = source[:, ::-1]
    fed = np.concatenate([BEGIN * ends, reversed_], axis=1)
    wanted = np.concatenate([reversed_, END * ends], axis=1)
    logits, _ = decode(
        model, fed, start_decoding(model, encode(model, source))
    )
    logits = logits - np.max(logits, axis=-1, keepdims=True)
    total = np.log(np.sum(np.exp(logits), axis=-1))
    chosen = np.sum(logits * np.eye(WORDS)[wanted], axis=-1)
    return np.mean(total - chosen)


def write(model: Transformer, source: np.ndarray) -> np.ndarray:
    """Return one word more than each string has, each the likeliest."""
    caches = start_decoding(model, encode(model, source))
    words = [np.full(len(source), BEGIN)]
    for _ in range(source.shape[1] + 1):
        logits, caches = decode(model, words[-1][:, None], caches)
        words.append(logits[:, -1].argmax(axis=-1))
    return np.stack(words[1:], axis=1)


def exact(model: Transformer, source: np.ndarray) -> float:
    """Return the share of strings that come out reversed, then END."""
    wanted = np.pad(source[:, ::-1], [(0, 0), (0, 1)], constant_values=END)
    return float((write(model, source) == wanted).all(axis=1).mean())


def train(variant: str, seed: int = 0) -> tuple[Transformer, dict]:
    """Return the trained model and what was measured every EVERY steps."""
    like = initial(seed)
    rng = np.random.default_rng([seed, 1])
    tested = strings([seed, 2], TESTED)

    def objective(parameters, source):
        return loss(rebuild(like, iter(parameters)), source)

    step_of = value_and_grad(objective)
    parameters = arrays(like)
    first, second = ([np.zeros_like(p) for p in parameters] for _ in "12")
    found: dict = {"loss": [], "exact": []}
    for step in range(1, STEPS + 1):
        with differentiable(), in_training(variant):
            value, gradients = step_of(parameters, strings(rng, BATCH))
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
            with in_use(variant):
                found["exact"].append(exact(model, tested))
            found["loss"].append(float(f"{value:.4g}"))
    return rebuild(like, iter(parameters)), found


def cross_attention(model: Transformer, source: list[int]) -> np.ndarray:
    """Return the weights (LENGTH + 1, LENGTH), the mean of the heads."""
    kept = []

    def keep(*arguments):
        output, weights = attention.scaled_dot_product_attention(*arguments)
        kept.append(weights)
        return output, weights

    fed = np.array([BEGIN, *source[::-1]])
    with patch.object(transformer, "scaled_dot_product_attention", keep):
        decode(
            model, fed, start_decoding(model, encode(model, np.array(source)))
        )
    return kept[-1].mean(axis=0)


def run() -> dict:
    """Return loss and accuracy by step, and the whole model's attention."""
    found: dict = {"steps": list(range(EVERY, STEPS + 1, EVERY))}
    for variant in VARIANTS:
        model, found[variant] = train(variant)
        if variant == "whole":
            weights = cross_attention(model, EXAMPLE)
            found["weights"] = [
                [round(float(weight), 3) for weight in row] for row in weights
            ]
            found["lengths"] = {
                str(length): exact(model, strings(length, TESTED, length))
                for length in (LENGTH - 1, LENGTH, LENGTH + 1)
            }
    return found
