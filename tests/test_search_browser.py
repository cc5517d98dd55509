"""Searching as a reader does it, in Chromium, from files and over HTTP."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.chromium

PROJECT = Path(__file__).parent / "roots" / "test-search"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'"
INDEX = re.compile("search-index")
LAZY = re.compile("search-(index|engine)")
RESULTS = "#search-results > li"
OPTIONS = ".search-panel [role=option]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny project as a site."""
    output = tmp_path_factory.mktemp("search-browser") / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W"]
    command += ["-d", str(output.with_name("doctrees")), PROJECT, output]
    extensions = str(Path(__file__).parent.parent / "_ext")
    done = subprocess.run(
        command,
        env={"PYTHONPATH": extensions},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="module")
def served(folder: Path, serve: Callable[[Path], str]) -> str:
    """The address at which a server shows the site."""
    return serve(folder)


@pytest.fixture
def base(request: pytest.FixtureRequest, folder: Path) -> str:
    """Where the site is opened; as files, if a test does not say."""
    if getattr(request, "param", "file") == "file":
        return folder.as_uri()
    return request.getfixturevalue("served")


both = pytest.mark.parametrize("base", ["file", "http"], indirect=True)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in which no script may fail."""
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(5000)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def ask(page: Page, base: str) -> Callable[[str], Page]:
    """Types a query on the search page and waits for the answer."""

    def ask(query: str) -> Page:
        page.goto(f"{base}/search.html")
        page.locator("#search-form input").fill(query)
        expect(page.locator("#search-status")).to_have_text(
            re.compile("结果|没有找到|请输入")
        )
        return page

    return ask


def first(page: Page) -> str:
    """Where the first result leads."""
    return page.locator(f"{RESULTS} a").first.evaluate(
        "link => link.href.slice(new URL('./', location.href).href.length)"
    )


@pytest.fixture(scope="module")
def engine(browser: Browser, folder: Path) -> Iterator[Page]:
    """A page in which the engine has the index."""
    page = browser.new_page()
    page.goto(f"{folder.as_uri()}/search.html")
    page.locator("#search-form input").focus()
    page.wait_for_function("globalThis.siteSearch?.isReady()")
    yield page
    page.close()


# -- What is found


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("注意力机制", "nlp/attention.html"),
        ("遗忘门", "nlp/lstm.html#lstm-forget"),
        ("GRU 和 LSTM 的区别", "nlp/gru.html#gru-lstm"),
        ("gru和lstm有什么区别？", "nlp/gru.html#gru-lstm"),
        ("熵", "questions.html#q-entropy"),
        ("LSTM", "nlp/lstm.html"),
        ("ＬＳＴＭ", "nlp/lstm.html"),
        ("长短期记忆", "nlp/lstm.html"),
        ("机制 注意力", "nlp/attention.html"),
        ("注意力的机制", "nlp/attention.html"),
        ("缩放点积", "nlp/attention.html#scaled"),
        ("点积缩放", "nlp/attention.html#scaled"),
        ("d_k", "nlp/attention.html#scaled"),
        ("dk", "nlp/attention.html#scaled"),
        ("为什么除以根号 dk", "nlp/attention.html#scaled"),
        ("pre-ln", "nlp/attention.html#multi-head"),
        ("PreLN", "nlp/attention.html#multi-head"),
        ("self attention", "nlp/attention.html#multi-head"),
        ("Word2Vec", "nlp/tokenization.html#w2v"),
        ("全角 123abc", "nlp/tokenization.html#w2v"),
        ("困惑度", "glossary.html#term-perplexity"),
        ("Transformer 多头", "questions.html#q-multi-head"),
        ("transf", "questions.html#q-multi-head"),
        ("peephole", "nlp/lstm.html#lstm-code"),
        ("LSTM 代码", "nlp/lstm.html#lstm-code"),
        ("⽤维特⽐", "nlp/crf.html"),  # Kangxi radicals
    ],
)
def test_the_first_result(engine: Page, query: str, address: str):
    found = engine.evaluate(
        "query => siteSearch.search(query).results[0]?.unit.address", query
    )
    assert found == address


@pytest.mark.parametrize(
    "query",
    [
        "量子纠缠",
        "强化学习",
        "mathbf",
        "frac",
        "独角兽",
        "麒麟",
        "rawhtmlword",
        "docstringword",
        "ention",  # the end of a word is not a word
        "<b>",
        "‘’“”。？",
        "…",
        " ",
    ],
)
def test_nothing_is_found_where_nothing_is(engine: Page, query: str):
    found = engine.evaluate(
        "query => siteSearch.search(query).results.length", query
    )
    assert found == 0


@pytest.fixture
def ranked(page: Page, folder: Path) -> Callable[[list, str], list[str]]:
    """Gives an index of one's own to the engine, and asks it."""
    page.goto(f"{folder.as_uri()}/search.html")
    page.wait_for_function("globalThis.siteSearch?.isReady()")

    def ranked(rows: list, query: str) -> list[str]:
        return page.evaluate(
            """([rows, query]) => {
              siteSearch.receive(1, { x: ["x.html", rows] });
              const { results } = siteSearch.search(query);
              return results.map(({ unit }) => unit.address);
            }""",
            [rows, query],
        )

    return ranked


