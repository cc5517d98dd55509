"""A picture for each page, shown where someone shares its address.

Drawn as SVG and turned into PNG, the one form that all sites take, by
rsvg-convert, which the book needs too. Nothing is fetched. Only a site that
knows its address has cards, for they are named by whole addresses.
"""

import hashlib
import shutil
import subprocess
import unicodedata
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from page_description import description

logger = logging.getLogger(__name__)

PROGRAM = "rsvg-convert"
FOLDER = "_images/cards"
WIDTH, HEIGHT, MARGIN = 1200, 630, 90
# Font sizes, and how many lines there are of each at most.
TITLE, TITLE_LINES = 76, 2
TEXT, TEXT_LINES = 34, 4
LEADING = 1.45
FONT = "'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
# Signs that begin no line.
CLOSING = "，。；：、？！）》”’,.;:?!)"


def width_of(text: str) -> float:
    """Return about how wide a text is, in font sizes."""
    return sum(
        1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.56
        for sign in text
    )


def pieces_of(text: str) -> list[str]:
    """Cut a text where a line may end."""
    pieces: list[str] = []
    for sign in text:
        if not pieces:
            pieces.append(sign)
            continue
        last = pieces[-1][-1]
        latin = sign.isascii() and last.isascii() and " " not in last
        if latin or sign in CLOSING or sign == " " or last in "（《“(":
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def lines_of(text: str, width: float, most: int) -> list[str]:
    """Break a text into lines of at most a width, in font sizes.

    What does not fit into so many lines is cut, with a sign of it.
    """
    lines = [""]
    for piece in pieces_of(text):
        if lines[-1] and width_of(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    lines = [line.strip() for line in lines]
    if len(lines) > most:
        last = lines[most - 1]
        while width_of(last) > width - 1:
            last = last[:-1]
        lines = [*lines[: most - 1], last.rstrip("，、；：。 ") + "…"]
    return lines


def draw(site: str, title: str, text: str) -> str:
    """Return a card as SVG, for WIDTH times HEIGHT pixels."""
    room = WIDTH - 2 * MARGIN
    shown: list[str] = []

    def write(lines: list[str], size: int, at: float, style: str) -> float:
        for line in lines:
            at += size * LEADING
            shown.append(
                f'<text x="{MARGIN}" y="{at:.0f}" font-size="{size}" '
                f"{style}>{escape(line)}</text>"
            )
        return at

    write([site], TEXT, MARGIN / 2, 'fill="#0b5cad" font-weight="bold"')
    heads = lines_of(title, room / TITLE, TITLE_LINES)
    at = write(heads, TITLE, 130, 'fill="#1f2328" font-weight="bold"')
    write(lines_of(text, room / TEXT, TEXT_LINES), TEXT, at + 30,
          'fill="#59636e"')  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="{FONT}">'
        '<rect width="100%" height="100%" fill="#fff"/>'
        f'<rect width="28" height="{HEIGHT}" fill="#0b5cad"/>'
        f"{''.join(shown)}</svg>"
    )


def has_program(app: Sphinx) -> bool:
    """Whether cards can be drawn; if not, tell once what is missing."""
    if not app.config.html_baseurl or app.builder.name != "html":
        return False
    if shutil.which(PROGRAM):
        return True
    logger.warning(
        "a published site draws its cards with %s, which was not found; "
        "on Debian: apt-get install librsvg2-bin fonts-noto-cjk",
        PROGRAM,
        type="social_card",
    )
    return False


def convert(drawing: str, path: Path) -> None:
    """Write a drawing as PNG.

    :raises ExtensionError: the program that draws it fails
    """
    done = subprocess.run(
        [PROGRAM, "--format", "png"],
        input=drawing.encode(),
        capture_output=True,
    )
    if done.returncode:
        raise ExtensionError(
            f"{PROGRAM} failed for {path.name}: {done.stderr.decode()}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(done.stdout)


def show(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Draw the card of a page and name it in the page's head."""
    if doctree is None:
        return
    base = app.config.html_baseurl
    title = app.env.titles[pagename].astext()
    drawing = draw(app.config.project, title, description(doctree))
    # A card that is there already was drawn of the same words.
    digest = hashlib.sha256(drawing.encode()).hexdigest()[:12]
    name = f"{FOLDER}/{digest}.png"
    path = Path(app.outdir, name)
    if not path.exists():
        convert(drawing, path)
    tags = {
        "og:image": urljoin(base, name),
        "og:image:width": WIDTH,
        "og:image:height": HEIGHT,
        "og:image:alt": title,
        "twitter:card": "summary_large_image",
    }
    context["metatags"] += "".join(
        f'\n  <meta property="{key}" content="{escape(str(value))}" />'
        for key, value in tags.items()
    )


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect(
        "builder-inited",
        lambda app: (
            has_program(app) and app.connect("html-page-context", show)
        ),
    )
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
