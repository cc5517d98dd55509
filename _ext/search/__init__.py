"""Full-text search of the site's own, in place of Sphinx's.

Sphinx's search page hangs for Chinese in 9.0 and 9.1 and finds half of what
is there once repaired. Here every section (so every question too) and every
entry of the glossary is a unit that can be found. `_static/search-index.js`
holds their titles and texts, `_static/js/search.js` finds words in them. The
index is a script that calls a function, because a page that was opened as a
file may load scripts, but no data.

A unit is kept as text and not as tokens: the snippets need the text, the
browser scans hundreds of kilobytes in milliseconds, and so only one program
has to know how text and queries are cut into words.

The index holds pages as they are written. What was not written again is
taken over from the last index, so that the index and the pages agree.
"""

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from search.units import units_of

logger = logging.getLogger(__name__)

FILE = "_static/search-index.js"
# The format's version is part of it: an index of another one is not read.
OPENING = "globalThis.siteSearch?.receive(1,{\n"
CLOSING = "\n});\n"

# The builders that give every page a file and the search a page.
BUILDERS = {"dirhtml", "html"}

Page = list[Any]  # its address, its units, what a hit in it is worth


def dump(pages: dict[str, Page]) -> str:
    """The index file: one page a line, so that two builds compare well."""
    lines = [
        f"{dumps(docname)}:{dumps(page)}"
        for docname, page in sorted(pages.items())
    ]
    return OPENING + ",\n".join(lines) + CLOSING


def dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> dict[str, Page]:
    """The pages of an index file, none if it is not one of ours."""
    if not (text.startswith(OPENING) and text.endswith(CLOSING)):
        return {}
    return json.loads(f"{{{text[len(OPENING) : -len(CLOSING)]}}}")


class Search:
    """Gathers the pages of one build."""

    def __init__(self) -> None:
        self.written: dict[str, list[Any]] = {}

    def take_over(self, app: Sphinx) -> None:
        """Keep Sphinx from indexing, give pages what our search needs."""
        if app.builder.name in BUILDERS:
            app.builder.search = False
            app.add_css_file("css/search.css")
            app.add_js_file("js/search.js", loading_method="defer")

    def pages(self, app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
        """The search page, which Sphinx leaves out with its index."""
        if app.builder.name in BUILDERS:
            return [("search", {}, "search.html")]
        return []

    def gather(self, app: Sphinx, doctree: nodes.document, name: str) -> None:
        """Note the units of a page whose references are resolved."""
        if app.builder.name in BUILDERS:
            metadata = app.env.metadata[name]
            hidden = "no-search" in metadata or "nosearch" in metadata
            self.written[name] = [[] if hidden else units_of(doctree)]
            if "search-worth" in metadata:
                self.written[name].append(worth_of(app, name))

    def write(self, app: Sphinx, exception: Exception | None) -> None:
        """Bring the index file up to date."""
        if exception or app.builder.name not in BUILDERS:
            return
        path = app.outdir / FILE
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        old = load(before)
        for docname in app.env.all_docs.keys() - old.keys():
            if docname not in self.written:  # someone removed the index
                doctree = app.env.get_doctree(docname)
                app.env.apply_post_transforms(doctree, docname)
        address = app.builder.get_target_uri
        new = {
            docname: [address(docname), *self.written[docname]]
            if docname in self.written
            else old[docname]
            for docname in app.env.all_docs
        }
        after = dump(new)
        if after != before:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(after, encoding="utf-8")


def worth_of(app: Sphinx, name: str) -> float:
    """What a page's field `:search-worth:` says: 0.5 halves its scores."""
    text = app.env.metadata[name]["search-worth"]
    try:
        worth = float(text)
    except ValueError:
        worth = 0
    if worth <= 0:
        logger.warning(
            "search-worth: expected a positive number, got %r",
            text,
            location=name,
            type="search",
        )
        return 1
    return worth


def offer_search_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Let templates link to the search page, which exists after all."""
    if app.builder.name in BUILDERS:
        hasdoc = context["hasdoc"]
        context["hasdoc"] = lambda name: name == "search" or hasdoc(name)


def setup(app: Sphinx) -> ExtensionMetadata:
    search = Search()
    app.connect("builder-inited", search.take_over)
    app.connect("doctree-resolved", search.gather)
    app.connect("html-collect-pages", search.pages)
    app.connect("html-page-context", offer_search_page)
    app.connect("build-finished", search.write)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
