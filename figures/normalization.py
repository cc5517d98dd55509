"""What is normalized together, and what it does to the gradients."""

from figures import style
from figures.chart import Axis, Plot
from figures.diagram import Diagram
from figures.experiments import result


def axes() -> str:
    d = Diagram(
        300,
        "LayerNorm 和 BatchNorm 各自对哪些数求均值和方差",
        "两个同样的表，每行是一个词，六个词分属两句话，每列是一个特征。"
        "LayerNorm 圈出一行：一个词自己的全部特征。"
        "BatchNorm 圈出一列：所有词的同一个特征。",
    )
    cell, rows, columns = 24, 6, 5
    width, height = columns * cell, rows * cell
    middle = 150
    for x, name, what in (
        (125, "LayerNorm", "每个词算自己的"),
        (375, "BatchNorm", "每个特征算整批的"),
    ):
        layer = name == "LayerNorm"
        d.label(x, 24, name)
        d.matrix(x, middle, rows, columns, row=1 if layer else None, cell=cell)
        if not layer:
            left = x - width / 2 + 1.5 * cell
            d.box(left, middle, cell, height, fill=style.CHOSEN, radius=0)
            for place in range(1, rows):
                y = middle - height / 2 + place * cell
                d.line(
                    (left - cell / 2, y),
                    (left + cell / 2, y),
                    width=style.THIN,
                )
        d.label(x, middle - height / 2 - 18, "特征 $d$", size=style.SMALL)
        d.label(x, middle + height / 2 + 22, what, size=style.SMALL)
        edge = x - width / 2 - 8
        for y, sentence in ((-1.5, "句 1"), (1.5, "句 2")):
            d.label(
                edge,
                middle + y * cell,
                sentence,
                size=style.SMALL,
                anchor="end",
            )
    return str(d)


def gradients() -> str:
    found = result("normalization_gradients")
    depths = found["depths"]
    d = Diagram(
        320,
        "初始化时最后一层的梯度与层数",
        "横轴是层数 2、4、8、16，纵轴是最后一层前馈网络 W_2 的梯度的范数。"
        "Post-LN 不下降，在 1.3 到 1.6 之间；Pre-LN 从 1.01 降到 0.42，"
        "层数越多，越贴近按层数的平方根反比下降的参考线。",
    )
    plot = Plot(
        d,
        Axis(
            "层数 $L$",
            2,
            16,
            depths,
            names=[f"${depth}$" for depth in depths],
            log=True,
        ),
        Axis("最后一层 $W_2$ 的梯度范数", 0, 2, [0, 0.5, 1, 1.5, 2]),
        top=54,
        bottom=250,
    )
    end = found["pre"][-1] * depths[-1] ** 0.5
    plot.curve(depths, [end / depth**0.5 for depth in depths], 2)
    for series, name in enumerate(("post", "pre")):
        plot.curve(depths, found[name], series)
        plot.dots(depths, found[name], series)
    plot.name(4, found["post"][1], "Post-LN", 0, dy=-16, anchor="middle")
    plot.name(4, 0.6, "Pre-LN", 1, anchor="middle")
    plot.name(2.9, 1.0, "$1/√L$", 2, dx=8, dy=-14)
    return str(d)


FIGURES = {
    "normalization-axes": axes,
    "normalization-gradients": gradients,
}
