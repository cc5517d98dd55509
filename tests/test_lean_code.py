"""Highlighted code has the spans that the style sheet colours."""

import re
from pathlib import Path

from pygments import highlight
from pygments.lexers import PythonLexer
from pygments.token import STANDARD_TYPES

from lean_code import PLAIN, LeanFormatter

CODE = "import numpy as np\nx = np.ones(3)  # 三个一\n"
ROOT = Path(__file__).parent.parent


def test_names_operators_and_punctuation_have_no_span():
    html = highlight(CODE, PythonLexer(), LeanFormatter())
    assert re.findall(r'<span class="(\w+)">([^<]+)<', html) == [
        ("kn", "import"),
        ("k", "as"),
        ("mi", "3"),
        ("c1", "# 三个一"),
    ]


def test_the_code_stays_as_it_is():
    html = highlight(CODE, PythonLexer(), LeanFormatter())
    assert re.sub(r"<[^>]+>", "", html).rstrip() == CODE.rstrip()


def test_the_style_sheet_colours_none_of_the_kinds_left_out():
    sheet = (ROOT / "_static" / "css" / "code.css").read_text("utf-8")
    for kind in PLAIN:
        assert f".{STANDARD_TYPES[kind]} " not in sheet
