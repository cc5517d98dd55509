"""The learning rate by step, and the loss that smoothed labels leave."""

import numpy as np

from figures import style
from figures.chart import Axis, Plot
from figures.diagram import Diagram
from nlpnotes.training import cross_entropy, noam_rate

# d_model and warm-up, and where the name of the curve stands.
RATES = [
    (512, 4000, (5000, 7.3), "start"),
    (512, 8000, (9000, 5.5), "start"),
    (1024, 4000, (15_500, 1.6), "middle"),
]
CLASSES = 5
SMOOTHED = [(0.3, (8, 2.02)), (0.1, (8, 0.82)), (0.0, (8, 0.13))]


def noam() -> str:
    d = Diagram(
        340,
        "三组设置的学习率随步数的变化",
        "横轴是步数 0 到 20000，纵轴是学习率，单位是万分之一。"
        "宽度 512、预热 4000 步：直线升到 7.0，再按平方根倒数降。"
        "宽度 512、预热 8000 步：斜率是它的 0.35 倍，"
        "峰值 4.9，此后和第一条重合。"
        "宽度 1024、预热 4000 步：峰值也是 4.9，处处是第一条的 0.71 倍。",
    )
    plot = Plot(
        d,
        Axis(
            "步数 $s$",
            0,
            20_000,
            [0, 4000, 8000, 12_000, 16_000, 20_000],
        ),
        Axis("学习率（单位 $10^{-4}$）", 0, 8, [0, 2, 4, 6, 8]),
        right=style.WIDTH - 30,
        top=54,
        bottom=270,
    )
    steps = np.arange(50, 20_001, 50)
    for series, (d_model, warmup, at, anchor) in enumerate(RATES):
        rates = 1e4 * noam_rate(steps, d_model, warmup)
        plot.curve([0, *steps], [0, *rates], series)
        peak = float(1e4 * noam_rate(warmup, d_model, warmup))
        plot.dots([warmup], [peak], series)
        plot.name(
            *at,
            f"宽 ${d_model}$，预热 ${warmup}$ 步",
            series,
            anchor=anchor,
        )
    return str(d)


def loss(gap: float, epsilon: float) -> float:
    """The loss when the right class leads all others by the gap."""
    logits = np.zeros((1, CLASSES))
    logits[0, 0] = gap
    return cross_entropy(logits, np.array([0]), epsilon=epsilon)[0]


def smoothing() -> str:
    d = Diagram(
        340,
        "五类的交叉熵损失与正确类领先的分数",
        "横轴是正确类的分数比别的类高多少，从 0 到 8；纵轴是损失。"
        "不平滑的曲线一直下降，贴近零，没有最低点。"
        "平滑 0.1 的曲线在 3.83 处最低，损失 0.39，此后上升；"
        "平滑 0.3 的在 2.54 处最低，损失 0.88。",
    )
    plot = Plot(
        d,
        Axis("正确类比别的类高出的分数", 0, 8, [0, 2, 4, 6, 8]),
        Axis("损失", 0, 2.5, [0, 0.5, 1, 1.5, 2, 2.5]),
        top=54,
        bottom=270,
    )
    gaps = np.linspace(0, 8, 161)
    for series, (epsilon, at) in enumerate(reversed(SMOOTHED)):
        plot.curve(gaps, [loss(gap, epsilon) for gap in gaps], series)
        if epsilon:
            best = float(np.log(1 + CLASSES * (1 - epsilon) / epsilon))
            plot.dots([best], [loss(best, epsilon)], series)
        plot.name(*at, f"$ε = {epsilon:g}$", series, anchor="end")
    return str(d)


FIGURES = {"training-noam": noam, "training-smoothing": smoothing}
