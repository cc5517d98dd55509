"""What the frame of a page (_templates/frame.html) needs to know.

Leaves out the scripts and sheets that only the theme's own frame uses, wraps
wide tables so that they scroll by themselves, and adds the reading time and
the address where the page can be edited (`edit_url_base` in conf.py).
"""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.typing import ExtensionMetadata

# jQuery and its kin serve the theme's menu; the others Sphinx's own search.
# css/code.css stands in for pygments.css: it has colours for the dark.
UNUSED = {
    "_static/_sphinx_javascript_frameworks_compat.js",
    "_static/doctools.js",
    "_static/jquery.js",
    "_static/pygments.css",
    "_static/sphinx_highlight.js",
    "_static/translations.js",
}
# What screen readers stumble over in the HTML of docutils and Sphinx: a
# heading without a level, and entries of a list that do not say so, in
# English as the papers are.
REPAIRS = {
    '<p class="caption" role="heading">': (
        '<p class="caption" role="heading" aria-level="2">'
    ),
    ' role="doc-biblioentry"': ' role="listitem" lang="en"',
}
# Chinese characters and foreign words a minute. Slow: notes are worked
# through, not skimmed.
CHARACTERS = 300
WORDS = 150
# Seconds for a displayed formula, a figure and a line of code.
FORMULA, FIGURE, LINE = 15, 20, 3

HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z]{2,}")


def reading_minutes(document: nodes.document) -> int:
    """Return about how many minutes a page takes, at least one."""
    seconds = 0.0
    for node in document.findall():
        if isinstance(node, nodes.math_block):
            seconds += FORMULA
        elif isinstance(node, nodes.image):
            seconds += FIGURE
        elif isinstance(node, nodes.literal_block | nodes.doctest_block):
            seconds += LINE * len(node.astext().splitlines())
        elif isinstance(node, nodes.Text) and not isinstance(
            node.parent,
            nodes.FixedTextElement | nodes.math | nodes.math_block,
        ):
            text = node.astext()
            seconds += 60 * len(HAN.findall(text)) / CHARACTERS
            seconds += 60 * len(WORD.findall(text)) / WORDS
    return max(1, math.ceil(seconds / 60))


SIZE = re.compile(r'<svg[^>]* width="([\d.]+)"[^>]* height="([\d.]+)"')
IMAGE = re.compile(r'<img ([^>]*?src="([^"]*?([^"/]+\.svg))"[^>]*?)\s*/?>')


@cache
def size_of(file: Path) -> tuple[str, str] | None:
    """Return the width and the height that a drawing states, if it does."""
    match = SIZE.search(file.read_text(encoding="utf-8")[:500])
    return match and match.groups()


def figure_sizes(app: Sphinx) -> dict[str, tuple[str, str]]:
    """Return the width and height of each drawing, by its name in _images."""
    return {
        name: size
        for uri, name in app.builder.images.items()
        if name.endswith(".svg") and (size := size_of(app.srcdir / uri))
    }


def with_sizes(body: str, sizes: dict[str, tuple[str, str]]) -> str:
    """Give figures their size and a link to the file that opens large.

    With the size, text does not move as the figures come.
    """

    def complete(match: re.Match[str]) -> str:
        attributes, address, name = match.groups()
        if name not in sizes:
            return match[0]
        width, height = sizes[name]
        return (
            f'<a class="kr-figure" href="{address}"><img width="{width}" '
            f'height="{height}" loading="lazy" {attributes} /></a>'
        )

    return IMAGE.sub(complete, body)


class ScrollingTables(SphinxPostTransform):
    """Puts each table into a box of its own that scrolls sideways."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.app.builder.name == "epub":
            return
        for table in list(self.document.findall(nodes.table)):
            box = nodes.container(classes=["wy-table-responsive"])
            table.parent.replace(table, box)
            box += table


def complete(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add to a page's context what its frame shows."""
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context.get(kind, [])
            if str(getattr(file, "filename", file)) not in UNUSED
        ]
    for script in context["script_files"]:
        # No page waits for a script, not for those of extensions either;
        # deferred ones run in this order.
        if "async" not in script.attributes:
            script.attributes["defer"] = "defer"
    context["html_baseurl"] = app.config.html_baseurl
    if doctree is None:
        return
    if not app.builder.embedded:  # a book has its own ways to enlarge
        context["body"] = with_sizes(context["body"], figure_sizes(app))
    for written, better in REPAIRS.items():
        context["body"] = context["body"].replace(written, better)
    source = app.env.doc2path(pagename, base=False)
    context["page_source_file"] = source
    context["reading_minutes"] = reading_minutes(doctree)
    if base := app.config.edit_url_base:
        context["edit_url"] = f"{base.rstrip('/')}/{source}"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("edit_url_base", "", "html", str)
    app.add_post_transform(ScrollingTables)
    # After the extensions that add files of their own.
    app.connect("html-page-context", complete, priority=900)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
