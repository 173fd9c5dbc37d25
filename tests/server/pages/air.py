"""A station that is on air for tests: real MP3 in its ring in real time, short tracks, skips that are obeyed."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lameenc
import numpy as np
import uvicorn

from dusktape.radio.ring import RingWriter
from dusktape.radio.state import Entry, Made, State, new_id
from dusktape.server.app import app
from dusktape.server.guard import Door
from dusktape.server.limits import Limits
from dusktape.server.wire import protocol

RATE = 44_100
PACKET = 1152
PACKETS = 19
LEAD = 12 * RATE
TRACKS = (
    ("Raincoat in Sepia", "rainy", "wistful", 64.0, "Ab major", (207.65, 261.63, 311.13, 392.0)),
    ("Lantern on the Stairs", "dusk", "warm", 76.0, "F# minor", (185.0, 220.0, 277.18, 329.63)),
    ("Platform 6, Almost Empty", "nighttrain", "dreamy", 82.0, "D minor", (146.83, 174.61, 220.0, 261.63)),
)


def packets(hertz: tuple[float, ...], seconds: float) -> list[bytes]:
    """Return a soft chord as MP3, cut into its packets."""
    t = np.arange(round(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * h * t) for h in hertz) * 0.08 * (0.6 + 0.4 * np.cos(2 * np.pi * t))
    stereo = np.repeat((np.clip(chord, -1, 1) * 32_767).astype("<i2")[:, None], 2, axis=1)
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(128)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(2)
    encoder.set_quality(7)
    data = bytes(encoder.encode(stereo.tobytes())) + bytes(encoder.flush())
    found, at = [], 0
    while at + 4 <= len(data):
        length = 144 * 128_000 // RATE + (data[at + 2] >> 1 & 1)
        found.append(data[at : at + length])
        at += length
    return found[1:-2]


def timeline(frames: int, bpm: float, key: str) -> dict[str, Any]:
    """Return a timeline with everything on the beat."""
    beat = 60 / bpm * RATE
    beats = [round(i * beat) for i in range(int(frames / beat))]
    chords = [[b, name] for b, name in zip(beats[::4], ("Dbmaj7", "Eb7", "Cm7", "Fm9") * 99, strict=False)]
    level = [int(v) for v in -14 - 8 * np.abs(np.sin(np.arange(frames // 2205) * 0.9))]
    sections = [
        {"name": name, "start": beats[len(beats) * i // 3], "bars": 4}
        for i, name in enumerate(("intro", "verse", "outro"))
    ]
    return {
        "sample_rate": RATE, "frames": frames, "bpm": bpm, "key": key,
        "bars": beats[::4], "beats": beats, "kicks": beats[::2],
        "sections": sections, "chords": chords, "level": {"hop": 2205, "db": level},
    }  # fmt: skip


class Air:
    """A station `main`; every track lasts `seconds`."""

    def __init__(self, folder: Path, *, seconds: float = 8.0) -> None:
        self.state = State.open(folder / "state")
        self.state.station("main")
        self._seconds = seconds
        self._sounds = [packets(hertz, 6.0) for *_, hertz in TRACKS]
        self._made = [self._make(i) for i in range(len(TRACKS))]
        self._ring: RingWriter | None = None
        self._entries: list[Entry] = []
        self._stop = threading.Event()
        self._ahead = LEAD
        self.silent = False
        self.skips = 0

    def _file(self, name: str, data: bytes) -> str:
        path = self.state.folder / name
        path.write_bytes(data)
        return self.state.put(path)

    def _make(self, index: int) -> Made:
        title, recipe, mood, bpm, key, _ = TRACKS[index]
        name = new_id()
        frames = round(self._seconds * RATE)
        files = {
            "master.flac": self._file("a.flac", b"fLaC" + name.encode()),
            "score.mid": self._file("a.mid", b"MThd" + name.encode()),
            "track.json": self._file("a.json", json.dumps({"title": title}).encode()),
            "timeline.json": self._file("b.json", json.dumps(timeline(frames, bpm, key)).encode()),
        }
        made = Made(
            name, title, recipe, mood, 11 + index, bpm, key, self._seconds, frames, "CC0-1.0", name, files, time.time()
        )
        self.state.add_track(made)
        return made

    def _plan(self, start: int) -> None:
        made = self._made[len(self._entries) % len(TRACKS)]
        end = start + round(self._seconds * RATE)
        self._entries.append(
            self.state.plan(
                Entry(
                    "main", "track", start, end, track=made.id, title=made.title, timeline=made.files["timeline.json"]
                )
            )
        )

    def _append(self) -> None:
        assert self._ring is not None
        frame = self._ring.last.end if self._ring.last else 0
        while not self._entries or self._entries[-1].end < frame + 3 * LEAD:
            self._plan(self._entries[-1].end if self._entries else frame)
        now = next(i for i, e in enumerate(self._entries) if e.end > frame)
        sound = self._sounds[now % len(TRACKS)]
        first = frame // PACKET
        data = b"".join(sound[(first + i) % len(sound)] for i in range(PACKETS))
        self._ring.append(frame, PACKETS * PACKET, data)

    def _obey(self) -> None:
        assert self._ring is not None
        for order in self.state.orders("main"):
            if order.kind == "skip" and self._ring.last:
                self.skips += 1
                head = self._ring.last.end
                now = next(i for i, e in enumerate(self._entries) if e.end > head)
                self.state.amend(self._entries[now].id, end=head)
                for late in self._entries[now + 1 :]:
                    self.state.amend(late.id, start=late.start + (1 << 50), end=late.end + (1 << 50))
                kept = self._entries[: now + 1]
                self._entries = [*kept[:-1], Entry(**{**_fields(kept[-1]), "end": head})]
                made = self._made[len(self._entries) % len(TRACKS)]
                end = head + round(self._seconds * RATE)
                spec = {"by": "skip", "order": order.id}
                entry = Entry(
                    "main",
                    "track",
                    head,
                    end,
                    track=made.id,
                    title=made.title,
                    spec=spec,
                    timeline=made.files["timeline.json"],
                )
                self._entries.append(self.state.plan(entry))
                self._ahead += LEAD

    def _run(self) -> None:
        self._ring = RingWriter(self.state.folder / "run" / "main" / "mp3.ring", slots=180, slot_bytes=16_384)
        began = time.monotonic()
        while not self._stop.is_set():
            if not self.silent:
                self._obey()
                while (self._ring.last.end if self._ring.last else 0) < (time.monotonic() - began) * RATE + self._ahead:
                    self._append()
            time.sleep(0.05)
        self._ring.close()

    @contextmanager
    def on(self) -> Iterator[None]:
        """Be on air."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
            self.state.close()

    @contextmanager
    def served(self, port: int = 0, *, door: Door | None = None) -> Iterator[int]:
        """Serve it; yields the port. Ends with every listener's connection broken."""
        limits = Limits()
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port))
            listening.listen(128)
            config = uvicorn.Config(
                app(self.state, ("main",), door=door, limits=limits), http=protocol(limits), ws="none", lifespan="on",
                log_level="critical", timeout_graceful_shutdown=0,
            )  # fmt: skip
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                yield int(listening.getsockname()[1])
            finally:
                server.should_exit = server.force_exit = True
                thread.join()


def _fields(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}