def test_a_page_comes_before_a_section_of_the_same_name(ranked):
    rows = [
        [0, "", "目录", ""],
        [1, "section", "遗忘门", "说明"],
        [0, "page", "遗忘门", "说明"],
    ]
    assert ranked(rows, "遗忘门") == ["x.html#page", "x.html#section"]


def test_the_shorter_of_two_headings_fits_better(ranked):
    rows = [
        [0, "", "目录", ""],
        [1, "long", "遗忘门的偏置和初始化", ""],
        [1, "short", "门控：遗忘门（forget gate）", ""],
    ]
    assert ranked(rows, "遗忘门") == ["x.html#short", "x.html#long"]


def test_words_that_stand_together_come_first(ranked):
    rows = [
        [0, "", "目录", "别的"],
        [1, "far", "甲", f"梯度{'很长的话，' * 40}裁剪"],
        [1, "near", "乙", f"梯度要裁剪{'很长的话，' * 40}"],
    ]
    assert ranked(rows, "梯度 裁剪") == ["x.html#near", "x.html#far"]


def test_more_of_the_query_comes_first(ranked):
    rows = [
        [0, "", "目录", "别的"],
        [1, "one", "梯度", "梯度梯度梯度，梯度梯度"],
        [1, "both", "丙", "先算梯度，然后裁剪"],
    ]
    assert ranked(rows, "梯度 裁剪")[0] == "x.html#both"


def test_a_heading_above_finds_nothing_alone_but_helps(ranked):
    rows = [
        [0, "", "长短期记忆", "说明"],
        [1, "lstm-cost", "代价", "说明"],
        [0, "gru", "门控循环单元", "说明"],
        [1, "gru-cost", "代价", "说明"],
    ]
    assert ranked(rows, "长短期记忆") == ["x.html"]
    assert ranked(rows, "门控循环单元 代价")[0] == "x.html#gru-cost"
    assert ranked(rows, "长短期记忆的代价")[0] == "x.html#lstm-cost"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("layer norm", True),
        ("norm", True),
        ("layernorm", True),
        ("layer-norm", True),
        ("LayerNorm", True),
        ("orm", False),
        ("ayer", False),
        ("bert", True),
        ("ert", False),
    ],
)
def test_words_within_a_name(ranked, query: str, found: bool):
    rows = [[0, "", "目录", "用 LayerNorm 的 RoBERTa 与 BERT"]]
    assert bool(ranked(rows, query)) is found


