"""The normalizations of the notes are ONNX's operators."""

import numpy as np
import onnxruntime
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from finite_differences import derivative
from nlpnotes.normalization import (
    batch_norm_infer,
    batch_norm_train,
    layer_norm,
    layer_norm_backward,
    rms_norm,
)

SHAPES = [(1, 1), (1, 5), (4, 8), (2, 3, 6), (2, 2, 3, 16)]
BATCHES = [(1, 1), (2, 3), (7, 4), (32, 16)]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def operator(
    name: str, inputs: dict[str, np.ndarray], outputs: int = 1, **attributes
) -> list[np.ndarray]:
    """Run one ONNX operator: the reference in float64, else onnxruntime."""
    first = next(iter(inputs.values()))
    kind = helper.np_dtype_to_tensor_dtype(first.dtype)
    names = [f"y{i}" for i in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(name, list(inputs), names, **attributes)],
        "one",
        [
            helper.make_tensor_value_info(key, kind, value.shape)
            for key, value in inputs.items()
        ],
        [helper.make_tensor_value_info(y, kind, None) for y in names],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10
    )
    if first.dtype == np.float64:
        return ReferenceEvaluator(model).run(None, inputs)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


# ONNX keeps attributes in float32, so eps and momentum are numbers that it
# holds exactly.
PRECISION = [(np.float64, 1e-10), (np.float32, 1e-5)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "close"), PRECISION)
@pytest.mark.parametrize("eps", [2**-16, 2**-6])
def test_layer_norm_is_the_operator(rng, shape, kind, close, eps):
    X = rng.normal(3, 2, shape).astype(kind)
    gain, bias = rng.normal(size=(2, shape[-1])).astype(kind)
    (expected,) = operator(
        "LayerNormalization",
        {"X": X, "gain": gain, "bias": bias},
        epsilon=eps,
        axis=-1,
    )
    found = layer_norm(X, gain, bias, eps)
    np.testing.assert_allclose(found, expected, atol=close, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("kind", "close"), PRECISION)
@pytest.mark.parametrize("eps", [2**-16, 2**-6])
def test_rms_norm_is_the_operator(rng, shape, kind, close, eps):
    X = rng.normal(1, 2, shape).astype(kind)
    gain = rng.normal(size=shape[-1]).astype(kind)
    (expected,) = operator(
        "RMSNormalization", {"X": X, "gain": gain}, epsilon=eps, axis=-1
    )
    found = rms_norm(X, gain, eps)
    np.testing.assert_allclose(found, expected, atol=close, rtol=0)


def batch(rng, shape, kind) -> tuple[np.ndarray, ...]:
    X = rng.normal(3, 2, shape).astype(kind)
    gain, bias, mean = rng.normal(size=(3, shape[-1])).astype(kind)
    return X, gain, bias, mean, rng.uniform(1, 2, shape[-1]).astype(kind)


@pytest.mark.parametrize("shape", BATCHES)
@pytest.mark.parametrize(("kind", "close"), PRECISION)
def test_batch_norm_at_inference_is_the_operator(rng, shape, kind, close):
    X, gain, bias, mean, variance = batch(rng, shape, kind)
    (expected,) = operator(
        "BatchNormalization",
        {"X": X, "g": gain, "b": bias, "m": mean, "v": variance},
        epsilon=2**-10,
    )
    found = batch_norm_infer(X, gain, bias, (mean, variance), 2**-10)
    np.testing.assert_allclose(found, expected, atol=close, rtol=0)


