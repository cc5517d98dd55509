"""The whole Transformer: nlpnotes/transformer.py."""

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
        "编码器最上层的输出作为键和值，送给解码器每一层的交叉注意力，"
        "查询来自解码器。最后乘词向量表的转置，做 softmax，"
        "得到下一个词的概率。",
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
    d.label(left, 286, '键和值：$m × d_{"model"}$', **muted)

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
        330,
        "倒写六个字母：训练步数和正确率",
        "横轴是训练步数，到 300；纵轴是 200 个新字符串里整串写对的比例。"
        "完整的模型到 150 步超过八成，300 步时 99.5%。"
        "去掉位置编码、训练时去掉因果掩码，两条线都贴着零。",
    )
    plot = Plot(
        d,
        Axis("训练步数", 0, 300, [0, 100, 200, 300]),
        Axis("整串写对的比例", 0, 1, [0, 0.5, 1]),
        top=54,
        bottom=256,
    )
    for series, variant in enumerate(("whole", "no-positions", "no-mask")):
        plot.curve(found["steps"], found[variant]["exact"], series)
    plot.name(100, 0.6, "完整的模型", 0, dx=10, anchor="end")
    plot.name(300, 0.2, "没有位置编码", 1, anchor="end")
    plot.name(300, 0.09, "训练时没有因果掩码", 2, anchor="end")
    return str(d)


def cross_attention() -> str:
    weights = result("transformer_reverse")["weights"]
    source, written = "ABCDEF", "FEDCBA"
    d = Diagram(
        424,
        "倒写字母时的交叉注意力权重",
        "七行六列的热图，列是源串 A 到 F，行是写出的 F 到 A 和结束符。"
        "大的权重排成从右上到左下的一条线：写 F 看 F，写 E 看 E，"
        "一直到写 A 看 A。",
    )
    left, top, cell = 112, 66, 54
    heat_map(
        d,
        left,
        top,
        weights,
        cell=(cell, 44),
        low=0,
        high=1,
        digits=2,
    )
    for place, letter in enumerate(source):
        d.label(left + (place + 0.5) * cell, top - 16, letter)
    for place, letter in enumerate([*written, "结束"]):
        d.label(left - 14, top + (place + 0.5) * 44, letter, anchor="end")
    d.label(left + 3 * cell, top - 46, "源串里的字母（键）", size=style.SMALL)
    d.label(
        style.WIDTH / 2,
        404,
        "每行是写这个字母时的权重，加起来是 1",
        size=style.SMALL,
        color=style.MUTED,
    )
    return str(d)


FIGURES = {
    "transformer-architecture": architecture,
    "transformer-cross-attention": cross_attention,
    "transformer-learning": learning,
}
