"""axe-core finds nothing on any page: light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

pytestmark = pytest.mark.chromium

LSTM = "docs/nlp/sequence/lstm.html"
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"
# Formulas and highlighted code are alike on all pages, and looking at each
# letter of them takes minutes: one page is looked at as it is, in the others
# they are plain text.
PLAIN = """() => {
  for (const math of document.querySelectorAll("math")) math.replaceWith("x");
  for (const code of document.querySelectorAll("pre")) {
    code.textContent = code.textContent;
  }
}"""
# What a change of colours can spoil.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(
    ("scheme", "rules"), [("light", {}), ("dark", COLOURS)]
)
def test_axe_finds_nothing(
    browser: Browser,
    address: str,
    names: list[str],
    scheme: str,
    rules: dict,
    size: dict,
):
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    found = set()
    for name in names:
        page.goto(f"{address}/{name}")
        page.evaluate(OPEN_ALL)
        page.wait_for_timeout(100)  # what scrolls is marked
        if name != LSTM:
            page.evaluate(PLAIN)
        options = {"resultTypes": ["violations"], **rules}
        response = Axe().run(page, options=options).response
        found |= {
            (name, violation["id"], violation["nodes"][0]["html"][:120])
            for violation in response["violations"]
        }
    context.close()
    assert found == set()
