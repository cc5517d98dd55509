"""The lattice, the three models, label bias: nlpnotes/crf.py."""

from itertools import pairwise

import numpy as np

from figures import style
from figures.diagram import Diagram, Point, Shape
from nlpnotes.crf import viterbi

# The example of docs/nlp/sequence/crf.rst, where the numbers are a doctest.
SENTENCE, LABELS = "去北京玩", "BIO"
E = np.array(
    [[0.2, 0.1, 2], [1.4, 1.6, 0.5], [0.7, 1.8, 0.3], [0.3, 0.2, 1.6]]
)
A = np.array([[-1, 1.5, 0], [-1, 0.8, 0.5], [0.5, -2, 0.8]])
START, END = np.array([0.5, -2, 0.5]), np.zeros(3)


def node(
    d: Diagram, x: float, y: float, text: str, fill: str, radius: float = 22
) -> Shape:
    """Draw a circle with text in it."""
    return d.box(x, y, 2 * radius, 2 * radius, text, fill=fill, radius=radius)


def between(one: Shape, other: Shape, gap: float = 0) -> tuple[Point, Point]:
    """Where the line between the middles of two circles leaves them."""
    dx, dy = other.x - one.x, other.y - one.y
    length = (dx**2 + dy**2) ** 0.5
    ux, uy = dx / length, dy / length
    out, into = one.width / 2 + gap, other.width / 2 + gap
    return (
        (one.x + out * ux, one.y + out * uy),
        (other.x - into * ux, other.y - into * uy),
    )


def prefixes() -> np.ndarray:
    """The score (T, K) of the best path that ends at each label."""
    T, K = E.shape
    scores = np.empty((T, K))
    for t in range(T):
        for label in range(K):
            only = np.where(np.arange(K) == label, 0, -np.inf)
            scores[t, label] = viterbi(E[: t + 1], A, START, only)[1]
    return scores


def lattice() -> str:
    best, total = viterbi(E, A, START, END)
    path = "".join(LABELS[label] for label in best)
    d = Diagram(
        404,
        "维特比网格",
        f"句子“{SENTENCE}”的网格，每列一个字，每行一个标签 B、I、O。"
        "圆里是走到这里的最高分，每个圆有一条实线连向它的最优前驱。"
        f"最优路径 {' '.join(path)} 用粗箭头标出，总分 {total:.1f}。",
    )
    delta = prefixes()
    T, K = E.shape
    columns = [96 + 112 * t for t in range(T)]
    rows = [92 + 96 * label for label in range(K)]
    for x, character in zip(columns, SENTENCE, strict=True):
        d.label(x, 34, character)
    for y, label in zip(rows, LABELS, strict=True):
        d.label(34, y, label)
    shapes = []
    for t in range(T):
        shapes.append([])
        for label in range(K):
            chosen = best[t] == label
            fill = style.CHOSEN if chosen else style.DATA
            text = f"{delta[t, label]:.1f}".replace("-", "−")
            shapes[t].append(
                node(d, columns[t], rows[label], text, fill, radius=24)
            )
    for t in range(1, T):
        for label in range(K):
            origin = int((delta[t - 1] + A[:, label]).argmax())
            for before in range(K):
                ends = between(shapes[t - 1][before], shapes[t][label])
                if (before, label) == (best[t - 1], best[t]):
                    d.line(*ends, color=style.BLUE, width=3.5)
                    d.arrow(*ends, color=style.BLUE)
                elif before == origin:
                    d.line(*ends)
                else:
                    d.line(
                        *ends, color=style.MUTED, width=style.THIN, dashed=True
                    )
    y, small = 348, {"size": style.SMALL, "anchor": "start"}
    d.line((40, y), (76, y), color=style.BLUE, width=3.5)
    d.arrow((40, y), (84, y), color=style.BLUE)
    d.label(94, y, f"最优路径，{total:.1f} 分", **small)
    d.line((262, y), (306, y))
    d.label(316, y, "最优前驱", **small)
    d.line(
        (40, y + 32),
        (84, y + 32),
        color=style.MUTED,
        width=style.THIN,
        dashed=True,
    )
    d.label(94, y + 32, "比过，没选上", **small)
    node(d, 284, y + 32, "", style.DATA, radius=9)
    d.label(316, y + 32, "到此的最高分", **small)
    return str(d)


