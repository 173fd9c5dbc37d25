from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dusktape.radio.outputs.address import Address, address
from dusktape.radio.outputs.flv import AUDIO, SCRIPT, VIDEO, Tag
from dusktape.radio.outputs.follow import Follower, Piece
from dusktape.radio.outputs.retry import Lost, Retry
from dusktape.radio.outputs.rtmp import Line, send
from dusktape.radio.outputs.rtmp_client import Publisher

from .conftest import RATE, pieces, until

HEADERS = [Tag(SCRIPT, 0, b"facts"), Tag(VIDEO, 0, b"\x17\x00"), Tag(AUDIO, 0, b"\xaf\x00")]


def key(time_ms: int) -> Tag:
    return Tag(VIDEO, time_ms, b"\x17\x01")


def picture(time_ms: int) -> Tag:
    return Tag(VIDEO, time_ms, b"\x27\x01")


class Server:
    """Takes tags until it is told to go away."""

    def __init__(self) -> None:
        self.got: list[tuple[Tag, int]] = []
        self.gone = False

    def send(self, tag: Tag, time_ms: int) -> None:
        if self.gone:
            raise Lost("gone")
        self.got.append((tag, time_ms))

    def close(self) -> None:
        pass


class Stage:
    """A plain test picture."""

    size = (160, 90)
    rate = 10

    def __init__(self) -> None:
        self.painted: list[int] = []
        self._frame = np.full((90, 160, 4), 255, np.uint8)

    def listen(self, piece: Piece) -> None:
        pass

    def paint(self, number: int) -> np.ndarray:
        self.painted.append(number)
        self._frame[:, :, 0] = 5 * number % 256
        return self._frame


def linked(servers: list[Server], said: list[str]) -> Line:
    to = address("rtmp://127.0.0.1/live/key", {})
    new = iter(servers)
    line = Line(to, Retry("there", say=said.append, sleep=lambda seconds: None), lambda to: next(new))  # type: ignore[arg-type, return-value]
    for tag in HEADERS:
        line.put(tag)
    return line


def test_each_connection_begins_with_what_a_decoder_needs_and_a_key_picture_at_time_0():
    first, second, said = Server(), Server(), []
    line = linked([first, second], said)
    line.start()
    assert until(lambda: "there: connected" in said and line._linked)
    for tag in (picture(1_000), key(2_000), picture(2_040)):
        line.put(tag)
    assert until(lambda: len(first.got) == 5)
    assert [tag for tag, _ in first.got[:3]] == [HEADERS[0], HEADERS[1], HEADERS[2]]
    assert first.got[3:] == [(key(2_000), 0), (picture(2_040), 40)]
    first.gone = True
    line.put(picture(2_080))
    assert until(lambda: said.count("there: connected") == 2 and line._linked)
    for tag in (picture(9_000), key(9_500), picture(9_540)):
        line.put(tag)
    assert until(lambda: len(second.got) == 5)
    assert second.got[3:] == [(key(9_500), 0), (picture(9_540), 40)]
    line.close()


def test_what_nobody_takes_is_thrown_away_up_to_a_key_picture():
    server, said = Server(), []
    line = linked([server], said)
    hold, asked = threading.Event(), threading.Event()
    take = server.send

    def slow(tag: Tag, time_ms: int) -> None:
        asked.set()
        hold.wait(10)
        take(tag, time_ms)

    server.send = slow  # type: ignore[method-assign]
    line.start()
    assert until(lambda: line._linked)
    line.put(key(0))
    assert asked.wait(10)
    for index in range(1, 400):
        line.put(key(100 * index) if index % 20 == 0 else picture(100 * index))
    hold.set()
    assert until(lambda: server.got and server.got[-1][1] >= 39_800)
    times = [time_ms for tag, time_ms in server.got if not tag.is_header]
    gaps = [b for a, b in itertools.pairwise(times) if b - a > 100]
    assert gaps
    assert all(gap % 2_000 == 0 for gap in gaps)
    line.close()


class Offline(Line):
    """A line that keeps what it shall send."""

    def __init__(self, to: Address, retry: Retry) -> None:
        super().__init__(to, retry)
        self.got: list[Tag] = []
        lines.append(self)

    def start(self) -> None:
        pass

    def put(self, tag: Tag) -> None:
        self.got.append(tag)


lines: list[Offline] = []


class Machine:
    """A clock that painting moves on, and a follower of it with five seconds of pieces."""

    def __init__(self, cost_s: Callable[[int], float]) -> None:
        self.now = 0.0
        self.stage = Stage()
        paint = self.stage.paint

        def painted(number: int) -> np.ndarray:
            self.now += cost_s(number)
            return paint(number)

        self.stage.paint = painted  # type: ignore[method-assign]

    def run(self, seconds: float) -> list[Tag]:
        given = pieces(seconds)

        class Fed(Follower):
            def take(self) -> Piece:
                return next(given)

        def sleep(seconds: float) -> None:
            self.now += seconds

        paced = Fed(Path("nowhere")).paced(lambda: self.now, sleep)
        counted = (piece for piece, _ in zip(paced, range(round(4 * seconds) - 1), strict=False))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dusktape.radio.outputs.rtmp.Line", Offline)
            send(address("rtmp://127.0.0.1/live/key", {}), counted, self.stage, Retry("there"), lambda: self.now)  # type: ignore[arg-type]
        return lines.pop().got


