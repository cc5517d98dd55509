"""Training's parts are ONNX's operators and the papers' formulas."""

import numpy as np
import onnxruntime
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from finite_differences import derivative
from nlpnotes.training import (
    Moments,
    adam_step,
    cross_entropy,
    dropout,
    noam_rate,
    shift_right,
    smooth_labels,
    start_adam,
)

TOKENS = [(1,), (5,), (2, 3), (4, 7), (2, 3, 4)]
SHAPES = [(1,), (4, 3), (2, 3, 5)]
PRECISION = [(np.float64, 1e-10), (np.float32, 1e-5)]
TRAINING = "ai.onnx.preview.training"


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(13)


def operator(
    name: str,
    inputs: dict[str, np.ndarray],
    outputs: int = 1,
    kind=np.float64,
    domain: str = "",
    **attributes,
) -> list[np.ndarray]:
    """Run one ONNX operator: the reference in float64, else onnxruntime."""
    names = [f"y{i}" for i in range(outputs)]
    graph = helper.make_graph(
        [
            helper.make_node(
                name, list(inputs), names, domain=domain, **attributes
            )
        ],
        "one",
        [
            helper.make_tensor_value_info(
                key, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
            )
            for key, value in inputs.items()
        ],
        [
            helper.make_tensor_value_info(
                y,
                helper.np_dtype_to_tensor_dtype(
                    np.dtype(bool if name == "Dropout" and place else kind)
                ),
                None,
            )
            for place, y in enumerate(names)
        ],
    )
    model = helper.make_model(
        graph,
        opset_imports=[
            helper.make_opsetid("", 22),
            helper.make_opsetid(TRAINING, 1),
        ],
        ir_version=10,
    )
    if kind is np.float64:
        return ReferenceEvaluator(model).run(None, inputs)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


# -- The learning rate -----------------------------------------------------


@pytest.mark.parametrize(
    ("d_model", "warmup"), [(512, 4000), (1, 1), (64, 10), (1024, 16000)]
)
def test_the_rate_rises_in_a_line_and_falls_with_the_root(d_model, warmup):
    peak = (d_model * warmup) ** -0.5
    steps = np.arange(1, 5 * warmup)
    rates = noam_rate(steps, d_model, warmup)
    before, after = steps <= warmup, steps >= warmup
    np.testing.assert_allclose(
        rates[before], peak * steps[before] / warmup, rtol=1e-12
    )
    np.testing.assert_allclose(
        rates[after], peak * np.sqrt(warmup / steps[after]), rtol=1e-12
    )
    assert steps[rates.argmax()] == warmup


def test_the_rate_is_the_base_models_unless_told():
    np.testing.assert_allclose(noam_rate(4000), (512 * 4000) ** -0.5)
    np.testing.assert_allclose(noam_rate(1), 512**-0.5 * 4000**-1.5)


@pytest.mark.parametrize(
    "arguments", [(0,), ([1, 0],), (1, 0), (1, 512, 0), (1, 512, -4)]
)
def test_a_step_or_size_below_one_is_an_error(arguments):
    with pytest.raises(ValueError, match="expected 1 or more"):
        noam_rate(*arguments)


# -- Labels and loss -------------------------------------------------------


@pytest.mark.parametrize("epsilon", [0, 0.1, 0.5])
@pytest.mark.parametrize("classes", [2, 5, 1000])
def test_smoothing_mixes_in_the_uniform_distribution(rng, classes, epsilon):
    targets = rng.integers(classes, size=(3, 4))
    q = smooth_labels(targets, classes, epsilon)
    assert q.shape == (3, 4, classes)
    for place, right in np.ndenumerate(targets):
        u = 1 / classes
        expected = np.full(classes, epsilon * u)
        expected[right] = (1 - epsilon) * 1 + epsilon * u
        np.testing.assert_allclose(q[place], expected, rtol=1e-12)


def test_a_tenth_is_smoothed_unless_told():
    np.testing.assert_allclose(smooth_labels(np.array(1), 2), [0.05, 0.95])


def test_a_large_vocabulary_needs_no_square_of_its_size():
    classes = 1_000_000
    (q,) = smooth_labels(np.array([7]), classes, 0.5)
    assert q.argmax() == 7
    np.testing.assert_allclose(q.sum(), 1)


def example(rng, shape, classes, kind=np.float64) -> tuple[np.ndarray, ...]:
    """Logits, targets that begin with a real one, and a mask."""
    logits = rng.normal(0, 3, (*shape, classes)).astype(kind)
    targets = rng.integers(classes, size=shape)
    mask = rng.random(shape) < 0.7
    mask[(0,) * len(shape)] = True
    return logits, targets, mask


