"""Every page in a real browser: light, dark, phone, keyboard, paper."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.chromium

POLICY = (
    "default-src 'self'; script-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'"
)
LSTM = "docs/nlp/sequence/lstm.html"
QUESTIONS = "docs/interview/rnn/lstm.html"
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    yield context.new_page()
    context.close()


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


LIGHT, DARK = "rgb(255, 255, 255)", "rgb(22, 25, 29)"

# -- What a page asks for ----------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_asks_anyone_else_or_breaks_a_strict_policy(
    browser: Browser, address: str, names: list[str], scheme: str
):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()

    def add_policy(route: Route) -> None:
        response = route.fetch()
        headers = response.headers | {"content-security-policy": POLICY}
        route.fulfill(response=response, headers=headers)

    page.route("**/*.html", add_policy)
    asked: set[str] = set()
    said: list[str] = []
    page.on("request", lambda request: asked.add(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in names:
        page.goto(f"{address}/{name}")
        page.locator("#rtd-search-form input").focus()  # loads the search
        page.wait_for_timeout(200)
    context.close()
    strangers = {
        url for url in asked if not url.startswith((address, "data:"))
    }
    assert strangers == set()
    assert said == []


def transferred(page: Page, address: str, site: Path, name: str) -> int:
    """The bytes of a first view, compressed as servers do."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    total = 0
    for url in set(asked):
        file = site / unquote(urlsplit(url).path.lstrip("/"))
        content = file.read_bytes()
        packed = file.suffix == ".woff2"
        total += len(content if packed else gzip.compress(content, 6))
    return total


def test_the_first_view_of_a_page_of_formulas_is_light(
    page: Page, address: str, site: Path
):
    assert transferred(page, address, site, LSTM) <= 100_000


def test_a_page_uses_no_font_of_the_theme(page: Page, address: str):
    fonts: list[str] = []
    page.on(
        "request",
        lambda request: (
            fonts.append(request.url)
            if request.resource_type == "font"
            else None
        ),
    )
    page.goto(f"{address}/{LSTM}", wait_until="networkidle")
    assert [url.split("/")[-1] for url in fonts] == [
        "stix-two-math-base.woff2"
    ]


@pytest.mark.parametrize("name", ["index.html", "docs/review.html"])
def test_a_page_without_formulas_fetches_no_font(
    page: Page, address: str, name: str
):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.resource_type))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    assert "font" not in asked


@pytest.mark.parametrize("name", [LSTM, "search.html"])
def test_a_page_opened_as_a_file_has_all_that_it_asks_for(
    page: Page, site: Path, name: str
):
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.goto(f"{site.as_uri()}/{name}", wait_until="networkidle")
    # Files may not be preloaded; the font comes through the style sheet.
    assert [url for url in failed if not url.endswith("base.woff2")] == []
    if name == LSTM:
        fonts = "[...document.fonts].map((font) => font.status)"
        assert "loaded" in page.evaluate(fonts)


# -- Loading -----------------------------------------------------------------

SHIFTS = """
new Promise((resolve) => {
  let total = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) total += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(total), 500);
})
"""


@pytest.mark.parametrize(
    "name", ["index.html", LSTM, QUESTIONS, "search.html"]
)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_moves_while_a_page_loads(
    page: Page, address: str, name: str, size: dict
):
    page.set_viewport_size(size)
    page.goto(f"{address}/{name}")
    assert page.evaluate(SHIFTS) < 0.01


def test_no_page_waits_for_a_script(page: Page, address: str):
    page.goto(f"{address}/{QUESTIONS}")
    waited = page.locator("script:not([defer])").evaluate_all(
        "scripts => scripts.map((script) => script.src.split('/').at(-1))"
    )
    # This one sets the colours of the first paint.
    assert waited == ["appearance.js"]


# -- Figures -----------------------------------------------------------------


