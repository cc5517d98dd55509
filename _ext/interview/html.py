"""What only the HTML site gets: answers that open and close.

The EPUB and the helps are HTML too, but their readers print every answer.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

from interview.domain import has_lists
from interview.nodes import (
    answer_details,
    answer_summary,
    question_sections,
)


def is_site(app: Sphinx) -> bool:
    """Whether the pages are for a browser."""
    builder = app.builder
    return isinstance(builder, StandaloneHTMLBuilder) and not builder.embedded


def collapse_answers(
    app: Sphinx, document: nodes.document, docname: str
) -> None:
    """Turn each answer into ``<details>``, closed, and leave room for the
    control that the script puts below the page's title."""
    if not is_site(app):
        return
    sections = list(question_sections(document))
    title = document.next_node(nodes.title)
    if sections and title:
        place = title.parent.index(title) + 1
        control = nodes.container(classes=["interview-control"])
        title.parent.insert(place, control)
    for section in sections:
        answer = next(n for n in section if "interview_answer" in n)
        details = answer_details(classes=answer["classes"])
        details += answer_summary("", "答案")
        details += answer.children
        section.replace(answer, details)


def add_assets(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the style and the script on the pages that need them."""
    if doctree is None or not is_site(app):
        return
    has_answers = any(question_sections(doctree))
    if has_answers or has_lists(app.env, pagename):
        app.add_css_file("css/interview.css")
    if has_answers:
        app.add_js_file("js/answers.js", loading_method="defer")
