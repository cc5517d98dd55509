"""Cards break Chinese and English lines where readers expect it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from sphinx.testing.util import SphinxTestApp

import social_card
from social_card import draw, lines_of, width_of


def test_lines_break_between_chinese_characters_but_not_inside_words():
    text = "注意力机制（Attention）让每个位置看其他位置"
    lines = lines_of(text, 9, 9)
    assert "".join(lines) == text
    assert any("Attention" in line for line in lines)
    assert all(width_of(line) <= 9 for line in lines)


def test_no_line_begins_with_a_sign_that_closes():
    lines = lines_of("一二三四，五六七八。九十（甲）乙", 4, 9)
    assert "".join(lines) == "一二三四，五六七八。九十（甲）乙"
    assert not any(line[0] in social_card.CLOSING for line in lines)
    assert not any(line.endswith("（") for line in lines)


def test_what_does_not_fit_is_cut_with_a_sign():
    lines = lines_of("长" * 100, 10, 3)
    assert [len(line) for line in lines] == [10, 10, 10]
    assert lines[-1].endswith("…")
    assert lines_of("短", 10, 3) == ["短"]


def test_every_line_of_a_card_is_inside_of_it():
    title = "归一化（BatchNorm、LayerNorm、RMSNorm）" * 3
    svg = etree.fromstring(draw("<站>", title, "说明" * 200).encode())
    places = [
        float(text.get("y"))
        for text in svg.iter("{http://www.w3.org/2000/svg}text")
    ]
    assert len(places) == 1 + social_card.TITLE_LINES + social_card.TEXT_LINES
    assert places == sorted(places)
    assert places[-1] < social_card.HEIGHT - 20


@pytest.mark.sphinx(
    "html",
    testroot="moved",
    confoverrides={
        "extensions": ["social_card"],
        "html_baseurl": "https://example.org/",
    },
)
def test_without_the_program_the_build_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    make_app: Callable[..., SphinxTestApp],
    app_params: tuple,
):
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments, options = app_params
    app = make_app(*arguments, **options)
    app.build()
    (line,) = app.warning.getvalue().splitlines()
    assert "apt-get install librsvg2-bin" in line
    assert not (app.outdir / social_card.FOLDER).exists()
