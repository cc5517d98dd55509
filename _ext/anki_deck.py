"""The builder ``anki``: every interview question as a card of one .apkg.

A deck a page, a note a question. A note's identity comes from the question's
label, so that importing a newer deck updates the cards and keeps the
learner's history. With SOURCE_DATE_EPOCH the same pages give the same bytes.
"""

import hashlib
import html
import os
import re
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.display import progress_message
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from interview.nodes import question_sections
from mathml import arrange

if TYPE_CHECKING:
    import genanki

COMMAND = re.compile(r"\\([A-Za-z]+)")
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

FRONT = """\
<div class="deck">{{Chapter}} · {{Level}}</div>
<h1>{{Question}}</h1>
"""
BACK = '{{FrontSide}}<hr id="answer">{{Answer}}'
STYLE = """\
.card { font: 18px/1.7 -apple-system, "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", sans-serif; max-width: 46em; margin: 0 auto;
  padding: 0 0.6em; text-align: left; }
h1 { font-size: 1.2em; line-height: 1.4; }
.deck { color: #59636e; font-size: 0.8em; }
.interview-label { font-weight: bold; color: #0b5cad; margin-bottom: 0; }
.interview-pitfall .interview-label { color: #9a3b00; }
.interview-part { margin-top: 0.8em; }
img { max-width: 100%; height: auto; }
pre, code { font: 0.85em/1.5 ui-monospace, Consolas, monospace; }
pre { overflow-x: auto; padding: 0.6em; border: 1px solid #d0d7de; }
table { border-collapse: collapse; }
td, th { border: 1px solid #d0d7de; padding: 0.2em 0.6em; }
.nightMode .deck { color: #9aa4af; }
.nightMode .interview-label { color: #79b8ff; }
.nightMode .interview-pitfall .interview-label { color: #ffab70; }
.nightMode img[src$=".svg"] { filter: invert(1) hue-rotate(180deg); }
.nightMode .highlight { filter: invert(1) hue-rotate(180deg); }
.nightMode .highlight pre { background: #fff; color: #000; }
"""


def stable_id(name: str) -> int:
    """An id for a model or a deck: the same for the same name, for ever."""
    digest = hashlib.sha256(name.encode()).digest()
    # Anki takes ids for times in milliseconds; 1 to 2 billion is customary.
    return (1 << 30) + int.from_bytes(digest[:4], "big") % (1 << 30)


def expand_macros(latex: str, macros: dict[str, str]) -> str:
    """Write out our macros: the MathJax of Anki does not know them.

    :raises ValueError: a macro lacks its argument
    """
    done, rest = "", latex
    while found := COMMAND.search(rest):
        done, after = done + rest[: found.start()], rest[found.end() :]
        body = macros.get(found[1])
        if body is None:
            done, rest = done + found[0], after
            continue
        for place in range(1, 1 + body.count("#")):
            argument, after = first_argument(after)
            body = body.replace(f"#{place}", argument)
        rest = body + after
    return done + rest


def first_argument(latex: str) -> tuple[str, str]:
    """A macro's first argument, without its braces, and what follows.

    :raises ValueError: there is none, or its brace is never closed
    """
    latex = latex.lstrip()
    if not latex.startswith("{"):
        if not latex:
            raise ValueError("a macro lacks its argument")
        token = COMMAND.match(latex)
        size = token.end() if token else 1
        return latex[:size], latex[size:]
    depth = 0
    for place, character in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return latex[1:place], latex[place + 1 :]
    raise ValueError(f"a brace is never closed: {latex!r}")


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    latex = expand_macros(node.astext(), self.config.math_macros)
    self.body.append(rf"\({html.escape(latex)}\)")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    latex = expand_macros(arrange(node.astext()), self.config.math_macros)
    self.body.append(rf"<p>\[{html.escape(latex)}\]</p>")
    raise nodes.SkipNode


