"""Questions as data: their parts, their lists, and wrong input."""

import base64
import os
import pickle
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import lxml.html
import pypdf
import pytest
from docutils import nodes
from sphinx.testing.util import SphinxTestApp

from interview.domain import (
    Catalogue,
    InterviewDomain,
    Query,
    Question,
    View,
    interview,
)

ROOT = Path(__file__).parent / "roots" / "test-interview"

Build = Callable[..., SphinxTestApp]


def question(label: str, *topics: str, level: str = "基础", page: str = "a"):
    """A question that only a list or a link will see."""
    heading = nodes.title("", label.upper())
    return Question(label, label.upper(), level, topics, page, 1, 0, heading)


# -- Without a build -------------------------------------------------------


def labels(catalogue: Catalogue, *topics: str, level: str = "") -> list[str]:
    return [q.label for q in catalogue.find(Query(topics, level))]


def test_a_list_asks_for_any_topic_and_one_level():
    catalogue = Catalogue(
        [
            question("c", "lstm", level="深入"),
            question("b", "lstm", "cost"),
            question("a", "cost"),
            question("d", "gru"),
        ]
    )
    assert labels(catalogue) == ["c", "b", "a", "d"]
    assert labels(catalogue, "lstm") == ["c", "b"]
    assert labels(catalogue, "cost", "lstm") == ["c", "b", "a"]
    assert labels(catalogue, "cost", "lstm", level="基础") == ["b", "a"]
    assert labels(catalogue, level="深入") == ["c"]
    assert labels(catalogue, "gru", level="深入") == []


def test_a_list_asks_for_one_page():
    catalogue = Catalogue(
        [
            question("c", "lstm", level="深入", page="p"),
            question("b", "lstm", page="q"),
            question("a", "cost", page="p"),
        ]
    )

    def on_page(page: str, **what) -> list[str]:
        return [q.label for q in catalogue.find(Query(page=page, **what))]

    assert on_page("p") == ["c", "a"]
    assert on_page("q") == ["b"]
    assert on_page("p", level="深入") == ["c"]
    assert on_page("p", topics=("cost",)) == ["a"]
    assert on_page("r") == []


def test_the_first_of_two_equal_labels_is_listed():
    first, second = question("a", "x"), question("a", "x", page="b")
    catalogue = Catalogue([first, second])
    assert catalogue.twice == [(first, second)]
    assert catalogue.find(Query()) == [first]


def test_the_nearest_label():
    catalogue = Catalogue([question("forget-gate"), question("scaled-dot")])
    assert catalogue.nearest("forgot-gate") == "forget-gate"
    assert catalogue.nearest("zzz") is None


@pytest.fixture
def domain() -> InterviewDomain:
    """A domain of the documents index -> (b, a), and an orphan."""
    env = SimpleNamespace(
        domaindata={},
        config=SimpleNamespace(root_doc="index"),
        toctree_includes={"index": ["b", "a"], "b": ["index"]},
        all_docs=dict.fromkeys(["a", "b", "index", "orphan"]),
    )
    return InterviewDomain(env)


def test_questions_come_in_the_order_of_the_contents(domain: InterviewDomain):
    for page in ("a", "b", "orphan"):
        domain.questions[page] = [question(f"in-{page}", page=page)]
    found = [q.label for q in domain.catalogue.questions]
    assert found == ["in-b", "in-a", "in-orphan"]


def test_a_cleared_document_takes_only_its_own_with_it(
    domain: InterviewDomain,
):
    for page in ("a", "b"):
        domain.questions[page] = [question(f"in-{page}", page=page)]
        domain.views[page] = View((f"in-{page}",), ())
    assert len(domain.catalogue.questions) == 2
    domain.clear_doc("a")
    assert list(domain.questions) == ["b"]
    assert list(domain.views) == ["b"]
    assert [q.label for q in domain.catalogue.questions] == ["in-b"]
    domain.clear_doc("index")  # without any question


