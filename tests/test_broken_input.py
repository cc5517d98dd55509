"""Each way to break a page fails the build with file and line."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BROKEN = {
    "formula": (r"坏公式 :math:`\frac{1}`。", "broken formula"),
    "image": (".. image:: /_static/nlp/nothing.svg", "not readable"),
    "reference": ("见 :ref:`nowhere` 。", "undefined label: 'nowhere'"),
    "document": ("见 :doc:`nowhere` 。", "unknown document"),
    "label": (".. _notation:\n\n另一节\n------", "duplicate label notation"),
    "citation": (":cite:t:`nobody1900`", "nobody1900"),
    "equation": ("见 :eq:`nowhere` 。", "equation not found"),
    "role": (":nosuchrole:`x`", "nosuchrole"),
    "question": (":question:`nowhere`", "nowhere"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with two pages: quick to build."""
    copy = tmp_path_factory.mktemp("small")
    for name in ("_ext", "_static", "_templates"):
        (copy / name).symlink_to(ROOT / name)
    # The pages that others moved to are not here.
    (copy / "conf.py").write_text(
        (ROOT / "conf.py").read_text("utf-8") + "\nmoved_pages = {}\n", "utf-8"
    )
    appendix = copy / "docs" / "appendix"
    appendix.mkdir(parents=True)
    for name in ("references.rst", "references.bib"):
        (appendix / name).symlink_to(ROOT / "docs" / "appendix" / name)
    (copy / "index.rst").write_text(
        "目录\n====\n\n.. _notation:\n\n符号\n----\n\n"
        "引文 :cite:t:`vaswani2017` 。\n\n"
        ".. toctree::\n\n   page\n   docs/appendix/references\n",
        encoding="utf-8",
    )
    return copy


def build(project: Path, page: str) -> subprocess.CompletedProcess[str]:
    (project / "page.rst").write_text(f"一页\n====\n\n{page}\n", "utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W"]
    command += ["--keep-going", "-E", "-b", "html"]
    command += [str(project), str(project / "build")]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_sound_page_builds(small: Path):
    done = build(small, "都好。")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_page_does_not_build(small: Path, kind: str):
    source, complaint = BROKEN[kind]
    done = build(small, source)
    assert done.returncode != 0
    (line,) = [x for x in done.stderr.splitlines() if complaint in x]
    # The page's text begins in line 4; a label is its section's.
    place = 7 if kind == "label" else 4
    assert f"page.rst:{place}: " in line, line
