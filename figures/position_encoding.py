"""The figures of the page on position encodings."""

import numpy as np

from figures import style
from figures.chart import Axis, Plot, heat_map
from figures.diagram import Diagram, Point
from nlpnotes.position_encoding import (
    linear_biases,
    relative_buckets,
    sinusoidal_positions,
)


def table() -> str:
    """Draw the sinusoidal table: a row is a position."""
    d = Diagram(
        420,
        "正弦位置编码的表",
        "24 个位置、32 列的正弦位置编码，颜色从 −1 到 1。"
        "左边的列一行一变，越往右变得越慢，最右边几列几乎不变。",
    )
    positions, columns = 24, 32
    left, top, width, height = 60, 50, 12, 13
    heat_map(
        d,
        left,
        top,
        sinusoidal_positions(positions, columns).tolist(),
        cell=(width, height),
        low=-1,
        high=1,
    )
    d.label(left, 24, "位置", anchor="end")
    for p in (0, 5, 10, 15, 20):
        d.label(left - 8, top + (p + 0.5) * height, f"${p}$", anchor="end")
    bottom = top + positions * height
    for c in (0, 8, 16, 24, 31):
        d.label(left + (c + 0.5) * width, bottom + 16, f"${c}$")
    d.label(left + columns * width / 2, bottom + 42, "列")
    return str(d)


def distance() -> str:
    """Draw the dot product of two encodings by their distance."""
    d = Diagram(
        390,
        "两个位置编码的点积",
        "横轴是距离 0 到 100，纵轴是点积除以距离为 0 时的值。"
        "两条曲线都从 1 开始。512 维的看上去一路下降；"
        "16 维的起伏很大，距离 28 处降到 0.23，57 处又升到 0.75。",
    )
    plot = Plot(
        d,
        Axis("距离", 0, 100, [0, 20, 40, 60, 80, 100]),
        Axis(
            "点积（距离 0 处为 1）", -0.25, 1, [-0.25, 0, 0.25, 0.5, 0.75, 1]
        ),
        top=60,
        bottom=322,
    )
    for series, d_model in enumerate((512, 16)):
        rows = sinusoidal_positions(101, d_model)
        products = rows @ rows[0] / (d_model / 2)
        plot.curve(range(101), products.tolist(), series)
    plot.name(2, 0.97, "512 维", 0, dx=12, dy=-6)
    plot.name(60, 0.2, "16 维", 1)
    return str(d)


def relative() -> str:
    """Draw into which step a distance falls in Shaw's and T5's methods."""
    d = Diagram(
        390,
        "距离怎样分段",
        "横轴是键比查询早几个位置，0 到 140，纵轴是第几段，从 0 数起。"
        "Shaw 的线一格一级升到 16，以后是平的；T5 的线先一格一级升到 8，"
        "以后台阶越来越宽，从 91 起是平的。",
    )
    plot = Plot(
        d,
        Axis("键比查询早几个位置", 0, 140, [0, 16, 32, 64, 91, 140]),
        Axis("第几段", 0, 18, [0, 4, 8, 12, 16]),
        top=60,
        bottom=322,
    )
    behind = np.arange(141)
    clipped = np.minimum(behind, 16)
    for series, number in enumerate((clipped, relative_buckets(-behind))):
        # Both ends of each step, so that a step is level and then upright.
        xs = np.repeat(behind, 2)[1:]
        plot.curve(xs.tolist(), np.repeat(number, 2)[:-1].tolist(), series)
    plot.name(24, 17, "Shaw，截断到 16", 0)
    plot.name(54, 10.8, "T5，同一方向 16 段", 1)
    return str(d)


def rotation() -> str:
    """Draw a query and a key, turned, at two pairs of positions."""
    d = Diagram(
        278,
        "一起挪，夹角不变",
        "两幅图，每幅有查询和键两个箭头。左边查询在位置 2，键在位置 0；"
        "右边查询在位置 5，键在位置 3。每走一个位置转 25 度。"
        "两个箭头都转到了别处，夹角都是 110 度。",
    )
    # Before turning the query points to 70 degrees, the key to 10.
    step, radius, y = 25, 88, 156

    def point(x: float, degrees: float, length: float = 1) -> Point:
        angle = np.radians(degrees)
        length *= radius
        return x + length * np.cos(angle), y - length * np.sin(angle)

    for x, i, j in ((120, 2, 0), (360, 5, 3)):
        query, key = 70 + i * step, 10 + j * step
        ends = [
            (query, "*q*", i, style.BLUE, False),
            (key, "*k*", j, style.VERMILLION, True),
        ]
        for degrees, letter, place, color, dashed in ends:
            d.arrow((x, y), point(x, degrees), color=color, dashed=dashed)
            at = point(x, degrees, 1.24)
            d.label(*at, f"$R_{place}{letter}$", color=color)
        arc = [point(x, a, 0.3) for a in range(key, query + 1, 5)]
        d.line(*arc, width=style.THIN)
        d.label(*point(x, (query + key) / 2, 0.56), f"${query - key}$°")
        d.label(x, 252, f"$i = {i}$，$j = {j}$")
    return str(d)


def linear() -> str:
    """Draw how much a key weighs under ALiBi, by its distance."""
    d = Diagram(
        390,
        "ALiBi 的斜率决定看多远",
        "横轴是距离 0 到 64，纵轴是内容分数相同时的权重比，距离 0 处为 1。"
        "斜率 1/2 的头到距离 10 就几乎为 0，斜率 1/32 的头在 64 处还有 0.14，"
        "斜率 1/256 的头在 64 处还有 0.78。",
    )
    plot = Plot(
        d,
        Axis("距离", 0, 64, [0, 16, 32, 48, 64]),
        Axis("权重比（距离 0 处为 1）", 0, 1, [0, 0.25, 0.5, 0.75, 1]),
        top=60,
        bottom=322,
    )
    weights = np.exp(linear_biases(8, 65)[:, -1, ::-1])
    for series, head in enumerate((0, 2, 4, 7)):
        plot.curve(range(65), weights[head].tolist(), series)
    plot.name(3.2, 0.26, "$1/2$", 0)
    plot.name(10, 0.35, "$1/8$", 1)
    plot.name(34, 0.4, "$1/32$", 2)
    plot.name(44, 0.92, "$1/256$", 3)
    return str(d)


FIGURES = {
    "position-encoding-table": table,
    "position-encoding-distance": distance,
    "position-encoding-relative": relative,
    "position-encoding-rotation": rotation,
    "position-encoding-alibi": linear,
}