def test_a_merge_takes_only_the_documents_of_the_worker(
    domain: InterviewDomain,
):
    domain.questions["a"] = [question("kept")]
    assert len(domain.catalogue.questions) == 1
    other = {
        "questions": {"a": [question("stale")], "b": [question("new")]},
        "views": {"a": View(("stale",), ()), "b": View(("new",), ())},
    }
    domain.merge_domaindata({"b", "index"}, other)
    found = [q.label for q in domain.catalogue.questions]
    assert found == ["new", "kept"]
    assert list(domain.views) == ["b"]


def test_a_page_is_outdated_when_what_it_shows_has_changed(
    domain: InterviewDomain,
):
    def change(*questions: Question) -> list[str]:
        domain.clear_doc("a")
        domain.questions["a"] = list(questions)
        return domain.outdated()

    domain.views["b"] = View((), (Query(("lstm",)),))
    domain.views["index"] = View(("x",), ())
    assert change(question("x", "lstm")) == []  # new pages are written anyway
    assert change(question("x", "lstm")) == []
    assert change(question("x", "lstm", "cost")) == []
    assert change(question("x", "lstm"), question("y", "cost")) == []
    assert change(question("x", "lstm", level="深入")) == ["b", "index"]
    assert change(question("x", "cost", level="深入")) == ["b"]
    assert change() == ["index"]


# -- One build, several outputs --------------------------------------------


