"""The committed figures are what their programs draw, and can be read."""

import re
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

import pytest
from lxml import etree

import figures
from figures import __main__ as command
from figures import all_figures, style
from figures.diagram import Diagram, parse

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = all_figures()

Box = tuple[float, float, float, float]  # left, top, right, bottom


@pytest.fixture(params=FIGURES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def root(name: str) -> etree._Element:
    return etree.fromstring(FIGURES[name]().encode())


# -- The folder and the programs ---------------------------------------------


def test_the_committed_file_is_what_the_program_draws(name: str):
    committed = (figures.FOLDER / f"{name}.svg").read_bytes()
    assert committed == FIGURES[name]().encode(), "run `make figures`"


def test_no_figure_is_without_a_program():
    assert {path.stem for path in figures.FOLDER.glob("*.svg")} == set(FIGURES)


def test_a_figure_begins_with_the_name_of_its_topic(name: str):
    topic = FIGURES[name].__module__.removeprefix("figures.").replace("_", "-")
    assert name.startswith(f"{topic}-")


@pytest.fixture
def folder(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A folder in place of _static/nlp."""
    folder = tmp_path / "_static" / "nlp"
    monkeypatch.setattr(command, "FOLDER", folder)
    return folder


def test_a_word_chooses_the_figures_to_draw(folder, capsys):
    assert command.main(["lstm-c"]) == 0
    assert [path.name for path in folder.iterdir()] == ["lstm-cell.svg"]
    assert capsys.readouterr().out == "_static/nlp/lstm-cell.svg: written\n"


def test_a_second_run_leaves_the_file_alone(folder, capsys):
    command.main(["lstm-cell"])
    before = (folder / "lstm-cell.svg").stat()
    capsys.readouterr()
    command.main(["lstm-cell"])
    assert capsys.readouterr().out == "_static/nlp/lstm-cell.svg: unchanged\n"
    assert (folder / "lstm-cell.svg").stat() == before


def test_an_unknown_word_is_an_error_that_names_it(folder, capsys):
    assert command.main(["lstm", "nothing-of-the-kind"]) == 1
    assert "nothing-of-the-kind" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_a_failed_write_leaves_the_old_file(folder, monkeypatch):
    command.main(["lstm-cell"])

    def fail(source: object, target: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(command.os, "replace", fail)
    path = folder / "lstm-cell.svg"
    before = path.read_bytes()
    with pytest.raises(OSError, match="disk full"):
        command.write(path, b"new")
    assert list(folder.iterdir()) == [path]
    assert path.read_bytes() == before


# -- The file ----------------------------------------------------------------


def test_the_figure_has_a_title_and_a_description(root: etree._Element):
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text.strip()
    assert len(root[1].text) > len(root[0].text)


def test_the_figure_keeps_its_text_as_text(root: etree._Element):
    assert root.find(f"{SVG}text") is not None


def test_the_figure_is_one_column_wide(root: etree._Element):
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top, width) == (0, 0, style.WIDTH)
    assert [root.get("width"), root.get("height")] == [
        f"{width:g}",
        f"{height:g}",
    ]


def test_the_figure_stands_alone(root: etree._Element):
    tags = {etree.QName(element).localname for element in root.iter()}
    drawn = {"rect", "circle", "path", "polygon", "text", "tspan"}
    assert tags <= drawn | {"svg", "title", "desc"}
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert attribute not in {"id", "style", "class"}
            assert not attribute.endswith("href")
            assert not attribute.startswith("on")
            assert "url(" not in value


def test_the_figure_uses_the_colours_of_the_palette(root: etree._Element):
    used = {
        element.get(attribute)
        for element in root.iter()
        for attribute in ("fill", "stroke")
    }
    shades = {*style.RAMP, *style.DIVERGING}
    assert used <= style.PALETTE | shades | {None, "none"}


def test_every_stroke_and_text_names_its_colour(root: etree._Element):
    # Otherwise it would be black, which is not in the palette.
    for element in root.iter(f"{SVG}text", f"{SVG}polygon", f"{SVG}circle"):
        assert element.get("fill")
    for element in root.iter(f"{SVG}path"):
        assert element.get("fill") == "none"
        assert element.get("stroke")


def test_the_figure_uses_the_fonts_of_the_style(root: etree._Element):
    assert root.get("font-family") == style.SANS
    inner = {element.get("font-family") for element in root.iterdescendants()}
    assert inner <= {None, style.MATH}


def test_no_text_is_smaller_than_small(root: etree._Element):
    for text in root.iter(f"{SVG}text"):
        assert float(text.get("font-size")) >= style.SMALL


# -- The colours -------------------------------------------------------------

RGB = tuple[float, float, float]


def rgb(color: str) -> RGB:
    red, green, blue = bytes.fromhex(color[1:])
    return red / 255, green / 255, blue / 255


def inverted(color: RGB) -> RGB:
    """What `invert(1) hue-rotate(180deg)` makes of a colour.

    The matrix is the one of the Filter Effects specification, 9.6.
    """
    luma = (0.213, 0.715, 0.072)
    r, g, b = (1 - part for part in color)
    grey = 2 * (luma[0] * r + luma[1] * g + luma[2] * b)
    return tuple(min(max(grey - part, 0), 1) for part in (r, g, b))


def luminance(color: RGB) -> float:
    linear = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color
    )
    return sum(
        share * part
        for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
    )


def contrast(one: RGB, other: RGB) -> float:
    """The contrast ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


LINES = {style.INK, style.MUTED, style.BLUE, style.VERMILLION}
AREAS = sorted(
    (style.PALETTE - LINES) | {style.RAMP[-1], *style.DIVERGING[::20]}
)


@pytest.mark.parametrize("area", AREAS)
def test_text_stands_out_from_every_area_by_day_and_by_night(area: str):
    assert contrast(rgb(style.INK), rgb(area)) >= 4.5
    assert contrast(inverted(rgb(style.INK)), inverted(rgb(area))) >= 4.5


def test_muted_text_stands_out_from_a_band_by_day_and_by_night():
    muted, band = rgb(style.MUTED), rgb(style.LIGHT_GREY)
    assert contrast(muted, band) >= 4.5
    assert contrast(inverted(muted), inverted(band)) >= 4.5


@pytest.mark.parametrize("line", [style.MUTED, style.BLUE, style.VERMILLION])
def test_lines_stand_out_from_the_page_by_day_and_by_night(line: str):
    assert contrast(rgb(line), rgb("#ffffff")) >= 3
    assert contrast(inverted(rgb(line)), rgb("#111111")) >= 3


# -- The layout --------------------------------------------------------------


def width_of(text: str, size: float) -> float:
    """About how wide a text is in the widest of the usual fonts."""
    width = 0.0
    for character in text:
        if "\u0300" <= character <= "\u036f":
            continue
        if character >= "\u2e80":
            width += 1
        elif character in " ilftj.,()[]/'|":
            width += 0.36
        elif character in "mwMW⊙∂√…":
            width += 0.9
        elif character.isupper():
            width += 0.75
        else:
            width += 0.58
    return width * size


def box_of(text: etree._Element) -> Box:
    """About where a text is: its widest width, its letters' height."""
    size = float(text.get("font-size"))
    width = width_of(text.text or "", size)
    up, down = 0.72 * size, 0.08 * size
    shift = 0.0
    for run in text:
        own = float(run.get("font-size", size))
        shift += float(run.get("dy", 0))
        width += float(run.get("dx", 0)) + width_of(run.text, own)
        up = max(up, 0.68 * own - shift)
        down = max(down, shift)
    x, y = float(text.get("x")), float(text.get("y"))
    share = {None: 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
    left = x - share * width
    return left, y - up, left + width, y + down


def overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2]
        and other[0] < one[2]
        and one[1] < other[3]
        and other[1] < one[3]
    )


def inside(one: Box, other: Box) -> bool:
    return (
        other[0] <= one[0]
        and one[2] <= other[2]
        and other[1] <= one[1]
        and one[3] <= other[3]
    )


def span(points: list[float]) -> Box:
    xs, ys = points[::2], points[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def lines(root: etree._Element) -> Iterator[Box]:
    """Every piece of every line, and every arrow head."""
    for path in root.iter(f"{SVG}path"):
        ends = [
            [float(number) for number in piece.split()[-2:]]
            for piece in re.split("[MLA]", path.get("d"))[1:]
        ]
        for start, end in pairwise(ends):
            if start[0] == end[0] or start[1] == end[1]:
                yield span(start + end)
    for head in root.iter(f"{SVG}polygon"):
        yield span([float(number) for number in head.get("points").split()])


def areas(root: etree._Element) -> Iterator[Box]:
    for rect in root.iter(f"{SVG}rect"):
        x, y, width, height = (
            float(rect.get(side)) for side in ("x", "y", "width", "height")
        )
        yield x, y, x + width, y + height
    for circle in root.iter(f"{SVG}circle"):
        x, y, r = (float(circle.get(side)) for side in ("cx", "cy", "r"))
        yield x - r, y - r, x + r, y + r


def faults(root: etree._Element) -> list[str]:
    """Say which texts leave the picture or touch something else."""
    page = (0, 0, float(root.get("width")), float(root.get("height")))
    texts = [
        ("".join(text.itertext()), box_of(text))
        for text in root.iter(f"{SVG}text")
    ]
    found = []
    for text, box in texts:
        if not inside(box, page):
            found.append(f"{text} leaves the picture")
        if any(overlap(box, line) for line in lines(root)):
            found.append(f"{text} lies on a line")
        for area in areas(root):
            if overlap(box, area) and not inside(box, area):
                found.append(f"{text} crosses the edge of {area}")
    for (one, first), (two, second) in combinations(texts, 2):
        if overlap(first, second):
            found.append(f"{one} lies on {two}")
    for area in areas(root):
        if not inside(area, page):
            found.append(f"{area} leaves the picture")
    return found


def test_no_text_touches_anything_else(root: etree._Element):
    assert faults(root) == []


def lay_on_a_line(d: Diagram) -> None:
    d.label(100, 50, "文字")
    d.arrow((20, 50), (200, 50))


def lay_on_a_text(d: Diagram) -> None:
    d.label(100, 50, "文字")
    d.label(120, 55, "$*h*_t$")


def cross_an_edge(d: Diagram) -> None:
    d.box(100, 50, 30, 30, "三个字", fill=style.GATE)


def leave_the_picture(d: Diagram) -> None:
    d.label(470, 50, "文字")


@pytest.mark.parametrize(
    ("draw", "fault"),
    [
        (lay_on_a_line, "文字 lies on a line"),
        (lay_on_a_text, "文字 lies on ht"),
        (cross_an_edge, "三个字 crosses the edge of"),
        (leave_the_picture, "文字 leaves the picture"),
    ],
)
def test_a_fault_is_found(draw: Callable[[Diagram], None], fault: str):
    d = Diagram(100, "标题", "说明这幅图")
    draw(d)
    found = faults(etree.fromstring(str(d).encode()))
    assert len(found) == 1
    assert found[0].startswith(fault)


# -- The vocabulary ----------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "runs"),
    [
        ("遗忘门", [("遗忘门", "")]),
        ("$*h̃*_t$", [("h̃", "math bold"), ("t", "math italic down")]),
        (
            "$c_{t-1}$",
            [
                ("c", "math italic"),
                ("t", "math italic down"),
                ("−1", "math down"),
            ],
        ),
        (
            '权重 $W^⊤"tanh"$',
            [
                ("权重 ", ""),
                ("W", "math italic"),
                ("T", "up"),
                ("tanh", "math"),
            ],
        ),
        ("$n × d_v$", None),
    ],
)
def test_a_label_is_cut_into_fonts(markup: str, runs: list | None):
    got = [
        (
            text,
            " ".join(
                word
                for word, holds in [
                    ("math", font.math),
                    ("italic", font.italic),
                    ("bold", font.bold),
                    ("down", font.level < 0),
                    ("up", font.level > 0),
                ]
                if holds
            ),
        )
        for text, font in parse(markup)
    ]
    if runs is None:
        assert "".join(text for text, _ in got) == "n × dv"
    else:
        assert got == runs


def test_a_label_escapes_what_xml_would_read():
    d = Diagram(50, "a < b & c", "说明这幅图：a < b")
    d.label(100, 20, "$a < b$ & c")
    root = etree.fromstring(str(d).encode())
    assert root[0].text == "a < b & c"
    words = "".join(root.find(f"{SVG}text").itertext())
    assert re.sub(r"\s", "", words) == "a<b&c"


def test_the_tip_of_an_arrow_is_where_it_points():
    d = Diagram(100, "标题", "说明这幅图")
    d.arrow((10, 50), (60, 50), (60, 20))
    root = etree.fromstring(str(d).encode())
    points = root.find(f"{SVG}polygon").get("points").split()
    assert [float(number) for number in points[:2]] == [60, 20]


def test_a_line_hops_only_over_what_it_crosses():
    d = Diagram(100, "标题", "说明这幅图")
    d.line((10, 50), (90, 50), hops=[(40, 50), (40, 60), (95, 50)])
    root = etree.fromstring(str(d).encode())
    assert root.find(f"{SVG}path").get("d").count("A") == 1