def test_an_index_of_another_version_counts_as_lost(page: Page, served: str):
    page.route(
        INDEX,
        lambda route: route.fulfill(
            body="siteSearch.receive(2, {})", content_type="text/javascript"
        ),
    )
    page.goto(f"{served}/search.html?q=LSTM")
    expect(page.locator("#search-status")).to_contain_text("没有载入")


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("注意力", "注意 意力"),
        ("熵", "熵"),
        ("GRU 和 LSTM 的区别", "gru lstm (的区) 区别"),
        ("BERT的预训练", "bert (的预) 预训 训练"),
        ("门的作用", "门 (门的) (的作) 作用"),
        ("ＢＥＲＴ １２３", "bert 123"),
        ("d_k Pre-LN word2vec v1.5", "d_k pre-ln word2vec v1.5"),
        ("-a- b_ _c", "b c"),
        ("的", "的"),
        ("的 熵", "熵"),
        ("什么是", "什么 么是"),
        ("注意力 注意力", "注意 意力"),
        ("naïve Ünïcode Ω", "naïve ünïcode ω"),
        ("𠮷野家", "𠮷野 野家"),
        ("x\u0000y <i>z</i>", "x y i z"),
        ("，。！", ""),
        ("", ""),
    ],
)
def test_how_a_query_is_cut(engine: Page, query: str, terms: str):
    cut = engine.evaluate(
        """query => siteSearch.segmentsOf(query).flatMap((s) => s.terms)
            .map((t) => t.weak ? `(${t.text})` : t.text)""",
        query,
    )
    assert sorted(cut) == sorted(terms.split())


@pytest.mark.parametrize(
    "text",
    ["ＡＢＣ，ａ１", "İstanbul", "①…㍿ﬁ", "⽤⼾", "𝐱𝐲𠮷", "é é", "：；"],
)
def test_folding_keeps_every_position(engine: Page, text: str):
    folded = engine.evaluate("text => siteSearch.fold(text)", text)
    assert len(folded.encode("utf-16")) == len(text.encode("utf-16"))


@pytest.mark.parametrize(
    ("query", "missing"),
    [
        ("LSTM 量子纠缠", "「量子纠缠」"),
        ("LSTM kalman 量子", "「kalman」「量子」"),
        ("遗忘门冰箱", "「冰箱」"),
    ],
)
def test_what_is_missing_is_told(ask, query: str, missing: str):
    page = ask(query)
    assert first(page).startswith("nlp/lstm.html")
    expect(page.locator("#search-status")).to_contain_text(
        f"没有找到{missing}，以下结果只含其余的词"
    )


def test_no_result_comes_with_help(ask):
    page = ask("强化学习注意力")
    expect(page.locator("#search-status")).to_have_text(
        "没有找到「强化学习注意力」。"
    )
    expect(page.locator(RESULTS)).to_have_count(0)
    page.get_by_text("只搜「注意力」").click()
    expect(page.locator("#search-form input")).to_have_value("注意力")
    expect(page.locator(RESULTS).first).to_contain_text("注意力机制")


def test_hits_are_marked_in_title_and_text(ask):
    page = ask("遗忘门")
    results = page.locator(RESULTS)
    expect(results.nth(0).locator(".search-title mark")).to_have_text("遗忘门")
    expect(results.nth(1).locator(".search-text mark")).to_have_text("遗忘门")
    expect(results.nth(1).locator(".search-path")).to_have_text(
        "长短期记忆网络（LSTM）"
    )


@both
def test_a_result_leads_to_its_section(ask):
    page = ask("遗忘门")
    page.locator(f"{RESULTS} a").first.click()
    page.wait_for_url("**/nlp/lstm.html#lstm-forget")
    expect(page.locator("#lstm-forget")).to_be_in_viewport()


# -- The search page


@both
def test_the_address_holds_the_query(page: Page, base: str):
    page.goto(f"{base}/search.html?q=GRU&check_keywords=yes")
    expect(page.locator("#search-form input")).to_have_value("GRU")
    expect(page.locator(RESULTS).first).to_contain_text("门控循环单元")


@both
def test_results_follow_the_typing(ask):
    page = ask("LSTM")
    page.locator("#search-form input").press_sequentially(" 代码")
    expect(page.locator(f"{RESULTS} .search-title").first).to_have_text("代码")
    page.locator("#search-form input").fill("")
    expect(page.locator(RESULTS)).to_have_count(0)
    expect(page.locator("#search-status")).to_have_text("")


