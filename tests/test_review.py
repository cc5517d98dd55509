"""The self-test page, in a real Chromium, over HTTP and from file://."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sphinx.testing.util import SphinxTestApp

KEY = "knowledge_record.review"
NOON = "2026-01-01T12:00:00"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, rootdir: Path) -> Path:
    """The tiny site, built once."""
    out = tmp_path_factory.mktemp("review")
    app = SphinxTestApp(
        "html", srcdir=rootdir / "test-review", builddir=out, freshenv=True
    )
    try:
        app.build()
        assert app.warning.getvalue() == ""
    finally:
        app.cleanup()
    return out / "html"


@pytest.fixture(scope="module", params=["file", "http"])
def base(
    request: pytest.FixtureRequest,
    pages: Path,
    serve: Callable[[Path], str],
) -> str:
    return pages.as_uri() if request.param == "file" else serve(pages)


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    """The self-test page at noon; an error in a script fails the test."""
    errors: list[object] = []
    with browser.new_context(accept_downloads=True) as context:
        opened = context.new_page()
        opened.on("pageerror", lambda error: errors.append(error))
        opened.clock.install(time=NOON)
        opened.goto(f"{base}/docs/review.html")
        expect(opened.get_by_text("选中 3 题")).to_be_visible()
        yield opened
        assert errors == []


def stored(page: Page) -> dict:
    return json.loads(page.evaluate(f"localStorage.getItem('{KEY}')"))


def counter(page: Page):
    return page.locator(".review-panel > p").first


def start(page: Page) -> None:
    page.get_by_role("button", name="开始").click()


pytestmark = pytest.mark.chromium


def test_the_choice_counts_new_cards(page: Page):
    expect(counter(page)).to_have_text("选中 3 题，其中新题 3 道，到期 0 道。")
    page.get_by_label("LSTM").check()
    expect(counter(page)).to_contain_text("选中 2 题")
    page.get_by_label("进阶").uncheck()
    expect(counter(page)).to_contain_text("选中 1 题")
    start(page)
    expect(page.locator(".review-card h2")).to_have_text("什么是 LSTM？")


def test_topics_stand_in_the_order_of_the_pages_whichever_comes_first(
    page: Page,
):
    topics = page.locator("input[name=topic]")
    usual = topics.evaluate_all("boxes => boxes.map((box) => box.value)")

    def late(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    page.route("**/docs/one.js", late)
    page.reload()
    expect(page.get_by_text("选中 3 题")).to_be_visible()
    assert usual == topics.evaluate_all("boxes => boxes.map((b) => b.value)")
    assert usual[0] == "LSTM"


def test_a_card_shows_its_answer_only_when_asked(page: Page):
    page.get_by_label("进阶").uncheck()
    start(page)
    expect(page.get_by_text("一种网络")).to_have_count(0)
    page.keyboard.press("3")  # no grade before the answer
    expect(page.get_by_text("还有 1 题")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_text("一种网络")).to_be_visible()
    assert page.locator(".review-card math").count() == 1


def test_pictures_and_links_of_an_answer_work_on_this_page(
    page: Page, base: str
):
    page.get_by_label("进阶").uncheck()
    start(page)
    page.keyboard.press(" ")
    image = page.locator(".review-card img")
    assert image.evaluate("image => image.decode().then(() => true)")
    link = page.locator(".interview-answer").get_by_text("什么是门？")
    link.click()
    expect(page).to_have_url(f"{base}/docs/one.html#gate-what")


@pytest.mark.parametrize(
    ("key", "box", "days"), [("2", 1, 1), ("3", 2, 2), ("4", 3, 4)]
)
def test_a_grade_decides_when_the_card_comes_back(
    page: Page, key: str, box: int, days: int
):
    page.get_by_label("进阶").uncheck()
    start(page)
    page.keyboard.press(" ")
    page.keyboard.press(key)
    now = page.evaluate("Date.now()")
    card = stored(page)["cards"]["lstm-what"]
    assert card["box"] == box
    assert card["due"] == pytest.approx(now + days * 86_400_000, abs=60_000)
    expect(counter(page)).to_contain_text("新题 0 道，到期 0 道")

    page.clock.set_system_time("2026-01-01T23:00:00")
    page.reload()
    expect(counter(page)).to_contain_text("新题 2 道，到期 0 道")
    page.clock.set_system_time(f"2026-01-{1 + days:02}T13:00:00")
    page.reload()
    expect(counter(page)).to_contain_text("新题 2 道，到期 1 道")


def test_a_card_climbs_by_being_known_and_falls_by_being_forgotten(
    page: Page,
):
    page.get_by_label("进阶").uncheck()
    again = page.get_by_role("button", name="全部再问一遍")
    boxes = []
    for key in "33344":
        again.click()
        page.keyboard.press(" ")
        page.keyboard.press(key)
        boxes.append(stored(page)["cards"]["lstm-what"]["box"])
    assert boxes == [2, 3, 4, 6, 6]  # the last box is the last
    again.click()
    page.keyboard.press(" ")
    page.keyboard.press("1")
    assert stored(page)["cards"]["lstm-what"]["box"] == 0


def test_a_forgotten_card_is_asked_again_in_the_same_round(page: Page):
    page.get_by_label("进阶").uncheck()
    start(page)
    page.keyboard.press(" ")
    page.keyboard.press("1")
    expect(page.get_by_text("还有 1 题")).to_be_visible()
    page.keyboard.press(" ")
    page.keyboard.press("3")
    expect(page.get_by_text("一共回答 2 次")).to_be_visible()


def test_every_card_of_a_round_is_asked_once(page: Page):
    start(page)
    titles = set()
    for _ in range(3):
        titles.add(page.locator(".review-card h2").inner_text())
        page.keyboard.press(" ")
        page.keyboard.press("4")
    assert titles == {"什么是 LSTM？", "什么是门？", "门有几个？"}
    expect(page.get_by_text("这一轮做完了")).to_be_visible()


def test_the_order_is_shuffled(page: Page):
    orders = set()
    for _ in range(30):
        start(page)
        orders.add(page.locator(".review-card h2").inner_text())
        page.keyboard.press("Escape")
    assert len(orders) == 3


def test_buttons_do_what_the_keys_do(page: Page):
    page.get_by_label("进阶").uncheck()
    start(page)
    page.get_by_role("button", name="看答案").click()
    page.get_by_role("button", name="4 很熟").click()
    assert stored(page)["cards"]["lstm-what"]["box"] == 3


def test_progress_is_exported_and_imported(page: Page, tmp_path: Path):
    page.get_by_label("进阶").uncheck()
    start(page)
    page.keyboard.press(" ")
    page.keyboard.press("3")
    before = stored(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="导出进度").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    assert json.loads(file.read_text("utf-8")) == before

    page.evaluate("localStorage.clear()")
    page.reload()
    expect(counter(page)).to_contain_text("新题 3 道")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("status").last).to_contain_text("已导入 1 张")
    assert stored(page) == before


@pytest.mark.parametrize(
    "damaged",
    [
        "not json",
        "null",
        "[]",
        '{"version": 2, "cards": {}}',
        '{"version": 1, "cards": []}',
        '{"version": 1, "cards": {"a": {"box": 99, "due": 0}}}',
        '{"version": 1, "cards": {"a": {"box": 1, "due": "soon"}}}',
        '{"version": 1, "cards": {"a": null}}',
    ],
)
def test_a_damaged_file_is_refused_and_the_old_progress_kept(
    page: Page, tmp_path: Path, damaged: str
):
    page.get_by_label("进阶").uncheck()
    start(page)
    page.keyboard.press(" ")
    page.keyboard.press("3")
    before = stored(page)
    file = tmp_path / "damaged.json"
    file.write_text(damaged, encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    status = page.locator(".review-status")
    expect(status).to_contain_text("不是完好的进度文件，原来的进度没有变")
    assert stored(page) == before


def test_damaged_stored_progress_is_said_and_kept_until_saved(page: Page):
    page.evaluate(f"localStorage.setItem('{KEY}', '{{oops')")
    page.reload()
    expect(page.locator(".review-status")).to_contain_text("读不出来")
    assert page.evaluate(f"localStorage.getItem('{KEY}')") == "{oops"
    expect(counter(page)).to_contain_text("新题 3 道")


def test_a_lost_file_of_questions_is_said(browser: Browser, base: str):
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/two.js", lambda route: route.abort())
        page.goto(f"{base}/docs/review.html")
        expect(page.get_by_text("有 1 页题目没有加载")).to_be_visible()
        expect(page.get_by_text("选中 2 题")).to_be_visible()


def test_without_javascript_the_page_is_a_list_of_links(
    browser: Browser, base: str
):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{base}/docs/review.html")
        links = page.locator(".review li a")
        assert links.all_inner_texts() == [
            "什么是 LSTM？",
            "什么是门？",
            "门有几个？",
        ]
        links.last.click()
        expect(page).to_have_url(f"{base}/docs/two.html#gate-count")


def test_nothing_overflows_on_a_phone(browser: Browser, base: str):
    size = {"width": 360, "height": 640}
    with browser.new_context(viewport=size) as context:
        page = context.new_page()
        page.goto(f"{base}/docs/review.html")
        start(page)
        page.keyboard.press(" ")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
