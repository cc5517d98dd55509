"""Measure our build against its peers, interleaved: python -m tools.bench.

Prints Markdown tables for the README; progress goes to standard error.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sphinx

from tools.bench import sites

PAGE = Path("docs/nlp/sequence/lstm.rst")
FEW, MANY = 200, 2000


def seconds(folder: Path) -> float:
    """Build a folder's HTML and return the time it takes."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html"]
    command += [str(folder), str(folder / "build")]
    start = time.perf_counter()
    if subprocess.call(command):
        sys.exit(f"error: the build of {folder} failed")
    return time.perf_counter() - start


def medians(
    kinds: dict[str, Callable[[Path], None]], runs: int, *, rebuild: bool
) -> dict[str, tuple[float, float]]:
    """Return the medians of the cold build and, if asked, the rebuild.

    The sites take turns, so that a busy moment of the machine hits all.
    """
    times: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, write in kinds.items():
            folder = Path(scratch, name)
            folder.mkdir()
            write(folder)
        for run in range(runs):
            for name in kinds:
                folder = Path(scratch, name)
                shutil.rmtree(folder / "build", ignore_errors=True)
                cold, again = seconds(folder), 0.0
                if rebuild:
                    with (folder / PAGE).open("a", encoding="utf-8") as page:
                        page.write(f"\n第 {run} 次修改。\n")
                    again = seconds(folder)
                times.setdefault(name, []).append((cold, again))
                print(
                    f"run {run + 1}/{runs} {name}: cold {cold:.2f} s"
                    + (f", rebuild {again:.2f} s" if rebuild else ""),
                    file=sys.stderr,
                    flush=True,
                )
    return {
        name: tuple(map(statistics.median, zip(*pairs, strict=True)))
        for name, pairs in times.items()
    }


def print_builds(runs: int) -> None:
    """Our site against bare Sphinx, and against itself without questions."""
    found = medians(
        {
            "ours": sites.ours,
            "bare": sites.bare,
            "without questions": sites.without_questions,
        },
        runs,
        rebuild=True,
    )
    print("| | 本项目 | 纯 Sphinx + RTD 主题 | 比值 |")
    print("|---|---|---|---|")
    for label, ours, bare in zip(
        ("全量构建", "改一页重建"), found["ours"], found["bare"], strict=True
    ):
        print(f"| {label} | {ours:.2f} s | {bare:.2f} s | {ours / bare:.2f} |")
    more = found["ours"][0] / found["without questions"][0] - 1
    print(f"\n问答扩展占全量构建的 {100 * more:+.1f} %。\n")


def print_questions(runs: int) -> None:
    """Whether ten times the questions take ten times as long."""
    found = medians(
        {
            "nothing": sites.questions(0),
            "few": sites.questions(FEW),
            "many": sites.questions(MANY),
        },
        runs,
        rebuild=False,
    )
    start = found["nothing"][0]
    few, many = (
        (found[name][0] - start) / number
        for name, number in (("few", FEW), ("many", MANY))
    )
    print("| 生成的问题 | 每题 |")
    print("|---|---|")
    print(f"| {FEW} 道 | {1000 * few:.2f} ms |")
    print(f"| {MANY} 道 | {1000 * many:.2f} ms |")
    print(f"\n每题时间之比 {many / few:.2f}（不计启动的 {start:.2f} s）。")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    print(
        f"{os.cpu_count()} 核 {platform.machine()}，"
        f"Python {platform.python_version()}，Sphinx {sphinx.__version__}，"
        f"{runs} 次交替运行的中位数：\n"
    )
    print_builds(runs)
    print_questions(min(runs, 5))


if __name__ == "__main__":
    main()