def peer(logits, targets, **more) -> float:
    """ONNX's mean loss; there the classes are the second axis."""
    kind = logits.dtype.type
    classes = logits.shape[-1]
    inputs = {
        "logits": logits.reshape(-1, classes),
        "targets": targets.reshape(-1),
    }
    if "weights" in more:
        inputs["weights"] = more.pop("weights").astype(kind)
    (loss,) = operator(
        "SoftmaxCrossEntropyLoss", inputs, kind=kind, reduction="mean", **more
    )
    return float(loss)


@pytest.mark.parametrize("shape", TOKENS)
@pytest.mark.parametrize("classes", [2, 7])
@pytest.mark.parametrize(("kind", "close"), PRECISION)
def test_the_loss_is_the_operator(rng, shape, classes, kind, close):
    logits, targets, _ = example(rng, shape, classes, kind)
    loss, gradient = cross_entropy(logits, targets)
    assert loss == pytest.approx(peer(logits, targets), abs=close)
    assert gradient.dtype == kind


@pytest.mark.parametrize("shape", TOKENS)
@pytest.mark.parametrize(("kind", "close"), PRECISION)
def test_padding_is_what_the_operator_ignores(rng, shape, kind, close):
    logits, targets, mask = example(rng, shape, 5, kind)
    padded = np.where(mask, targets, -100)
    loss, _ = cross_entropy(logits, padded, mask)
    expected = peer(logits, padded, ignore_index=-100)
    assert loss == pytest.approx(expected, abs=close)


@pytest.mark.parametrize("shape", TOKENS)
@pytest.mark.parametrize(("kind", "close"), PRECISION)
def test_padding_is_a_class_of_weight_zero(rng, shape, kind, close):
    logits, targets, mask = example(rng, shape, 5, kind)
    targets = targets % 4 + 1  # 0 is the padding's class
    padded = np.where(mask, targets, 0)
    loss, _ = cross_entropy(logits, padded, mask)
    weights = np.array([0, 1, 1, 1, 1])
    expected = peer(logits, padded, weights=weights)
    assert loss == pytest.approx(expected, abs=close)


@pytest.mark.parametrize("shape", TOKENS)
@pytest.mark.parametrize("epsilon", [0.1, 0.5])
@pytest.mark.parametrize(("kind", "close"), PRECISION)
def test_smoothing_mixes_the_operators_losses(
    rng, shape, epsilon, kind, close
):
    classes = 4
    logits, targets, mask = example(rng, shape, classes, kind)
    loss, _ = cross_entropy(logits, targets, mask, epsilon)

    def of(value: np.ndarray) -> float:
        return peer(logits, np.where(mask, value, -1), ignore_index=-1)

    even = np.mean([of(np.full(shape, k)) for k in range(classes)])
    expected = (1 - epsilon) * of(targets) + epsilon * even
    assert loss == pytest.approx(expected, abs=close)


@pytest.mark.parametrize("shape", TOKENS)
@pytest.mark.parametrize("epsilon", [0, 0.1])
def test_the_gradient_is_that_of_finite_differences(rng, shape, epsilon):
    logits, targets, mask = example(rng, shape, 4)
    _, gradient = cross_entropy(logits, targets, mask, epsilon)
    expected = derivative(
        lambda z: np.float64(cross_entropy(z, targets, mask, epsilon)[0]),
        logits,
    )
    size = np.abs(expected).max()
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-6 * size)


def test_what_stands_at_padding_changes_nothing(rng):
    logits, targets, mask = example(rng, (4, 6), 5)
    loss, gradient = cross_entropy(logits, targets, mask, 0.1)
    assert not mask.all()
    logits[~mask] = np.nan
    padded = np.where(mask, targets, 99)
    other, again = cross_entropy(logits, padded, mask, 0.1)
    assert other == loss
    np.testing.assert_array_equal(again, gradient)
    np.testing.assert_array_equal(gradient[~mask], 0)


def test_no_token_counts_more_for_standing_in_a_short_sentence(rng):
    logits, targets, _ = example(rng, (2, 4), 5)
    mask = np.array([[True] * 4, [True, False, False, False]])
    loss, _ = cross_entropy(logits, targets, mask)
    alone = [
        cross_entropy(logits[row, :n], targets[row, :n])[0]
        for row, n in enumerate((4, 1))
    ]
    assert loss == pytest.approx((4 * alone[0] + 1 * alone[1]) / 5)
    assert loss != pytest.approx(np.mean(alone))


def test_large_logits_do_not_overflow():
    loss, gradient = cross_entropy(
        np.array([[1000.0, 0.0], [1000.0, 0.0]]), np.array([0, 1])
    )
    assert loss == 500
    np.testing.assert_array_equal(gradient, [[0, 0], [0.5, -0.5]])


