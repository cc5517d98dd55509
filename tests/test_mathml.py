"""Math becomes MathML at build time, and broken math breaks the build."""

from pathlib import Path

import lxml.html
import pytest
from sphinx.testing.util import SphinxTestApp

from mathml import convert, latex_macros

MACROS = {"R": r"\mathbb{R}", "vect": r"\mathbf{#1}"}


def test_inline_math_is_inline_mathml_with_its_source():
    mathml = convert(r"x \in \R^d", MACROS, display=False)
    assert mathml.startswith("<math")
    assert 'display="block"' not in mathml
    assert "ℝ" in mathml
    assert 'encoding="application/x-tex">x \\in ' in mathml


def test_display_math_is_block():
    assert 'display="block"' in convert("x", MACROS, display=True)


def test_a_macro_takes_arguments():
    assert "𝐱" in convert(r"\vect{x}", MACROS, display=False)


@pytest.mark.parametrize(
    ("latex", "everywhere"),
    [
        (r"x \in \R^d", r"x \in \mathbb{R}^d"),
        (r"\vect{x}_t", r"\mathbf{x}_t"),
        (r"\vect {a_{i}} < \vect b", r"\mathbf{a_{i}} &lt; \mathbf{b}"),
        (r"\vect{\vect\R}", r"\mathbf{\mathbf{\mathbb{R}}}"),
        (r"\vect{\{x\}}", r"\mathbf{\{x\}}"),
        (r"\Re", r"\Re"),
    ],
)
def test_the_source_in_a_formula_needs_no_macros_of_ours(
    latex: str, everywhere: str
):
    mathml = convert(latex, MACROS, display=False)
    assert f'"application/x-tex">{everywhere}</annotation>' in mathml


@pytest.mark.parametrize(
    ("latex", "complaint"),
    [
        (r"\unknown{x}", r'Unknown command "\\unknown"'),
        ("{x", "closing token"),
        (r"\left( x", "end of input"),
        ("  ", "the formula is empty"),
        (r"\begin{align}a&=b\end{align}", r"use align\* or"),
    ],
)
def test_a_broken_formula_is_refused(latex: str, complaint: str):
    with pytest.raises(ValueError, match=complaint):
        convert(latex, MACROS, display=True)


def rows(latex: str) -> int:
    return convert(latex, MACROS, display=True).count("<mtr>")


def test_bare_rows_are_rows():
    assert rows(r"a &= b \\ c &= d") == 2


def test_rows_of_an_environment_are_left_to_it():
    assert rows(r"\begin{aligned} a &= b \\ c &= d \end{aligned}") == 2


def test_an_escaped_ampersand_makes_no_row():
    assert rows(r"\text{A \& B}") == 0


def test_empty_lines_separate_formulas():
    assert rows("a = b\n\nc = d") == 2


def test_the_output_is_xml():
    lxml.etree.fromstring(convert(r"\exp \tanh x < y", MACROS, display=True))


def test_latex_gets_the_same_macros():
    assert latex_macros(MACROS).splitlines() == [
        r"\providecommand{\R}{}\renewcommand{\R}{\mathbb{R}}",
        r"\providecommand{\vect}{}\renewcommand{\vect}[1]{\mathbf{#1}}",
    ]


@pytest.mark.sphinx("html", testroot="mathml")
def test_a_page_with_every_kind_of_math(app: SphinxTestApp):
    app.build()
    assert app.warning.getvalue() == ""
    page = lxml.html.parse(app.outdir / "index.html").getroot()
    assert len(page.findall(".//math")) == 5
    assert not page.xpath("//script[contains(@src, 'mathjax')]")
    numbered = page.get_element_by_id("equation-energy")
    assert numbered.find_class("eqno")[0].text == "(1)"
    reference = page.xpath("//a[@href='#equation-energy']")[-1]
    assert reference.text_content() == "式 (1)"
    myst = lxml.html.parse(app.outdir / "page.html").getroot()
    assert [m.get("display") for m in myst.findall(".//math")] == [
        None,
        "block",
    ]


@pytest.mark.sphinx("html", testroot="mathml")
def test_punctuation_stays_on_the_line_of_its_formula(
    app: SphinxTestApp,
):
    app.build()
    page = lxml.html.parse(app.outdir / "index.html").getroot()
    (tied,) = page.find_class("nowrap")
    assert tied.text == "（"
    assert tied.find(".//math") is not None
    assert tied[-1].tail == "），"
    assert tied.tail.startswith("然后")


@pytest.mark.sphinx("html", testroot="mathml-broken")
def test_a_broken_formula_is_reported_with_file_and_line(app: SphinxTestApp):
    app.build()
    warnings = app.warning.getvalue()
    index = Path(app.srcdir) / "index.rst"
    page = Path(app.srcdir) / "page.md"
    assert f"{index}:6: WARNING: broken formula" in warnings
    assert r"'\\nosuchcommand'" in warnings
    assert f"{index}:8: WARNING: broken formula" in warnings
    assert f"{page}:3: WARNING: broken formula" in warnings
    assert warnings.count("broken formula") == 3
