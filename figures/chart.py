"""Curves and heat maps in the look of the other figures.

Not matplotlib: its files change with its version, its text is not the
page's, and these few shapes need none of it. What is drawn here is data of
figures/results or of nlpnotes, never a sketch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import svg

from figures import style
from figures.diagram import Diagram, Point, Shape, _number, _numbers


@dataclass(frozen=True)
class Axis:
    """What one direction of a plot shows.

    ticks are the values that get a mark; names replaces how they are
    written. A logarithmic axis writes powers of ten. Raises ValueError when
    nothing lies between low and high, or a tick lies outside.
    """

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    names: Sequence[str] | None = None
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"{self.label}: no axis {self.low}..{self.high}")
        if not all(self.low <= tick <= self.high for tick in self.ticks):
            raise ValueError(f"{self.label}: a tick lies outside the axis")

    def share(self, value: float) -> float:
        """Where a value lies, from 0 at low to 1 at high."""
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return (value - low) / (high - low)

    def marks(self) -> list[tuple[float, str]]:
        """Return each tick's share and how it is written."""
        names = self.names or [self._write(tick) for tick in self.ticks]
        return [
            (self.share(tick), name)
            for tick, name in zip(self.ticks, names, strict=True)
        ]

    def _write(self, tick: float) -> str:
        if self.log:
            return f"$10^{{{round(math.log10(tick))}}}$"
        return f"${tick:g}$"


# A curve is known by its dash as well as by its colour.
SERIES = (
    (style.BLUE, None),
    (style.VERMILLION, style.DASH),
    (style.INK, style.DOTS),
    (style.MUTED, style.DASH_DOT),
)


class Plot:
    """A rectangle of a diagram that has two axes.

    left and bottom leave room for the ticks: about 60 and 56 units.
    """

    def __init__(
        self,
        d: Diagram,
        x: Axis,
        y: Axis,
        *,
        left: float = 64,
        right: float = style.WIDTH - 20,
        top: float,
        bottom: float,
    ) -> None:
        self.d, self.x, self.y = d, x, y
        self.left, self.right = left, right
        self.top, self.bottom = top, bottom
        d.line((left, top), (left, bottom), (right, bottom), width=style.THIN)
        for share, name in x.marks():
            at = left + share * (right - left)
            d.line((at, bottom), (at, bottom + 5), width=style.THIN)
            d.label(at, bottom + 17, name, size=style.SMALL)
        for share, name in y.marks():
            at = bottom - share * (bottom - top)
            d.line((left - 5, at), (left, at), width=style.THIN)
            d.label(left - 9, at, name, size=style.SMALL, anchor="end")
        d.label((left + right) / 2, bottom + 42, x.label, size=style.SMALL)
        # Above the axis, not along it: a phone is not turned to read it.
        d.label(left - 50, top - 22, y.label, size=style.SMALL, anchor="start")

    def at(self, x: float, y: float) -> Point:
        """Where the point (x, y) of the data lies in the diagram."""
        return (
            self.left + self.x.share(x) * (self.right - self.left),
            self.bottom - self.y.share(y) * (self.bottom - self.top),
        )

    def curve(
        self, xs: Sequence[float], ys: Sequence[float], series: int = 0
    ) -> None:
        """Draw a line through the points in the look of SERIES[series].

        Raises ValueError when a point lies outside the axes.
        """
        color, dash = SERIES[series]
        points = [self.at(x, y) for x, y in zip(xs, ys, strict=True)]
        self._inside(points)
        self.d.elements.append(
            svg.Path(
                d=[
                    (svg.L if place else svg.M)(*_numbers([point]))
                    for place, point in enumerate(points)
                ],
                fill="none",
                stroke=color,
                stroke_width=style.STROKE,
                stroke_linejoin="round",
                stroke_dasharray=dash,
            )
        )

    def dots(
        self, xs: Sequence[float], ys: Sequence[float], series: int = 0
    ) -> None:
        """Mark the points; curve checks the same, see there."""
        points = [self.at(x, y) for x, y in zip(xs, ys, strict=True)]
        self._inside(points)
        for x, y in points:
            self.d.dot(x, y, SERIES[series][0])

    def level(self, value: float, series: int = 3) -> None:
        """Draw a line across the plot at one height."""
        self.curve([self.x.low, self.x.high], [value, value], series)

    def name(
        self,
        x: float,
        y: float,
        markup: str,
        series: int = 0,
        *,
        dx: float = 0,
        dy: float = 0,
        anchor: str = "start",
    ) -> None:
        """Write a curve's name beside its point (x, y), in its colour."""
        px, py = self.at(x, y)
        self.d.label(
            px + dx,
            py + dy,
            markup,
            size=style.SMALL,
            anchor=anchor,
            color=SERIES[series][0],
        )

    def _inside(self, points: Sequence[Point]) -> None:
        for x, y in points:
            if not (
                self.left - 0.01 <= x <= self.right + 0.01
                and self.top - 0.01 <= y <= self.bottom + 0.01
            ):
                raise ValueError(f"a point lies outside the plot: {x}, {y}")


def heat_map(
    d: Diagram,
    left: float,
    top: float,
    values: Sequence[Sequence[float]],
    *,
    cell: tuple[float, float],
    low: float,
    high: float,
    ramp: Sequence[str] = style.RAMP,
    digits: int | None = None,
) -> Shape:
    """Draw a matrix as cells whose shade is the value.

    low has the first shade of the ramp, high its last. With digits each
    cell also holds its number. Raises ValueError for a value outside.
    """
    width, height = cell
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if not low <= value <= high:
                raise ValueError(f"{value} lies outside {low}..{high}")
            share = (value - low) / (high - low)
            x, y = left + column * width, top + row * height
            d.elements.append(
                svg.Rect(
                    x=_number(x),
                    y=_number(y),
                    width=_number(width),
                    height=_number(height),
                    fill=ramp[min(int(share * len(ramp)), len(ramp) - 1)],
                )
            )
            if digits is not None:
                d.label(
                    x + width / 2,
                    y + height / 2,
                    f"${value:.{digits}f}$",
                    size=style.SMALL,
                )
    columns, rows = len(values[0]), len(values)
    shape = Shape(
        left + columns * width / 2,
        top + rows * height / 2,
        columns * width,
        rows * height,
    )
    corners = [
        (left, top),
        (left + shape.width, top),
        (left + shape.width, top + shape.height),
        (left, top + shape.height),
        (left, top),
    ]
    d.line(*corners, width=style.THIN)
    return shape
