"""An Atom feed of the pages, those changed last first: atom.xml.

Written where the site is published (html_baseurl is set) and git knows when
each page was changed; see RFC 4287.
"""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

ATOM = "http://www.w3.org/2005/Atom"
FILE = "atom.xml"


def moment(timestamp: float) -> str:
    """Return a time as RFC 3339 has it."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat()


def feed(
    base: str, title: str, author: str, pages: list[tuple[str, str, float]]
) -> bytes:
    """Return the feed's bytes; a page is its address, title and time."""
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")

    def add(parent: ElementTree.Element, tag: str, text: str = "", **more):
        child = ElementTree.SubElement(parent, f"{{{ATOM}}}{tag}", more)
        child.text = text or None
        return child

    add(root, "id", base)
    add(root, "title", title)
    add(root, "updated", moment(max(time for *_, time in pages)))
    add(root, "link", href=base)
    add(root, "link", href=urljoin(base, FILE), rel="self")
    add(add(root, "author"), "name", author)
    for address, name, time in sorted(pages, key=lambda page: -page[2]):
        entry = add(root, "entry")
        add(entry, "id", urljoin(base, address))
        add(entry, "title", name)
        add(entry, "updated", moment(time))
        add(entry, "link", href=urljoin(base, address))
    return ElementTree.tostring(root, "utf-8", xml_declaration=True)


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the feed beside the pages."""
    config, env = app.config, app.env
    if exception or app.builder.name != "html" or not config.html_baseurl:
        return
    changed = getattr(env, "git_last_updated", {})
    pages = [
        (
            app.builder.get_target_uri(name),
            env.titles[name].astext(),
            float(changed[name][0]),
        )
        for name in sorted(env.titles)
        if changed.get(name) and changed[name][0]
    ]
    if pages:
        content = feed(
            config.html_baseurl, config.project, config.author, pages
        )
        Path(app.outdir, FILE).write_bytes(content)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("build-finished", write)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