def said(app: SphinxTestApp) -> str:
    """The warnings of a build, without their colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())


def built(app: SphinxTestApp) -> Path:
    """The folder of a build that had nothing to say."""
    app.build()
    assert said(app) == ""
    return Path(app.outdir)


def page(folder: Path, name: str) -> lxml.html.HtmlElement:
    return lxml.html.parse(folder / f"{name}.html").getroot()


PARTS = ["brief", "details", "followup", "pitfall", "sources"]


@pytest.mark.sphinx("dummy", testroot="interview")
@pytest.mark.parametrize(
    ("docname", "label", "topics"),
    [
        ("attention", "scaled-dot", ["cost"]),
        ("lstm", "forget-gate", ["lstm", "cost"]),
    ],
    ids=["rst", "myst"],
)
def test_a_question_is_a_section_of_parts(
    app: SphinxTestApp, docname: str, label: str, topics: list[str]
):
    built(app)
    (page_section,) = app.env.get_doctree(docname).children
    (section,) = page_section.findall(
        lambda n: isinstance(n, nodes.section) and n is not page_section
    )
    assert section["ids"] == [label]
    assert section["interview_question"] == label
    assert section["interview_topics"] == topics
    heading, meta, answer = section.children
    assert isinstance(heading, nodes.title)
    assert meta["classes"] == ["interview-meta"]
    assert answer["classes"] == ["interview-answer"]
    assert [part["interview_part"] for part in answer] == PARTS
    assert [part["classes"] for part in answer] == [
        ["interview-part", f"interview-{part}"] for part in PARTS
    ]
    words = [part[0].astext()[:3] for part in answer]
    assert words == ["一句话", "详解", "追问：", "易错：", "出处"]


@pytest.mark.sphinx("dummy", testroot="interview")
def test_the_domain_knows_each_question(app: SphinxTestApp):
    built(app)
    catalogue = interview(app.env).catalogue
    found = [
        (q.label, q.level, q.topics, q.docname, q.lineno, q.order)
        for q in catalogue.questions
    ]
    assert found == [
        ("forget-gate", "基础", ("lstm", "cost"), "lstm", 3, 0),
        ("scaled-dot", "进阶", ("cost",), "attention", 4, 0),
        ("update-gate", "深入", ("gru",), "gru", 4, 0),
        ("gru-cost", "基础", ("gru", "cost"), "gru", 23, 1),
    ]
    assert catalogue.by_label["forget-gate"].title == "遗忘门有什么用？"


@pytest.mark.sphinx("html", testroot="interview")
def test_html_answers_are_closed_details(app: SphinxTestApp):
    body = page(built(app), "gru")
    for section in body.xpath("//section[@class='interview-question']"):
        (answer,) = section.xpath("details[@class='interview-answer']")
        assert "open" not in answer.attrib
        summary, *parts = answer.getchildren()
        assert (summary.tag, summary.text) == ("summary", "答案")
        assert len(parts) == 5
    found = body.xpath("//section[@class='interview-question']/@id")
    assert found == ["update-gate", "gru-cost"]
    found = body.xpath("//section[@id='gru-cost']/div/p")[0]
    assert found.text_content() == "基础\u3000GRU、代价"


@pytest.mark.sphinx("singlehtml", testroot="interview")
def test_a_page_of_all_pages_has_all_answers(app: SphinxTestApp):
    body = page(built(app), "index")
    assert len(body.xpath("//section/details/summary")) == 4
    assert body.xpath("//script[contains(@src, 'answers.js')]")


@pytest.mark.sphinx("html", testroot="interview")
def test_style_and_script_are_only_where_they_are_needed(app: SphinxTestApp):
    folder = built(app)

    def assets(name: str) -> list[str]:
        body = page(folder, name)
        found = [*body.xpath("//link/@href"), *body.xpath("//script/@src")]
        return [url for url in found if "interview" in url or "answ" in url]

    assert assets("gru") == [
        "_static/css/interview.css",
        "_static/js/answers.js",
    ]
    assert assets("topic") == ["_static/css/interview.css"]
    assert assets("plain") == assets("search") == []
    (script,) = page(folder, "gru").xpath("//script[contains(@src, 'answ')]")
    assert "defer" in script.attrib


@pytest.mark.sphinx("html", testroot="interview")
def test_lists_and_links(app: SphinxTestApp):
    folder = built(app)
    (body,) = page(folder, "topic").xpath("//div[@class='body']/section")
    links = [(a.text_content(), a.get("href")) for a in body.xpath(".//p/a")]
    assert links == [
        ("遗忘门有什么用？", "lstm.html#forget-gate"),
        ("缩放", "attention.html#scaled-dot"),
        ("遗忘门有什么用？", "lstm.html#forget-gate"),
        ("遗忘门有什么用？", "lstm.html#forget-gate"),
        ("为什么要缩放点积？", "attention.html#scaled-dot"),
        ("门控循环单元便宜多少？", "gru.html#gru-cost"),
    ]
    assert body.xpath(".//li//a//em/text()") == ["缩放"]
    levels = body.xpath(".//li//span[starts-with(@class, 'interview')]")
    assert [level.text for level in levels] == ["基础", "进阶", "基础"]
    lists = page(folder, "levels").xpath(
        "//ul[contains(@class, 'interview-list')]"
    )
    shown = [[a.get("href") for a in one.xpath(".//a")] for one in lists]
    assert [[url.partition("#")[2] for url in one] for one in shown] == [
        ["forget-gate", "gru-cost"],
        ["scaled-dot"],
        ["forget-gate"],
    ]


@pytest.mark.sphinx("html", testroot="interview")
def test_the_environment_keeps_titles_not_documents(app: SphinxTestApp):
    app.build()
    questions = app.env.domaindata["interview"]["questions"]
    assert questions
    for asked in questions.values():
        assert len(pickle.dumps(asked)) < 2000 * len(asked)


@pytest.mark.sphinx("html", testroot="interview")
def test_objects_inv_names_the_questions(app: SphinxTestApp):
    raw = (built(app) / "objects.inv").read_bytes()
    lines = zlib.decompress(raw.split(b"\n", 4)[4]).decode().splitlines()
    assert [line for line in lines if "interview:question" in line] == [
        "forget-gate interview:question 1 lstm.html#$ 遗忘门有什么用？",
        "gru-cost interview:question 1 gru.html#$ 门控循环单元便宜多少？",
        "scaled-dot interview:question 1 attention.html#$ 为什么要缩放点积？",
        "update-gate interview:question 1 gru.html#$ 更新门做什么？",
    ]


EVERY_PART = [
    "一句话",
    "保留旧状态。",
    "详解",
    "见公式。",
    "追问：",
    "约定有几种？",
    "两种。",
    "易错：",
    "“只有一种”",
    "论文之间相反。",
    "出处",
    "论文第三节。",
]


def assert_all_in_order(text: str):
    start = 0
    for expected in EVERY_PART:
        start = text.find(expected, start)
        assert start >= 0, expected


@pytest.mark.sphinx("text", testroot="interview")
def test_text_prints_every_part(app: SphinxTestApp):
    folder = built(app)
    assert_all_in_order((folder / "gru.txt").read_text("utf-8"))
    listed = (folder / "levels.txt").read_text("utf-8")
    assert "* 遗忘门有什么用？ 基础\n\n* 门控循环单元便宜多少？ 基础" in listed


@pytest.mark.sphinx(
    "epub",
    testroot="interview",
    confoverrides={"version": "1", "copyright": "us"},
)
def test_epub_prints_every_part(app: SphinxTestApp):
    folder = built(app)
    text = (folder / "gru.xhtml").read_text("utf-8")
    assert_all_in_order(text)
    assert "<details" not in text
    assert "interview.css" not in text
    assert "answers.js" not in text


@pytest.mark.sphinx("latex", testroot="interview")
def test_latex_marks_every_part_for_its_package(app: SphinxTestApp):
    folder = built(app)
    (book,) = folder.glob("*.tex")
    text = book.read_text("utf-8")
    assert_all_in_order(text[text.index("interview-answer") :])
    assert "\\usepackage{interview}" in text
    for part in PARTS:
        assert f"\\begin{{sphinxuseclass}}{{interview-{part}}}" in text
    assert "\\hyperref[\\detokenize{gru:gru-cost}]" in text
    assert (folder / "interview.sty").is_file()


# A white dot.
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4"
    "DwABAQEAHLCMmQAAAABJRU5ErkJggg=="
)


@pytest.mark.tex
def test_boxes_break_across_pages(empty: Path, build: Build):
    """Figures, footnotes, code and pages: what LaTeX boxes are bad at."""
    (empty / "dot.png").write_bytes(base64.b64decode(PNG))
    lines = [
        "The start of the box.",
        "",
        ".. figure:: dot.png",
        "",
        "   Figure in a box",
        "",
        "Link to `somewhere <https://example.org/>`__.",
        "",
        ">>> 1 + 1",
        "2",
        "",
        *["Paragraph.\n"] * 100,
        "The end of the box.",
    ]
    long = "\n".join(f"      {line}" for line in lines)
    source = GOOD.replace("      四。", long).replace(
        ".. brief:: 一。", (f".. brief::\n\n{long}")
    )
    (empty / "index.rst").write_text(source, "utf-8")
    options = {"latex_engine": "xelatex", "latex_show_urls": "footnote"}
    app = build(empty, "latex", confoverrides=options)
    assert said(app) == ""
    (book,) = app.outdir.glob("*.tex")
    done = subprocess.run(
        ["xelatex", "-halt-on-error", "-interaction=batchmode", book.name],
        cwd=app.outdir,
        capture_output=True,
    )
    log = book.with_suffix(".log").read_text("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    assert "Float(s) lost" not in log
    pages = pypdf.PdfReader(book.with_suffix(".pdf")).pages
    texts = [page.extract_text() for page in pages]
    starts, ends = (
        [n for n, text in enumerate(texts) if f"{edge} of the box" in text]
        for edge in ("start", "end")
    )
    assert len(starts) == len(ends) == 2
    assert all(a < b for a, b in zip(starts, ends, strict=True))
    assert sum("Figure in a box" in text for text in texts) == 2
    assert sum("https://example.org/" in text for text in texts) == 2


# -- Parallel and incremental ----------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the tiny project, to change; its times tell a change."""
    copy = shutil.copytree(ROOT, tmp_path / "project")
    for path in copy.iterdir():
        os.utime(path, (10**9, 10**9))
    return copy


