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
from pathlib import Path

import sphinx

from tools.bench import browsing, lighthouse, mkdocs, peers, sites
from tools.bench.sites import Site

FEW, MANY = 200, 2000


def seconds(command: list[str | Path], folder: Path) -> float:
    """Run a build in a folder and return the time it takes."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: the build of {folder} failed\n{done.stderr}")
    return time.perf_counter() - start


def medians(
    kinds: dict[str, Site], runs: int, scratch: Path, *, rebuild: bool
) -> dict[str, tuple[float, float]]:
    """Return the medians of the cold build and, if asked, the rebuild.

    The sites take turns, so that a busy moment of the machine hits all.
    Each is built in scratch/name/build, and stays there.
    """
    times: dict[str, list[tuple[float, float]]] = {}
    for name, site in kinds.items():
        folder = scratch / name
        folder.mkdir()
        site.write(folder)
    for run in range(runs):
        for name, site in kinds.items():
            folder = scratch / name
            shutil.rmtree(folder / "build", ignore_errors=True)
            cold, again = seconds(site.command, folder), 0.0
            if rebuild:
                page = folder / site.page
                with page.open("a", encoding="utf-8") as stream:
                    stream.write(f"\n第 {run} 次修改。\n")
                again = seconds(site.command, folder)
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


def print_builds(runs: int, scratch: Path) -> None:
    """Our site against bare Sphinx, and against itself without parts."""
    found = medians(
        {
            "ours": Site(sites.ours),
            "bare": Site(sites.bare),
            "without questions": Site(sites.without_questions),
            "without search": Site(sites.without_search),
        },
        runs,
        scratch,
        rebuild=True,
    )
    print("| | 本项目 | 纯 Sphinx + RTD 主题 | 比值 |")
    print("|---|---|---|---|")
    for label, ours, bare in zip(
        ("全量构建", "改一页重建"), found["ours"], found["bare"], strict=True
    ):
        print(f"| {label} | {ours:.2f} s | {bare:.2f} s | {ours / bare:.2f} |")
    shares = (
        f"{100 * (found['ours'][0] / found[without][0] - 1):+.1f} %"
        for without in ("without questions", "without search")
    )
    print("\n问答扩展给全量构建添 {}，搜索添 {}。\n".format(*shares))


def kilobytes(size: int) -> str:
    return f"{size / 1000:.0f} kB"


def print_peers(runs: int, scratch: Path) -> None:
    """Our site beside others: builds, views, search.

    Asks for what print_builds left in scratch.
    """
    kinds = {
        "本项目": Site(sites.ours),
        "RTD 主题": Site(sites.bare),
        "furo": Site(sites.furo, python=peers.PYTHON),
        "MkDocs Material": Site(
            lambda folder: mkdocs.write(folder, scratch / "bare" / "build"),
            page=Path("pages") / sites.PAGE.with_suffix(".md"),
            # Its --dirty rebuilds one page alone, and leaves a search that
            # knows one page alone.
            command=[peers.PYTHON, "-m", "mkdocs", "build", "--quiet"],
        ),
    }
    found = medians(kinds, runs, scratch, rebuild=True)
    with browsing.chromium() as browser:
        views, hits, indexes = {}, {}, {}
        for name in kinds:
            print(f"browsing {name}", file=sys.stderr, flush=True)
            built = scratch / name / "build"
            kind = {"本项目": "ours", "MkDocs Material": "mkdocs"}.get(
                name, "sphinx"
            )
            views[name] = browsing.view(browser, built, peers.PACKAGES)
            indexes[name] = browsing.index_size(built, kind)
            hits[name] = browsing.hits(browser, built, kind)
    print("| | " + " | ".join(kinds) + " |")
    print("|---" * (len(kinds) + 1) + "|")
    for label, cell in (
        ("全量构建", lambda name: f"{found[name][0]:.1f} s"),
        ("改一页重建", lambda name: f"{found[name][1]:.1f} s"),
        ("首次打开 LSTM 一页", lambda name: kilobytes(views[name].first)),
        ("请求数", lambda name: f"{views[name].requests}"),
        ("其中站外", lambda name: f"{views[name].outside}"),
        ("接着打开 GRU 一页", lambda name: kilobytes(views[name].second)),
        ("搜索的索引", lambda name: kilobytes(indexes[name])),
        (
            "搜索前三条里有要找的页",
            lambda name: "{} / {}".format(*hits[name]),
        ),
    ):
        print(f"| {label} | " + " | ".join(map(cell, kinds)) + " |")
    print()


def print_marks(runs: int, built: Path) -> None:
    """What Lighthouse says of our pages."""
    found = lighthouse.audit(built, peers.PACKAGES, runs)
    print(
        "| Lighthouse（手机） | 性能 | 无障碍 | 最佳做法 | SEO | LCP | CLS |"
    )
    print("|---|---|---|---|---|---|---|")
    for label, marks in found.items():
        cells = [f"{mark:.0f}" for mark in marks.categories]
        cells += [f"{marks.contentful:.1f} s", f"{marks.shift:.3f}"]
        print(f"| {label} | " + " | ".join(cells) + " |")
    print()


def print_questions(runs: int, scratch: Path) -> None:
    """Whether ten times the questions take ten times as long."""
    found = medians(
        {
            "nothing": Site(sites.questions(0)),
            "few": Site(sites.questions(FEW)),
            "many": Site(sites.questions(MANY)),
        },
        runs,
        scratch,
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
    # What is missing is told now, not after minutes of building.
    browsing.chromium_program()
    peers.install()
    print(
        f"{os.cpu_count()} 核 {platform.machine()}，"
        f"Python {platform.python_version()}，Sphinx {sphinx.__version__}，"
        f"{runs} 次交替运行的中位数：\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        print_builds(runs, scratch)
        print_questions(min(runs, 5), scratch)
        print_peers(min(runs, 3), scratch)
        print_marks(min(runs, 3), scratch / "本项目" / "build")


if __name__ == "__main__":
    main()
