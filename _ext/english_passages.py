"""Mark English passages, so that a screen reader pronounces them.

A passage is three or more English words in a row: a term or two in Chinese
prose is read well enough, a quotation is not. Entries of the bibliography
are marked as a whole in page_frame.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.typing import ExtensionMetadata

WORD = r"[A-Za-z][A-Za-z'’-]*"
PASSAGE = re.compile(rf"{WORD}(?:[,;:]? {WORD}){{2,}}")
# Labels in a row, as in O B I O, are no passage: some word must look like one.
ORDINARY = re.compile(r"\b[a-z]{3,}")
# Formulas, code and names that are links keep the language they have.
OPAQUE = (
    nodes.FixedTextElement,
    nodes.citation,
    nodes.literal,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.reference,
    nodes.title,
)


def passages(text: str) -> list[nodes.Text | nodes.inline]:
    """Cut a text at its English passages; each becomes an inline node."""
    parts: list[nodes.Text | nodes.inline] = []
    end = 0
    for match in PASSAGE.finditer(text):
        if not ORDINARY.search(match[0]):
            continue
        parts.append(nodes.Text(text[end : match.start()]))
        # docutils writes this class as the attribute lang="en".
        parts.append(nodes.inline("", match[0], classes=["language-en"]))
        end = match.end()
    parts.append(nodes.Text(text[end:]))
    return [part for part in parts if part.astext()]


class EnglishPassages(SphinxPostTransform):
    """Wraps the passages of a page."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if not PASSAGE.search(text) or inside(text, OPAQUE):
                continue
            text.parent.replace(text, passages(str(text)))


def inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    """Whether one of the kinds holds the node."""
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_post_transform(EnglishPassages)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
