"""Render math at build time as MathML Core, with the math-core library.

Registers the HTML math renderer ``mathml``. Every formula is converted once
while its page is read, so that a broken one is reported with file and line by
whichever builder runs.

Configuration: ``math_macros`` maps a macro's name to its replacement text, in
which ``#1`` … are arguments. HTML, EPUB and LaTeX take their macros from it.
"""

import html
import re
from functools import cache
from typing import Any

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

NUMBERED = re.compile(r"\\begin\{(equation|align|gather|multline|eqnarray)\}")
OPENING = re.compile("[（“《「(]*$")
CLOSING = re.compile("[、。！），：；？”》」,.;:)]*")
STRUCTURE = re.compile(r"\\(begin|end)\{|\\\\|&")
NAMESPACE = ' xmlns="http://www.w3.org/1998/Math/MathML"'
ANNOTATION = re.compile("(?s)(<annotation [^>]*>).*?(</annotation>)")


@cache
def converter(macros: tuple[tuple[str, str], ...]) -> LatexToMathML:
    """The converter for one macro table; building one is not free."""
    return LatexToMathML(
        macros=dict(macros),
        annotation=True,
        xml_namespace=True,
        fancy_error=False,
    )


def has_bare_rows(latex: str) -> bool:
    r"""Whether ``\\`` or ``&`` stands outside of every environment."""
    depth = 0
    for token in STRUCTURE.finditer(latex):
        if token[1] == "begin":
            depth += 1
        elif token[1] == "end":
            depth -= 1
        elif depth == 0 and not latex[: token.start()].endswith("\\"):
            return True
    return False


def arrange(latex: str) -> str:
    """Lay out a display as Sphinx's LaTeX writer does.

    Parts between empty lines stand below each other, rows within a part are
    aligned at ``&``.
    """
    parts = re.split(r"\n\s*\n", latex.strip())
    for i, part in enumerate(parts):
        if has_bare_rows(part):
            parts[i] = rf"\begin{{aligned}}{part}\end{{aligned}}"
    if len(parts) == 1:
        return parts[0]
    rows = r" \\ ".join(parts)
    return rf"\begin{{gathered}}{rows}\end{{gathered}}"


