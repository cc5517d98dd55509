"""A site that is published has what search engines and readers look for."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import lxml.html
import pytest

ROOT = Path(__file__).parent.parent
BASE = "https://example.org/notes/"
LSTM = "docs/nlp/sequence/lstm"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the place that publishes it builds it."""
    output = tmp_path_factory.mktemp("published") / "html"
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


def test_every_page_names_its_address(published: Path, read):
    for path in published.glob("docs/**/*.html"):
        name = str(path.relative_to(published))
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


def test_the_map_lists_every_page(published: Path):
    tree = ElementTree.parse(published / "sitemap.xml")
    listed = {place.text for place in tree.iter(f"{SITEMAP}loc")}
    pages = {
        BASE + str(path.relative_to(published))
        for path in published.rglob("*.html")
        if path.name not in ("404.html", "genindex.html", "search.html")
    }
    assert listed == pages


def test_a_missing_page_finds_its_styles_from_any_address(read):
    page = read("404.html")
    assert "没有这一页" in page.findtext(".//h1")
    sheets = page.xpath("//link[@rel='stylesheet']/@href")
    assert sheets
    for address in [*sheets, *page.xpath("//nav//a/@href")]:
        assert address.startswith("/notes/"), address


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
