"""The theme's style sheet without what our frame never shows.

sphinx-rtd-theme's sheet is 136 kB, and two thirds of it are icons, forms,
buttons and menus that _templates/frame.html does not use. The rest is
written once into the output as _static/css/theme-used.css.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.typing import ExtensionMetadata

USED = "css/theme-used.css"

# A selector with one of these names a component that no page has.
UNUSED = re.compile(
    r"\.(fa\b|fa-|icon\b|icon-|btn|rst-versions|switch-menus|toctree-expand"
    r"|wy-(affix|alert|breadcrumbs|btn|checkbox|color|control|dropdown|form"
    r"|hidden|inline|input|menu|plain|radio|side-nav|switch|table(?!-resp)"
    r"|tag|text|tray)|rst-(breadcrumbs|footer)"
    r"|highlight \.[a-z]|codeblock|code-block-caption \.headerlink)"
    r"|input\[|select\b|textarea|button|fieldset|legend"
)


def used_selectors(selectors: str) -> str:
    """Return those of a list of selectors that can match, or nothing."""
    kept = [one for one in selectors.split(",") if not UNUSED.search(one)]
    return ",".join(kept)


def trim(style: str) -> str:
    """Return a style sheet without unused selectors, fonts and motion."""
    # Only read when the file is made: it takes a fifth of a second.
    import tinycss2

    def keep(rules: list) -> str:
        text = ""
        for rule in rules:
            if rule.type == "qualified-rule":
                selectors = used_selectors(tinycss2.serialize(rule.prelude))
                if selectors:
                    body = tinycss2.serialize(rule.content)
                    text += f"{selectors}{{{body}}}\n"
            elif rule.type == "at-rule" and rule.lower_at_keyword == "media":
                inner = keep(
                    tinycss2.parse_rule_list(
                        rule.content, skip_comments=True, skip_whitespace=True
                    )
                )
                if inner:
                    query = tinycss2.serialize(rule.prelude)
                    text += f"@media{query}{{{inner}}}\n"
        return text

    return keep(
        tinycss2.parse_stylesheet(
            style, skip_comments=True, skip_whitespace=True
        )
    )


def theme_sheet(app: Sphinx) -> Path | None:
    """Where the theme's own sheet is installed."""
    for folder in app.builder.theme.get_theme_dirs():
        sheet = Path(folder) / "static" / "css" / "theme.css"
        if sheet.is_file():
            return sheet
    return None


def write(app: Sphinx) -> None:
    """Write the trimmed sheet unless it is newer than its makers.

    page_frame leaves out the full one.
    """
    if not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    sheet = theme_sheet(app)
    if app.builder.embedded or sheet is None:
        return
    # Where the theme's own sheet stands: before all of ours.
    app.add_css_file(USED, priority=200)
    target = Path(app.outdir, "_static", USED)
    made_from = max(sheet.stat().st_mtime, Path(__file__).stat().st_mtime)
    if not target.exists() or target.stat().st_mtime < made_from:
        target.parent.mkdir(parents=True, exist_ok=True)
        text = trim(sheet.read_text(encoding="utf-8"))
        target.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("builder-inited", write)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
