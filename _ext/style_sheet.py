"""The one style sheet of the site, made of several.

A browser shows nothing before it has every sheet that a page names, so each
further one delays the first view. `style_sheets` in conf.py lists what goes
into _static/css/all.css, in the order of the cascade; pages name that file
in place of its parts.

The theme's own sheet is 136 kB, and two thirds of it are icons, forms,
buttons and menus that _templates/frame.html does not use: these are left
out.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ConfigError
from sphinx.util.typing import ExtensionMetadata

ALL = "css/all.css"
THEME = "css/theme.css"

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


def is_site(app: Sphinx) -> bool:
    """Whether the builder writes a site, and the site wants one sheet."""
    return (
        isinstance(app.builder, StandaloneHTMLBuilder)
        and not app.builder.embedded
        and bool(app.config.style_sheets)
    )


def source_of(app: Sphinx, sheet: str) -> Path:
    """Where a sheet is: ours, an extension's or the theme's.

    :raises ConfigError: it is nowhere
    """
    folders = [
        *(app.confdir / path for path in app.config.html_static_path),
        *(path / "static" for path in app.builder.theme.get_theme_dirs()),
    ]
    for folder in map(Path, folders):
        if (folder / sheet).is_file():
            return folder / sheet
    raise ConfigError(f"style_sheets names {sheet}, which is not there")


def write(app: Sphinx) -> None:
    """Write the one sheet unless it is newer than its parts."""
    if not is_site(app):
        return
    sheets = {name: source_of(app, name) for name in app.config.style_sheets}
    target = Path(app.outdir, "_static", ALL)
    makers = [*sheets.values(), Path(__file__), app.confdir / "conf.py"]
    made_from = max(maker.stat().st_mtime for maker in makers)
    if target.exists() and target.stat().st_mtime >= made_from:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    texts = []
    for name, sheet in sheets.items():
        text = sheet.read_text(encoding="utf-8")
        texts.append(trim(text) if name == THEME else text)
    target.write_text("\n".join(texts), encoding="utf-8")


def name_one(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: object,
) -> None:
    """Let a page name the one sheet in place of its parts."""
    if not is_site(app):
        return
    parts = {f"_static/{name}" for name in app.config.style_sheets}
    context["css_files"] = [
        file
        for file in context["css_files"]
        if str(getattr(file, "filename", file)) not in parts
    ]


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_config_value("style_sheets", [], "html", list)
    # After the extensions that tell where their files are and which pages
    # need them.
    app.connect("builder-inited", write, priority=900)
    app.connect(
        "builder-inited",
        lambda app: is_site(app) and app.add_css_file(ALL, priority=200),
        priority=900,
    )
    app.connect("html-page-context", name_one, priority=900)
    return {
        "version": "1",
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
