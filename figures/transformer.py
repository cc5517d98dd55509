"""The whole Transformer: nlpnotes/transformer.py."""

import numpy as np

from figures import style
from figures.chart import Axis, Plot, heat_map
from figures.diagram import Diagram, Shape
from figures.experiments import result

BOX, TALL, LOW = 158, 48, 32
SIDE = 18


def sub_layer(
    d: Diagram, x: float, y: float, side: int, *lines: str, fill: str
) -> tuple[Shape, Shape]:
    """Draw a box, the sum with its own input above it, LayerNorm.

    side is -1 where the residual path runs on the left, 1 on the right.
    """
    box = d.box(x, y, BOX, TALL, *lines, fill=fill, size=style.SMALL)
    norm = d.box(
        x,
        y - 58,
        BOX,
        LOW,
        "相加，LayerNorm",
        fill=style.FUNCTION,
        size=style.SMALL,
    )
    d.arrow(box.top, norm.bottom)
    fork = d.dot(x, y + TALL / 2 + 14)
    d.arrow(fork, box.bottom)
    away = x + side * (BOX / 2 + SIDE)
    edge = norm.left if side < 0 else norm.right
    d.arrow(fork, (away, fork[1]), (away, norm.y), edge)
    return box, norm


def architecture() -> str:
    d = Diagram(
        704,
        "Transformer 的结构",
        "左边是编码器，右边是解码器，从下往上算。"
        "编码器每层是自注意力和前馈网络；解码器每层是因果自注意力、"
        "交叉注意力和前馈网络，每个子层外面都有残差和 LayerNorm。"
        "编码器最上层的输出 M 送给解码器每一层的交叉注意力，"
        "在那里变成键和值，查询来自解码器。"
        "最后乘词向量表的转置，做 softmax，得到下一个词的概率。",
    )
    left, right = 116, 364
    small = {"size": style.SMALL}
    muted = {"size": style.SMALL, "color": style.MUTED}
    d.frame(left, 457, 218, 264, "编码器，$N$ 层")
    d.frame(right, 396, 218, 386, "解码器，$N$ 层")

    inputs = []
    for x, text in ((left, "源句，$m$ 个词"), (right, "已有的译文，$n$ 个词")):
        d.label(x, 688, text, **small)
        table = d.box(
            x,
            634,
            BOX,
            TALL,
            '$√d_{"model"}$ × 词向量',
            "加位置编码",
            fill=style.WEIGHT,
            **small,
        )
        d.arrow((x, 676), table.bottom)
        inputs.append(table)

    own, norm = sub_layer(
        d, left, 542, -1, "自注意力", "$m × m$，全看", fill=style.GATE
    )
    d.line(inputs[0].top, (left, own.bottom[1] + 14))
    network, top = sub_layer(
        d, left, 426, -1, "前馈网络", "每个位置各算各的", fill=style.GATE
    )
    d.line(norm.top, (left, network.bottom[1] + 14))

    own, norm = sub_layer(
        d, right, 542, 1, "因果自注意力", "$n × n$，只看过去", fill=style.GATE
    )
    d.line(inputs[1].top, (right, own.bottom[1] + 14))
    cross, second = sub_layer(
        d, right, 426, 1, "交叉注意力", "$n × m$，查询看源句", fill=style.GATE
    )
    d.line(norm.top, (right, cross.bottom[1] + 14))
    network, third = sub_layer(
        d, right, 310, 1, "前馈网络", "每个位置各算各的", fill=style.GATE
    )
    d.line(second.top, (right, network.bottom[1] + 14))

    # The encoder's output turns round its frame into the cross-attention.
    between = (left + right) / 2
    d.arrow(
        top.top, (left, 304), (between, 304), (between, cross.y), cross.left
    )
    d.label(left, 286, '$M$：$m × d_{"model"}$', **muted)

    scores = d.box(
        right, 128, BOX, LOW, "乘词向量表的转置", fill=style.WEIGHT, **small
    )
    d.arrow(third.top, scores.bottom)
    d.label(right + 10, 165, '$n × d_{"model"}$', anchor="start", **muted)
    softmax = d.pill(right, 74, BOX, LOW, '$"softmax"$')
    d.arrow(scores.top, softmax.bottom)
    d.label(right + 10, 102, "$n × |V|$", anchor="start", **muted)
    d.arrow(softmax.top, (right, 34))
    d.label(right, 20, "每个位置的下一个词", **small)
    return str(d)


def learning() -> str:
    found = result("transformer_reverse")
    d = Diagram(
        610,
        "倒写六个字母：正确率和损失随训练步数的变化",
        "两幅图，横轴都是训练步数，到 200，每样画三个种子。"
        "上图的纵轴是 200 个新字符串里整串写对的比例："
        "完整的模型在 75 步以后很快升到接近 1，"
        "编码器没有位置编码的一直是零。"
        "下图的编码器看的是不相干的字符串，纵轴是损失："
        "有因果掩码的停在 2.13 上面一点，没有的降到接近零。",
    )
    steps = Axis("训练步数", 0, 200, [0, 50, 100, 150, 200])
    share = Plot(
        d, steps, Axis("整串写对的比例", 0, 1, [0, 0.5, 1]), top=54, bottom=216
    )
    guess = Plot(
        d,
        steps,
        Axis("损失，编码器看不相干的串", 0, 3, [0, 1, 2, 3]),
        top=352,
        bottom=534,
    )
    for plot, measured, variants in (
        (share, "exact", ("whole", "no-positions")),
        (guess, "loss", ("unrelated", "unrelated-no-mask")),
    ):
        for series, variant in enumerate(variants):
            for of_seed in found[variant]:
                plot.curve(found["steps"], of_seed[measured], series)
    share.name(95, 0.66, "完整的模型", 0, anchor="end")
    share.name(200, 0.1, "编码器没有位置编码", 1, anchor="end")
    guess.name(200, 2.42, "有因果掩码", 0, anchor="end")
    guess.name(200, 0.42, "没有因果掩码", 1, anchor="end")
    return str(d)


def cross_attention() -> str:
    weights = np.mean(result("transformer_reverse")["weights"], axis=0)
    d = Diagram(
        424,
        "倒写字母时的交叉注意力权重",
        "七行六列的热图，列是源串的第 1 到第 6 个字母，"
        "行是写出的第 1 到第 6 个字母和结束符。"
        "大的权重排成从右上到左下的一条线：写第 1 个看第 6 个，"
        "写第 2 个看第 5 个，一直到写第 6 个看第 1 个。",
    )
    left, top, cell = 112, 66, 54
    heat_map(
        d,
        left,
        top,
        weights.tolist(),
        cell=(cell, 44),
        low=0,
        high=1,
        digits=2,
    )
    for place in range(6):
        d.label(left + (place + 0.5) * cell, top - 16, f"${place + 1}$")
    rows = [f"写第 ${place + 1}$ 个" for place in range(6)]
    for place, row in enumerate([*rows, "写结束符"]):
        d.label(
            left - 12,
            top + (place + 0.5) * 44,
            row,
            size=style.SMALL,
            anchor="end",
        )
    d.label(
        left + 3 * cell, top - 46, "源串的第几个字母（键）", size=style.SMALL
    )
    d.label(
        style.WIDTH / 2,
        404,
        "每行加起来是 1",
        size=style.SMALL,
        color=style.MUTED,
    )
    return str(d)


FIGURES = {
    "transformer-architecture": architecture,
    "transformer-cross-attention": cross_attention,
    "transformer-learning": learning,
}
