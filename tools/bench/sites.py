"""The sites that the bench builds, each copied into a folder of its own."""

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PAGE = Path("docs/nlp/sequence/lstm.rst")


@dataclass
class Site:
    """How a site is written into a folder, and built there into build/.

    page is what a rebuild changes; the command is Sphinx's unless given.
    """

    write: Callable[[Path], None]
    page: Path = PAGE
    python: str | Path = sys.executable
    command: list[str | Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.command:
            sphinx = [self.python, "-m", "sphinx", "-q", "-W", "-b", "html"]
            self.command = [*sphinx, ".", "build"]


BARE_CONF = """\
project = "bare"
language = "zh_CN"
extensions = ["myst_parser", "sphinx.ext.mathjax", "sphinxcontrib.bibtex"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
bibtex_bibfiles = ["docs/appendix/references.bib"]
html_theme = "sphinx_rtd_theme"
html_static_path = ["_static"]
numfig = True
exclude_patterns = ["README.md", "_*", "build", "figures", "nlpnotes",
                    "tests", "tools"]
"""
WITHOUT_QUESTIONS = """
extensions = [
    name for name in extensions
    if name not in ("interview", "review", "anki_deck")
]
primary_domain = None
"""
WITHOUT_SEARCH = """
extensions = [name for name in extensions if name != "search"]


def setup(app):
    def index_nothing(app):  # nor does Sphinx
        app.builder.search = False

    app.connect("builder-inited", index_nothing)
"""
QUESTIONS_CONF = """\
import sys
sys.path.insert(0, {ext!r})
project = "questions"
language = "zh_CN"
extensions = ["interview"]
primary_domain = "interview"
interview_topics = {{"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}}
html_theme = "basic"
"""
QUESTION = """
.. question:: 第 {number} 个问题：门为什么用 sigmoid？
   :label: question-{number}
   :level: {level}
   :topics: {topic}

   .. brief::

      因为它的值在 0 和 1 之间，能表示“留多少”。

   .. details::

      换成别的函数会怎样，见 :question:`question-{other}`。
      **一个例子：** 输入是 {number}，输出不到 1。

   .. followup:: 为什么候选用 tanh？

      因为候选要能加也能减。

   .. pitfall:: “sigmoid 的导数不会消失”

      它最大只有四分之一。

   .. sources::

      * 自己推导。
"""
PARTS = {
    "brief": "一句话",
    "details": "详解",
    "followup": "追问",
    "pitfall": "易错",
    "sources": "出处",
}
_QUESTION = re.compile(r"\.\. question:: (.*)")
_PART = re.compile(r"   \.\. (brief|details|followup|pitfall|sources)::(.*)")


def plain(source: str) -> str:
    """A page with its questions turned into sections."""
    lines: list[str] = []
    inside = False
    for line in source.splitlines():
        if title := _QUESTION.match(line):
            inside = True
            lines += [title[1], "~" * 2 * len(title[1])]
        elif line.startswith((".. questions::", ".. review::")):
            inside = True
        elif part := _PART.match(line):
            lines += [f".. rubric:: {PARTS[part[1]]}{part[2]}"]
        elif inside and re.match(r"   :\w+:", line):
            continue
        elif inside and line.startswith("      "):
            lines.append(line[6:])
        else:
            inside = inside and not line.strip()
            lines.append(line)
    text = "\n".join(lines) + "\n"
    return re.sub(r":question:`([^`]*)`", r"``\1``", text)


def _copy(folder: Path, *names: str) -> None:
    for name in names:
        shutil.copytree(
            ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copy(ROOT / "index.rst", folder)


def _make_plain(folder: Path) -> None:
    for page in folder.rglob("*.rst"):
        text = page.read_text(encoding="utf-8")
        page.write_text(plain(text), encoding="utf-8")


def ours(folder: Path) -> None:
    """The site as it is."""
    _copy(folder, "docs", "nlpnotes", "_static", "_templates", "_ext")
    shutil.copy(ROOT / "conf.py", folder)


def without_questions(folder: Path) -> None:
    """The site with questions as plain sections, all else as it is."""
    ours(folder)
    _make_plain(folder)
    with (folder / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(WITHOUT_QUESTIONS)


def without_search(folder: Path) -> None:
    """The site without a search, ours or Sphinx's."""
    ours(folder)
    with (folder / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(WITHOUT_SEARCH)


def bare(folder: Path) -> None:
    """The same pages in Sphinx with sphinx-rtd-theme and MathJax.

    Of the third-party extensions it has those that the pages' syntax needs,
    and none of ours: questions become plain sections.
    """
    _copy(folder, "docs", "nlpnotes", "_static")
    _make_plain(folder)
    (folder / "conf.py").write_text(BARE_CONF, encoding="utf-8")


def furo(folder: Path) -> None:
    """The same as bare, with another theme."""
    bare(folder)
    conf = folder / "conf.py"
    text = conf.read_text(encoding="utf-8")
    conf.write_text(text.replace("sphinx_rtd_theme", "furo"), encoding="utf-8")


def questions(number: int, page: int = 20) -> Callable[[Path], None]:
    """A site of that many questions and nothing else, some on each page."""

    def write(folder: Path) -> None:
        ext = str(ROOT / "_ext")
        (folder / "conf.py").write_text(QUESTIONS_CONF.format(ext=ext))
        names = []
        for first in range(0, number, page):
            names.append(f"page{first:05}")
            text = f"第 {first} 题起\n{'=' * 20}\n"
            for place in range(first, first + page):
                text += QUESTION.format(
                    number=place,
                    other=(place * 7 + 3) % number,
                    level=("基础", "进阶", "深入")[place % 3],
                    topic=("rnn", "lstm", "gru")[place // 3 % 3],
                )
            (folder / f"{names[-1]}.rst").write_text(text, encoding="utf-8")
        tree = "".join(f"   {name}\n" for name in names)
        index = f"目录\n====\n\n.. toctree::\n   :maxdepth: 1\n\n{tree}"
        (folder / "index.rst").write_text(index, encoding="utf-8")

    return write