@pytest.mark.parametrize("classes", [2, 5, 100])
def test_the_smoothed_loss_is_least_at_a_finite_gap(classes):
    epsilon = 0.1
    gap = np.log((1 - epsilon) * classes / epsilon + 1)

    def loss(value: float) -> tuple[float, np.ndarray]:
        logits = np.zeros((1, classes))
        logits[0, 0] = value
        return cross_entropy(logits, np.array([0]), epsilon=epsilon)

    least, gradient = loss(gap)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)
    assert least < loss(gap - 0.01)[0]
    assert least < loss(gap + 0.01)[0]


def test_no_smoothing_unless_told(rng):
    logits, targets, mask = example(rng, (3, 4), 5)
    assert (
        cross_entropy(logits, targets, mask)[0]
        == (cross_entropy(logits, targets, mask, 0)[0])
    )


# -- Dropout ---------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("train", [True, False])
def test_dropout_is_the_reference_with_the_same_numbers(
    rng, shape, rate, train
):
    X = rng.normal(size=shape)
    expected, kept = operator(
        "Dropout",
        {"X": X, "rate": np.array(rate), "train": np.array(train)},
        outputs=2,
        seed=5,
    )
    output, mask = dropout(X, rate, np.random.RandomState(5), train)
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-10)
    np.testing.assert_array_equal(mask, kept)


def through_onnxruntime(X, rate) -> tuple[np.ndarray, np.ndarray]:
    inputs = {"X": X, "rate": np.array(rate, "f4"), "train": np.array(True)}
    return operator("Dropout", inputs, 2, np.float32, seed=1)


def through_the_notes(X, rate) -> tuple[np.ndarray, np.ndarray]:
    return dropout(X, rate, np.random.default_rng(1), True)


@pytest.mark.parametrize("way", [through_the_notes, through_onnxruntime])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_the_notes_and_onnxruntime_drop_alike(rng, way, rate):
    X = rng.normal(3, 1, (500, 400)).astype(np.float32)
    output, mask = way(X, rate)
    assert output.dtype == np.float32
    np.testing.assert_allclose(output, X * mask / (1 - rate), atol=1e-5)
    # Five standard deviations of the mean of 200 000 entries.
    assert abs(mask.mean() - (1 - rate)) < 5 * 0.5 / 200_000**0.5
    assert output.mean() == pytest.approx(X.mean(), rel=0.02)
    spread = (output / X).var()
    assert spread == pytest.approx(rate / (1 - rate), rel=0.02)
    # Rows and columns are dropped independently of each other.
    for axis in (0, 1):
        assert mask.mean(axis=axis).std() < 0.05


def test_nothing_is_dropped_outside_training(rng):
    X = rng.normal(size=(3, 4))
    output, mask = dropout(X, 0.5, rng, False)
    np.testing.assert_array_equal(output, X)
    assert mask.all()


def test_the_gradient_takes_the_path_of_the_kept(rng):
    X, dY = rng.normal(size=(2, 3, 4))
    rate = 0.4
    _, mask = dropout(X, rate, np.random.default_rng(2), True)

    def loss(value: np.ndarray) -> np.ndarray:
        output, _ = dropout(value, rate, np.random.default_rng(2), True)
        return (dY * output).sum()

    expected = derivative(loss, X)
    size = np.abs(expected).max()
    found = dY * mask / (1 - rate)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * size)


# -- Adam ------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), *SHAPES])
@pytest.mark.parametrize("step", [1, 2, 10, 1000])
def test_adam_is_the_operator_with_its_eps_before_the_correction(
    rng, shape, step
):
    # ONNX corrects the rate, R sqrt(1 - beta^T) / (1 - alpha^T), and adds
    # epsilon to the root of the second moment that is not corrected: the
    # order of Kingma and Ba's remark after algorithm 1. So its epsilon is
    # the algorithm's times sqrt(1 - beta^T). Attributes are float32: these
    # are numbers that it holds exactly.
    beta_1, beta_2, eps_hat, rate = 0.875, 1 - 2**-6, 2**-8, 0.25
    X, gradient, m = rng.normal(size=(3, *shape))
    v = rng.uniform(0, 2, shape)
    expected = operator(
        "Adam",
        {
            "R": np.array(rate),
            "T": np.array(step),
            "X": X,
            "G": gradient,
            "V": m,
            "H": v,
        },
        outputs=3,
        domain=TRAINING,
        alpha=beta_1,
        beta=beta_2,
        epsilon=eps_hat,
        norm_coefficient=0.0,
        norm_coefficient_post=0.0,
    )
    eps = eps_hat / (1 - beta_2**step) ** 0.5
    found, moments = adam_step(
        X, gradient, Moments(step - 1, m, v), rate, (beta_1, beta_2), eps
    )
    assert moments.step == step
    for one, other in zip((found, *moments[1:]), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)