class AnkiBuilder(StandaloneHTMLBuilder):
    """Write the questions of all pages into one Anki package."""

    name = "anki"
    epilog = "The Anki package is in %(outdir)s."
    allow_parallel = False
    embedded = True  # answers are printed, not collapsed
    search = False
    add_permalinks = False

    @property
    def math_renderer_name(self) -> str:
        return "anki"

    def init(self) -> None:
        # Every build imports this module; only a deck needs the library.
        import genanki

        super().init()
        self.decks: dict[str, genanki.Deck] = {}
        self.media: dict[str, Path] = {}
        self.model = genanki.Model(
            stable_id("knowledge_record question"),
            "knowledge_record 面试题",
            fields=[
                {"name": name}
                for name in ("Question", "Answer", "Chapter", "Level")
            ],
            templates=[{"name": "问答", "qfmt": FRONT, "afmt": BACK}],
            css=STYLE + self.highlighter.get_stylesheet(),
        )

    def get_outdated_docs(self) -> list[str]:
        # The package is one file: it is always made from all pages.
        return sorted(self.env.found_docs)

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        base = self.config.html_baseurl
        return f"{base}{docname}.html" if base else f"#{docname}"

    def get_relative_uri(
        self, from_: str, to: str, typ: str | None = None
    ) -> str:
        return self.get_target_uri(to, typ)

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        # What the HTML writer asks its builder for.
        self.secnumbers = self.env.toc_secnumbers.get(docname, {})
        self.fignumbers = self.env.toc_fignumbers.get(docname, {})
        self.imgpath = self.dlpath = ""
        self.current_docname = docname
        self.post_process_images(doctree)
        title = self.env.titles[docname].astext()
        for section in question_sections(doctree):
            name = f"{self.config.project}::{title}"
            self.deck(name).add_note(self.note(section, docname, title))

    def deck(self, name: str) -> "genanki.Deck":
        """The deck of that name, made when it is first asked for."""
        import genanki

        if name not in self.decks:
            self.decks[name] = genanki.Deck(stable_id(name), name)
        return self.decks[name]

    def note(
        self, section: nodes.section, docname: str, chapter: str
    ) -> "genanki.Note":
        import genanki

        heading = section.next_node(nodes.title)
        answer = next(n for n in section if "interview_answer" in n)
        question = nodes.inline("", "", *heading.deepcopy().children)
        level = section["interview_level"]
        page = docname.removeprefix("docs/interview/").replace("/", "::")
        tags = [f"难度::{level}", f"章节::{page}"]
        tags += [f"主题::{topic}" for topic in section["interview_topics"]]
        return genanki.Note(
            model=self.model,
            fields=[
                self.card_html(question),
                self.card_html(answer.deepcopy()),
                html.escape(chapter),
                level,
            ],
            tags=tags,
            guid=genanki.guid_for(
                "knowledge_record", section["interview_question"]
            ),
        )

    def card_html(self, node: nodes.Element) -> str:
        """The HTML of a node, with links and images that a card can use."""
        import lxml.html

        fragment = self.render_partial(node)["fragment"]
        body = lxml.html.fragment_fromstring(fragment, create_parent="div")
        for image in body.iter("img"):
            name = image.get("src").rpartition("/")[2]
            image.set("src", name)
            self.media[name] = self.source_of(name)
        for link in list(body.iter("a")):
            if link.get("href", "#").startswith("#"):
                link.drop_tag()  # a place on a page that a card is not on
        for element in body.iter():
            element.attrib.pop("id", None)
        return lxml.html.tostring(body, encoding="unicode")

    def source_of(self, name: str) -> Path:
        """The file of an image, by the name it has among the media."""
        for path, given in self.images.items():
            if given == name:
                return Path(self.srcdir) / path
        raise KeyError(name)

    def finish(self) -> None:
        target = Path(self.outdir) / "knowledge_record.apkg"
        count = sum(len(deck.notes) for deck in self.decks.values())
        with progress_message(f"writing {count} notes"):
            self.write_package(target)

    def write_package(self, target: Path) -> None:
        """Write the package; the same pages at the same time, same bytes."""
        import genanki

        media = [self.media[name] for name in sorted(self.media)]
        package = genanki.Package(
            [self.decks[name] for name in sorted(self.decks)],
            [str(path) for path in media],
        )
        moment = float(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
        loose = target.with_suffix(".loose")
        package.write_to_file(str(loose), timestamp=moment)
        fresh = target.with_suffix(".new")
        with (
            zipfile.ZipFile(loose) as made,
            zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for item in made.infolist():
                # genanki dates the entries by its temporary files.
                entry = zipfile.ZipInfo(item.filename, ZIP_EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, made.read(item))
        loose.unlink()
        fresh.replace(target)


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_html_math_renderer(
        "anki", (visit_math, None), (visit_displaymath, None)
    )
    app.add_builder(AnkiBuilder)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