def test_pictures_are_left_out_where_the_machine_is_slow_and_the_sound_is_whole():
    pytest.importorskip("av")
    machine = Machine(lambda number: 0.2)
    got = machine.run(5.0)
    sound = [tag for tag in got if tag.kind == AUDIO and not tag.is_header]
    keys = [tag.time_ms for tag in got if tag.is_key]
    assert max(np.diff([*keys, 5_000])) <= 3_000
    assert 10 < len(machine.stage.painted) < 40
    assert np.all(np.diff(machine.stage.painted) > 0)
    assert len(sound) * 1_024 / RATE == pytest.approx(5.0, abs=0.5)


@pytest.mark.parametrize("stood_still_s", [0.6, 1.5, 5.0])
def test_after_the_machine_stood_still_no_picture_is_left_out_any_more(stood_still_s):
    pytest.importorskip("av")
    machine = Machine(lambda number: stood_still_s if number == 12 else 0.01)
    machine.run(9.0)
    rate = machine.stage.rate
    last = machine.stage.painted[-1] + 1
    assert machine.stage.painted[-3 * rate :] == list(range(last - 3 * rate, last))
    assert last > 8 * rate


def stream(port: int, key: str, end: threading.Event, said: list[str]) -> threading.Thread:
    to = address(f"rtmp://127.0.0.1:{port}/live/{key}", {})

    def paced() -> Iterator[Piece]:
        for piece in pieces(600):
            if end.wait(0.1):
                return
            yield piece

    retry = Retry(to.shown, say=said.append, sleep=lambda seconds: time.sleep(0.05))
    thread = threading.Thread(target=send, args=(to, paced(), Stage(), retry), daemon=True)
    thread.start()
    return thread


def test_a_client_of_a_real_server_sees_h264_and_hears_aac(nginx, tmp_path):
    av = pytest.importorskip("av")
    end, said = threading.Event(), []
    thread = stream(nginx, "evening", end, said)
    try:
        assert until(lambda: said)
        with av.open(f"rtmp://127.0.0.1:{nginx}/live/evening", timeout=20) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert (video.codec_context.name, video.width, video.height) == ("h264", 160, 90)
            assert (audio.codec_context.name, audio.rate) == ("aac", RATE)
            reds, heard = [], []
            for frame in container.decode(video, audio):
                if isinstance(frame, av.VideoFrame):
                    reds.append(int(frame.to_ndarray(format="rgb24")[45, 80, 0]))
                else:
                    heard.append(frame.to_ndarray()[0])
                if len(reds) >= 20 and len(heard) > 60:
                    break
    finally:
        end.set()
    thread.join(10)
    assert len(set(reds)) > 5
    sound = np.concatenate(heard)
    assert np.abs(np.fft.rfft(sound[-RATE:])).argmax() == pytest.approx(441, abs=1)
    assert "evening" not in "".join(said)


def test_a_stream_that_is_cut_is_published_again_by_the_same_encoders(nginx):
    pytest.importorskip("av")
    end, said = threading.Event(), []
    made: list[Publisher] = []
    begin = Publisher.__init__

    def noted(self: Publisher, to: object) -> None:
        begin(self, to)  # type: ignore[arg-type]
        made.append(self)

    Publisher.__init__ = noted  # type: ignore[method-assign, assignment]
    try:
        thread = stream(nginx, "cut", end, said)
        assert until(lambda: len(made) == 1)
        made[0]._socket.shutdown(2)
        assert until(lambda: sum("connected" in line for line in said) == 2)
    finally:
        end.set()
        Publisher.__init__ = begin  # type: ignore[method-assign]
    thread.join(10)
    assert len(said) == 3


def test_a_key_in_use_is_said_in_one_line(nginx):
    pytest.importorskip("av")
    end, said, other = threading.Event(), [], []
    thread = stream(nginx, "shared", end, said)
    try:
        assert until(lambda: said)
        second = stream(nginx, "shared", end, other)
        assert until(lambda: any("in use" in line for line in other))
    finally:
        end.set()
    thread.join(10)
    second.join(10)


def test_nobody_there_is_a_lost_connection():
    with pytest.raises(Lost, match="no connection"):
        Publisher(address("rtmp://127.0.0.1:1/live/key", {}))


def test_a_server_of_another_kind_is_said_in_one_line(icecast):
    with pytest.raises(Lost) as told:
        Publisher(address(f"rtmp://127.0.0.1:{icecast}/live/key", {}))
    assert "\n" not in str(told.value)
