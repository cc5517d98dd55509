"""Experiments are stored as they ran, and every stored one has a program."""

import json

import pytest

from figures.experiments import RESULTS, all_experiments
from figures.experiments import __main__ as command


@pytest.fixture
def folder(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A folder in place of figures/results, and two quick experiments."""
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results")
    quick = {"lstm_gap": lambda: {"熵": 1.5}, "rnn_gap": lambda: {}}
    monkeypatch.setattr(command, "all_experiments", lambda: quick)
    return tmp_path / "results"


def test_every_result_has_an_experiment_and_every_experiment_a_result():
    stored = {path.stem for path in RESULTS.glob("*.json")}
    assert stored == set(all_experiments())


def test_an_experiment_is_named_after_its_topic():
    topics = {path.stem for path in (RESULTS.parent).glob("*.py")}
    for name in all_experiments():
        assert any(name.startswith(f"{topic}_") for topic in topics), name


def test_a_word_chooses_the_experiments_to_run(folder, capsys):
    assert command.main(["lstm"]) == 0
    assert [path.name for path in folder.iterdir()] == ["lstm_gap.json"]
    stored = (folder / "lstm_gap.json").read_text("utf-8")
    assert json.loads(stored) == {"熵": 1.5}
    assert "lstm_gap: written" in capsys.readouterr().out


def test_an_unknown_word_is_an_error_that_names_it(folder, capsys):
    assert command.main(["gru"]) == 1
    assert "gru" in capsys.readouterr().err
    assert not folder.exists() or not list(folder.iterdir())