def test_the_first_step_is_the_rate_against_the_gradients_sign(rng):
    X, gradient = rng.normal(size=(2, 4, 5))
    gradient *= 10.0 ** rng.integers(-3, 4, size=(4, 5))
    found, moments = adam_step(X, gradient, start_adam(X), 0.01)
    np.testing.assert_allclose(X - found, 0.01 * np.sign(gradient), rtol=1e-4)
    np.testing.assert_allclose(moments.first, 0.1 * gradient)
    np.testing.assert_allclose(moments.second, 0.02 * gradient**2)


@pytest.mark.parametrize(
    ("betas", "bound", "largest"),
    [((0.9, 0.98), 1, 1.58), ((0.9, 0.999), 3.16, 4.97)],
)
def test_a_jump_that_lasts_takes_steps_beyond_the_papers_bound(
    betas, bound, largest
):
    # Kingma and Ba, section 2.1: the larger of the rate and this.
    ratio = (1 - betas[0]) / (1 - betas[1]) ** 0.5
    assert max(1, ratio) == pytest.approx(bound, abs=0.005)
    X, moments, lengths = np.zeros(1), start_adam(np.zeros(1)), []
    for gradient in [1.0] * 2000 + [10.0] * 20:
        moved, moments = adam_step(X, X + gradient, moments, 1, betas)
        lengths.append(-moved[0])
    assert max(lengths) == pytest.approx(largest, abs=0.005)
    assert largest > bound


def test_eps_is_the_papers_unless_told():
    tiny = np.array([1e-9])
    found, _ = adam_step(np.zeros(1), tiny, start_adam(tiny), 1)
    np.testing.assert_allclose(found, -0.5)


def test_adam_finds_the_bottom_of_a_bowl():
    X, moments = np.array([3.0, -2.0]), start_adam(np.zeros(2))
    for step in range(1, 400):
        rate = noam_rate(step, 1, 20)
        X, moments = adam_step(X, [1, 100] * X, moments, rate)
    assert np.abs(X).max() < 0.01
    assert moments.step == 399


# -- What the decoder is fed -----------------------------------------------


def test_the_decoder_is_fed_what_stood_before():
    targets = np.array([[5, 6, 7], [8, 9, 0]])
    fed = shift_right(targets, 1)
    np.testing.assert_array_equal(fed, [[1, 5, 6], [1, 8, 9]])
    np.testing.assert_array_equal(targets, [[5, 6, 7], [8, 9, 0]])
    np.testing.assert_array_equal(shift_right(targets[0], 2), [2, 5, 6])


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda z, y: smooth_labels(y - 1, 3), "targets: expected 0 to 2"),
        (lambda z, y: smooth_labels(y + 3, 3), "targets: expected 0 to 2"),
        (lambda z, y: smooth_labels(y + 9, 3), "targets: expected 0 to 2"),
        (lambda z, y: smooth_labels(y, 3, -0.1), "expected 0 <= epsilon < 1"),
        (lambda z, y: smooth_labels(y, 3, 1), "expected 0 <= epsilon < 1"),
        (lambda z, y: cross_entropy(z, y + 3), "targets: expected 0 to 2"),
        (lambda z, y: cross_entropy(z, y, epsilon=1), "< 1"),
        (lambda z, y: cross_entropy(z, y, y > 9), "no token is real"),
        (lambda z, y: cross_entropy(z, y[:1]), "expected the shape"),
        (lambda z, y: cross_entropy(z[0], y), "expected the shape"),
        (lambda z, y: cross_entropy(z, y, y[:1] < 9), "expected the shape"),
        (lambda z, y: dropout(z, -0.1, None, True), "0 <= rate < 1"),
        (lambda z, y: dropout(z, 1, None, True), "0 <= rate < 1"),
        (lambda z, y: dropout(z, 1, None, False), "0 <= rate < 1"),
        (
            lambda z, y: adam_step(z, z[0], start_adam(z), 1),
            "gradient: expected the shape",
        ),
        (
            lambda z, y: adam_step(z, z, Moments(0, z[0], z), 1),
            "first moment: expected the shape",
        ),
        (
            lambda z, y: adam_step(z, z, Moments(0, z, z[0]), 1),
            "second moment: expected the shape",
        ),
        (lambda z, y: shift_right(y[:, :0], 1), "expected the shape"),
    ],
)
def test_what_does_not_fit_is_an_error(call, reason):
    with pytest.raises(ValueError, match=reason):
        call(np.ones((2, 4, 3)), np.zeros((2, 4), dtype=int))
