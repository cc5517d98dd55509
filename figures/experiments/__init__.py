"""Experiments that carry a claim of a page, and what they found.

A module <topic>_<what>.py has `run() -> dict`: seeded, under a minute, lists
and rounded floats. `python -m figures.experiments` stores its result in
figures/results, where the drawings and the pages' tests read it: so a figure
is the same on every machine, while the test runs the experiment again and
checks the claim.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent.parent / "results"


def all_experiments() -> dict[str, Callable[[], dict]]:
    """Return every experiment's run, in the order of their names."""
    names = sorted(
        info.name
        for info in pkgutil.iter_modules(__path__)
        if info.name != "__main__"
    )
    return {
        name: importlib.import_module(f"{__name__}.{name}").run
        for name in names
    }


def result(name: str) -> dict:
    """Return what an experiment found when it was last stored."""
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
