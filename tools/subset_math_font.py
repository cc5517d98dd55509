"""Cut the math font of the site out of STIX Two Math.

    npm pack @fontsource/stix-two-math
    tar xzf fontsource-stix-two-math-*.tgz
    python tools/subset_math_font.py package/files/*.woff2

writes _static/fonts/stix-two-math-{base,more}.woff2 and the style sheet that
names them. Browsers fetch the second file only on pages that use a character
of it. A test proves that the two hold every character of every formula.
"""

import sys
import textwrap
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

STATIC = Path(__file__).parent.parent / "_static"
STYLE = """\
@font-face {{
  font-family: "Site Math";
  src: local("STIX Two Math"), local("STIXTwoMath-Regular"),
    url("../fonts/{file}") format("woff2");
  font-display: swap;
  unicode-range: {ranges};
}}
"""

# What the pages of formulas use, and little more: it is fetched first.
BASE = """
20 28 29 2b-3e 41-5b 5d 61-7d a0 af b1 b7 d7 2dc 3b1-3c9 3d5 3f5 2016 2026 2032
2061-2064 210e 2113 211d 2190 2192 21d2 2200 2202 2208 220f 2211 2212 221a 221e
2223 2225 2248 2260 2264 2265 2299 22a4 22c5 22ef 23de 23df 1d400-1d433
1d6c2-1d6da 1d7ce 1d434-1d454 1d456-1d467 1d53c 1d5b3 1d6f4 1d6fb-1d71b
"""
# The other letters and operators.
MORE = """
21-27 2a 3f 40 5c 5e-60 7e a7 ac b0 b2 b3 b4 b5 b6 b9 bd f7 131 237 2c6 2c7
2d8-2db 2dd 300-304 306-30a 30c 332 338 391-3a9 3d1 3d6 3f0 3f1 2013 2014
2018-201d 2020 2022 2033 2034 203e 2044 20d6 20d7 210f 2112 2115 2124 2102 211a
2119 2191 2193-2195 21a6 21c0 21d0 21d4 2203-2205 2207 2209-220b 2213 2215-2219
221d 2224 2226-222c 2234 2235 223c 2243 2245 2254 2261 226a 226b 2282 2283 2286
2287 228e 2295-2298 22a5 22ee 22f1 2308-230b 23b4 23b5 23dc 23dd 25a1 25cb 2605
2713 27e8 27e9 27f6 27f5 27f9 2a00-2a02 1d468-1d49b 1d49c-1d4cf 1d4d0-1d503
1d538-1d53b 1d53d-1d56b 1d5a0-1d5b2 1d5b4-1d5d3 1d6a4 1d6a5 1d6e2-1d6f3
1d6f5-1d6fa 1d6a8-1d6c1 1d6db-1d6e1 1d71c-1d755 1d7cf-1d7d7 212c 2130 2131 210b
2110 211b 2133 fe00
"""


def codepoints(ranges: str) -> list[int]:
    """The numbers of a list of hexadecimal ranges."""
    points: list[int] = []
    for item in ranges.split():
        first, _dash, last = item.partition("-")
        points += range(int(first, 16), int(last or first, 16) + 1)
    return points


def subset(source: str, name: str, ranges: str) -> str:
    """Write one font file and return its style."""
    options = Options()
    options.flavor = "woff2"
    # Optical variants of scripts; browsers ask for them in exponents.
    options.layout_features = ["*"]
    options.notdef_outline = True
    # A third of the file, for screens that are no longer made.
    options.hinting = False
    font = load_font(source, options)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codepoints(ranges))
    subsetter.subset(font)
    target = STATIC / "fonts" / f"stix-two-math-{name}.woff2"
    save_font(font, str(target), options)
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")
    listed = textwrap.fill(
        ", ".join(f"U+{item}" for item in ranges.split()),
        width=79,
        subsequent_indent="    ",
    )
    return STYLE.format(file=target.name, ranges=listed)


def main() -> None:
    (source,) = sys.argv[1:]
    style = subset(source, "base", BASE) + subset(source, "more", MORE)
    sheet = STATIC / "css" / "math-font.css"
    sheet.write_text(f"/* By tools/subset_math_font.py */\n{style}")


if __name__ == "__main__":
    main()
