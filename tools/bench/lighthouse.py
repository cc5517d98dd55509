"""Lighthouse's marks for our pages, on the slow phone that it simulates."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tools.bench.browsing import chromium_program, served

PAGES = {
    "首页": "index.html",
    "Transformer 一页": "docs/nlp/attention/transformer.html",
    "LSTM 一页": "docs/nlp/sequence/lstm.html",
    "注意力面试题": "docs/interview/transformer/attention.html",
    "搜索": "search.html",
    "自测": "docs/review.html",
}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update "
    "--disable-sync"
)


@dataclass
class Marks:
    """The medians of a page: marks of 100, seconds, and layout shift."""

    categories: list[float]
    contentful: float
    shift: float


def audit(folder: Path, packages: Path, runs: int) -> dict[str, Marks]:
    """Return the marks of each of PAGES in a built site."""
    with served(folder) as address:
        return {
            label: _marks(f"{address}/{page}", packages, runs)
            for label, page in PAGES.items()
        }


def _marks(url: str, packages: Path, runs: int) -> Marks:
    reports = [_run(url, packages) for _ in range(runs)]

    def number(audit: str) -> float:
        return median(
            report["audits"][audit]["numericValue"] for report in reports
        )

    return Marks(
        [
            median(
                100 * report["categories"][name]["score"] for report in reports
            )
            for name in CATEGORIES
        ],
        number("largest-contentful-paint") / 1000,
        number("cumulative-layout-shift"),
    )


def _run(url: str, packages: Path) -> dict:
    """Return Lighthouse's report of a page; exit with one line without."""
    print(f"auditing {url}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [
            packages / ".bin" / "lighthouse",
            url,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={FLAGS}",
        ],
        env={**os.environ, "CHROME_PATH": chromium_program()},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"error: Lighthouse failed on {url}\n{done.stderr}")
    return json.loads(done.stdout)
