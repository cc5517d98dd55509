"""The cell of the LSTM, nlpnotes/lstm.py, and what it learns to remember."""

from dataclasses import dataclass
from statistics import fmean

from figures import style
from figures.chart import Axis, Plot
from figures.diagram import Diagram, Point, Shape
from figures.experiments import result

LEFT, RIGHT = 64, 420
GATE_SIZE = (60, 52)


@dataclass(frozen=True)
class Grid:
    """Where the parts of a cell stand; figures/gru.py stands on it too."""

    # Rows, from the line of the state down to the name of the input.
    state: float
    product: float
    gates: float
    bus: float
    names: float
    # Columns: how much of the old is kept, how much is written, what is
    # written, how much is shown, and the product that shows it.
    keep: float = 114
    write: float = 186
    content: float = 258
    show: float = 330
    out: float = 386


def enter(d: Diagram, y: float, name: str) -> Point:
    """Name what the previous step sends; return where its line starts."""
    d.label(LEFT - 16, y, name, anchor="end")
    return LEFT - 10, y


def leave(d: Diagram, y: float, name: str) -> Point:
    """Name what goes to the next step; return where its arrow ends."""
    d.label(RIGHT + 22, y, name, anchor="start")
    return RIGHT + 16, y


def name_output(d: Diagram, shape: Shape, name: str) -> None:
    """Write what leaves a shape beside the arrow that goes up from it."""
    d.label(shape.x + 8, shape.top[1] - 14, name, anchor="start")


def draw_lstm(d: Diagram, grid: Grid) -> None:
    """Draw the inside of the cell, and name what goes in and out."""
    # The cell's own line: keep a share, then add.
    keep = d.operator(grid.keep, grid.state, "×")
    add = d.operator(grid.content, grid.state, "+")
    d.arrow(enter(d, grid.state, "$*c*_{t-1}$"), keep.left)
    d.arrow(keep.right, add.left)
    d.arrow(add.right, leave(d, grid.state, "$*c*_t$"))

    def layer(x: float, name: str, function: str, output: str) -> Shape:
        fill = style.GATE if function == "$σ$" else style.CANDIDATE
        shape = d.box(x, grid.gates, *GATE_SIZE, name, function, fill=fill)
        name_output(d, shape, output)
        return shape

    forget = layer(grid.keep, "遗忘门", "$σ$", "$*f*_t$")
    into = layer(grid.write, "输入门", "$σ$", "$*i*_t$")
    content = layer(grid.content, "候选", '$"tanh"$', "$*g*_t$")
    show = layer(grid.show, "输出门", "$σ$", "$*o*_t$")

    # What the four layers read.
    start = enter(d, grid.bus, "$*h*_{t-1}$")
    d.arrow(start, (show.x, grid.bus), show.bottom)
    for shape in (forget, into, content):
        d.arrow(d.dot(shape.x, grid.bus), shape.bottom)
    x_t = (LEFT + grid.keep) / 2
    d.arrow((x_t, grid.names - 16), (x_t, grid.bus))
    d.label(x_t, grid.names, "$*x*_t$")

    # The gates at work.
    write = d.operator(grid.content, grid.product, "×")
    d.arrow(forget.top, keep.bottom)
    d.arrow(into.top, (grid.write, grid.product), write.left)
    d.arrow(content.top, write.bottom)
    d.arrow(write.top, add.bottom)

    # What the cell shows.
    tanh = d.pill(grid.out, grid.product, 52, 28, '$"tanh"$')
    out = d.operator(grid.out, show.top[1] - 30, "×")
    d.arrow(d.dot(grid.out, grid.state), tanh.top)
    d.arrow(tanh.bottom, out.top)
    d.arrow(show.top, (show.x, out.y), out.left)
    d.arrow(out.bottom, (out.x, grid.bus), leave(d, grid.bus, "$*h*_t$"))


def legend(d: Diagram, y: float) -> None:
    """Say what the shapes stand for."""
    how = {"size": style.SMALL, "anchor": "start", "color": style.MUTED}
    d.box(35, y, 26, 20, fill=style.GATE, radius=5)
    d.label(54, y, "带参数的层", **how)
    d.box(173, y, 34, 20, fill=style.FUNCTION, radius=10)
    d.label(196, y, "不带参数的函数", **how)
    d.operator(336, y, "×")
    d.label(355, y, "逐元素相乘", **how)


