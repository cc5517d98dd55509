"""All style sheets of the site become one, and what no page uses goes."""

from pathlib import Path

import pytest
from sphinx.errors import ConfigError
from sphinx.testing.util import SphinxTestApp

from style_sheet import trim, used_selectors

CONF = """
extensions = ["style_sheet"]
html_theme = "sphinx_rtd_theme"
html_static_path = ["own"]
style_sheets = ["css/theme.css", "css/one.css", "css/two.css"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site of one page and two style sheets."""
    sheets = tmp_path / "own" / "css"
    sheets.mkdir(parents=True)
    (sheets / "one.css").write_text("p { color: red }\n", encoding="utf-8")
    (sheets / "two.css").write_text("p { color: blue }\n", encoding="utf-8")
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "index.rst").write_text("Title\n=====\n", encoding="utf-8")
    return tmp_path


def build(root: Path) -> tuple[str, str]:
    """Build the site and return the one sheet and the page."""
    app = SphinxTestApp("html", srcdir=root)
    try:
        app.build()
        assert app.warning.getvalue() == ""
        sheet = app.outdir / "_static" / "css" / "all.css"
        page = app.outdir / "index.html"
        return sheet.read_text("utf-8"), page.read_text("utf-8")
    finally:
        app.cleanup()


def test_a_page_names_one_sheet_that_holds_all_in_their_order(root: Path):
    sheet, page = build(root)
    assert sheet.endswith("p { color: red }\n\np { color: blue }\n")
    assert ".wy-nav-side" in sheet  # of the theme
    assert ".btn" not in sheet
    assert page.count("css/all.css?v=") == 1
    for part in ("theme", "one", "two"):
        assert f"css/{part}.css" not in page


def test_a_changed_part_changes_the_sheet(root: Path):
    build(root)
    part = root / "own" / "css" / "two.css"
    part.write_text("p { color: green }\n", encoding="utf-8")
    sheet, _page = build(root)
    assert sheet.endswith("p { color: green }\n")


def test_a_sheet_that_is_nowhere_is_named(root: Path):
    (root / "own" / "css" / "two.css").unlink()
    with pytest.raises(ConfigError, match=r"css/two\.css"):
        build(root)


@pytest.mark.parametrize(
    ("selectors", "used"),
    [
        (".rst-content p", ".rst-content p"),
        (".fa-home:before", ""),
        (".fa-home:before,.rst-content p", ".rst-content p"),
        (".wy-menu a", ""),
        (".wy-table-responsive", ".wy-table-responsive"),
        (".wy-table th", ""),
    ],
)
def test_only_selectors_that_can_match_are_kept(selectors: str, used: str):
    assert used_selectors(selectors) == used


def test_rules_keep_their_media_and_fonts_go():
    style = (
        "@font-face{font-family:Lato;src:url(a.woff2)}"
        ".btn{color:red}p,.btn{color:blue}"
        "@media print{.btn{color:red}p{color:black}}"
        "@media screen{.btn{color:red}}"
    )
    assert trim(style).split("\n") == [
        "p{color:blue}",
        "@media print{p{color:black}",
        "}",
        "",
    ]
