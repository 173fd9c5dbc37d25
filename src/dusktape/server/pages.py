"""The pages' files, from memory: found in a table that is made once, so no path of a request reaches the disk."""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

from dusktape.server.asgi import Receive, Scope, Send, header
from dusktape.server.headers import answer, refuse

WEB = Path(__file__).parent / "web"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
_SQUEEZED = {".html", ".css", ".js", ".mjs", ".json", ".webmanifest", ".svg", ".txt", ".wasm"}
_FIXED = {
    "/": "index.html",
    "/studio": "studio.html",
    "/sw.js": "sw.js",
    "/manifest.webmanifest": "manifest.webmanifest",
    "/favicon.ico": "icons/favicon.ico",
    "/robots.txt": "robots.txt",
}
PERMALINK = re.compile(r"/t/([\w-]{1,64})\Z", re.ASCII)
"""The address of a track."""

_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Page:
    """A file as it is sent."""

    kind: bytes
    body: bytes
    squeezed: bytes | None
    tag: bytes


class Pages:
    """Serves the pages, and `/static/` with what they need.

    Parameters
    ----------
    folder
        Holds them.
    """

    def __init__(self, folder: Path = WEB) -> None:
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._read: dict[str, tuple[tuple[int, int], Page]] = {}
        self._looked = float("-inf")
        self._look()

    def _look(self) -> None:
        """Make the table anew, at most every two seconds: somebody may be writing the pages."""
        now = time.monotonic()
        if now - self._looked >= _AGAIN_S and self._folder.is_dir():
            self._looked = now
            found = (p for p in self._folder.rglob("*") if p.suffix in _KINDS and p.is_file())
            self._files = {p.relative_to(self._folder).as_posix(): p for p in found}

    def find(self, name: str) -> Page | None:
        """Return a file by its name below the folder; None if there is none."""
        path = self._files.get(name)
        if path is None:
            self._look()
            path = self._files.get(name)
        if path is None:
            return None
        try:
            stat = path.stat()
            stamp = stat.st_mtime_ns, stat.st_size
            known = self._read.get(name)
            if known is None or known[0] != stamp:
                known = self._read[name] = stamp, _page(path)
        except OSError:  # taken away meanwhile
            return None
        return known[1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a page or a file of one."""
        path = scope["path"]
        if scope["method"] not in ("GET", "HEAD"):
            await refuse(send, 405, "pages are read with GET", (b"allow", b"GET, HEAD"))
            return
        name = _FIXED.get(path) or ("index.html" if PERMALINK.match(path) else "")
        if path.startswith("/static/"):
            name = path.removeprefix("/static/")
        page = self.find(name) if name else None
        if page is not None:
            await _send(scope, send, page)
        else:
            await self.lost(scope, send)

    async def lost(self, scope: Scope, send: Send) -> None:
        """Say that an address leads nowhere: with a page to who looks, with a line to what asks."""
        page = self.find("404.html") if b"text/html" in header(scope, b"accept") else None
        if page is not None:
            await _send(scope, send, page, status=404)
        else:
            await refuse(send, 404, "there is no such page")


def _page(path: Path) -> Page:
    body = path.read_bytes()
    squeezed = gzip.compress(body, 6, mtime=0) if path.suffix in _SQUEEZED and len(body) > 500 else None
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'.encode()
    return Page(_KINDS[path.suffix].encode(), body, squeezed, tag)


async def _send(scope: Scope, send: Send, page: Page, *, status: int = 200) -> None:
    headers = [(b"etag", page.tag), (b"cache-control", b"no-cache"), (b"vary", b"Accept-Encoding")]
    if status == 200 and page.tag in [t.strip().removeprefix(b"W/") for t in _tags(scope)]:
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    body = page.body
    if page.squeezed is not None and b"gzip" in header(scope, b"accept-encoding"):
        body = page.squeezed
        headers.append((b"content-encoding", b"gzip"))
    await answer(send, status, body, page.kind, *headers, head=scope["method"] == "HEAD")


def _tags(scope: Scope) -> list[bytes]:
    return header(scope, b"if-none-match").split(b",")
