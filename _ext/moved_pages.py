"""Leave a page at each old address that leads on to the new one.

`moved_pages` in conf.py maps old names of documents to new ones; an entry
stays for ever. The page works under a strict Content-Security-Policy and
without scripts. With them a link to a section or a question is followed to
wherever its label lives now (_static/js/search.js), for a page may have been
cut into several. Not sphinx-reredirects: its pages run an inline script.
"""

from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


def check(app: Sphinx) -> None:
    """Warn of entries that lead nowhere, and forget them."""
    kept = {}
    for old, new in app.config.moved_pages.items():
        if old in app.env.found_docs:
            complaint = f"{old!r} is a page, it has not moved"
        elif new not in app.env.found_docs:
            complaint = f"{old!r} leads to {new!r}, which is no page"
        else:
            kept[old] = new
            continue
        logger.warning("moved_pages: %s", complaint, type="moved_pages")
    app.config.moved_pages = kept


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each old address."""
    if app.builder.embedded:
        return  # a book has no old addresses
    for old, new in app.config.moved_pages.items():
        title = app.env.titles[new].astext()
        yield old, {"title": title, "moved_to": new}, "moved.html"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("moved_pages", {}, "html", dict)
    app.connect("env-before-read-docs", lambda app, env, names: check(app))
    app.connect("html-collect-pages", pages)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
