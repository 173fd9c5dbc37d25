"""A real radio for `killing.py` and `soak.py`: its processes, its API, somebody who listens, and its ring."""

from __future__ import annotations

import http.client
import json
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil

from dusktape.core.errors import DusktapeError
from dusktape.radio.outputs.address import URL
from dusktape.radio.ring import DISCONTINUITY, RingReader, Slot

RATE = 44_100
MP3_FRAME = 1_152
ROLES = {"worker": "dusktape.radio.worker", "playout": "dusktape.radio.playout", "server": "dusktape.server"}
QUIET = 10
"""Peak of a slot, of 32,767, below which it counts as silent."""

_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MAIN = "import sys; from dusktape.cli import main; sys.exit(main())"


class Radio:
    """`dusktape radio --no-open` on a folder of its own, on this machine only, ended when it is left."""

    def __init__(self, folder: Path | None = None, options: Sequence[str] = ()) -> None:
        self._own = tempfile.TemporaryDirectory(prefix="dusktape-") if folder is None else None
        self.folder = Path(self._own.name) if self._own is not None else folder or Path()
        self._options = options
        self.url = ""

    def __enter__(self) -> Radio:
        command = [sys.executable, "-c", _MAIN, "radio", "--no-open", "--quiet", "--state", str(self.folder)]
        self._process = subprocess.Popen(
            [*command, *self._options], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split("?")[0].strip()
        if not self.url:
            raise SystemExit("the radio did not start")
        self.host = urlsplit(self.url).netloc
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            for child in psutil.Process(self._process.pid).children(recursive=True):
                child.kill()
            self._process.kill()
        if self._own is not None:
            self._own.cleanup()

    @property
    def ring(self) -> Path:
        """The samples of its station."""
        return self.folder / "run" / "main" / "pcm.ring"

    def processes(self) -> dict[str, psutil.Process]:
        """Return the process of each role that lives, those of outputs, and the house."""
        house = psutil.Process(self._process.pid)
        found = {"house": house}
        for child in house.children():
            with suppress(psutil.Error):
                words = child.cmdline()
                found |= {role: child for role, module in ROLES.items() if module in words}
                if "dusktape.radio.outputs" in words:
                    found[f"output to {urlsplit(child.environ().get(URL, '')).scheme}"] = child
        return found

    def ask(self, path: str, body: Any = None, *, seconds: float = 5.0, method: str = "") -> Any:
        """Return what the API answers, or None if it does not."""
        connection = http.client.HTTPConnection(self.host, timeout=seconds)
        headers = {"X-Dusktape": "1", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
            return json.loads(text) if answer.status < 300 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def wait(self, true: Callable[[], object], seconds: float) -> float | None:
        """Return after how long it became true, or None if it did not."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if true():
                return time.monotonic() - begun
            time.sleep(0.02)
        return None


@dataclass
class Watcher:
    """Reads every slot of a ring as it comes, and notes what does not follow."""

    path: Path
    last: Slot | None = None
    last_at: float = 0.0
    slots: int = 0
    missing: int = 0
    repeated: int = 0
    skipped: int = 0
    silent: list[int] = field(default_factory=list)
    steepest: float = 0.0
    log: list[str] = field(default_factory=list)
    _tail: Any = None
    _end: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Watcher:
        """Begin."""
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def stop(self) -> None:
        """End."""
        self._end.set()

    def _run(self) -> None:
        reader: RingReader | None = None
        while not self._end.wait(0.05):
            with suppress(OSError, DusktapeError):
                if reader is None or reader.replaced():
                    reader = RingReader(self.path)
                first = reader.newest() if self.last is None else self.last.number + 1
                for number in range(first, reader.newest() + 1):
                    if (slot := reader.read(number)) is not None:
                        self._see(slot)
                    elif number < reader.oldest():
                        self.skipped += 1

    def _see(self, slot: Slot) -> None:
        before = self.last
        sound = np.frombuffer(slot.data, np.int16).reshape(-1, 2).astype(np.int32)
        if before is not None:
            step = slot.frame - before.end
            if step:
                self.log.append(f"slot {slot.number}: {step:+d} frames")
            self.missing += max(0, step)
            self.repeated += max(0, -step)
            if not slot.mark & DISCONTINUITY:
                seam = _seam(self._tail, sound)
                self.steepest = max(self.steepest, seam)
                if seam > 1.5:
                    height = np.abs(sound[0] - self._tail[-1]).max()
                    self.log.append(f"slot {slot.number}, frame {slot.frame}: a step of {height}, {seam:.1f} times")
        if np.abs(sound).max(initial=0) < QUIET:
            self.silent.append(slot.frame)
        self.slots += 1
        self._tail = sound[-2_000:]
        self.last, self.last_at = slot, time.monotonic()


def _seam(before: Any, after: Any) -> float:
    """Return the step between two slots, as a multiple of the steepest step on either side of it."""
    if len(before) < 2 or len(after) < 2:
        return 0.0
    around = max(np.abs(np.diff(before, axis=0)).max(), np.abs(np.diff(after[:2_000], axis=0)).max(), 50)
    return float(np.abs(after[0] - before[-1]).max() / around)


class Listener:
    """Somebody with a player: takes `/live.mp3`, comes back at the frame that is heard, and notes when it runs dry."""

    def __init__(self, radio: Radio) -> None:
        self._radio = radio
        self.received = 0
        self.last_at = 0.0
        self.reconnects = 0
        self.seams: list[int] = []
        self.dry_s = self.longest_dry_s = 0.0
        self._origin: tuple[int, int] | None = None
        self._played = self._begun = 0.0
        self._dry_since: float | None = None
        self._end = threading.Event()

    def start(self) -> Listener:
        """Begin."""
        threading.Thread(target=self._run, daemon=True).start()
        return self

    def stop(self) -> None:
        """Hang up."""
        self._end.set()

    def _run(self) -> None:
        while not self._end.is_set():
            with suppress(OSError, http.client.HTTPException):
                self._listen()
            self._account()
            self._end.wait(0.05)

    def _listen(self) -> None:
        name = f"tool{self.reconnects}"
        self.reconnects += 1
        wanted = self._heard()
        at = "" if wanted is None else f"&at={wanted}"
        connection = http.client.HTTPConnection(self._radio.host, timeout=5.0)
        connection.request("GET", f"/live.mp3?listener={name}{at}")
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(str(answer.status))
        held, fresh = b"", True
        while not self._end.is_set():
            if not select.select([answer.fileno()], [], [], 0.25)[0]:
                self._account()
                continue
            if not (data := answer.read1(65_536)):
                break
            self.last_at = time.monotonic()
            if fresh:
                fresh = False
                self._change_over(name, wanted)
            count, held = frames_of(held + data)
            self._account()
            self.received += count * MP3_FRAME
        connection.close()

    def _change_over(self, name: str, wanted: int | None) -> None:
        """Throw away what was held, as a player does; ask in the meantime where the new sound begins."""
        self._account()
        self.received -= max(0, self.received - int(self._played * RATE))
        begun = self.received
        if wanted is not None:
            self._origin = (wanted, begun)

        def ask() -> None:
            told = self._radio.ask(f"/api/v1/stations/main/listeners/{name}", seconds=20.0)
            if told is not None:
                self._origin = (told["frame"], begun)
                if wanted is not None:
                    self.seams.append(told["frame"] - wanted)

        threading.Thread(target=ask, daemon=True).start()

    def _heard(self) -> int | None:
        """Return the frame that is heard now."""
        self._account()
        if self._origin is None:
            return None
        frame, received = self._origin
        return frame + int(self._played * RATE) - received

    def _account(self) -> None:
        """Play on to now: what was received is heard at the pace of the clock, the rest is a time without sound."""
        now = time.monotonic()
        if not self.received:
            self._begun = now
            return
        elapsed, self._begun = now - self._begun, now
        there = self.received / RATE - self._played
        self._played += min(elapsed, there)
        dry = max(0.0, elapsed - there)
        self.dry_s += dry
        self._dry_since = (self._dry_since or 0.0) + dry if dry else None
        self.longest_dry_s = max(self.longest_dry_s, self._dry_since or 0.0)


def frames_of(data: bytes) -> tuple[int, bytes]:
    """Return how many whole MP3 frames there are, and what is left."""
    at = count = 0
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
            at += 1
            continue
        size = 144_000 * _KBPS[(data[at + 2] >> 4) % 15] // RATE + (data[at + 2] >> 1 & 1)
        if at + size > len(data):
            break
        at += max(size, 4)
        count += 1
    return count, data[at:]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])