def test_pinyin_in_the_making_is_no_query(ask):
    page = ask("熵")
    count = page.locator(RESULTS).count()
    page.evaluate(
        """() => {
          const input = document.querySelector("#search-form input");
          input.value = "熵lstm";
          input.dispatchEvent(new InputEvent("input", {isComposing: true}));
        }"""
    )
    expect(page.locator(RESULTS)).to_have_count(count)
    page.evaluate(
        """() => document.querySelector("#search-form input")
            .dispatchEvent(new CompositionEvent("compositionend"))"""
    )
    expect(page.locator(RESULTS)).not_to_have_count(count)


def test_arrows_move_among_the_results(ask):
    page = ask("LSTM")
    page.locator("#search-form input").press("ArrowDown")
    expect(page.locator(f"{RESULTS} a").nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{RESULTS} a").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#search-form input")).to_be_focused()


def test_the_count_is_announced(ask):
    page = ask("熵")
    expect(page.get_by_role("status").last).to_have_text("3 条结果")


# -- The box in the side bar


@both
def test_a_page_that_is_read_loads_no_index(page: Page, base: str):
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(f"{base}/nlp/rnn.html")
    page.wait_for_load_state("networkidle")
    assert any("search.js" in address for address in loaded)
    assert not any(LAZY.search(address) for address in loaded)
    with page.expect_request(INDEX):
        page.keyboard.press("/")


@both
def test_keys_choose_a_result(page: Page, base: str):
    page.goto(f"{base}/nlp/rnn.html")
    page.keyboard.press("/")
    box = page.get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type("遗忘门")
    expect(page.locator(OPTIONS)).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"{OPTIONS}[aria-selected=true]")
    expect(chosen).to_contain_text("三个门")
    expect(box).to_have_attribute(
        "aria-activedescendant", chosen.get_attribute("id") or ""
    )
    page.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("偏置")
    page.keyboard.press("Enter")
    page.wait_for_url("**/nlp/lstm.html#lstm-forget")


@both
def test_enter_alone_opens_the_search_page(page: Page, base: str):
    page.goto(f"{base}/nlp/rnn.html")
    page.keyboard.press("/")
    page.keyboard.type("困惑度")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    expect(page.locator(RESULTS).first).to_contain_text("困惑度")


def test_escape_closes_the_panel_then_leaves(page: Page, base: str):
    page.goto(f"{base}/nlp/rnn.html")
    page.keyboard.press("/")
    page.keyboard.type("LSTM")
    panel = page.locator(".search-panel")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox")).not_to_be_focused()


def test_the_panel_closes_when_one_leaves_and_opens_again(
    page: Page, base: str
):
    page.goto(f"{base}/nlp/rnn.html")
    page.keyboard.press("/")
    page.keyboard.type("LSTM")
    panel = page.locator(".search-panel")
    expect(panel).to_be_visible()
    page.locator("h1").click()
    expect(panel).to_be_hidden()
    page.get_by_role("combobox").click()
    expect(panel).to_be_visible()


def test_a_late_answer_does_not_open_what_was_closed(page: Page, served: str):
    held: list[Route] = []
    page.route(INDEX, lambda route: held.append(route))
    page.goto(f"{served}/nlp/rnn.html")
    page.keyboard.press("/")
    page.keyboard.type("LSTM")
    panel = page.locator(".search-panel")
    expect(panel).to_contain_text("正在载入")
    page.keyboard.press("Escape")
    held[0].continue_()
    expect(page.get_by_role("status")).to_have_text("3 条结果")
    expect(panel).to_be_hidden()
    page.keyboard.type(" 代码")
    expect(panel).to_be_visible()


def test_a_click_on_an_option_opens_it(page: Page, base: str):
    page.goto(f"{base}/nlp/rnn.html")
    page.get_by_role("combobox").fill("困惑度")
    page.locator(OPTIONS).first.click()
    page.wait_for_url("**/glossary.html#term-perplexity")


