"""The PDF: Chinese names, fonts inside, whole links, one bibliography."""

import re
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

pytestmark = pytest.mark.tex


@pytest.fixture(scope="module")
def pdf(book: Path) -> PdfReader:
    return PdfReader(book / "knowledge_record.pdf")


@pytest.fixture(scope="module")
def text(book: Path) -> list[str]:
    """The text of each page."""
    done = subprocess.run(
        ["pdftotext", "-layout", str(book / "knowledge_record.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\f")


@pytest.fixture(scope="module")
def log(book: Path) -> str:
    return (book / "knowledge_record.log").read_text(errors="replace")


def flat(outline: list) -> list[Destination]:
    found: list[Destination] = []
    for item in outline:
        found += flat(item) if isinstance(item, list) else [item]
    return found


def test_contents_chapters_and_bibliography_speak_chinese(text: list[str]):
    whole = "\n".join(text)
    assert re.search(r"^\s*目录\s*$", whole, re.MULTILINE)
    assert re.search(r"^\s*第 1 章\s+\S", whole, re.MULTILINE)
    for english in ("Chapter", "CHAPTER", "Contents", "Bibliography"):
        assert not re.search(rf"^\s*{english}\b", whole, re.MULTILINE)


def test_there_is_one_bibliography(pdf: PdfReader):
    titles = [item.title for item in flat(pdf.outline)]
    assert titles.count("参考文献") == 1


def test_every_chapter_has_a_bookmark(pdf: PdfReader, site: Path):
    titles = " ".join(str(item.title) for item in flat(pdf.outline))
    for name in ("LSTM", "GRU", "注意力", "Transformer", "符号"):
        assert name in titles


def test_no_glyph_is_missing(log: str):
    assert "Missing character" not in log


def test_no_line_runs_out_of_the_page(log: str):
    lines = log.replace("\n", " ")
    widths = re.findall(r"Overfull \\hbox \((\d+\.\d+)pt too wide\)", lines)
    assert [w for w in widths if float(w) > 10] == []


def test_nothing_runs_off_the_foot_of_a_page(log: str):
    lines = log.replace("\n", " ")
    heights = re.findall(r"Overfull \\vbox \((\d+\.\d+)pt too high\)", lines)
    assert [h for h in heights if float(h) > 10] == []
    assert "Float too large" not in lines


def test_every_font_is_embedded(book: Path):
    done = subprocess.run(
        ["pdffonts", str(book / "knowledge_record.pdf")],
        capture_output=True,
        text=True,
        check=True,
    )
    fonts = done.stdout.splitlines()[2:]
    assert len(fonts) > 5
    for line in fonts:
        embedded = line.split()[-5]
        assert embedded == "yes", line


def test_every_link_has_its_destination(pdf: PdfReader):
    named = set(pdf.named_destinations)
    inside, broken = 0, []
    for number, page in enumerate(pdf.pages, 1):
        for reference in page.get("/Annots") or []:
            action = reference.get_object().get("/A", {})
            if action.get("/S") == "/GoTo":
                inside += 1
                if action["/D"] not in named:
                    broken.append((number, action["/D"]))
    assert inside > 50
    assert broken == []


def test_no_page_is_blank(text: list[str]):
    blank = [n for n, page in enumerate(text[:-1], 1) if not page.strip()]
    assert blank == []


def test_no_running_foot_runs_into_the_page_number(book: Path):
    done = subprocess.run(
        ["pdftotext", "-bbox", str(book / "knowledge_record.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    feet = 0
    for number, page in enumerate(done.stdout.split("<page ")[1:], 1):
        words = [
            (*map(float, match[:4]), match[4])
            for match in re.findall(
                r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" '
                r'yMax="([\d.]+)">([^<]*)</word>',
                page,
            )
        ]
        foot = [word for word in words if word[1] > 770]
        # The page number stands last on the first line of the foot.
        numbers = [word for word in foot if word[4].isdigit()]
        if not numbers or len(foot) == 1:
            continue
        left, top, *_ = max(numbers)
        for x, y, right, bottom, text in foot:
            if x < left and y < top + 5 and bottom > top + 5:
                assert right < left, (number, text)
                feet += 1
    assert feet > 100
