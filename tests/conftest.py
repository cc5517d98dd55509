"""What the tests share: the whole-site builds and the tools they need."""

import os
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

pytest_plugins = ["sphinx.testing.fixtures"]

ROOT = Path(__file__).parent.parent

sys.path.insert(0, str(ROOT / "tools"))

# What a marked test needs, and the line that installs it on Debian.
TOOLS = {
    "chromium": ("chromium", "apt-get install chromium"),
    "tex": (
        "xelatex",
        "apt-get install --no-install-recommends texlive-xetex "
        "texlive-lang-chinese texlive-fonts-recommended latexmk "
        "fonts-noto-cjk fonts-freefont-otf librsvg2-bin",
    ),
    "rsvg": (
        "rsvg-convert",
        "apt-get install librsvg2-bin fonts-noto-cjk",
    ),
    "java": ("java", "apt-get install default-jre-headless"),
}


CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A missing tool skips a test on a laptop and fails it in CI."""
    for marker, (program, install) in TOOLS.items():
        if item.get_closest_marker(marker) and not shutil.which(program):
            reason = f"{program} not found; on Debian: {install}"
            if os.environ.get("CI"):
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def rootdir() -> Path:
    """Where sphinx.testing looks for the tiny projects."""
    return ROOT / "tests" / "roots"


def build(builder: str, output: Path) -> Path:
    """Build the whole site from a clean folder, warnings being errors."""
    doctrees = output.with_name(f"{output.name}-doctrees")
    command = [sys.executable, "-m", "sphinx", "-b", builder]
    command += ["-n", "-W", "--keep-going", "-q", "-j", "2"]
    command += ["-d", str(doctrees), str(ROOT), str(output)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the HTML site."""
    return build("html", tmp_path_factory.mktemp("site") / "html")


@pytest.fixture(scope="session")
def epub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The e-book."""
    folder = build("epub", tmp_path_factory.mktemp("epub") / "epub")
    return folder / "knowledge_record.epub"


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the LaTeX sources, with the PDF and the log."""
    from build import latexmk

    folder = build("latex", tmp_path_factory.mktemp("book") / "latex")
    latexmk(folder)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        yield opened
        opened.close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder over HTTP on this machine; return its address."""
    with ExitStack() as stack:

        def start(folder: Path) -> str:
            handler = partial(QuietHandler, directory=str(folder))
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            stack.enter_context(server)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start


@pytest.fixture(scope="session")
def address(site: Path, serve: Callable[[Path], str]) -> str:
    """Where the site is served on this machine."""
    return serve(site)


@pytest.fixture(scope="session")
def moved() -> set[str]:
    """The paths in the site of pages that only lead on to others."""
    pages = runpy.run_path(str(ROOT / "conf.py"))["moved_pages"]
    return {f"{name}.html" for name in pages}


@pytest.fixture(scope="session")
def names(site: Path, moved: set[str]) -> list[str]:
    """Every page that is read, by its path in the site."""
    found = [str(path.relative_to(site)) for path in site.rglob("*.html")]
    return [name for name in found if name not in moved]
