"""Send a radio 10,000 hostile requests and see whether it plays on.

    python tools/hostile.py [--requests N] [--seed N]

Starts `dusktape radio` on a folder and a port of its own, and attacks that: paths that want to leave the folder, heads
that are no HTTP, everything its OpenAPI allows and forbids (schemathesis), broken and endless uploads, slow clients.
Somebody listens all the while. Ends with 1 if anything was answered with 5xx, anything of ours was told, anything is
left open, or the listener starved. Only loopback addresses are ever spoken to.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

BYTES_A_SECOND = 16_000
CLIENTS = 24
TIMEOUT_S = 20.0
_SLOW_S = 4.0
_TOLD = (b"Traceback", b"site-packages", b'File "', b"sqlite3.", b"/src/dusktape", b"root:x:", b"[drivers]")
"""What no answer of ours may hold."""

_AT_ONCE = 8
_SETTLE_S = 25.0


class Attack:
    """Sends requests to a port of this machine, and keeps book of the answers.

    Parameters
    ----------
    port
        Where the radio is.
    seed
        Of everything that is drawn.
    secrets
        Further words that no answer may hold.
    """

    def __init__(self, port: int, seed: int = 0, secrets: tuple[bytes, ...] = ()) -> None:
        self.port = port
        self.random = random.Random(seed)
        self.statuses: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._told = (*_TOLD, *secrets)
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """Requests so far."""
        return sum(self.statuses.values())

    def raw(self, data: bytes, *, wait_s: float = TIMEOUT_S, most: int = 1 << 16, half: bool = False) -> bytes:
        """Send bytes, read the answer's start, and note it."""
        answer = b""
        with suppress(OSError), self._line() as line:
            line.settimeout(wait_s)
            with suppress(OSError):
                line.sendall(data)
                if half:
                    line.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                while len(answer) < most and not _whole(answer):
                    piece = line.recv(1 << 16)
                    if not piece:
                        break
                    answer += piece
        self._note(data[:100], answer)
        return answer

    def _line(self) -> socket.socket:
        line = socket.socket()
        with suppress(OSError):  # a client of its own has limits of its own; Linux has all of 127/8
            line.bind((f"127.0.0.{self.random.randint(2, 1 + CLIENTS)}", 0))
        line.settimeout(TIMEOUT_S)
        line.connect(("127.0.0.1", self.port))
        return line

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        most: int = 1 << 16,
    ) -> bytes:
        """Send a request whose target may be anything, and note the answer."""
        told = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", **(headers or {})}
        if body:
            told.setdefault("Content-Length", str(len(body)))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
        return self.raw("\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body, most=most)

    def _note(self, asked: bytes, answer: bytes) -> None:
        head = answer.partition(b"\r\n\r\n")[0]
        status = head.split(b" ")[1].decode("latin-1") if head.startswith(b"HTTP/1.1 ") else "closed"
        with self._lock:
            self.statuses[status] += 1
            if status.startswith("5"):
                self.wrong.append(f"{status} to {asked!r}")
            if status != "closed" and b"content-security-policy" not in head.lower():
                self.wrong.append(f"no policy in the answer to {asked!r}")
            for secret in self._told:
                if secret in answer:
                    self.wrong.append(f"{secret!r} was told to {asked!r}")

    def side_by_side(self, acts: list[Callable[[], object]]) -> None:
        """Do things at the same time, eight at once."""
        with ThreadPoolExecutor(_AT_ONCE) as crew:
            for done in [crew.submit(act) for act in acts]:
                done.result()


def _whole(answer: bytes) -> bool:
    """Return whether an answer is there as a whole, as far as its head tells."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line[15:])
    return b"transfer-encoding" in head.lower() and len(body) > 4000


_UP = (
    "../",
    "..\\",
    "%2e%2e/",
    "..%2f",
    "%2e%2e%2f",
    "..%5c",
    "%252e%252e%252f",
    "..;/",
    "%c0%ae%c0%ae/",
    "....//",
    ".%00./",
)
_ENDS = (
    "etc/passwd", "windows/win.ini", "state.sqlite", "run/radio.json", "logs/server.jsonl", "app.py", ".git/config",
    "proc/self/environ", "uploads/", "state.sqlite%00.flac", "~/.ssh/id_rsa",
)  # fmt: skip
_ROOTS = (
    "/", "/static/", "/t/", "/live/", "/hls/main/", "/hls/", "/api/v1/tracks/", "/api/v1/tracks/x/files/",
    "/api/v1/uploads/", "/api/v1/entries/", "/api/v1/stations/",
    "/api/v1/stations/main/listeners/", "/api/v1/jobs/", "/api/v1/songs/",
)  # fmt: skip


def paths(attack: Attack, count: int) -> None:
    """Try to reach files that are nobody's business."""
    draw = attack.random

    def one(number: int) -> None:
        root, end = draw.choice(_ROOTS), draw.choice(_ENDS)
        target = root + draw.choice(_UP) * draw.randint(0, 9) + end
        if number % 5 == 0:
            target = root + "".join(quote(chr(draw.randint(1, 0x2FFF))) for _ in range(draw.randint(1, 40)))
        if number % 11 == 0:
            target = target.replace("/", draw.choice(("//", "/./", "\\", "/%2f")))
        if number % 13 == 0:
            target += "?" + "&".join(
                f"{draw.choice(('at', 'station', 'listener', 'q', 'name'))}={quote(end)}" for _ in range(9)
            )
        method = draw.choice(("GET", "GET", "GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS", "PATCH"))
        headers = {"X-Dusktape": "1"} if number % 2 else {}
        if number % 7 == 0:
            headers["Range"] = draw.choice(
                ("bytes=0-", "bytes=-1", "bytes=9999999999999-", "bytes=5-2", "lines=1", "bytes=" + "0-1," * 500)
            )
        attack.request(method, target, headers)

    attack.side_by_side([lambda n=k: one(n) for k in range(count)])  # type: ignore[misc]


def malformed(attack: Attack, count: int) -> None:
    """Say what is no HTTP, or HTTP that contradicts itself."""

    def one(number: int) -> None:
        # What we never finish is not waited for: the slow ones are another chapter.
        attack.raw(_nonsense(attack, number), wait_s=1.0, half=number % 3 == 0)

    attack.side_by_side([lambda n=k: one(n) for k in range(count)])  # type: ignore[misc]


def _nonsense(attack: Attack, number: int) -> bytes:
    draw, host = attack.random, f"Host: 127.0.0.1:{attack.port}"
    ours = [host, "X-Dusktape: 1"]
    chunked = "Transfer-Encoding: chunked"
    length = draw.choice(("-1", "99999999999", "x", "1" * 50))
    size = draw.choice(("zz", "ffffffffffffffff", "-1", "5"))
    socket_words = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x"]
    frame = draw.choice(("-1", "9" * 400, "nan", "%00", "1e9"))
    name = draw.choice(("evil.example", "127.0.0.1:1@x", "", "a" * 3000, "[::1"))
    kinds: tuple[tuple[str, list[str], str], ...] = (
        ("GET /", [f"Host: {name}"], ""),
        ("POST /api/v1/jobs", [host, "Content-Length: 9", chunked], "0\r\n\r\n"),
        ("POST /api/v1/jobs", [*ours, f"Content-Length: {length}"], "{}"),
        ("POST /api/v1/words", [*ours, chunked], f"{size}\r\nab"),
        ("GET /", [host, f"X: {'a' * draw.choice((10, 9000, 70_000))}"], ""),
        ("GET /", [host, *(f"X-{k}: 1" for k in range(draw.choice((50, 4000))))], ""),
        (f"GET /{'a' * draw.choice((2000, 70_000))}", [host], ""),
        ("GET /live.mp3", [host, *socket_words], ""),
        ("PUT /api/v1/tracks/x/like", [*ours, "Origin: https://evil.example"], ""),
        (f"GET /live.mp3?at={frame}", [host], ""),
    )
    if number % 9 == 0:
        return draw.randbytes(draw.randint(1, 400))
    if number % 10 == 0:
        return f"GET /healthz HTTP/1.1\r\n{host}\r\n\r\n".encode() * draw.randint(2, 40)
    first, told, body = kinds[number % len(kinds)]
    return "\r\n".join([f"{first} HTTP/1.1", *told, "", body]).encode()


_NAMES = ("../../x.wav", "a" * 290, "\u202ex", "\0", "CON")
_HEADS = (
    b"RIFF\xff\xff\xff\xffWAVEfmt ",
    b"fLaC",
    b"OggS",
    b"ID3\x04",
    b"MThd\0\0\0\x06\0\x01\xff\xff\0\x60",
    b"RIFF\0\0\0\0sfbkLIST",
    b"\x89PNG",
    b"PK\x03\x04",
    b"",
)


def uploads(attack: Attack, count: int, large: int) -> None:
    """Send files that are broken, or larger than they say, or than they may be."""
    draw = attack.random

    def one(number: int) -> None:
        body = draw.choice(_HEADS) + draw.randbytes(draw.choice((0, 10, 1000, 100_000)))
        target = f"/api/v1/uploads?name={quote(draw.choice(_NAMES))}"
        headers = {"X-Dusktape": "1", "Content-Type": "application/octet-stream"}
        if number % 4 == 0:
            headers["Content-Length"] = str(len(body) + draw.choice((5, 1 << 20, 1 << 40)))
        attack.raw(_head("POST", target, attack.port, headers, body) + body, wait_s=3.0, half=True)

    def endless() -> None:
        with suppress(OSError), attack._line() as line:
            headers = {"X-Dusktape": "1", "Transfer-Encoding": "chunked"}
            line.sendall(_head("POST", "/api/v1/uploads", attack.port, headers, b""))
            piece = b"10000\r\n" + b"fLaC" + bytes(65_532) + b"\r\n"
            for _ in range(large // 65_536):
                line.sendall(piece)
            attack._note(b"an endless upload", line.recv(65_536))
            return
        attack._note(b"an endless upload", b"")

    attack.side_by_side([lambda n=k: one(n) for k in range(count)] + [endless] * 2)  # type: ignore[misc]


def _head(method: str, target: str, port: int, headers: Mapping[str, str], body: bytes) -> bytes:
    told = {"Host": f"127.0.0.1:{port}", **headers}
    if "Transfer-Encoding" not in told:
        told.setdefault("Content-Length", str(len(body)))
    return "\r\n".join([f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items()), "", ""]).encode()


def slow(attack: Attack, count: int, seconds: float = _SLOW_S) -> None:
    """Hold connections open and say next to nothing: heads and bodies that drip, answers that nobody takes."""
    host = f"Host: 127.0.0.1:{attack.port}\r\n"
    starts = (
        "",
        "GET / HTTP/1.1\r\n",
        f"POST /api/v1/words HTTP/1.1\r\n{host}X-Dusktape: 1\r\nContent-Length: 500\r\n\r\n{{",
        f"POST /api/v1/uploads HTTP/1.1\r\n{host}X-Dusktape: 1\r\nContent-Length: 5000\r\n\r\nfLaC",
        f"GET /live.mp3 HTTP/1.1\r\n{host}\r\n",
        f"GET /api/v1/events HTTP/1.1\r\n{host}\r\n",
    )
    lines = []
    for number in range(count):
        with suppress(OSError):
            line = attack._line()
            line.sendall(starts[number % len(starts)].encode())
            line.setblocking(False)
            lines.append((line, number % len(starts)))
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for line, kind in lines:
            if kind < 4:
                with suppress(OSError):
                    line.send(b"a")
        time.sleep(0.5)
    for line, _ in lines:
        answer = b""
        with suppress(OSError):
            answer = line.recv(65_536)
        attack._note(b"a slow client", answer)
        line.close()


def fuzz(attack: Attack, count: int) -> None:
    """Ask everything that the radio's OpenAPI allows, and forbids."""
    import hypothesis
    import schemathesis
    from schemathesis import GenerationMode

    text = attack.request("GET", "/api/v1/openapi.json", most=1 << 24)
    length = int(text.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    schema = schemathesis.openapi.from_dict(json.loads(text.partition(b"\r\n\r\n")[2][:length]))
    operations = [found.ok() for found in schema.get_all_operations()]
    operations = [one for one in operations if one.path != "/api/v1/events"]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    each = max(1, count // (len(operations) * len(modes)))
    for operation in operations:
        for mode in modes:
            _send_cases(
                attack, operation, mode, min(each, 12) if operation.path.endswith("/skip") else each, hypothesis
            )


def _send_cases(attack: Attack, operation: Any, mode: Any, count: int, hypothesis: Any) -> None:
    cases: list[dict[str, Any]] = []

    @hypothesis.seed(attack.random.randrange(1 << 30))
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def collect(case: Any) -> None:
        with suppress(ValueError, TypeError):  # what cannot be written down at all
            cases.append(case.as_transport_kwargs(base_url=f"http://127.0.0.1:{attack.port}"))

    with suppress(hypothesis.errors.Unsatisfiable, hypothesis.errors.HypothesisException):
        collect()
    attack.side_by_side([lambda c=case: _send(attack, c) for case in cases])  # type: ignore[misc]


def _send(attack: Attack, case: dict[str, Any]) -> None:
    import requests

    headers = {str(k): str(v) for k, v in (case.get("headers") or {}).items()}
    headers |= {"X-Dusktape": "1"}
    known = {k: case[k] for k in ("method", "url", "params", "data", "json", "cookies", "files") if k in case}
    try:
        ready = requests.Request(**known, headers=headers).prepare()
    except (requests.RequestException, ValueError, TypeError, UnicodeError):
        return
    body = ready.body.encode() if isinstance(ready.body, str) else ready.body if isinstance(ready.body, bytes) else b""
    parts = urlsplit(ready.url or "/")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    told = {
        k: v
        for k, v in ready.headers.items()
        if k.lower() not in ("content-length", "connection", "host", "transfer-encoding")
    }
    if any("\r" in str(v) or "\n" in str(v) for v in told.values()):
        return
    attack.request(str(ready.method), target, {k: str(v) for k, v in told.items()}, body)


class Listener:
    """Somebody who listens meanwhile.

    Parameters
    ----------
    port
        Where.
    rate
        Bytes that are played in a second.
    """

    def __init__(self, port: int, rate: float = BYTES_A_SECOND) -> None:
        self.port, self.rate = port, rate
        self.bytes, self.starved_s, self.lost = 0, 0.0, False
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _listen(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30.0) as line:
                line.sendall(f"GET /live.mp3 HTTP/1.0\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
                first = 0.0
                while not self._end.is_set():
                    data = line.recv(1 << 16)
                    now = time.monotonic()
                    if not data:
                        self.lost = True
                        return
                    first = first or now
                    self.starved_s += max(0.0, now - first - self.starved_s - self.bytes / self.rate)
                    self.bytes += len(data)
        except OSError:
            self.lost = True


def everything(attack: Attack, count: int, *, large: int = 300 << 20) -> None:
    """Attack in every way, so many requests in all."""
    ends = attack.count + count
    uploads(attack, count // 25, large)
    slow(attack, min(240, max(12, count // 40)))
    malformed(attack, count // 5)
    fuzz(attack, count // 3)
    while attack.count < ends:
        paths(attack, min(500, ends - attack.count))


@contextmanager
def radio(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Start a radio of one's own; yields port and process."""
    command = [
        sys.executable,
        "-c",
        "from dusktape.cli import main; main()",
        "radio",
        "--no-open",
        "--port",
        "0",
        "--state",
        str(folder),
        "--quiet",
    ]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield int(urlsplit(child.stdout.readline().strip()).port or 0), child
    finally:
        child.terminate()
        child.wait(20.0)
        if child.stdout is not None:
            child.stdout.close()


def _server_of(house: int) -> Any:
    import psutil

    for child in psutil.Process(house).children(recursive=True):
        if "dusktape.server" in child.cmdline():
            return child
    raise SystemExit("there is no server to watch")


def main() -> int:
    """Attack, and say how it went as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dusktape-", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        with radio(state) as (port, house), Listener(port) as listener:
            attack = Attack(port, options.seed, (str(state).encode(),))
            ends = time.monotonic() + 60.0
            while not listener.bytes and time.monotonic() < ends:
                time.sleep(0.2)
            everything(attack, 400)  # everything is loaded and every pool filled now, so growth is growth
            time.sleep(_SETTLE_S)
            server, warm = _server_of(house.pid), attack.count
            before = server.num_fds(), server.memory_info().rss, server.num_threads()
            start = time.monotonic()
            everything(attack, options.requests)
            took = time.monotonic() - start
            time.sleep(_SETTLE_S)
            same = server.pid == _server_of(house.pid).pid
            after = (server.num_fds(), server.memory_info().rss, server.num_threads()) if same else (0, 0, 0)
            health = attack.request("GET", "/healthz")
            left = [p.name for p in (state / "uploads").glob("*.part")] if (state / "uploads").is_dir() else []
            bytes_heard = listener.bytes
        broken = [line for line in _log(state) if '"broken"' in line]
    told = {
        "requests": attack.count - warm,
        "seconds": round(took, 1),
        "statuses": dict(sorted(attack.statuses.items())),
        "wrong": attack.wrong[:20],
        "errors_logged": len(broken),
        "first_error": broken[0][:2000] if broken else None,
        "same_server": same,
        "open_files": [before[0], after[0]],
        "memory_mb": [round(before[1] / 1e6, 1), round(after[1] / 1e6, 1)],
        "threads": [before[2], after[2]],
        "unfinished_uploads": left,
        "playing": b'"ok": true' in health,
        "listener": {"bytes": bytes_heard, "starved_s": round(listener.starved_s, 2), "lost": listener.lost},
    }
    print(json.dumps(told, indent=1))
    good = not (attack.wrong or broken or left or listener.lost) and same and told["playing"]
    # Each of eight that ask at once may have its own connection to the database, which has two files.
    return 0 if good and listener.starved_s < 0.5 and after[0] <= before[0] + 2 * _AT_ONCE else 1


def _log(state: Path) -> list[str]:
    file = state / "logs" / "server.jsonl"
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


if __name__ == "__main__":
    sys.exit(main())