def argument(latex: str, start: int) -> tuple[str, int]:
    """The argument of a macro that begins there or later, and its end."""
    start += len(latex[start:]) - len(latex[start:].lstrip())
    if latex[start] != "{":
        token = re.compile(r"\\[A-Za-z]+|\\?.").match(latex, start)
        return token[0], token.end()
    depth = 0
    for brace in re.compile(r"(?<!\\)[{}]").finditer(latex, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return latex[start + 1 : brace.start()], brace.end()
    raise ValueError("a brace is open")


def without_macros(latex: str, macros: dict[str, str]) -> str:
    r"""The formula as LaTeX reads it anywhere: for ``\R`` ``\mathbb{R}``."""
    names = "|".join(map(re.escape, macros))
    ours = re.compile(rf"\\({names})(?![A-Za-z])")
    while names and (macro := ours.search(latex)):
        text, end = macros[macro[1]], macro.end()
        for number in range(1, arity(text) + 1):
            value, end = argument(latex, end)
            text = text.replace(f"#{number}", value)
        latex = latex[: macro.start()] + text + latex[end:]
    return latex


def convert(latex: str, macros: dict[str, str], *, display: bool) -> str:
    """Return the MathML of a formula.

    Its annotation is the formula in LaTeX that needs no table of macros.

    :raises ValueError: the formula is empty or is not LaTeX we know
    """
    if not latex.strip():
        raise ValueError("the formula is empty")
    if numbered := NUMBERED.search(latex):
        name = numbered[1]
        raise ValueError(
            f"{name} numbers itself, which HTML cannot follow; "
            f"use {name}* or the option :label:"
        )
    if display:
        latex = arrange(latex)
    table = converter(tuple(sorted(macros.items())))
    try:
        mathml = table.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        place, _colon, complaint = str(error).strip().partition(": ")
        message = f"{complaint.rstrip('.')} at character {place}"
        raise ValueError(message) from None
    # EPUB is XML, which does not know HTML's named entities.
    mathml = re.sub(
        r"&(?!(?:amp|lt|gt|quot);)\w+;", lambda m: html.unescape(m[0]), mathml
    )
    source = html.escape(without_macros(latex, macros), quote=False)
    return ANNOTATION.sub(lambda m: m[1] + source + m[2], mathml)


def is_display(node: nodes.math | nodes.math_block) -> bool:
    return isinstance(node, nodes.math_block)


def line_of(node: nodes.Element) -> int | None:
    """The line of a formula, found in the text of the block around it."""
    block = node
    while block.line is None and block.parent is not None:
        block = block.parent
    if block.line is None or block is node:
        return block.line
    before, found, _after = block.rawsource.partition(node.astext())
    return block.line + (before.count("\n") if found else 0)


def check_formulas(app: Sphinx, document: nodes.document) -> None:
    """Report each formula of a page that does not convert."""
    for node in document.findall(lambda n: isinstance(n, FORMULA)):
        latex = node.astext()
        try:
            convert(latex, app.config.math_macros, display=is_display(node))
        except ValueError as error:
            source = node.source or document["source"]
            logger.warning(
                "broken formula: %s in %r",
                error,
                latex,
                location=f"{source}:{line_of(node)}",
                type="mathml",
            )


FORMULA = (nodes.math, nodes.math_block)


def render(self: HTML5Translator, node: nodes.math | nodes.math_block) -> str:
    latex = node.astext()
    try:
        mathml = convert(
            latex, self.config.math_macros, display=is_display(node)
        )
    except ValueError:  # reported when the page was read
        return f'<code class="broken-formula">{self.encode(latex)}</code>'
    if self.builder.out_suffix == ".xhtml":
        return mathml
    return mathml.replace(NAMESPACE, "", 1)  # HTML knows the element


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    self.body.append(render(self, node) + "</span>")
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math displaymath"))
    self.body.append(f'<div class="formula">{render(self, node)}</div>')
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


class KeepPunctuation(SphinxPostTransform):
    """Tie an inline formula to the punctuation around it.

    Browsers may begin a line with the comma that follows a formula, or end
    one with the bracket before it.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent, place = formula.parent, formula.parent.index(formula)
            before, after = (
                text_at(parent, place - 1),
                text_at(parent, place + 1),
            )
            opening = OPENING.search(before)[0]
            closing = CLOSING.match(after)[0]
            if not opening and not closing:
                continue
            tied = nodes.inline(classes=["nowrap"])
            around = [
                nodes.Text(before.removesuffix(opening)),
                tied,
                nodes.Text(after.removeprefix(closing)),
            ]
            parent[place - bool(before) : place + 1 + bool(after)] = around
            tied += [nodes.Text(opening), formula, nodes.Text(closing)]


def text_at(parent: nodes.Element, place: int) -> str:
    """The text node at a place among the children, or nothing."""
    if 0 <= place < len(parent) and isinstance(parent[place], nodes.Text):
        return str(parent[place])
    return ""


def arity(text: str) -> int:
    """How many arguments a macro takes, by its replacement text."""
    return max([int(n) for n in re.findall(r"#(\d)", text)], default=0)


def latex_macros(macros: dict[str, str]) -> str:
    r"""The table as LaTeX definitions, for the preamble.

    Names that LaTeX has already (``\T`` is an accent in some encodings) are
    taken over too: the page means ours.
    """
    definitions = []
    for name, text in sorted(macros.items()):
        arguments = f"[{arity(text)}]" if arity(text) else ""
        definitions.append(
            rf"\providecommand{{\{name}}}{{}}"
            rf"\renewcommand{{\{name}}}{arguments}{{{text}}}"
        )
    return "\n".join(definitions)


def give_macros_to_latex(app: Sphinx, config: Config) -> None:
    preamble = config.latex_elements.get("preamble", "")
    macros = latex_macros(config.math_macros)
    config.latex_elements["preamble"] = f"{preamble}\n{macros}\n"


def tell_of_formulas(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Let the frame of a page know whether it needs the math font."""
    kinds = nodes.math, nodes.math_block
    context["has_formulas"] = doctree is not None and any(
        isinstance(node, kinds) for node in doctree.findall()
    )


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("math_macros", {}, "env")
    app.add_html_math_renderer(
        "mathml", (visit_math, None), (visit_displaymath, None)
    )
    app.add_post_transform(KeepPunctuation)
    app.connect("config-inited", give_macros_to_latex)
    app.connect("doctree-read", check_formulas)
    app.connect("html-page-context", tell_of_formulas)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