def cell() -> str:
    d = Diagram(
        450,
        "LSTM 单元",
        "记忆 c 沿上方的直线从左到右：先乘遗忘门 f，再加上输入门 i 乘候选 g。"
        "新的记忆经过 tanh，乘输出门 o，得到隐状态 h。"
        "三个门和候选都读 x_t 和上一步的 h。",
    )
    grid = Grid(state=92, product=154, gates=258, bus=326, names=386)
    d.frame((LEFT + RIGHT) / 2, 207, RIGHT - LEFT, 302)
    d.label(242, 28, "$*c*_t = *f*_t ⊙ *c*_{t-1} + *i*_t ⊙ *g*_t$")
    draw_lstm(d, grid)
    d.label(294, 386, '$*h*_t = *o*_t ⊙ "tanh"(*c*_t)$')
    legend(d, 430)
    return str(d)


def gap() -> str:
    d = Diagram(
        390,
        "隔多远还记得第一个符号",
        "横轴是中间隔了多少步，纵轴是训练 300 步以后的正确率，瞎猜是 0.25。"
        "遗忘门的偏置从 5 开始的 LSTM 隔 20 步仍全会，隔 40 步多半会；"
        "偏置从 0 和 1 开始的 LSTM 隔 40 步全是瞎猜，普通的 RNN 也大多是，"
        "其中偏置从 0 开始的隔 20 步就已经全是瞎猜。",
    )
    found = result("lstm_gap")
    gaps = found["gaps"]
    plot = Plot(
        d,
        Axis("间隔（步）", 0, 44, gaps),
        Axis("正确率", 0, 1, [0, 0.25, 0.5, 0.75, 1]),
        top=60,
        bottom=322,
    )
    for series, network in enumerate(("lstm-5", "lstm-1", "lstm-0", "rnn")):
        accuracies = found["accuracy"][network]
        plot.curve(gaps, [fmean(seeds) for seeds in accuracies], series)
        for step, seeds in zip(gaps, accuracies, strict=True):
            # Side by side, or they would hide each other.
            plot.dots([step + 0.6 * series - 0.9] * len(seeds), seeds, series)
    plot.name(40, 1, "LSTM，$b_f = 5$", 0, dx=6, dy=-18, anchor="end")
    plot.name(26, 0.5, "RNN", 3, dx=6, dy=-10)
    plot.name(21.8, 0.305, "LSTM，$b_f = 1$", 1)
    plot.name(21.8, 0.19, "LSTM，$b_f = 0$", 2)
    return str(d)


def gradient() -> str:
    d = Diagram(
        400,
        "训练之前，梯度走多远",
        "横轴是输入离损失多少步，纵轴是梯度的大小，对数刻度，最近的一步为 1。"
        "RNN 和遗忘门偏置为 0 的 LSTM 几乎是直线下降，"
        "40 步处在 1 的百亿分之一和亿分之一上下；偏置为 1 的降到千分之一；"
        "偏置为 5 的先降到 0.4，以后不再变小。",
    )
    found = result("lstm_gradient")
    powers = range(-10, 2, 2)
    plot = Plot(
        d,
        Axis("距离（步）", 0, 40, [0, 10, 20, 30, 40]),
        Axis("梯度", 1e-11, 10, [10.0**p for p in powers], log=True),
        top=60,
        bottom=332,
        left=76,
    )
    for series, network in enumerate(("lstm-5", "lstm-1", "lstm-0", "rnn")):
        plot.curve(found["distance"], found["norm"][network], series)
    plot.name(27, 0.15, "LSTM，$b_f = 5$", 0)
    plot.name(24, 1e-3, "LSTM，$b_f = 1$", 1)
    plot.name(28.5, 1e-5, "LSTM，$b_f = 0$", 2)
    plot.name(25, 1e-7, "RNN", 3, anchor="end")
    return str(d)


FIGURES = {"lstm-cell": cell, "lstm-gap": gap, "lstm-gradient": gradient}