def test_a_slash_in_a_box_is_a_slash(page: Page, base: str):
    page.goto(f"{base}/nlp/rnn.html")
    page.keyboard.press("/")
    page.keyboard.type("a/b")
    expect(page.get_by_role("combobox")).to_have_value("a/b")


def test_on_a_narrow_screen_the_slash_leads_to_the_search_page(
    page: Page, base: str
):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{base}/nlp/rnn.html")
    page.keyboard.press("/")
    page.wait_for_url("**/search.html")
    expect(page.locator("#search-form input")).to_be_focused()


@pytest.mark.parametrize("width", [360, 1280])
def test_results_fit_the_screen(ask, width: int):
    page = ask("注意力 self-attention")
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# -- Bad input, bad luck


HTML = "<img src=x onerror=alert(1)>注意力<script>alert(2)</script>"


@both
@pytest.mark.parametrize(
    "query", [HTML, "注意力" * 3334, "a" * 10_000, "a " * 5000, "(" * 500]
)
def test_any_query_gets_an_answer(page: Page, base: str, query: str):
    """In the panel, on the search page from there, and typed again."""
    answer = re.compile("结果|没有找到|请输入")
    page.goto(f"{base}/nlp/rnn.html")
    page.get_by_role("combobox").fill(query)
    panel = page.locator(".search-panel")
    expect(panel).to_contain_text(answer)
    expect(panel.locator("img, script")).to_have_count(0)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=*")
    status = page.locator("#search-status")
    expect(status).to_have_text(answer)
    page.locator("#search-form input").fill(f"{query}熵")
    expect(status).to_have_text(answer)
    if len(query) > 100:
        expect(status).to_contain_text("查询太长")
    section = page.locator("#search-page")
    expect(section.locator("img, script")).to_have_count(0)


def test_html_in_the_notes_stays_text(engine: Page, folder: Path):
    engine.evaluate(
        """() => siteSearch.receive(1, {x: ["x.html", [[0, "",
            "<img src=y> 甲乙", "<b onclick=z>甲乙</b>"]]]})"""
    )
    box = engine.locator("#search-form input")
    box.fill("甲乙")
    entry = engine.locator(RESULTS)
    expect(entry.locator(".search-title")).to_have_text("<img src=y> 甲乙")
    expect(entry.locator("img, b")).to_have_count(0)


@pytest.mark.parametrize("lost", ["search-index.js", "search-engine.js"])
def test_an_index_that_does_not_load_is_told_and_tried_again(
    page: Page, served: str, lost: str
):
    page.route(f"**/{lost}", lambda route: route.abort())
    page.goto(f"{served}/search.html")
    box = page.locator("#search-form input")
    box.fill("LSTM")
    expect(page.locator("#search-status")).to_contain_text("没有载入")
    page.unroute(f"**/{lost}")
    box.fill("LSTM 代码")
    expect(page.locator(RESULTS).first).to_contain_text("代码")


def test_the_panel_tells_that_the_index_does_not_load(page: Page, served: str):
    page.route(INDEX, lambda route: route.abort())
    page.goto(f"{served}/nlp/rnn.html")
    page.get_by_role("combobox").fill("LSTM")
    expect(page.locator(".search-panel")).to_contain_text("没有载入")


def test_a_strict_policy_does_not_stop_the_search(
    browser: Browser, served: str
):
    page = browser.new_page()

    def add_policy(route: Route) -> None:
        response = route.fetch()
        headers = response.headers | {"content-security-policy": POLICY}
        route.fulfill(response=response, headers=headers)

    page.route("**/search.html", add_policy)
    blocked: list[str] = []
    page.on(
        "console",
        lambda message: blocked.append(
            f"{message.location['url']} {message.text}"
        ),
    )
    page.goto(f"{served}/search.html")
    page.locator("#search-form input").fill("LSTM")
    expect(page.locator(RESULTS)).not_to_have_count(0)
    page.get_by_role("combobox").fill("GRU")
    expect(page.locator(OPTIONS)).not_to_have_count(0)
    page.close()
    ours = re.compile(r"/search(-\w+)?\.js")
    assert not [line for line in blocked if ours.search(line)]
