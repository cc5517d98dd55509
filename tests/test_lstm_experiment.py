"""What lstm.rst says of figures/results/lstm_gap.json holds when run again."""

import numpy as np
import pytest

from figures.experiments import lstm_gap, lstm_gradient, result
from nlpnotes.lstm import lstm, lstm_backward
from nlpnotes.rnn import rnn, rnn_backward


def generators(n: int = 2) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(n)]


def learned(accuracies: list[float]) -> int:
    """How many seeds have learned the task, as the page counts them."""
    return sum(accuracy >= 0.9 for accuracy in accuracies)


@pytest.fixture(scope="module")
def again() -> dict:
    """The experiment, run again."""
    return lstm_gap.run()


@pytest.fixture(scope="module")
def found(again) -> dict:
    """Its accuracies: network, gap, seed."""
    return {
        network: dict(zip(again["gaps"], accuracies, strict=True))
        for network, accuracies in again["accuracy"].items()
    }


def test_as_many_seeds_learn_as_the_page_prints_or_nearly(again):
    stored = result("lstm_gap")
    assert stored["gaps"] == again["gaps"] == list(lstm_gap.GAPS)
    assert list(stored["accuracy"]) == list(lstm_gap.NETWORKS)
    for network, rows in stored["accuracy"].items():
        for row, new in zip(rows, again["accuracy"][network], strict=True):
            assert len(row) == len(new) == 24
            # Not equal: training enlarges how a machine rounds.
            assert abs(learned(row) - learned(new)) < 6
            assert abs(np.mean(row) - np.mean(new)) < 0.15


def test_every_network_learns_the_task_when_the_gap_is_short(found):
    for accuracies in found.values():
        assert learned(accuracies[5]) >= 22


def test_a_long_gap_is_learned_by_most_seeds_of_two_networks_only(found):
    assert learned(found["lstm-5"][20]) >= 22
    assert learned(found["rnn-orthogonal"][20]) >= 20
    for network in ("rnn-orthogonal", "lstm-5"):
        assert learned(found[network][40]) >= 8
    for network in ("rnn", "lstm-0", "lstm-1"):
        assert learned(found[network][40]) <= 3


def test_forget_gates_that_start_half_open_guess_at_half_that_gap(found):
    assert max(found["lstm-0"][20]) < 0.35
    assert learned(found["rnn"][20]) >= 3
    assert learned(found["lstm-1"][20]) >= 1
    assert max(found["lstm-1"][40]) < 0.35


def test_more_steps_do_not_help_them(again):
    assert lstm_gap.LONGER == {"network": "lstm-0", "gap": 20, "steps": 1000}
    for accuracies in (again["longer"], result("lstm_gap")["longer"]):
        assert len(accuracies) == 24
        assert max(accuracies) < 0.35


def test_between_learning_and_guessing_many_seeds_stop_at_a_half(found):
    for network, gap in (("lstm-0", 10), ("lstm-1", 20)):
        accuracies = found[network][gap]
        assert learned(accuracies) >= 1
        assert sum(0.4 < a < 0.6 for a in accuracies) >= 5
        assert sum(a < 0.35 for a in accuracies) >= 3


@pytest.mark.parametrize("network", lstm_gap.NETWORKS)
def test_the_fast_networks_are_those_of_the_notes(network):
    rngs = generators()
    X, _ = lstm_gap.examples(rngs, 6, 3)
    *own, _, _ = lstm_gap.initial(network, rngs)
    X, *own = (a.astype(np.float64) for a in (X, *own))
    dh = rngs[0].normal(size=(2, 3, lstm_gap.D_H))
    if network.startswith("lstm"):
        run, forward, gradients = lstm_gap.run_lstm, lstm, lstm_backward
    else:
        run, forward, gradients = lstm_gap.run_rnn, rnn, rnn_backward
    h, backward = run(X, *own)
    found = backward(dh)
    for k in range(2):  # the seeds do not meet
        batch_first = X[:, k].transpose(1, 0, 2)
        dH = np.zeros((3, 7, lstm_gap.D_H))
        dH[:, -1] = dh[k]
        states = [np.zeros_like(dh[k])] * (2 if forward is lstm else 1)
        parameters = [p[k] for p in own]
        expected = forward(batch_first, *states, *parameters)[1]
        np.testing.assert_allclose(h[k], expected, rtol=0, atol=1e-12)
        expected = gradients(dH, batch_first, *states, *parameters)[-3:]
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours[k], theirs, rtol=0, atol=1e-12)