def chain(d: Diagram, top: float, name: str, note: str, *, kind: str) -> None:
    """Draw one model: three labels in a row, their observations below."""
    how = {"anchor": "start", "size": style.SMALL}
    d.label(20, top + 4, name, anchor="start")
    d.label(20, top + 36, "联合概率" if kind == "HMM" else "条件概率", **how)
    d.label(20, top + 62, note, **how)
    labels, inputs = [], []
    for place, index in enumerate(["t-1", "t", "t+1"]):
        x = 206 + 112 * place
        labels.append(
            node(d, x, top, f"$y_{{{index}}}$", style.CANDIDATE, radius=24)
        )
        text = f"$x_{{{index}}}$"
        if kind == "HMM":
            inputs.append(node(d, x, top + 84, text, style.DATA, radius=24))
        else:
            inputs.append(
                d.box(x, top + 84, 48, 40, text, fill="none", radius=0)
            )
    for one, other in pairwise(labels):
        (d.line if kind == "CRF" else d.arrow)(one.right, other.left)
    for label, given in zip(labels, inputs, strict=True):
        if kind == "HMM":
            d.arrow(label.bottom, given.top)
        elif kind == "MEMM":
            d.arrow(given.top, label.bottom)
        else:
            d.line(given.top, label.bottom)


def models() -> str:
    d = Diagram(
        524,
        "HMM、MEMM、CRF 的图",
        "三行图。HMM：标签指向下一个标签，也指向自己的字，字是模型生成的。"
        "MEMM：标签指向下一个标签，字指向标签，字只是条件。"
        "CRF：同样的连线，但没有方向，字只是条件。",
    )
    chain(d, 40, "HMM", "每步归一化", kind="HMM")
    chain(d, 202, "MEMM", "每步归一化", kind="MEMM")
    chain(d, 364, "CRF", "整句归一化", kind="CRF")
    small = {"size": style.SMALL, "anchor": "start", "color": style.MUTED}
    node(d, 32, 500, "", style.DATA, radius=10)
    d.label(54, 500, "模型生成的变量", **small)
    d.box(264, 500, 22, 20, fill="none", radius=0)
    d.label(286, 500, "给定的条件，不生成", **small)
    return str(d)


def label_bias() -> str:
    d = Diagram(
        256,
        "标注偏置：rib 和 rob",
        "从状态 0 出发有两条路：上面 1、2 拼 r、i，下面 4、5 拼 r、o，"
        "最后都到状态 3 拼 b。只有状态 0 有两个出口，概率 0.6 和 0.4；"
        "其余的出口都只有一个，不管看到什么字母，概率都是 1。",
    )
    high, low, middle = 62, 174, 118
    shapes = {
        name: node(d, x, y, name, style.CANDIDATE)
        for name, x, y in [
            ("0", 40, middle),
            ("1", 174, high),
            ("2", 306, high),
            ("4", 174, low),
            ("5", 306, low),
            ("3", 440, middle),
        ]
    }
    for y, path, letters, first, side in [
        (high, "0123", "rib", "0.6", -1),
        (low, "0453", "rob", "0.4", 1),
    ]:
        for one, other in pairwise(path):
            d.arrow(*between(shapes[one], shapes[other], gap=1))
        notes = [
            f"{letters[0]}，{first}",
            f"{letters[1]}，1",
            f"{letters[2]}，1",
        ]
        d.label(90, y - 8 * side, notes[0], size=style.SMALL)
        d.label(240, y + 18 * side, notes[1], size=style.SMALL)
        d.label(390, y - 8 * side, notes[2], size=style.SMALL)
    d.label(
        style.WIDTH / 2,
        236,
        "箭头上：拼出的字母，MEMM 的转移概率",
        size=style.SMALL,
        color=style.MUTED,
    )
    return str(d)


FIGURES = {
    "crf-label-bias": label_bias,
    "crf-lattice": lattice,
    "crf-models": models,
}