def test_a_figure_opens_large_and_closes(page: Page, address: str):
    page.goto(f"{address}/{LSTM}")
    link = page.locator("a.kr-figure").first
    small = link.locator("img").bounding_box()
    link.click()
    large = page.locator("dialog img")
    expect(large).to_have_attribute(
        "alt", link.locator("img").get_attribute("alt")
    )
    assert large.bounding_box()["width"] > 1.5 * small["width"]
    page.keyboard.press("Escape")
    expect(large).not_to_be_visible()
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(large).to_be_visible()
    page.get_by_role("button", name="关闭").click()
    expect(large).not_to_be_visible()
    assert page.url.endswith(LSTM)


def test_a_large_figure_can_be_panned_on_a_phone(page: Page, address: str):
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/{LSTM}")
    page.locator("a.kr-figure").first.click()
    assert page.locator("dialog img").bounding_box()["width"] == 720
    assert page.evaluate(
        "document.querySelector('dialog').scrollWidth > innerWidth"
    )


# -- Light and dark ----------------------------------------------------------


def test_the_appearance_follows_the_system(page: Page, address: str):
    page.goto(f"{address}/{LSTM}")
    assert background(page) == LIGHT
    page.emulate_media(color_scheme="dark")
    assert background(page) == DARK


def test_the_switch_is_remembered_on_other_pages(page: Page, address: str):
    page.goto(f"{address}/{LSTM}")
    switch = page.locator(".kr-side-top .kr-appearance")
    expect(switch).to_have_accessible_name("外观：自动")
    switch.click()
    switch.click()
    expect(switch).to_have_accessible_name("外观：暗")
    assert background(page) == DARK
    page.goto(f"{address}/index.html")
    assert background(page) == DARK
    expect(switch).to_have_accessible_name("外观：暗")
    switch.click()
    assert background(page) == LIGHT


def test_the_chosen_appearance_is_set_before_the_first_paint(
    page: Page, address: str
):
    page.add_init_script(
        "localStorage.setItem('knowledge_record.appearance', 'dark');"
        "new MutationObserver((_, watcher) => { if (document.body) {"
        " globalThis.early = document.documentElement.dataset.theme;"
        " watcher.disconnect(); } })"
        ".observe(document, {childList: true, subtree: true});"
    )
    page.goto(f"{address}/{LSTM}")
    assert page.evaluate("globalThis.early") == "dark"


def test_figures_are_turned_in_the_dark_alone(page: Page, address: str):
    page.goto(f"{address}/{LSTM}")
    figure = page.locator("figure img").first
    expect(figure).to_have_css("filter", "none")
    page.emulate_media(color_scheme="dark")
    expect(figure).to_have_css("filter", "invert(1) hue-rotate(180deg)")
    page.locator(".kr-side-top .kr-appearance").click()  # light
    expect(figure).to_have_css("filter", "none")


# -- Phone -------------------------------------------------------------------


def test_no_page_is_wider_than_a_phone(
    page: Page, address: str, names: list[str]
):
    page.set_viewport_size(PHONE)
    for name in names:
        page.goto(f"{address}/{name}")
        page.evaluate(OPEN_ALL)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], name


def test_the_menu_of_a_phone_opens_and_closes(page: Page, address: str):
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/{LSTM}")
    pages = page.locator(".kr-pages")
    expect(pages).not_to_be_in_viewport()
    menu = page.get_by_role("button", name="目录")
    menu.press("Enter")
    expect(menu).to_have_attribute("aria-expanded", "true")
    expect(pages).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(pages).not_to_be_in_viewport()
    expect(menu).to_be_focused()
    menu.click()
    pages.locator("a", has_text="GRU").click()
    expect(page).to_have_title("门控循环单元（GRU） — NLP 学习笔记")


# -- Keyboard and screen readers ---------------------------------------------


def test_the_first_key_offers_to_skip_the_navigation(page: Page, address: str):
    page.goto(f"{address}/{LSTM}")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_wide_formula_is_scrolled_by_keyboard(page: Page, address: str):
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/{LSTM}")
    formula = page.locator(".formula[tabindex]").first
    formula.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
    page.set_viewport_size(WIDE)
    expect(page.locator(".formula[tabindex]")).to_have_count(0)