def test_the_networks_differ_only_in_what_their_names_say():
    drawn = {
        network: lstm_gap.initial(network, generators())
        for network in lstm_gap.NETWORKS
    }
    for network, bias in (("lstm-0", 0), ("lstm-1", 1), ("lstm-5", 5)):
        W, U, b, *rest = drawn[network]
        W_0, U_0, b_0, *rest_0 = drawn["lstm-0"]
        for ours, theirs in zip(
            [W, U, *rest], [W_0, U_0, *rest_0], strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)
        expected = np.repeat([0, bias, 0, 0], lstm_gap.D_H)
        np.testing.assert_array_equal(b - b_0, [expected] * 2)
    W, U, b, *rest = drawn["rnn"]
    W_1, U_1, b_1, *rest_1 = drawn["rnn-orthogonal"]
    for ours, theirs in zip([W, b, *rest], [W_1, b_1, *rest_1], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for u in U_1:
        np.testing.assert_allclose(u @ u.T, np.eye(len(u)), atol=1e-6)
    assert abs(U).max() <= 1 / np.sqrt(lstm_gap.D_H)


def test_the_target_is_the_first_symbol_and_the_rest_is_random():
    X, y = lstm_gap.examples(generators(), 9, 1000)
    assert X.shape == (10, 2, 1000, lstm_gap.SYMBOLS)
    np.testing.assert_array_equal(X.sum(axis=-1), 1)
    np.testing.assert_array_equal(X[0].argmax(axis=-1), y)
    for t in range(1, 10):  # no later symbol tells the first
        same = (X[t].argmax(axis=-1) == y).mean()
        assert abs(same - 1 / lstm_gap.SYMBOLS) < 0.05


def test_the_gradient_vanishes_at_the_start_unless_a_way_is_open():
    again = lstm_gradient.run()
    assert again["distance"] == list(range(41))
    norm = {name: np.array(n) for name, n in again["norm"].items()}
    for name in ("rnn", "lstm-0", "lstm-1"):
        assert (np.diff(norm[name]) < 0).all()
    assert max(norm["rnn"][40], norm["lstm-0"][40]) < 1e-6
    assert 1e-5 < norm["lstm-1"][40] < 1e-2
    assert norm["rnn-orthogonal"][40] > 1e-2
    assert norm["lstm-5"].min() > 0.1
    # The plain network starts with less than the LSTM it then overtakes.
    assert norm["rnn"][20] < norm["lstm-0"][20]
    stored = result("lstm_gradient")["norm"]
    for name, n in norm.items():
        np.testing.assert_allclose(stored[name], n, rtol=0.01)


def test_the_norms_are_those_of_the_gradient_by_finite_differences():
    rng = np.random.default_rng(0)
    W, U, b, _, _ = (
        p[0].astype(float) for p in lstm_gap.initial("lstm-1", [rng])
    )
    X = lstm_gap.examples([rng], 40, 100)[0][:, 0].transpose(1, 0, 2)
    X = X.astype(float)
    v = rng.normal(size=(100, lstm_gap.D_H))
    zero = np.zeros_like(v)
    for k in (0, 3):
        moved = []
        for e in 1e-6 * np.eye(lstm_gap.SYMBOLS):
            up, down = X.copy(), X.copy()
            up[:, 40 - k] += e
            down[:, 40 - k] -= e
            h_up, h_down = (
                lstm(x, zero, zero, W, U, b)[1] for x in (up, down)
            )
            moved.append(((h_up - h_down) * v).sum(axis=-1) / 2e-6)
        expected = np.linalg.norm(moved, axis=0).mean()
        np.testing.assert_allclose(
            lstm_gradient.norms("lstm-1", 0)[k], expected, rtol=1e-5
        )
