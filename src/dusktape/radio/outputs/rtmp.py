"""Live video: `rtmp://HOST/application/STREAM-KEY[#size=854x480&rate=24]`, the scene and the sound."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from dusktape.core.audio import SAMPLE_RATE
from dusktape.radio.outputs.address import Address
from dusktape.radio.outputs.flv import Tag
from dusktape.radio.outputs.follow import Piece
from dusktape.radio.outputs.retry import Lost, Retry, tell
from dusktape.radio.outputs.rtmp_client import Publisher
from dusktape.radio.outputs.stage import Stage
from dusktape.radio.outputs.video import Video

_LONGEST_MS: Final = 10_000
_LATE_S: Final = 0.35
_MINUTE: Final = 60 * SAMPLE_RATE


def send(
    to: Address,
    pieces: Iterable[Piece],
    stage: Stage,
    retry: Retry | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Send a station's sound and scene for as long as pieces come. Encoders go on while there is no connection.

    Where the machine is too slow for the rate, pictures are left out and the sound is whole.

    Raises
    ------
    PluginError
        If the extra is not installed.
    """
    width, height, rate = stage.size[0], stage.size[1], stage.rate
    video = Video(width, height, rate)
    line = Line(to, retry or Retry(to.shown, secrets=to.secrets))
    line.start()
    samples = shown = left_out = 0
    said = False
    try:
        for piece in pieces:
            due_at = clock() - piece.late_s
            for tag in video.hear(piece.sound):
                line.put(tag)
            due = (samples + len(piece.sound)) * rate // SAMPLE_RATE
            stage.listen(piece)
            for number in range(shown, due):
                if number > shown and clock() - due_at > _LATE_S:
                    left_out += due - number
                    break
                for tag in video.see(number, stage.paint(number)):
                    line.put(tag)
            shown = due
            samples += len(piece.sound)
            if samples // _MINUTE > (samples - len(piece.sound)) // _MINUTE:
                if left_out > 30 * rate and not said:
                    said = True
                    tell(f"{to.shown}: this machine is too slow for {rate} pictures a second; ask for fewer: #rate=12")
                left_out = 0
    finally:
        line.close()


class Line:
    """A queue to the server with a thread behind it, which connects again for ever.

    What a decoder needs first is kept and sent after each new connection, which then begins at a key picture, at time
    0. When the server takes less than comes, all that waits is thrown away up to the next key picture.
    """

    def __init__(self, to: Address, retry: Retry, connect: Callable[[Address], Publisher] = Publisher) -> None:
        self._to, self._retry, self._connect = to, retry, connect
        self._headers: dict[tuple[int, bool], Tag] = {}
        self._waiting: deque[Tag] = deque()
        self._news = threading.Condition()
        self._open = True
        self._linked = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Connect."""
        self._thread.start()

    def close(self) -> None:
        """Hang up."""
        with self._news:
            self._open = False
            self._news.notify()

    def put(self, tag: Tag) -> None:
        """Send this when its turn comes. Never waits."""
        with self._news:
            if tag.is_header:
                self._headers[tag.kind, True] = tag
            if not self._linked:
                return
            waiting = self._waiting
            if waiting and tag.time_ms - waiting[0].time_ms > _LONGEST_MS:
                waiting.clear()
            waiting.append(tag)
            self._news.notify()

    def _run(self) -> None:
        while self._open:
            try:
                server = self._connect(self._to)
                self._retry.connected()
                try:
                    self._pass_on(server)
                finally:
                    self._linked = False
                    server.close()
            except Lost as lost:
                self._retry.wait(str(lost))

    def _pass_on(self, server: Publisher) -> None:
        with self._news:
            self._waiting.clear()
            self._linked = True
        start: int | None = None
        last = 0
        while (tag := self._next()) is not None:
            if start is None:
                if not tag.is_key:
                    continue
                start = tag.time_ms
                for header in sorted(self._headers.values(), key=lambda one: -one.kind):
                    server.send(header, 0)
            elif tag.time_ms - last > _LONGEST_MS // 2 and not tag.is_key:
                continue  # after something was thrown away
            last = tag.time_ms
            server.send(tag, max(0, tag.time_ms - start))

    def _next(self) -> Tag | None:
        with self._news:
            while self._open and not self._waiting:
                self._news.wait(1.0)
            return self._waiting.popleft() if self._open else None
