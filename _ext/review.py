"""The self-test page: ``.. review::`` lists all questions, a script asks them.

In every output the directive is a list of links. On the site, each page with
questions also leaves them in ``_static/review/<page>.js``, one call of
``reviewQuestions``: the script of the self-test page loads them by script
tag, because pages opened from file:// may not fetch.
"""

import json
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


def questions_of(
    body: str, doctree: nodes.document, pagename: str, names: dict[str, str]
) -> list[dict[str, Any]]:
    """The questions of a page, their HTML fit to be shown on another one."""
    import lxml.html  # not paid for by builds that write no question

    page = lxml.html.fragment_fromstring(body, create_parent="div")
    page.rewrite_links(lambda link: from_root(link, pagename))
    found = []
    for node in question_sections(doctree):
        label = node["interview_question"]
        (section,) = page.xpath(".//section[@id=$label]", label=label)
        (answer,) = section.find_class("interview-answer")
        for element in answer.iter():
            element.attrib.pop("id", None)  # ids are of the other page
        _summary, *parts = answer
        found.append(
            {
                "label": label,
                "title": node.next_node(nodes.title).astext(),
                "level": node["interview_level"],
                "topics": [names[t] for t in node["interview_topics"]],
                "page": f"{pagename}.html",
                "answer": "".join(
                    lxml.html.tostring(part, encoding="unicode")
                    for part in parts
                ),
            }
        )
    return found


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
