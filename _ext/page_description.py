"""What a page is about, for search engines and for those who share it.

The first paragraph says it. Not sphinxext-opengraph: it takes formulas as
LaTeX, and complains about matplotlib at every build.
"""

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from search.plain import readable

LONGEST = 150
LABEL = "一句话："


def description(document: nodes.document) -> str:
    """Return the first paragraph as plain text, cut at a whole sentence."""
    for paragraph in document.findall(nodes.paragraph):
        text = "".join(
            readable(leaf.astext())
            if isinstance(leaf.parent, nodes.math)
            else leaf.astext()
            for leaf in paragraph.findall(nodes.Text)
        )
        text = " ".join(text.split()).removeprefix(LABEL).strip()
        if len(text) > LONGEST:
            end = max(text.rfind(sign, 0, LONGEST) for sign in "。；")
            text = text[: end + 1] or text[: LONGEST - 1] + "…"
        return text
    return ""


def describe(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the tags of Open Graph and the description to a page's head."""
    if doctree is None or app.builder.name != "html":
        return
    text = description(doctree)
    tags = [
        ("property", "og:type", "article"),
        ("property", "og:site_name", app.config.project),
        ("property", "og:title", app.env.titles[pagename].astext()),
        ("property", "og:url", context.get("pageurl")),
        ("property", "og:description", text),
        ("name", "description", text),
    ]
    context["metatags"] += "".join(
        f'\n  <meta {kind}="{name}" content="{escape(value)}" />'
        for kind, name, value in tags
        if value
    )


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("html-page-context", describe)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
