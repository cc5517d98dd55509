"""Citations do not search the installed packages for a backend."""

import pybtex.plugin
import pytest
from pybtex.backends.plaintext import Backend

import bibtex_backend


def test_the_backend_is_found_without_a_search(monkeypatch):
    bibtex_backend.setup(None)

    def search(**_):
        pytest.fail("searched the installed packages")

    monkeypatch.setattr(pybtex.plugin, "entry_points", search)
    found = pybtex.plugin.find_plugin("pybtex.backends", "plaintext")
    assert found is Backend
