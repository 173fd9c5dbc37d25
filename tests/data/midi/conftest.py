"""MIDI files byte by byte, since no library writes broken ones."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

END = b"\x00\xff\x2f\x00"
SCALE = (0, 2, 4, 5, 7, 9, 11)


def later(ticks: int) -> bytes:
    """A delta time."""
    out = bytes([ticks & 127])
    while ticks := ticks >> 7:
        out = bytes([ticks & 127 | 128]) + out
    return out


def meta(kind: int, data: bytes, delta: int = 0) -> bytes:
    return later(delta) + bytes([0xFF, kind, len(data)]) + data


def note(pitch: int, *, length: int = 480, channel: int = 0, velocity: int = 80) -> bytes:
    return bytes([0, 0x90 | channel, pitch, velocity]) + later(length) + bytes([0x80 | channel, pitch, 0])


def track(*events: bytes) -> bytes:
    body = b"".join(events) + END
    return b"MTrk" + struct.pack(">I", len(body)) + body


def file(*tracks: bytes, kind: int = 1, division: int = 480) -> bytes:
    return b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks), division) + b"".join(tracks)


def voice(notes: Sequence[tuple[int, int, int, int]], channel: int = 0) -> bytes:
    """Events of (start, length, pitch, velocity)."""
    events = [(start, 1, bytes([0x90 | channel, pitch, velocity])) for start, _, pitch, velocity in notes]
    events += [(start + length, 0, bytes([0x80 | channel, pitch, 0])) for start, length, pitch, _ in notes]
    now, out = 0, b""
    for tick, _, event in sorted(events):
        out += later(tick - now) + event
        now = tick
    return out


def song(seed: int, *, bars: int = 16, transposed: int = 0, beats: int = 4, tempo: int | None = 750_000) -> bytes:
    """A melody of its own for every seed over chords, 480 ticks a beat."""
    draw, bar = random.Random(seed), 480 * beats
    tune, now = [], 0
    while now < bars * bar:
        length = draw.choice((240, 240, 480, 480, 960))
        tune.append((now, length - 10, 60 + transposed + draw.choice(SCALE), draw.randrange(60, 110)))
        now += length
    roots = [draw.choice((0, 5, 7)) for _ in range(bars)]
    chords = [(b * bar, bar - 20, 48 + transposed + r + k, 90) for b, r in enumerate(roots) for k in (0, 4, 7)]
    head = [meta(0x58, bytes([beats, 2, 24, 8]))]
    if tempo:
        head.append(meta(0x51, tempo.to_bytes(3, "big")))
    return file(
        track(*head, meta(3, b"Melody"), voice(tune)),
        track(meta(3, b"Piano"), voice(chords, channel=1)),
    )


@pytest.fixture
def smf() -> SimpleNamespace:
    """Makes standard MIDI files, whole or broken."""
    makers: dict[str, Callable[..., bytes]] = {f.__name__: f for f in (later, meta, note, track, file, voice, song)}
    return SimpleNamespace(**makers, END=END)
