"""All the ways to cut a word, and the most probable one."""

from math import exp, log

from figures import style
from figures.diagram import Diagram
from nlpnotes.tokenization import encode_unigram, unigram_em_step

# The words of Sennrich et al. 2016, algorithm 1, and how often they occur.
WORDS = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
WORD = "lowest"


def scores() -> dict[str, float]:
    """One step of EM from equal probabilities for every substring."""
    pieces = {
        word[start:end]
        for word in WORDS
        for start in range(len(word))
        for end in range(start + 1, len(word) + 1)
    }
    equal = dict.fromkeys(sorted(pieces), -log(len(pieces)))
    return unigram_em_step(WORDS, equal)[1]


def lattice() -> str:
    found = scores()
    best = encode_unigram(WORD, found)
    places, at = set(), 0
    for piece in best:
        places.add((at, piece))
        at += len(piece)
    size, left, step, row = len(WORD), 30, 70, 40
    longest = max(len(piece) for piece in found if piece in WORD)
    rows: list[list[tuple[int, str]]] = []
    for length in range(1, longest + 1):
        for start in range(size - length + 1):
            piece = WORD[start : start + length]
            if piece not in found:
                continue
            for line in rows:
                if all(
                    start >= s + len(p) or start + length <= s for s, p in line
                ):
                    line.append((start, piece))
                    break
            else:
                rows.append([(start, piece)])
    height = 60 + row * len(rows) + 46
    d = Diagram(
        height,
        "lowest 的所有切法",
        "横向是 lowest 的六个字母，"
        "每一条是词表里的一块，占着它的字母，写着它的概率。"
        "从左到右首尾相接就是一种切法，"
        f"概率最大的是 {'、'.join(best)}，用深色标出。",
    )
    for place, letter in enumerate(WORD):
        d.label(left + (place + 0.5) * step, 26, letter)
    for number, line in enumerate(rows):
        y = 66 + number * row
        for start, piece in line:
            chosen = (start, piece) in places
            d.box(
                left + (start + len(piece) / 2) * step,
                y,
                len(piece) * step - 6,
                30,
                f"{100 * exp(found[piece]):.2g} %",
                fill=style.CHOSEN if chosen else style.DATA,
                size=style.SMALL,
            )
    d.label(
        style.WIDTH / 2,
        height - 24,
        f"概率最大的切法：{' + '.join(best)}",
        size=style.SMALL,
    )
    return str(d)


FIGURES = {"tokenization-lattice": lattice}