@pytest.mark.parametrize("shape", BATCHES)
@pytest.mark.parametrize("momentum", [0.75, 0.5])
def test_batch_norm_in_training_is_the_operator(rng, shape, momentum):
    X, gain, bias, mean, variance = batch(rng, shape, np.float64)
    expected = operator(
        "BatchNormalization",
        {"X": X, "g": gain, "b": bias, "m": mean, "v": variance},
        outputs=3,
        epsilon=2**-10,
        momentum=momentum,
        training_mode=1,
    )
    found, averages = batch_norm_train(
        X, gain, bias, (mean, variance), momentum, 2**-10
    )
    for one, other in zip((found, *averages), expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("shape", [(3,), (4, 5), (2, 3, 6)])
def test_the_gradient_of_layer_norm_is_that_of_finite_differences(rng, shape):
    X, dY = rng.normal(size=(2, *shape))
    gain, bias = rng.normal(size=(2, shape[-1]))
    found = layer_norm_backward(dY, X, gain, 1e-3)
    arguments = [X, gain, bias]
    for place, gradient in enumerate(found):

        def loss(value: np.ndarray, place: int = place) -> np.ndarray:
            changed = [*arguments]
            changed[place] = value
            return (dY * layer_norm(*changed, 1e-3)).sum()

        expected = derivative(loss, arguments[place])
        np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_the_gradient_of_batch_norm_is_that_of_layer_norm_on_columns(rng):
    """In training; gain goes with the column, so it is multiplied before."""
    X, dY = rng.normal(size=(2, 6, 3))
    gain, bias, mean, variance = rng.normal(size=(4, 3))
    dX, _, _ = layer_norm_backward((gain * dY).T, X.T, np.ones(6))

    def loss(X: np.ndarray) -> np.ndarray:
        Y, _ = batch_norm_train(X, gain, bias, (mean, variance))
        return (dY * Y).sum()

    np.testing.assert_allclose(dX.T, derivative(loss, X), atol=1e-6)


# Numbers so small that eps is most of what they are divided by.
SMALL = 1e-3


def test_layer_norm_has_the_operators_eps(rng):
    """1e-5, as PyTorch's LayerNorm has it too."""
    X = SMALL * rng.normal(size=(4, 8))
    gain, bias = rng.normal(size=(2, 8))
    (expected,) = operator(
        "LayerNormalization", {"X": X, "gain": gain, "bias": bias}
    )
    np.testing.assert_allclose(layer_norm(X, gain, bias), expected, rtol=1e-6)


def test_rms_norm_has_the_operators_eps(rng):
    """1e-5, as ONNX has it (torchtune takes 1e-6)."""
    X, gain = SMALL * rng.normal(size=(4, 8)), rng.normal(size=8)
    (expected,) = operator("RMSNormalization", {"X": X, "gain": gain})
    np.testing.assert_allclose(rms_norm(X, gain), expected, rtol=1e-6)


def test_the_gradient_supposes_the_eps_that_layer_norm_supposes(rng):
    """A different one gives the gradient of a function nobody computed."""
    X, dY = SMALL * rng.normal(size=(4, 8)), rng.normal(size=(4, 8))
    gain, bias = rng.normal(size=(2, 8))
    dX, dgain, _ = layer_norm_backward(dY, X, gain)
    expected = derivative(
        lambda scaled: (dY * layer_norm(SMALL * scaled, gain, bias)).sum(),
        X / SMALL,
    )
    np.testing.assert_allclose(SMALL * dX, expected, rtol=1e-4, atol=1e-8)
    Z = layer_norm(X, np.ones(8), np.zeros(8))
    np.testing.assert_allclose(dgain, (dY * Z).sum(axis=0), rtol=1e-12)


def test_batch_norm_at_inference_has_the_operators_eps(rng):
    """1e-5, as PyTorch's BatchNorm has it too."""
    X, gain, bias, mean, variance = batch(rng, (7, 4), np.float64)
    variance *= SMALL**2
    (expected,) = operator(
        "BatchNormalization",
        {"X": X, "g": gain, "b": bias, "m": mean, "v": variance},
    )
    found = batch_norm_infer(X, gain, bias, (mean, variance))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_batch_norm_in_training_has_the_operators_eps_and_momentum(rng):
    """Nine tenths of the old average stay: PyTorch's 0.1, seen from behind."""
    X, gain, bias, mean, variance = batch(rng, (7, 4), np.float64)
    X *= SMALL
    expected = operator(
        "BatchNormalization",
        {"X": X, "g": gain, "b": bias, "m": mean, "v": variance},
        outputs=3,
        training_mode=1,
    )
    found, averages = batch_norm_train(X, gain, bias, (mean, variance))
    for one, other in zip((found, *averages), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_the_gradient_leaves_mean_and_length_alone(rng):
    X, dY = rng.normal(size=(2, 4, 6))
    dX, _, _ = layer_norm_backward(dY, X, np.ones(6), 0)
    assert dX.sum(axis=1) == pytest.approx(np.zeros(4), abs=1e-12)
    centred = X - X.mean(axis=1, keepdims=True)
    assert (dX * centred).sum(axis=1) == pytest.approx(np.zeros(4), abs=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda X, p: layer_norm(X, p[:2], p),
        lambda X, p: layer_norm(X, p, p[:2]),
        lambda X, p: layer_norm_backward(X[:1], X, p),
        lambda X, p: layer_norm_backward(X, X, p[:2]),
        lambda X, p: rms_norm(X, p[:2]),
        lambda X, p: batch_norm_train(X[0], p, p, (p, p)),
        lambda X, p: batch_norm_train(X, p[:2], p, (p, p)),
        lambda X, p: batch_norm_train(X, p, p[:2], (p, p)),
        lambda X, p: batch_norm_train(X, p, p, (p[:2], p)),
        lambda X, p: batch_norm_train(X, p, p, (p, p[:2])),
        lambda X, p: batch_norm_infer(X[0], p, p, (p, p)),
        lambda X, p: batch_norm_infer(X, p[:2], p, (p, p)),
        lambda X, p: batch_norm_infer(X, p, p[:2], (p, p)),
        lambda X, p: batch_norm_infer(X, p, p, (p[:2], p)),
        lambda X, p: batch_norm_infer(X, p, p, (p, p[:2])),
    ],
)
def test_other_shapes_are_errors(call):
    with pytest.raises(ValueError, match="expected the shape"):
        call(np.ones((4, 3)), np.ones(3))