@pytest.fixture
def build(make_app: Callable[..., SphinxTestApp]) -> Build:
    """Build a folder; the environment of the last build is kept."""

    def run(folder: Path, builder: str = "html", **kwargs) -> SphinxTestApp:
        app = make_app(builder, srcdir=folder, **kwargs)
        app.written = []
        app.connect(
            "html-page-context",
            lambda app, name, template, context, doctree: (
                doctree is not None and app.written.append(name)
            ),
        )
        app.build()
        # A second application may follow in this process.
        app.cleanup()
        return app

    return run


def test_two_processes_make_what_one_makes(
    project: Path, tmp_path: Path, build: Build
):
    outputs = []
    for parallel in (1, 2):
        folder = shutil.copytree(project, tmp_path / f"j{parallel}" / "src")
        app = build(folder, parallel=parallel)
        assert said(app) == ""
        serial = app.builder.parallel_ok is False
        assert serial == (parallel == 1)
        made = [*app.outdir.glob("*.html"), app.outdir / "objects.inv"]
        outputs.append({path.name: path.read_bytes() for path in made})
    assert len(outputs[0]) > 8
    assert outputs[0] == outputs[1]


# Sphinx itself writes the page again whose contents list the changed page.
CHANGES = {
    "only the answer": (
        "gru.rst",
        ("三组矩阵", "三组小矩阵"),
        {"gru", "index"},
    ),
    "a title in a list": (
        "gru.rst",
        ("便宜多少", "省多少"),
        {"gru", "index", "topic", "levels"},
    ),
    "only the markup of a title": (
        "gru.rst",
        ("便宜多少", r"\ *便宜*\ 多少"),
        {"gru", "index", "topic", "levels"},
    ),
    "a title that no list shows": (
        "gru.rst",
        ("更新门做什么", "更新门干什么"),
        {"gru", "index"},
    ),
    "a title in links": (
        "lstm.md",
        ("遗忘门有", "遗忘门究竟有"),
        {"lstm", "index", "topic", "levels"},
    ),
    "a topic": (
        "gru.rst",
        (":topics: gru\n", ":topics: gru, cost\n"),
        {"gru", "index", "topic"},
    ),
    "a level": (
        "gru.rst",
        (":level: 深入", ":level: 进阶"),
        {"gru", "index", "levels"},
    ),
    "the order of a page": (
        "index.rst",
        ("   lstm\n   attention\n   gru\n", "   gru\n   attention\n   lstm\n"),
        {"index", "topic", "levels"},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_writes_what_shows_it_and_nothing_else(
    project: Path, build: Build, change: str
):
    name, (old, new), expected = CHANGES[change]
    first = build(project)
    assert len(first.written) == 7
    assert build(project).written == []
    rewrite(project / name, old, new)
    again = build(project)
    assert set(again.written) == expected
    assert said(again) == ""
    assert_same_as_clean_build(project, again, build)
    assert build(project).written == []


def test_adding_and_removing_a_question_updates_the_lists(
    project: Path, build: Build
):
    build(project)
    source = (project / "attention.rst").read_text("utf-8")
    added = "新的一页\n========\n\n" + source.split("\n\n", 1)[1]
    (project / "new.rst").write_text(
        added.replace("scaled-dot", "brand-new"), "utf-8"
    )
    rewrite(project / "index.rst", "   plain\n", "   plain\n   new\n")
    again = build(project)
    assert set(again.written) == {"new", "index", "topic", "levels"}
    assert said(again) == ""
    assert_same_as_clean_build(project, again, build)

    (project / "new.rst").unlink()
    rewrite(project / "index.rst", "   new\n", "")
    again = build(project)
    assert set(again.written) == {"index", "topic", "levels"}
    assert said(again) == ""
    assert_same_as_clean_build(project, again, build)


def test_a_removed_question_breaks_the_links_of_unchanged_pages(
    project: Path, build: Build
):
    build(project)
    rewrite(project / "attention.rst", "scaled-dot", "scaled-dots")
    again = build(project)
    assert said(again) == (
        f"{project}/lstm.md:17: WARNING: no question has the label "
        "'scaled-dot'; did you mean 'scaled-dots'? [interview.reference]\n"
        f"{project}/topic.rst:4: WARNING: no question has the label "
        "'scaled-dot'; did you mean 'scaled-dots'? [interview.reference]\n"
    )


def rewrite(path: Path, old: str, new: str):
    """Change a page."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def assert_same_as_clean_build(
    project: Path, again: SphinxTestApp, build: Build
):
    """What came of changes is what a fresh checkout would give."""
    pages = shutil.ignore_patterns("_build")
    fresh = project.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(project, fresh, ignore=pages)
    clean = build(fresh)
    for docname in clean.env.all_docs:
        one = again.outdir / f"{docname}.html"
        two = clean.outdir / f"{docname}.html"
        assert body_of(one) == body_of(two), docname


def body_of(path: Path) -> bytes:
    (body,) = lxml.html.parse(path).getroot().xpath("//div[@class='body']")
    return lxml.html.tostring(body)


# -- Wrong input -----------------------------------------------------------

GOOD = """\
页
==

.. question:: 标题？
   :label: good
   :level: 基础
   :topics: lstm

   .. brief:: 一。

   .. details:: 二。

   .. followup:: 三？

      三。

   .. pitfall:: “四”

      四。

   .. sources:: 五。
"""

LABEL = (
    "must be Latin letters in lower case and digits, joined by single "
    "hyphens, a letter first [interview.label]"
)
WRONG = {
    "no label": (
        ("   :label: good\n", ""),
        "4: WARNING: question: has no :label: [interview.label]",
    ),
    "an empty label": (
        (":label: good", ":label:"),
        "4: WARNING: question: has no :label: [interview.label]",
    ),
    "a label in upper case": (
        (":label: good", ":label: Good"),
        f"4: WARNING: question: the label 'Good' {LABEL}",
    ),
    "a label with an underscore": (
        (":label: good", ":label: go_od"),
        f"4: WARNING: question: the label 'go_od' {LABEL}",
    ),
    "a label that starts with a digit": (
        (":label: good", ":label: 1good"),
        f"4: WARNING: question: the label '1good' {LABEL}",
    ),
    "a label that a section of the page has": (
        ("页\n==\n", "Good\n====\n"),
        "4: WARNING: question: the label 'good' is taken on this page "
        "[interview.label]",
    ),
    "an unknown level": (
        ("基础", "困难"),
        "4: WARNING: question: no level '困难'; known: 基础, 进阶, 深入 "
        "[interview.level]",
    ),
    "no level": (
        ("   :level: 基础\n", ""),
        "4: WARNING: question: has no :level: [interview.level]",
    ),
    "an unknown topic": (
        (":topics: lstm", ":topics: lstm, lsmt"),
        "4: WARNING: question: no topic 'lsmt'; known: lstm, gru, cost "
        "[interview.topic]",
    ),
    "a topic twice": (
        (":topics: lstm", ":topics: lstm, lstm"),
        "4: WARNING: question: the topic 'lstm' twice [interview.topic]",
    ),
    "no topics": (
        ("   :topics: lstm\n", ""),
        "4: WARNING: question: has no :topics: [interview.topic]",
    ),
    "no brief": (
        ("   .. brief:: 一。\n", ""),
        "4: WARNING: question: has no brief (一句话) [interview.part]",
    ),
    "no details": (
        ("   .. details:: 二。\n", ""),
        "4: WARNING: question: has no details (详解) [interview.part]",
    ),
    "no followup": (
        ("   .. followup:: 三？\n\n      三。\n", ""),
        "4: WARNING: question: has no followup (追问) [interview.part]",
    ),
    "no pitfall": (
        ("   .. pitfall:: “四”\n\n      四。\n", ""),
        "4: WARNING: question: has no pitfall (易错) [interview.part]",
    ),
    "no sources": (
        ("   .. sources:: 五。\n", ""),
        "4: WARNING: question: has no sources (出处) [interview.part]",
    ),
    "two briefs": (
        (".. brief:: 一。", ".. brief:: 一。\n\n   .. brief:: 又一。"),
        "4: WARNING: question: has more than one brief (一句话) "
        "[interview.part]",
    ),
    "two details": (
        (".. details:: 二。", ".. details:: 二。\n\n   .. details:: 又二。"),
        "4: WARNING: question: has more than one details (详解) "
        "[interview.part]",
    ),
    "two sources": (
        (".. sources:: 五。", ".. sources:: 五。\n\n   .. sources:: 又五。"),
        "4: WARNING: question: has more than one sources (出处) "
        "[interview.part]",
    ),
    "an empty part": (
        (".. brief:: 一。", ".. brief::"),
        "9: WARNING: brief: is empty [interview.part]",
    ),
    "a part of a comment only": (
        (".. brief:: 一。", ".. brief::\n\n      .. 以后再写"),
        "9: WARNING: brief: is empty [interview.part]",
    ),
    "an empty followup": (
        ("\n\n      三。", ""),
        "13: WARNING: followup: is empty [interview.part]",
    ),
    "a followup that asks nothing": (
        (".. followup:: 三？", ".. followup::"),
        '13: ERROR: Error in "followup" directive:',
    ),
    "text outside a part": (
        ("   .. sources", "   一段\n   散落的字。\n\n   .. sources"),
        "21: WARNING: question: outside a part: '一段 散落的字。' "
        "[interview.part]",
    ),
    "a part in a part": (
        (
            ".. details:: 二。",
            ".. details:: 二。\n\n      .. brief:: 又一。",
        ),
        "13: WARNING: brief: stands outside a question [interview.place]",
    ),
    "a part outside a question": (
        ("==\n", "==\n\n.. brief:: 一。\n"),
        "4: WARNING: brief: stands outside a question [interview.place]",
    ),
    "a question in a directive": (
        ("==\n", "==\n\n.. note::\n\n   .. question:: 里？\n"),
        "6: WARNING: question: stands inside another directive or block "
        "[interview.place]",
    ),
    "a question in a list": (
        ("==\n", "==\n\n* .. question:: 里？\n"),
        "4: WARNING: question: stands inside another directive or block "
        "[interview.place]",
    ),
    "a question in an answer": (
        (".. details:: 二。", ".. details:: 二。\n\n      .. question:: 里？"),
        "13: WARNING: question: stands inside another directive or block "
        "[interview.place]",
    ),
    "a section in an answer": (
        (
            ".. details:: 二。",
            ".. details::\n\n      节\n      --\n\n      字",
        ),
        "14: ERROR: Unexpected section title.",
    ),
    "a question without a title": (
        ("question:: 标题？", "question::"),
        '4: ERROR: Error in "question" directive:',
    ),
    "an unknown option": (
        (":level:", ":lavel:"),
        '4: ERROR: Error in "question" directive:',
    ),
    "a link to a missing question": (
        ("二。", "二。见 :question:`gold`。"),
        "11: WARNING: no question has the label 'gold'; did you mean 'good'? "
        "[interview.reference]",
    ),
    "a list without a question": (
        ("==\n", "==\n\n.. questions::\n   :topics: gru\n   :level: 深入\n"),
        "4: WARNING: no question to list here (gru / 深入) [interview.list]",
    ),
    "a list of an unknown topic": (
        ("==\n", "==\n\n.. questions::\n   :topics: foo\n"),
        "4: WARNING: questions: no topic 'foo'; known: lstm, gru, cost "
        "[interview.topic]",
    ),
    "a list of an unknown level": (
        ("==\n", "==\n\n.. questions::\n   :level: foo\n"),
        "4: WARNING: questions: no level 'foo'; known: 基础, 进阶, 深入 "
        "[interview.level]",
    ),
}


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project without pages."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "conf.py", folder)
    return folder


def first_line(app: SphinxTestApp) -> str:
    # What docutils called critical is an error since 0.22.
    return said(app).partition("\n")[0].replace("CRITICAL", "ERROR")


def test_the_good_page_is_good(empty: Path, build: Build):
    (empty / "index.rst").write_text(GOOD, "utf-8")
    assert said(build(empty, "text")) == ""


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_input_is_reported_with_its_line(
    empty: Path, build: Build, mistake: str
):
    (old, new), expected = WRONG[mistake]
    assert GOOD.count(old) == 1
    path = empty / "index.rst"
    path.write_text(GOOD.replace(old, new), "utf-8")
    assert first_line(build(empty, "text")) == f"{path}:{expected}"


@pytest.mark.parametrize("part", PARTS)
def test_repeated_parts(empty: Path, build: Build, part: str):
    """Only a followup and a pitfall may come more than once."""
    again = f"   .. {part}:: 又\n\n      又。\n"
    (empty / "index.rst").write_text(f"{GOOD}\n{again}", "utf-8")
    has_said = bool(said(build(empty, "text")))
    assert has_said == (part not in ("followup", "pitfall"))


GOOD_MYST = """\
# 页

::::{question} 标题？
:label: good
:level: 基础
:topics: lstm

:::{brief}
一。
:::
:::{details}
二。
:::
:::{followup} 三？
三。
:::
:::{pitfall} “四”
四。
:::
:::{sources}
五。
:::
::::
"""
WRONG_MYST = {
    "nothing": (("一", "壹"), None),
    "no label": (
        (":label: good\n", ""),
        "3: WARNING: question: has no :label: [interview.label]",
    ),
    "an empty part": (
        ("二。\n", ""),
        "11: WARNING: details: is empty [interview.part]",
    ),
    "a part of a comment only": (
        ("二。\n", "% 以后再写\n"),
        "11: WARNING: details: is empty [interview.part]",
    ),
    "text outside a part": (
        (":::\n:::{sources}", ":::\n\n散落的字。\n\n:::{sources}"),
        "21: WARNING: question: outside a part: '散落的字。' [interview.part]",
    ),
    "a part outside a question": (
        ("# 页\n", "# 页\n\n:::{brief}\n一。\n:::\n"),
        "3: WARNING: brief: stands outside a question [interview.place]",
    ),
    "a question in a list": (
        ("# 页\n", "# 页\n\n- 项\n\n  ```{question} 里？\n  ```\n"),
        "5: WARNING: question: stands inside another directive or block "
        "[interview.place]",
    ),
    "a link to a missing question": (
        ("二。", "二。见 {question}`gold`。"),
        "12: WARNING: no question has the label 'gold'; did you mean 'good'? "
        "[interview.reference]",
    ),
}


@pytest.mark.parametrize("mistake", WRONG_MYST)
def test_wrong_myst_is_reported_with_its_line(
    empty: Path, build: Build, mistake: str
):
    (old, new), expected = WRONG_MYST[mistake]
    assert GOOD_MYST.count(old) == 1
    path = empty / "index.md"
    path.write_text(GOOD_MYST.replace(old, new), "utf-8")
    warning = f"{path}:{expected}" if expected else ""
    assert first_line(build(empty, "text")) == warning


@pytest.mark.parametrize("parallel", [1, 2])
def test_two_equal_labels_anywhere(project: Path, build: Build, parallel: int):
    rewrite(project / "gru.rst", "gru-cost", "forget-gate")
    app = build(project, "text", parallel=parallel)
    # Sphinx speaks of labels too, but only when it reads in one process.
    assert (
        f"{project}/gru.rst:23: WARNING: the label 'forget-gate' names two "
        "questions; the other is in lstm.md:3 [interview.label]\n"
    ) in said(app)


def test_two_equal_labels_are_seen_by_a_second_build(
    project: Path, build: Build
):
    assert said(build(project)) == ""
    rewrite(project / "lstm.md", "forget-gate", "gru-cost")
    app = build(project)
    assert (
        f"{project}/gru.rst:23: WARNING: the label 'gru-cost' names two "
        "questions; the other is in lstm.md:3 [interview.label]\n"
    ) in said(app)


def test_two_equal_labels_on_one_page(empty: Path, build: Build):
    path = empty / "index.rst"
    second = GOOD.partition("==\n")[2]
    path.write_text(GOOD + second, "utf-8")
    assert first_line(build(empty, "text")) == (
        f"{path}:23: WARNING: question: the label 'good' is taken on this "
        "page [interview.label]"
    )
