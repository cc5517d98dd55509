"""The self-test page: ``.. review::`` lists all questions, a script asks them.

In every output the directive is a list of links. On the site, each page with
questions also leaves them in ``_static/review/<page>.js``, one call of
``reviewQuestions``: the script of the self-test page loads them by script
tag, because pages opened from file:// may not fetch.
"""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from interview.domain import Query, has_lists
from interview.html import is_site
from interview.nodes import question_list, question_sections

FOLDER = "_static/review"
# What our own writer makes of an answer. Sphinx has just written the page; to
# parse it again took 2 % of a build.
ANSWER = re.compile(
    r'<details class="interview-answer">\s*<summary>.*?</summary>'
    r"(.*?)</details>",
    re.DOTALL,
)
TAG = re.compile(r"<[^>]+>")
ID = re.compile(r' id="[^"]*"')
LINK = re.compile(r' (href|src)="([^"]*)"')
# Stands in an answer's addresses for the way to the site's root.
ROOT = "{root}"


class ReviewDirective(SphinxDirective):
    """The list of all questions, which the script turns into a test."""

    def run(self) -> list[nodes.Node]:
        every = Query(lineno=self.lineno)
        marker = question_list(query=every, docname=self.env.docname)
        self.set_source_info(marker)
        return [nodes.container("", marker, classes=["review"])]


def has_review(doctree: nodes.document) -> bool:
    containers = doctree.findall(nodes.container)
    return any("review" in node["classes"] for node in containers)


def from_root(link: str, pagename: str) -> str:
    """An address on a page, as seen from the root of the site."""
    if urlsplit(link).scheme or link.startswith("//"):
        return link
    return ROOT + urljoin(f"{pagename}.html", link)


def elsewhere(markup: str, pagename: str) -> str:
    """The HTML of a part of a page, fit to be shown on another page."""

    def point(match: re.Match[str]) -> str:
        return f' {match[1]}="{from_root(match[2], pagename)}"'

    def change(tag: re.Match[str]) -> str:
        # Ids are of the other page.
        return LINK.sub(point, ID.sub("", tag[0]))

    return TAG.sub(change, markup)


def questions_of(
    body: str, doctree: nodes.document, pagename: str, names: dict[str, str]
) -> list[dict[str, Any]]:
    """The questions of a page, with their answers as HTML."""
    return [
        {
            "label": node["interview_question"],
            "title": node.next_node(nodes.title).astext(),
            "level": node["interview_level"],
            "topics": [names[t] for t in node["interview_topics"]],
            "page": f"{pagename}.html",
            "answer": elsewhere(answer, pagename),
        }
        for node, answer in zip(
            question_sections(doctree), ANSWER.findall(body), strict=True
        )
    ]


def write_questions(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Leave the questions of a page where the self-test page finds them."""
    if doctree is None or not is_site(app):
        return
    if has_lists(app.env, pagename) and has_review(doctree):
        app.add_css_file("css/interview.css")
        app.add_css_file("css/review.css")
        app.add_js_file("js/review.js", loading_method="defer")
    if any(question_sections(doctree)):
        questions = questions_of(
            context["body"], doctree, pagename, app.config.interview_topics
        )
        target = Path(app.outdir, FOLDER, f"{pagename}.js")
        target.parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps(questions, ensure_ascii=False)
        target.write_text(f"reviewQuestions({data});\n", encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("review", ReviewDirective)
    app.connect("html-page-context", write_questions)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