def test_the_side_bar_marks_the_section_that_is_read(page: Page, address: str):
    page.goto(f"{address}/{LSTM}#lstm-code")
    marked = page.locator(".kr-pages a[aria-current]")
    expect(marked).to_have_text("代码")
    page.evaluate("scrollTo(0, 0)")
    expect(marked).not_to_have_text("代码")


def test_formulas_reach_the_accessibility_tree(page: Page, address: str):
    page.goto(f"{address}/{LSTM}")
    tree = page.locator("main").aria_snapshot()
    assert "math" in tree


# -- Paper -------------------------------------------------------------------


def test_paper_shows_answers_and_addresses_but_no_navigation(
    page: Page, address: str
):
    page.goto(f"{address}/{QUESTIONS}")
    answer = page.locator(".interview-details").first
    expect(answer).not_to_be_visible()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(answer).to_be_visible()
    for gone in (".wy-nav-side", ".wy-nav-top", ".kr-neighbours"):
        expect(page.locator(gone)).not_to_be_visible()
    page.goto(f"{address}/docs/nlp/sequence/gru.html")
    shown = page.evaluate(
        "getComputedStyle(document.querySelector('a.external'), '::after')"
        ".content"
    )
    assert "http" in shown


def test_paper_is_black_on_white_for_a_reader_in_the_dark(
    page: Page, address: str
):
    page.emulate_media(color_scheme="dark", media="print")
    page.goto(f"{address}/{LSTM}")
    expect(page.locator("main h1")).to_have_css("color", "rgb(31, 35, 40)")
    assert background(page) in (LIGHT, "rgba(0, 0, 0, 0)")
    expect(page.locator("figure img").first).to_have_css("filter", "none")


# -- Copying -----------------------------------------------------------------


def test_copied_code_has_no_prompts_and_no_outputs(
    browser: Browser, address: str
):
    context = browser.new_context(
        permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.goto(f"{address}/{LSTM}")
    page.locator("div.highlight", has_text=">>> ").first.hover()
    page.locator("button.copybtn").first.click()
    text = page.evaluate("navigator.clipboard.readText()")
    context.close()
    assert text.startswith("import numpy as np\n")
    assert ">>>" not in text
    assert "e-31" not in text


def copied(page: Page, first: str, last: str) -> dict[str, str]:
    """What our scripts give the clipboard, from one place to another."""
    page.evaluate(
        """([first, last]) => {
          const [from, to] = [first, last].map(
            (place) => document.querySelector(place)
          );
          getSelection().setBaseAndExtent(from, 0, to, to.childNodes.length);
          document.addEventListener("copy", (event) => {
            const data = event.clipboardData;
            globalThis.copied = Object.fromEntries(
              data.types.map((type) => [type, data.getData(type)])
            );
          }, { once: true });
        }""",
        [first, last],
    )
    page.keyboard.press("Control+C")
    return page.evaluate("copied")


def test_formulas_are_copied_as_latex(page: Page, address: str):
    page.goto(f"{address}/docs/nlp/sequence/rnn.html")
    before = page.locator("body > *").count()
    cell = "#rnn-cell > "
    clipboard = copied(page, f"{cell}.math", f"{cell}p")
    text = clipboard["text/plain"]
    assert text.startswith(r"$$\begin{aligned} \mathbf{a}_t &= W \mathbf{x}_t")
    assert "\n\n$\\tanh$ 逐元素作用，" in text  # as the page breaks its lines
    assert r"$\tanh$ 逐元素作用，" not in page.locator("main").inner_text()
    assert r">$\tanh$</span> 逐元素作用" in clipboard["text/html"]
    assert page.locator("body > *").count() == before


def test_a_formula_of_which_a_part_is_selected_is_copied_whole(
    page: Page, address: str
):
    page.goto(f"{address}/docs/nlp/sequence/rnn.html")
    part = "main .math mi"
    source = page.locator("main .math annotation").first.text_content()
    assert copied(page, part, part)["text/plain"] == f"${source}$"


def test_text_without_formulas_is_copied_as_browsers_do(
    page: Page, address: str
):
    page.goto(f"{address}/index.html")
    assert copied(page, "main h1", "main section p") == {}
