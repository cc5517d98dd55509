"""A site that is published has what search engines and readers look for."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import lxml.html
import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.rsvg

ROOT = Path(__file__).parent.parent
BASE = "https://example.org/notes/"
LSTM = "docs/nlp/sequence/lstm"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the place that publishes it builds it."""
    output = tmp_path_factory.mktemp("published") / "notes"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-n"]
    command += ["-W", "-j", "2", "-d", f"{output}-doctrees", ROOT, output]
    edit = "https://example.org/edit/main"
    done = subprocess.run(
        command,
        env={**os.environ, "SITE_URL": BASE, "SITE_EDIT_URL": edit},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def read(published: Path) -> Callable[[str], lxml.html.HtmlElement]:
    return lambda name: lxml.html.parse(published / name).getroot()


def test_every_page_names_its_address(published: Path, read, moved: set[str]):
    for path in published.glob("docs/**/*.html"):
        name = str(path.relative_to(published))
        if name in moved:
            continue
        (address,) = read(name).xpath("//link[@rel='canonical']/@href")
        assert address == BASE + name


def test_every_page_describes_itself_and_no_two_alike(published: Path, read):
    said = {}
    for path in published.glob("docs/nlp/**/*.html"):
        page = read(str(path.relative_to(published)))
        (text,) = page.xpath("//meta[@name='description']/@content")
        assert len(text) > 40
        assert text == page.xpath("//meta[@property='og:description']")[0].get(
            "content"
        )
        said[text] = path
    assert len(said) == len(list(published.glob("docs/nlp/**/*.html")))


def test_the_map_lists_every_page(published: Path, moved: set[str]):
    tree = ElementTree.parse(published / "sitemap.xml")
    listed = {place.text for place in tree.iter(f"{SITEMAP}loc")}
    unlisted = {"404.html", "genindex.html", "search.html", *moved}
    pages = {
        BASE + name
        for path in published.rglob("*.html")
        if (name := str(path.relative_to(published))) not in unlisted
    }
    assert listed == pages


def test_every_page_has_a_card_to_be_shared_with(published: Path, read):
    cards = {}
    for name in ("index.html", f"{LSTM}.html", "docs/review.html"):
        (address,) = read(name).xpath("//meta[@property='og:image']/@content")
        assert address.startswith(BASE)
        picture = (published / address.removeprefix(BASE)).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">II", picture[16:24]) == (1200, 630)
        cards[picture] = name
    assert len(cards) == 3


def test_a_missing_page_finds_its_styles_from_any_address(read):
    page = read("404.html")
    assert "没有这一页" in page.findtext(".//h1")
    sheets = page.xpath("//link[@rel='stylesheet']/@href")
    assert sheets
    for address in [*sheets, *page.xpath("//nav//a/@href")]:
        assert address.startswith("/notes/"), address


@pytest.mark.chromium
def test_a_missing_page_can_be_searched_at_any_depth(
    published: Path, browser: Browser, serve: Callable[[Path], str]
):
    address = serve(published.parent)
    page = browser.new_page()
    content = (published / "404.html").read_text(encoding="utf-8")
    page.route(
        "**/gone/**",
        lambda route: route.fulfill(
            status=404, body=content, content_type="text/html"
        ),
    )
    page.goto(f"{address}/notes/docs/gone/away.html")
    page.keyboard.press("/")
    page.keyboard.type("遗忘门")
    first = page.locator(".search-panel [role=option]").first
    assert first.get_attribute("href").startswith(f"{address}/notes/docs/")
    # A label is found wherever it is now.
    page.goto(f"{address}/notes/docs/gone/away.html#transformer-scaling")
    page.wait_for_url("**/transformer/attention.html#transformer-scaling")
    page.close()


def test_the_feed_gives_each_page_its_last_change(published: Path, read):
    (address,) = read(f"{LSTM}.html").xpath(
        "//link[@type='application/atom+xml']/@href"
    )
    feed = ElementTree.parse((published / LSTM).parent / address)
    entries = {
        entry.findtext(f"{ATOM}id"): entry.findtext(f"{ATOM}updated")
        for entry in feed.iter(f"{ATOM}entry")
    }
    logged = subprocess.run(
        ["git", "log", "-1", "--format=%cI", "--", f"{LSTM}.rst"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # The page shows code too, and that may be younger than its text.
    assert entries[f"{BASE}{LSTM}.html"][:10] >= logged[:10]
    times = [*entries.values()]
    assert times == sorted(times, reverse=True)


def test_a_page_leads_to_where_it_is_edited(read):
    (link,) = read(f"{LSTM}.html").xpath("//a[text()='修改这一页']")
    assert link.get("href") == f"https://example.org/edit/main/{LSTM}.rst"
