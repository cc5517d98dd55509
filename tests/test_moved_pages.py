"""Old addresses lead on: to the new page, and to where a label is now."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sphinx.testing.util import SphinxTestApp

ROOT = Path(__file__).parent.parent
OLD = "docs/interview/transformer/decoder.html"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"

# -- What is written -------------------------------------------------------

moves = pytest.mark.sphinx(
    "html",
    testroot="moved",
    confoverrides={
        "moved_pages": {"old/page": "new/place"},
        "templates_path": [str(ROOT / "_templates")],
    },
)


@moves
def test_the_old_address_links_to_the_new_one(app: SphinxTestApp):
    app.build()
    page = (app.outdir / "old/page.html").read_text(encoding="utf-8")
    assert 'content="0; url=../new/place.html"' in page
    assert '<a id="moved-to" href="../new/place.html">' in page
    assert "<title>新的地方</title>" in page
    assert app.warning.getvalue() == ""


@pytest.mark.sphinx("text", testroot="moved")
@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"old": "gone"}, "'old' leads to 'gone', which is no page"),
        ({"new/place": "index"}, "'new/place' is a page, it has not moved"),
    ],
)
def test_an_entry_that_leads_nowhere_is_a_warning(
    app: SphinxTestApp, entry: dict[str, str], reason: str
):
    app.config.moved_pages = entry
    app.build()
    assert f"WARNING: moved_pages: {reason}" in app.warning.getvalue()


# -- What a reader of the site sees ----------------------------------------


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in which no script may fail."""
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture(params=["file", "http"])
def base(request: pytest.FixtureRequest, site: Path) -> str:
    """Where the site is opened."""
    if request.param == "file":
        return site.as_uri()
    return request.getfixturevalue("address")


@pytest.mark.chromium
@pytest.mark.parametrize(
    ("old", "new"),
    [
        # a page that is gone
        (OLD, "architecture.html"),
        # its questions, on the page that it leads to and on another one
        (f"{OLD}#transformer-ffn", "architecture.html#transformer-ffn"),
        (f"{OLD}#kv-cache", "cost.html#kv-cache"),
        # a question that left a page that is still there
        (
            "docs/interview/transformer/attention.html"
            "#transformer-padding-mask",
            "masking.html#transformer-padding-mask",
        ),
        # a label that nothing has
        (f"{OLD}#no-such-label", "architecture.html"),
    ],
)
def test_a_link_is_followed_to_where_its_label_is(
    page: Page, base: str, old: str, new: str
):
    page.goto(f"{base}/{old}")
    page.wait_for_url(f"{base}/docs/interview/transformer/{new}")
    if "#" in new:
        label = new.split("#")[1]
        answer = page.locator(f"#{label} details").first
        expect(answer).to_have_attribute("open", "")


@pytest.mark.chromium
def test_an_old_page_needs_no_script_and_no_leave(
    browser: Browser, address: str
):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{OLD}")
    page.wait_for_url("**/architecture.html")
    context.close()


@pytest.mark.chromium
def test_an_old_page_keeps_to_a_strict_policy(page: Page, address: str):
    def add_policy(route) -> None:
        response = route.fetch()
        headers = response.headers | {"content-security-policy": POLICY}
        route.fulfill(response=response, headers=headers)

    page.route(f"**/{OLD}", add_policy)
    page.goto(f"{address}/{OLD}#kv-cache")
    page.wait_for_url("**/cost.html#kv-cache")


@pytest.mark.chromium
def test_a_label_that_nothing_has_leaves_the_reader_where_he_is(
    page: Page, address: str
):
    there = f"{address}/docs/interview/transformer/cost.html#no-such-label"
    page.goto(there)
    page.wait_for_function("globalThis.siteSearch?.isReady()")
    page.wait_for_timeout(200)
    assert page.url == there
