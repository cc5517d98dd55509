"""Self-attention, its masks and its heads: nlpnotes/attention.py."""

import numpy as np

from figures import style
from figures.chart import Axis, Plot, heat_map
from figures.diagram import Diagram, Shape
from figures.experiments import result
from nlpnotes.attention import scaled_dot_product_attention


def beside(d: Diagram, shape: Shape, *lines: str) -> None:
    """Name a matrix and its shape on its right."""
    d.lines(shape.right[0] + 10, shape.y, *lines, anchor="start")


def self_attention() -> str:
    d = Diagram(
        690,
        "自注意力的计算",
        "同一个 X 乘三个权重矩阵，得到 Q、K、V。"
        "Q 乘 K 的转置，除以根号 d_k，加掩码，按行做 softmax，得到权重 A。"
        "A 乘 V 得到输出。每个矩阵旁边写着它的形状。",
    )
    n, row = 4, 1
    q, k, v = 75, 225, 375
    left = (q + k) / 2

    X = d.matrix(k, 630, n, 7, row=row)
    beside(d, X, "$X$", '$n × d_{"model"}$')
    fork = d.dot(k, 586)
    d.line(X.top, fork)
    columns = [(q, "Q", "k", row), (k, "K", "k", None), (v, "V", "v", None)]
    matrices = {}
    for x, name, size, chosen in columns:
        shape = f'$d_{{"model"}} × d_{size}$'
        weight = d.box(
            x, 536, 116, 56, f"$W^{name}$", shape, fill=style.WEIGHT, radius=0
        )
        bend = [] if x == k else [(x, fork[1])]
        d.arrow(fork, *bend, weight.bottom)
        matrix = d.matrix(x, 466, n, 3, row=chosen)
        d.arrow(weight.top, matrix.bottom)
        beside(d, matrix, f"${name}$", f"$n × d_{size}$")
        matrices[name] = matrix

    product = d.box(
        left, 398, q + k - 34, 36, "$QK^⊤ / √d_k$", fill=style.FUNCTION
    )
    d.arrow(matrices["Q"].top, product.bottom_at(q))
    d.arrow(matrices["K"].top, product.bottom_at(k))
    S = d.matrix(left, 334, n, n, row=row)
    d.arrow(product.top, S.bottom)
    beside(d, S, "分数", "$n × n$")
    mask = d.box(left, 276, 140, 34, "加掩码（可选）", fill=style.FUNCTION)
    d.arrow(S.top, mask.bottom)
    softmax = d.box(
        left, 226, 140, 34, '按行 $"softmax"$', fill=style.FUNCTION
    )
    d.arrow(mask.top, softmax.bottom)
    A = d.matrix(left, 168, n, n, row=row)
    d.arrow(softmax.top, A.bottom)
    beside(d, A, "权重 $A$", "$n × n$")

    middle = (left + v) / 2
    mix = d.box(middle, 102, v - left + 116, 36, "$AV$", fill=style.FUNCTION)
    d.arrow(A.top, mix.bottom_at(left))
    d.arrow(matrices["V"].top, mix.bottom_at(v))
    output = d.matrix(middle, 36, n, 3, row=row)
    d.arrow(mix.top, output.bottom)
    beside(d, output, "输出", "$n × d_v$")
    d.label(
        style.WIDTH / 2,
        674,
        "突出的行属于同一个位置：它的查询、分数、权重和输出",
        size=style.SMALL,
        color=style.MUTED,
    )
    return str(d)


TOKENS = ["我", "爱", "读", "书", "P", "P"]
LENGTH = 4
CELL = 26


def may_attend(query: int, key: int, padding: bool, causal: bool) -> bool:
    """True where the query may look at the key."""
    return not (padding and key >= LENGTH) and not (causal and key > query)


def mark(d: Diagram, x: float, y: float, allowed: bool) -> None:
    """Draw one cell: tinted with a dot, or empty with a cross."""
    d.box(x, y, CELL, CELL, fill=style.GATE if allowed else "none", radius=0)
    if allowed:
        d.dot(x, y)
    else:
        arm = 4
        for slope in (1, -1):
            d.line(
                (x - arm, y - slope * arm),
                (x + arm, y + slope * arm),
                color=style.MUTED,
            )


def grid(
    d: Diagram, x: float, y: float, title: str, *, padding: bool, causal: bool
) -> None:
    """Draw one mask, its first cell at (x, y)."""
    n = len(TOKENS)
    d.label(x + (n - 1) / 2 * CELL, y - 54, title)
    for place, token in enumerate(TOKENS):
        d.label(x + place * CELL, y - 26, token)
        d.label(x - 26, y + place * CELL, token)
    for query in range(n):
        for key in range(n):
            allowed = may_attend(query, key, padding, causal)
            mark(d, x + key * CELL, y + query * CELL, allowed)


def masks() -> str:
    d = Diagram(
        500,
        "填充掩码、因果掩码和两者同时",
        "三个 6 行 6 列的网格，行是查询，列是键，最后两个词元是填充。"
        "填充掩码挡住最后两列，因果掩码挡住对角线右上方，两者同时取与。",
    )
    left, right, top, bottom = 62, 304, 76, 336
    grid(d, left, top, "填充掩码", padding=True, causal=False)
    grid(d, right, top, "因果掩码", padding=False, causal=True)
    grid(d, left, bottom, "两者同时（取与）", padding=True, causal=True)
    x = right - 26
    mark(d, x, bottom + 13, True)
    mark(d, x, bottom + 53, False)
    d.label(x + 24, bottom + 13, "可以看", anchor="start")
    d.label(x + 24, bottom + 53, "被挡住", anchor="start")
    d.label(x - 13, bottom + 93, "行是查询，列是键", anchor="start")
    d.label(x - 13, bottom + 121, "P 是填充", anchor="start")
    return str(d)


