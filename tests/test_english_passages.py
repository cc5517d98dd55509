"""English passages are found, and nothing else."""

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from english_passages import OPAQUE, inside, passages


def marked(text: str) -> list[str]:
    return [
        part.astext()
        for part in passages(text)
        if isinstance(part, nodes.inline)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("论文说 we suspect that（我们怀疑）", ["we suspect that"]),
        (
            "原文：at the bottoms of the stacks, not above",
            ["at the bottoms of the stacks, not above"],
        ),
        ("叫 long short-term memory。", ["long short-term memory"]),
        ("用 LSTM 和 GRU 比较", []),
        ("叫 layer normalization，", []),
        ("BERT base 模型", []),
        ("标签 O B I O", []),
    ],
)
def test_a_passage_has_three_words_or_more(text: str, found: list[str]):
    assert marked(text) == found


def test_nothing_of_the_text_is_lost():
    text = "前 one two three 中 four five six 后"
    assert "".join(part.astext() for part in passages(text)) == text


def test_a_passage_says_its_language():
    (part,) = passages("one two three")
    assert part["classes"] == ["language-en"]


def test_code_and_formulas_are_left_alone():
    page = publish_doctree("``a b c`` :math:`a b c` *a b c*")
    held = [
        inside(text, OPAQUE)
        for text in page.findall(nodes.Text)
        if text.strip()
    ]
    assert held == [True, True, False]
