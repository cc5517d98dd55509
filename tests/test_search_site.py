"""Readers' queries, typed into the real site, lead where they should."""

import gzip
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser, Page, expect

from search import FILE, load
from test_search_browser import RESULTS

QUERIES = tomllib.loads(
    (Path(__file__).parent / "search_queries.toml").read_text(encoding="utf-8")
)["query"]


def answers(target: str, address: str) -> bool:
    """Whether an address is a target, or a section of a target page."""
    return address == target or address.startswith(f"{target}#")


@pytest.fixture(scope="module")
def page(browser: Browser, site: Path) -> Iterator[Page]:
    """The search page of the whole site."""
    page = browser.new_page()
    page.goto(f"{site.as_uri()}/search.html")
    page.locator("#search-form input").focus()
    page.wait_for_function("globalThis.siteSearch?.isReady()")
    yield page
    page.close()


def ask(page: Page, site: Path, query: str) -> list[str]:
    """Type a query; return the addresses of the results."""
    box = page.locator("#search-form input")
    box.fill("")
    expect(page.locator("#search-status")).to_have_text("")
    box.fill(query)
    expect(page.locator("#search-status")).to_have_text(
        re.compile("结果|没有找到")
    )
    found = page.locator(f"{RESULTS} a").evaluate_all(
        "links => links.map((link) => link.href)"
    )
    return [address.removeprefix(f"{site.as_uri()}/") for address in found]


def place(query: dict, found: list[str]) -> int | None:
    """Where the first target stands among the results, from 1."""
    for number, address in enumerate(found, start=1):
        if any(answers(target, address) for target in query["targets"]):
            return number
    return None


@pytest.fixture(scope="module")
def places(page: Page, site: Path) -> dict[str, int | None]:
    """For each query that has a target, where it stands."""
    return {
        query["text"]: place(query, ask(page, site, query["text"]))
        for query in QUERIES
        if query["targets"]
    }


def test_the_list_has_two_halves():
    halves = [query["half"] for query in QUERIES]
    assert len(halves) >= 60
    assert min(halves.count(half) for half in ("tuning", "held-out")) >= 30


@pytest.mark.chromium
def test_every_query_has_its_target_among_the_first_three(places: dict):
    late = {text: at for text, at in places.items() if not at or at > 3}
    assert late == {}


@pytest.mark.chromium
def test_of_a_hundred_queries_95_have_their_target_first(places: dict):
    later = [text for text, at in places.items() if at != 1]
    assert len(later) <= 0.05 * len(places), later


@pytest.mark.chromium
@pytest.mark.parametrize(
    "text", [query["text"] for query in QUERIES if not query["targets"]]
)
def test_what_is_not_there_is_not_found(page: Page, site: Path, text: str):
    assert ask(page, site, text) == []


@pytest.mark.chromium
def test_an_answer_takes_less_than_50_ms(page: Page):
    times = page.evaluate(
        """queries => queries.map((query) => {
          const start = performance.now();
          siteSearch.search(query);
          return performance.now() - start;
        })""",
        [query["text"] for query in QUERIES],
    )
    assert median(times) < 50


def test_every_target_exists(site: Path):
    pages = load((site / FILE).read_text(encoding="utf-8"))
    addresses = {
        f"{address}#{row[1]}" if row[1] else address
        for address, rows, *_ in pages.values()
        for row in rows
    }
    for query in QUERIES:
        for target in query["targets"]:
            assert target in addresses, query["text"]


def test_the_index_weighs_as_much_as_its_text_at_most(site: Path):
    content = (site / FILE).read_bytes()
    pages = load(content.decode())
    length = sum(
        len(row[3]) for _address, rows, *_ in pages.values() for row in rows
    )
    # 1.2 kB gzipped for a thousand characters; Chinese ones take 3 bytes.
    assert len(gzip.compress(content, 6)) <= 1.2 * length
