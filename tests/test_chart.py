"""Curves and heat maps put data where their axes say."""

import pytest
from lxml import etree

from figures import style
from figures.chart import SERIES, Axis, Plot, heat_map
from figures.diagram import Diagram

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def d() -> Diagram:
    return Diagram(300, "标题", "说明这幅图")


@pytest.fixture
def plot(d: Diagram) -> Plot:
    x = Axis("步", 0, 10, [0, 5, 10])
    y = Axis("值", 0.01, 100, [0.01, 1, 100], log=True)
    return Plot(d, x, y, left=100, right=300, top=50, bottom=250)


def drawn(d: Diagram) -> etree._Element:
    return etree.fromstring(str(d).encode())


def test_a_point_lies_at_its_share_of_both_axes(plot: Plot):
    assert plot.at(0, 0.01) == (100, 250)
    assert plot.at(10, 100) == (300, 50)
    assert plot.at(2.5, 1) == pytest.approx((150, 150))


def test_the_ticks_are_written_where_they_are(d: Diagram, plot: Plot):
    words = ["".join(t.itertext()) for t in drawn(d).iter(f"{SVG}text")]
    assert words == ["0", "5", "10", "10−2", "100", "102", "步", "值"]


def test_names_replace_the_numbers_of_ticks(d: Diagram):
    axis = Axis("词", 0, 1, [0, 1], names=["我", "你"])
    assert axis.marks() == [(0, "我"), (1, "你")]


def test_a_curve_passes_through_its_points(d: Diagram, plot: Plot):
    plot.curve([0, 5, 10], [0.01, 1, 100], series=1)
    path = list(drawn(d).iter(f"{SVG}path"))[-1]
    assert path.get("d") == "M 100 250 L 200 150 L 300 50"
    assert path.get("stroke") == style.VERMILLION


def test_curves_differ_in_more_than_colour():
    assert len({dash for _, dash in SERIES}) == len(SERIES)


@pytest.mark.parametrize(("x", "y"), [(11, 1), (5, 101), (5, 0.001)])
def test_a_point_outside_the_axes_is_an_error(plot: Plot, x, y):
    with pytest.raises(ValueError, match="outside the plot"):
        plot.curve([0, x], [1, y])


@pytest.mark.parametrize(
    ("low", "high", "ticks", "log"),
    [(1, 1, [], False), (0, 1, [], True), (0, 1, [2], False)],
)
def test_an_axis_that_makes_no_sense_is_an_error(low, high, ticks, log):
    with pytest.raises(ValueError, match="长度"):
        Axis("长度", low, high, ticks, log=log)


def test_a_heat_map_shades_its_cells_from_low_to_high(d: Diagram):
    heat_map(d, 10, 20, [[0, 0.5, 1]], cell=(30, 20), low=0, high=1)
    cells = list(drawn(d).iter(f"{SVG}rect"))
    assert [float(cell.get("x")) for cell in cells] == [10, 40, 70]
    assert [cell.get("fill") for cell in cells] == [
        style.RAMP[0],
        style.RAMP[len(style.RAMP) // 2],
        style.RAMP[-1],
    ]


def test_a_diverging_heat_map_is_white_at_zero(d: Diagram):
    heat_map(
        d,
        10,
        20,
        [[-1, 0, 1]],
        cell=(30, 20),
        low=-1,
        high=1,
        ramp=style.DIVERGING,
    )
    fills = [cell.get("fill") for cell in drawn(d).iter(f"{SVG}rect")]
    assert fills[1] == style.WHITE
    assert len(set(fills)) == 3


def test_a_cell_holds_its_number(d: Diagram):
    heat_map(d, 10, 20, [[0.256]], cell=(60, 20), low=0, high=1, digits=2)
    assert "".join(drawn(d).find(f"{SVG}text").itertext()) == "0.26"


def test_a_value_outside_the_ramp_is_an_error(d: Diagram):
    with pytest.raises(ValueError, match=r"1\.5 lies outside"):
        heat_map(d, 10, 20, [[1.5]], cell=(30, 20), low=0, high=1)
