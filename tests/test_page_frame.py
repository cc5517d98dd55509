"""Reading time, descriptions and the feed, without a build."""

from xml.etree import ElementTree

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from changes_feed import ATOM, feed
from page_description import LONGEST, description
from page_frame import reading_minutes, with_sizes

# -- Reading time ------------------------------------------------------------


def document(text: str) -> nodes.document:
    return publish_doctree(text, settings_overrides={"report_level": 5})


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("字", 1),
        ("字" * 300, 1),
        ("字" * 301, 2),
        ("word " * 150, 1),
        ("word " * 151, 2),
        ("字" * 225 + "\n\n.. math:: x", 1),
        ("字" * 226 + "\n\n.. math:: x", 2),
        ("字" * 200 + "\n\n.. image:: a.svg", 1),
        ("字" * 201 + "\n\n.. image:: a.svg", 2),
        (">>> 1\n" * 20, 1),
        (">>> 1\n" * 21, 2),
    ],
)
def test_reading_takes(text: str, minutes: int):
    assert reading_minutes(document(text)) == minutes


# -- Figures -----------------------------------------------------------------


def test_a_figure_gets_the_size_of_its_file_and_a_link_to_it():
    body = '<p><img alt="图" src="../_images/a.svg" /><img src="b.svg"></p>'
    assert with_sizes(body, {"a.svg": ("480", "300")}) == (
        '<p><a class="kr-figure" href="../_images/a.svg">'
        '<img width="480" height="300" loading="lazy" alt="图" '
        'src="../_images/a.svg" /></a><img src="b.svg"></p>'
    )


# -- Descriptions ------------------------------------------------------------


def test_the_first_paragraph_describes_a_page():
    text = (
        "标题\n====\n\n**一句话：** 门 决定\n留多少 :math:`d_k`。\n\n第二段。"
    )
    assert description(document(text)) == "门 决定 留多少 d_k。"


def test_a_long_description_ends_with_a_sentence():
    text = "一" * 100 + "。" + "二" * 100 + "。"
    assert description(document(text)) == "一" * 100 + "。"
    endless = description(document("三" * 200))
    assert len(endless) == LONGEST
    assert endless.endswith("三…")


def test_a_page_without_a_paragraph_has_no_description():
    assert description(document("")) == ""


# -- The feed ----------------------------------------------------------------


def test_the_feed_is_sorted_by_change_and_escaped():
    text = feed(
        "https://example.org/",
        "笔记",
        "作者",
        [("a.html", "旧 <b>", 0), ("b.html", "新", 86_400)],
    )
    root = ElementTree.fromstring(text)
    space = {"a": ATOM}
    assert root.findtext("a:updated", None, space) == (
        "1970-01-02T00:00:00+00:00"
    )
    titles = [e.text for e in root.findall("a:entry/a:title", space)]
    assert titles == ["新", "旧 <b>"]
    ids = [e.text for e in root.findall("a:entry/a:id", space)]
    assert ids == ["https://example.org/b.html", "https://example.org/a.html"]
