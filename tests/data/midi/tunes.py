"""Songs made by rule, as the reader hands them over."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from dusktape.core.score import BAR, TICKS_PER_BEAT, Key
from dusktape.data.dataset import Notes
from dusktape.data.midi.raw import RawSong, RawTrack

BEAT = TICKS_PER_BEAT
MAJOR = (0, 2, 4, 5, 7, 9, 11)

LOOP = ((0, "maj"), (9, "min"), (5, "maj"), (7, "7"))
TONES = {"maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10)}

Row = tuple[int, int, int, int]


def notes(rows: Sequence[Row]) -> Notes:
    """Notes of (start, length, pitch, velocity) rows, by start."""
    table = np.array(sorted(rows), np.int64).reshape(-1, 4)
    return Notes(*table.T)


def melody(seed: int, bars: int = 16, *, key: int = 0) -> list[Row]:
    """A tune that walks the scale, of its own for every seed."""
    draw = random.Random(seed)
    rows, now, degree = [], 0, 7
    while now < bars * BAR:
        length = draw.choice((BEAT // 2, BEAT // 2, BEAT, 2 * BEAT))
        degree = max(2, min(16, degree + draw.choice((-2, -1, -1, 1, 1, 2, 4, -3))))
        rows.append((now, length - 20, 60 + key + 12 * (degree // 7) + MAJOR[degree % 7], draw.randrange(85, 115)))
        now += length
    return rows


def chords(bars: int = 16, *, key: int = 0, beats: int = 4) -> list[Row]:
    """The loop I vi IV V7, a chord a bar."""
    rows = []
    for bar in range(bars):
        root, quality = LOOP[bar % 4]
        for tone in TONES[quality]:
            pitch = 53 + (key + root + tone - 53) % 12
            rows += [(bar * beats * BEAT, beats * BEAT - 40, pitch, 95)]
    return rows


def bass(bars: int = 16, *, key: int = 0, beats: int = 4) -> list[Row]:
    """Roots on the first beat, and once more in the middle."""
    out = []
    for bar in range(bars):
        pitch = 36 + (key + LOOP[bar % 4][0]) % 12
        out += [(bar * beats * BEAT, 2 * BEAT - 20, pitch, 100)]
        out += [((bar * beats + 2) * BEAT, (beats - 2) * BEAT - 20, pitch, 90)]
    return out


def drums(bars: int = 16) -> list[Row]:
    """Kick, snare and hats."""
    rows = [(beat * BEAT, 60, 38 if beat % 2 else 36, 100) for beat in range(4 * bars)]
    return rows + [(half * BEAT // 2, 40, 42, 70) for half in range(8 * bars)]


def track(rows: Sequence[Row], name: str = "", *, program: int = 0, is_drum: bool = False) -> RawTrack:
    return RawTrack(name, program, 9 if is_drum else 0, is_drum, notes(rows))


def band(seed: int = 1, bars: int = 16, *, key: int = 0, named: bool = False) -> tuple[RawTrack, ...]:
    """Melody, chords, bass, drums."""
    names = ("Melody", "Chords", "Bass", "Drums") if named else ("",) * 4
    rows = (melody(seed, bars, key=key), chords(bars, key=key), bass(bars, key=key), drums(bars))
    return tuple(track(r, n, is_drum=i == 3) for i, (r, n) in enumerate(zip(rows, names, strict=True)))


def raw(
    tracks: Sequence[RawTrack],
    *,
    bpm: float | None = 80.0,
    meters: tuple[tuple[int, int, int], ...] = ((0, 4, 4),),
    keys: tuple[tuple[int, Key], ...] = (),
) -> RawSong:
    return RawSong("a.mid", "a", "0" * 64, ((0, bpm),) if bpm else (), meters, keys, tuple(tracks))


def changed(tracks: Sequence[RawTrack], *, by: float = 1.0, later: int = 0, up: int = 0) -> tuple[RawTrack, ...]:
    """The tracks with all times multiplied, then moved, and all pitches moved."""
    out = []
    for t in tracks:
        n = t.notes
        start = np.rint(n.start * by).astype(np.int64) + later
        length = np.maximum(np.rint(n.length * by).astype(np.int64), 1)
        pitch = n.pitch if t.is_drum else n.pitch + up
        out.append(RawTrack(t.name, t.program, t.channel, t.is_drum, Notes(start, length, pitch, n.velocity)))
    return tuple(out)
