"""Turn the pages that Sphinx built into a site for MkDocs Material.

MkDocs reads Markdown, and our pages are not: so its pages are the bodies
that bare Sphinx rendered, their headings written in Markdown, which MkDocs
needs for its contents and its search. It is spared the parsing of the rest,
so that its build time is a lower bound.
"""

from pathlib import Path

from lxml import html

CONF = """\
site_name: bench
docs_dir: pages
site_dir: build
use_directory_urls: false
theme:
  name: material
  language: zh
plugins:
  - search:
      lang: zh
markdown_extensions:
  - attr_list
extra_javascript:
  - https://cdn.jsdelivr.net/npm/mathjax@4/tex-mml-chtml.js
"""
HEADINGS = {f"h{level}": level for level in range(1, 7)}


def markdown(page: str) -> str:
    """Return the page's body: headings in Markdown, all else in HTML."""
    body = html.fromstring(page).xpath("//div[@itemprop='articleBody']")[0]
    for link in body.xpath(".//a[@class='headerlink']"):
        link.drop_tree()
    blocks: list[str] = []
    _collect(body, "", blocks)
    return "\n\n".join(blocks) + "\n"


def _collect(parent: html.HtmlElement, anchor: str, blocks: list[str]) -> None:
    """Append the parent's children, those of its sections on one level."""
    for child in parent:
        if child.tag == "section":
            _collect(child, child.get("id", ""), blocks)
        elif child.tag in HEADINGS:
            marks = "#" * HEADINGS[child.tag]
            title = " ".join(child.text_content().split())
            blocks.append(f"{marks} {title} {{#{anchor}}}")
        else:
            blocks.append(html.tostring(child, encoding="unicode").strip())


def write(folder: Path, built: Path) -> None:
    """Write MkDocs' folder from what bare Sphinx built."""
    (folder / "mkdocs.yml").write_text(CONF, encoding="utf-8")
    pages = sorted([built / "index.html", *built.glob("docs/**/*.html")])
    for page in pages:
        target = folder / "pages" / page.relative_to(built).with_suffix(".md")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = markdown(page.read_text(encoding="utf-8"))
        target.write_text(text, encoding="utf-8")
    images = folder / "pages" / "_images"
    images.mkdir()
    for image in (built / "_images").iterdir():
        (images / image.name).write_bytes(image.read_bytes())
