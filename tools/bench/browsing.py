"""What a reader's browser gets from a built site: bytes, requests, hits."""

import gzip
import re
import shutil
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote, urljoin, urlsplit

from playwright.sync_api import (
    Browser,
    Error,
    Request,
    Route,
    sync_playwright,
)

QUERIES = Path(__file__).parents[2] / "tests" / "search_queries.toml"
PAGE = "docs/nlp/sequence/lstm.html"
NEXT_PAGE = "docs/nlp/sequence/gru.html"
# Where sites fetch MathJax; `packages` stands in for it.
CDN = "https://cdn.jsdelivr.net/npm/"
# What is compressed already, and is sent as it is.
PACKED = (".woff2", ".woff", ".png")
# How long a search may take, in steps of a tenth of a second.
PATIENCE = 40


class Gzipping(SimpleHTTPRequestHandler):
    """Sends text gzipped, as servers on the net do, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def send_head(self) -> IO[bytes] | None:
        file = Path(self.translate_path(self.path))
        accepted = self.headers.get("Accept-Encoding", "")
        packed = file.suffix in PACKED or "gzip" not in accepted
        if packed or not file.is_file():
            return super().send_head()
        content = gzip.compress(file.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine for a while; yield its address."""
    handler = partial(Gzipping, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium_program() -> str:
    """Return where Debian's Chromium is; exit with one line without it."""
    program = shutil.which("chromium")
    if not program:
        sys.exit("error: no chromium; on Debian: apt-get install chromium")
    return program


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_program(),
            args=["--no-sandbox", "--disable-gpu"],
        )
        yield browser
        browser.close()


def packaged(url: str, packages: Path) -> Path:
    """Return the file of node_modules that the CDN sends for the address.

    After the host come a package, a version and a path in the package.
    """
    package, path = re.fullmatch(
        r"((?:@[^/]+/)?[^@/]+)@[^/]+/([^?]+).*", url.removeprefix(CDN)
    ).groups()
    return packages / package / path


@dataclass
class View:
    """What two pages cost, one opened after the other.

    Bytes are counted with text gzipped, as servers send it; the second page
    finds what the first has fetched in the browser's cache.
    """

    first: int = 0
    second: int = 0
    requests: int = 0  # of the first page
    outside: int = 0  # of these, to other hosts


def view(browser: Browser, folder: Path, packages: Path) -> View:
    """Open two pages of a site and return what they cost.

    MathJax comes from packages; what else other hosts would send is not
    counted, for they are not asked.
    """
    asked: dict[str, int] = {}  # bytes by address

    def answer(route: Route, request: Request) -> None:
        if request.url.startswith(address):
            path = unquote(urlsplit(request.url).path)
            file = folder / path.lstrip("/")
        elif request.url.startswith(CDN):
            file = packaged(request.url, packages)
        else:
            asked[request.url] = 0
            return route.abort()
        asked[request.url] = sent(file)
        return route.fulfill(
            path=file, headers={"access-control-allow-origin": "*"}
        )

    found = View()
    with served(folder) as address, browser.new_page() as page:
        page.route(re.compile("^http"), answer)
        page.goto(f"{address}/{PAGE}", wait_until="networkidle")
        found.first = sum(asked.values())
        found.requests = len(asked)
        found.outside = sum(not url.startswith(address) for url in asked)
        page.goto(f"{address}/{NEXT_PAGE}", wait_until="networkidle")
        found.second = sum(asked.values()) - found.first
    return found


def sent(file: Path) -> int:
    """How many bytes a server sends for a file."""
    content = file.read_bytes()
    packed = file.suffix in PACKED
    return len(content if packed else gzip.compress(content, 6))


def index_size(folder: Path, kind: str) -> int:
    """How many bytes a reader's first search fetches as its index."""
    return sent(folder / INDEX[kind])


INDEX = {
    "ours": "_static/search-index.js",
    "sphinx": "searchindex.js",
    "mkdocs": "search/search_index.json",
}
# How each site is asked: open its search for a query, and find the results.
ASK = {
    "ours": (
        "search.html?q={}",
        "#search-status",
        "结果|没有找到",
        "#search-results a",
    ),
    "sphinx": (
        "search.html?q={}",
        "#search-results p",
        "找到|没有|[0-9]",
        "#search-results ul.search li > a",
    ),
    "mkdocs": (
        "index.html?q={}",
        ".md-search-result__meta",
        "[0-9]|没有",
        ".md-search-result__item > a",
    ),
}


def hits(browser: Browser, folder: Path, kind: str) -> tuple[int, int]:
    """Return for how many queries a page sought is among the first three.

    Pages, not sections, so that all sites are asked for the same; and the
    number of the queries that have a page to find.
    """
    queries = tomllib.loads(QUERIES.read_text(encoding="utf-8"))["query"]
    queries = [query for query in queries if query["targets"]]
    found = 0
    with served(folder) as address:
        for query in queries:
            targets = {target.split("#")[0] for target in query["targets"]}
            pages = _ask(browser, address, kind, query["text"])
            found += bool(targets & set(pages[:3]))
    return found, len(queries)


def _ask(browser: Browser, address: str, kind: str, text: str) -> list[str]:
    """Return the pages found, best first, each of them once."""
    path, status, done, links = ASK[kind]
    errors: list[Error] = []
    with browser.new_page() as page:
        page.on("pageerror", lambda error: errors.append(error))
        page.route(
            re.compile(f"^(?!{address})http"), lambda route: route.abort()
        )
        page.goto(f"{address}/{path.format(quote(text))}")
        for _ in range(PATIENCE):
            answer = page.locator(status).first
            if answer.count() and re.search(done, answer.text_content() or ""):
                break
            if errors:  # the search is broken
                return []
            page.wait_for_timeout(100)
        found = page.locator(links).evaluate_all(
            "links => links.map((link) => link.href)"
        )
    paths = (urlsplit(urljoin(address, link)).path for link in found)
    return list(dict.fromkeys(path.lstrip("/") for path in paths))
