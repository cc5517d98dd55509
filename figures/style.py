"""The look of every figure: colours, strokes, fonts and sizes.

The site shows the same files in dark mode through the CSS filter
``invert(1) hue-rotate(180deg)``. So the background stays transparent,
strokes and text are dark, and fills are light. No meaning hangs on a colour
alone: a shape, a dash or a word says the same.
"""

# Narrow, so that a phone need not shrink the text much: 480 units become
# 360 pixels there, and 17 units of text become 13.
WIDTH = 480

TEXT = 17
SMALL = 15
# Serif letters look small beside Chinese ones of the same size.
MATH_SCALE = 1.1
# Subscripts and superscripts, as a share of the text they belong to.
SCRIPT = 0.72
SCRIPT_DOWN = 0.27
SCRIPT_UP = 0.5
SPACE = 0.26
# From the middle of a line of text down to its baseline.
BASELINE = 0.36
LEADING = 1.3

# Of each stack the first font that the reader has; no font is fetched.
SANS = (
    "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans SC', sans-serif"
)
MATH = "'STIX Two Text', 'Times New Roman', FreeSerif, serif"

STROKE = 1.6
THIN = 1
DASH = "6 4"
FRAME_DASH = "3 4"
DOTS = "1.5 3.5"
DASH_DOT = "8 3 2 3"
RADIUS = 8
HEAD_LENGTH = 10
HEAD_WIDTH = 9
OPERATOR = 13
DOT = 3.5
HOP = 6

# Okabe and Ito's colours, which colour-blind readers tell apart: the full
# ones for lines, light tints of them for areas.
INK = "#1f2328"
MUTED = "#57606a"
BLUE = "#0072b2"
VERMILLION = "#d55e00"

LIGHT_BLUE = "#bfdcec"
LIGHT_ORANGE = "#fbe6b8"
DEEP_ORANGE = "#f0bf5a"
LIGHT_GREEN = "#cdece2"
LIGHT_PURPLE = "#f2dbe7"
LIGHT_GREY = "#e0e4e9"


def _ramp(first: str, last: str, shades: int) -> tuple[str, ...]:
    """Return colours from first to last in equal steps."""
    one, two = bytes.fromhex(first[1:]), bytes.fromhex(last[1:])
    steps = [place / (shades - 1) for place in range(shades)]
    return tuple(
        "#"
        + bytes(
            round(a + step * (b - a)) for a, b in zip(one, two, strict=True)
        ).hex()
        for step in steps
    )


# Heat maps: the last shade is dark enough to be told from the first, and
# light enough for text on it.
WHITE = "#ffffff"
RAMP = _ramp(WHITE, "#6db3e2", 12)
# From below zero to above it; zero is white.
DIVERGING = _ramp("#f0a35e", WHITE, 11)[:-1] + _ramp(WHITE, "#6db3e2", 11)

PALETTE = frozenset(
    {
        INK,
        MUTED,
        BLUE,
        VERMILLION,
        LIGHT_BLUE,
        LIGHT_ORANGE,
        DEEP_ORANGE,
        LIGHT_GREEN,
        LIGHT_PURPLE,
        LIGHT_GREY,
    }
)

# What an area stands for, the same in all figures.
GATE = LIGHT_BLUE
CANDIDATE = LIGHT_ORANGE
WEIGHT = LIGHT_GREEN
FUNCTION = LIGHT_PURPLE
DATA = LIGHT_GREY
# Dark enough to be seen among empty cells without its colour.
CHOSEN = DEEP_ORANGE
