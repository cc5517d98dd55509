"""The built site holds together: links, pages, math font, no strangers."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest
from fontTools.ttLib import TTFont
from math_core import LatexToMathML

STATIC = Path(__file__).parent.parent / "_static"
# Attributes through which a page makes the browser fetch something.
LOADING = {
    "script": "src",
    "link": "href",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "object": "data",
}


@pytest.fixture(scope="module")
def pages(site: Path, names: list[str]) -> dict[Path, lxml.html.HtmlElement]:
    """Every page of the site, parsed."""
    return {
        site / name: lxml.html.parse(site / name).getroot()
        for name in sorted(names)
    }


def targets(
    pages: dict[Path, lxml.html.HtmlElement],
) -> Iterator[tuple[Path, str]]:
    """Each address in each page, except those that leave the site."""
    for path, page in pages.items():
        for _element, _attribute, address, _position in page.iterlinks():
            if not urlsplit(address).scheme and not address.startswith("//"):
                yield path, address


def resolve(page: Path, address: str) -> tuple[Path, str]:
    parts = urlsplit(address)
    target = page.parent / unquote(parts.path) if parts.path else page
    return target.resolve(), unquote(parts.fragment)


def test_every_internal_address_resolves(site: Path, pages):
    anchors = {
        path: {*page.xpath("//@id"), *page.xpath("//a/@name")}
        for path, page in pages.items()
    }
    broken = []
    for page, address in targets(pages):
        target, fragment = resolve(page, address)
        if not target.is_file():
            broken.append(f"{page.relative_to(site)}: {address}")
        elif fragment and fragment not in anchors.get(target, set()):
            broken.append(f"{page.relative_to(site)}: {address} (anchor)")
    assert broken == []


def test_every_page_is_reachable_from_the_index(site: Path, pages):
    links: dict[Path, set[Path]] = {page: set() for page in pages}
    for page, address in targets(pages):
        links[page].add(resolve(page, address)[0])
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        page = waiting.pop()
        if page in links and page not in reached:
            reached.add(page)
            waiting += links[page]
    assert reached == set(pages)


def test_ids_are_unique_on_every_page(site: Path, pages):
    for path, page in pages.items():
        ids = page.xpath("//@id")
        twice = {name for name in ids if ids.count(name) > 1}
        assert twice == set(), path.relative_to(site)


def test_nothing_is_loaded_from_elsewhere(site: Path, pages):
    for path, page in pages.items():
        for tag, attribute in LOADING.items():
            for address in page.xpath(f"//{tag}/@{attribute}"):
                parts = urlsplit(address)
                assert not parts.netloc, (path.relative_to(site), address)


def test_style_sheets_load_nothing_from_elsewhere(site: Path):
    for sheet in (site / "_static").rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "url(http" not in text, sheet
        assert "url(//" not in text, sheet
        assert "@import url" not in text, sheet


def test_every_page_names_one_style_sheet(site: Path, pages):
    for path, page in pages.items():
        sheets = page.xpath("//link[@rel='stylesheet']/@href")
        name = path.relative_to(site)
        assert len(sheets) == 1, name


def test_pages_with_formulas_and_no_others_preload_their_font(pages):
    for path, page in pages.items():
        fonts = page.xpath("//link[@rel='preload'][@as='font']/@href")
        assert len(fonts) == bool(page.xpath("//math")), path
        for font in fonts:
            assert (path.parent / font).resolve().is_file(), path


def test_a_page_weighs_little_more_than_its_words(
    site: Path, names: list[str]
):
    # A reader's second page is its HTML alone: the rest is in the cache.
    for name in names:
        if not re.match(r"docs/(nlp|interview/\w+)/", name):
            continue  # the words of a list of links are few
        content = (site / name).read_bytes()
        main = lxml.html.fromstring(content).find(".//main")
        for source in main.findall(".//annotation"):
            source.drop_tree()
        words = main.text_content().encode()
        size = len(gzip.compress(content, 6))
        assert size < 2.5 * len(gzip.compress(words, 6)), name


def test_every_image_says_what_it_shows(site: Path, pages):
    for path, page in pages.items():
        for image in page.xpath("//img"):
            alt = image.get("alt", "")
            assert alt, (path.relative_to(site), image.get("src"))
            assert not alt.endswith(".svg"), path.relative_to(site)


def test_the_source_of_every_formula_is_latex_without_our_macros(pages):
    latex = LatexToMathML(fancy_error=False)
    for page in pages.values():
        for source in page.xpath("//annotation/text()"):
            latex.convert_with_local_state(source, displaystyle=True)


def shown_characters(math: lxml.html.HtmlElement) -> set[str]:
    """The characters that a browser looks up in the math font."""
    found = set()
    for element in math.iter():
        text = (element.text or "").strip()
        if element.tag == "mi" and len(text) == 1:
            found.add(italic(text))
        elif element.tag not in ("annotation", "mtext"):
            found.update(text)
    return {character for character in found if not character.isspace()}


def italic(letter: str) -> str:
    """What MathML shows for an identifier of one letter."""
    special = dict(zip("h∂∇ϵϑϰϕϱϖ", "ℎ𝜕𝛻𝜖𝜗𝜘𝜙𝜚𝜛", strict=True))
    if letter in special:
        return special[letter]
    for first, count, start in (
        ("A", 26, 0x1D434),
        ("a", 26, 0x1D44E),
        ("Α", 25, 0x1D6E2),
        ("α", 25, 0x1D6FC),
    ):
        place = ord(letter) - ord(first)
        if 0 <= place < count:
            return chr(start + place)
    return letter


def test_every_character_of_a_formula_is_in_the_math_font(pages):
    fonts = [TTFont(path) for path in (STATIC / "fonts").glob("*.woff2")]
    held = set().union(*(font.getBestCmap() for font in fonts))
    lacking = {}
    formulas = 0
    for path, page in pages.items():
        for math in page.iter("math"):
            formulas += 1
            for character in shown_characters(math):
                if ord(character) not in held:
                    lacking[character] = path.name
    assert formulas > 100
    assert lacking == {}


def test_chinese_in_formulas_stands_in_text(pages):
    for path, page in pages.items():
        for math in page.iter("math"):
            for text in math.xpath(".//mi/text() | .//mo/text()"):
                assert not any("\u3400" <= c <= "\u9fff" for c in text), path


def test_no_markup_is_left_on_a_page(pages):
    for path, page in pages.items():
        for text in page.xpath(
            "//main//text()[not(ancestor::annotation)][not(ancestor::pre)]"
            "[not(ancestor::code)]"
        ):
            assert "\\frac" not in text, path
            assert "$$" not in text, path
            assert "`" not in text, path
        # A role that does not end swallows the next one.
        for source in page.xpath("//annotation/text()"):
            assert "`" not in source, path