def multi_head() -> str:
    d = Diagram(
        678,
        "多头注意力",
        "X 用各个头自己的权重矩阵投影成 h 组较窄的 Q、K、V。"
        "每个头各自做缩放点积注意力，h 个结果拼接起来，再乘 W^O。",
    )
    n, center, gap = 4, style.WIDTH / 2, 321
    small = {"size": style.SMALL}
    X = d.matrix(center, 582, n, 8)
    beside(d, X, "$X$", '$n × d_{"model"}$')
    fork = d.dot(center, 540)
    d.line(X.top, fork)

    concat = d.box(
        center, 220, 440, 38, '拼接 $"Concat"$', fill=style.FUNCTION
    )
    for x, i in [(78, "1"), (center, "2"), (402, "h")]:
        weight = d.box(
            x,
            488,
            116,
            52,
            f"$W_{i}^Q, W_{i}^K, W_{i}^V$",
            '各 $d_{"model"} × d_k$',
            fill=style.WEIGHT,
            radius=0,
            **small,
        )
        bend = [] if x == center else [(x, fork[1])]
        d.arrow(fork, *bend, weight.bottom)
        attend = d.box(
            x, 376, 116, 52, "缩放点积", "注意力", fill=style.FUNCTION, **small
        )
        for aside, name in [(-40, "Q"), (0, "K"), (40, "V")]:
            d.arrow(weight.top_at(x + aside), attend.bottom_at(x + aside))
            name = f"${name}_{i}$"
            d.label(x + aside + 5, 436, name, anchor="start", **small)
        head = d.matrix(x, 300, n, 2)
        d.arrow(attend.top, head.bottom)
        d.arrow(head.top, concat.bottom_at(x))
        beside(d, head, f'$"head"_{i}$', "$n × d_v$")
    for x, y in [(gap, 488), (gap, 376), (gap + 20, 300)]:
        d.label(x, y, "…")

    weight = d.box(
        center,
        128,
        132,
        56,
        "$W^O$",
        '$h d_v × d_{"model"}$',
        fill=style.WEIGHT,
        radius=0,
    )
    d.arrow(concat.top, weight.bottom)
    d.label(center + 12, 177, "$n × h d_v$", anchor="start")
    output = d.matrix(center, 52, n, 8)
    d.arrow(weight.top, output.bottom)
    beside(d, output, "输出", '$n × d_{"model"}$')
    d.lines(
        center,
        648,
        "每个 $Q_i$、$K_i$、$V_i$ 都是 $n × d_k$",
        '$d_k = d_v = d_{"model"} / h$，例如 $512 / 8 = 64$',
        size=style.SMALL,
        color=style.MUTED,
    )
    return str(d)


def saturation() -> str:
    found = result("attention_saturation")
    widths = found["widths"]
    d = Diagram(
        320,
        "最大的注意力权重和 d_k",
        "横轴是 d_k，从 1 到 1024；纵轴是 16 个键里最大的权重，平均值。"
        "除以根号 d_k 时一直在 0.21 到 0.25 之间；"
        "不除，从 0.21 一路升到 0.96。",
    )
    plot = Plot(
        d,
        Axis(
            "$d_k$",
            1,
            1024,
            widths,
            names=[f"${width}$" for width in widths],
            log=True,
        ),
        Axis("最大的权重", 0, 1, [0, 0.25, 0.5, 0.75, 1]),
        top=54,
        bottom=250,
    )
    for series, name in enumerate(("scaled", "unscaled")):
        largest = found[name]["largest"]
        plot.curve(widths, largest, series)
        plot.dots(widths, largest, series)
    plot.name(64, 0.25, "除以 $√d_k$", 0, dy=-16, anchor="middle")
    plot.name(16, 0.68, "不除", 1, dx=-12, dy=-8, anchor="end")
    return str(d)


def heat_maps() -> str:
    d = Diagram(
        414,
        "除以根号 d_k 和不除的注意力权重",
        "六张 6 行 6 列的热图，行是查询，列是键，颜色越深权重越大。"
        "上面一排不除以根号 d_k：d_k 从 4 到 1024，"
        "每行渐渐只剩一个深色格。下面一排除以根号 d_k，三张深浅相近。",
    )
    n, cell, gap = 6, 21, 20
    for column, d_k in enumerate((4, 64, 1024)):
        rng = np.random.default_rng(3)
        Q, K = rng.normal(size=(2, n, d_k))
        left = 32 + column * (n * cell + gap)
        d.label(left + n * cell / 2, 58, f"$d_k = {d_k}$", size=style.SMALL)
        for top, scale in ((76, 1), (250, None)):
            _, weights = scaled_dot_product_attention(Q, K, K, scale=scale)
            heat_map(d, left, top, weights, cell=(cell, cell), low=0, high=1)
    d.label(style.WIDTH / 2, 24, "不除：$d_k$ 越大越集中")
    d.label(style.WIDTH / 2, 230, "除以 $√d_k$：深浅不随 $d_k$ 变")
    d.label(
        style.WIDTH / 2,
        398,
        "行是查询，列是键，白是 0，深是 1",
        size=style.SMALL,
        color=style.MUTED,
    )
    return str(d)


FIGURES = {
    "attention-heat-maps": heat_maps,
    "attention-masks": masks,
    "attention-multi-head": multi_head,
    "attention-saturation": saturation,
    "attention-self": self_attention,
}
