"""Sounds of the user's own: a SoundFont, folders of notes and of one-shots, a recording laid over, one as lo-fi."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from bench.effort import Effort, launch
from bench.end_to_end import dusktape
from bench.instruments import row
from bench.material import song
from bench.page import Table, ratio, times
from dusktape.core import plugins
from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.home import VARIABLE
from dusktape.studio.rig import played

TITLE = "Your sounds"

FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
"""Debian's package timgm6mb-soundfont."""

_SONG_S = 60.0
_BEATS = "import sys, librosa; y, rate = librosa.load(sys.argv[1], sr=None); librosa.beat.beat_track(y=y, sr=rate)"


def run(effort: Effort) -> list[Table]:
    """Measure what lies in a home that is made here."""
    production = song(effort.minutes)
    with tempfile.TemporaryDirectory() as folder, _home(Path(folder)):
        kinds = {"notes": "keys", "box": "drums", "shower": ""} | ({"font": "keys"} if FONT.exists() else {})
        rows = []
        for name, part in kinds.items():
            notes = played(production.score.parts.get(part, ()), production.score)
            instrument = plugins.find("instruments", name)()
            rows.append(row(name, instrument, part or "texture", notes, production, effort))
        return [
            Table(
                f"A folder of 13 notes, a kit of three one-shots, 20 s laid over, and a SoundFont ({FONT.name}), each "
                f"on its part in a song of {production.frames / SAMPLE_RATE:.0f} s; references as for our own.",
                ["what", "part", "notes", "times real time", "reference", "ratio"],
                rows,
            ),
            _lofi(Path(folder)),
        ]


def _lofi(folder: Path) -> Table:
    source, out = folder / "song.wav", folder / "lofi.flac"
    launch([dusktape(), "make", "--minutes", f"{_SONG_S / 60.0:g}", "--seed", "1", "--quiet", "-o", str(source)])
    ours = launch([dusktape(), "lofi", str(source), "--seed", "1", "--quiet", "-o", str(out)])
    beats = launch([sys.executable, "-c", _BEATS, str(source)])
    return Table(
        f"`dusktape lofi` on a recording of {_SONG_S:.0f} s, a new process; the reference loads it with librosa and "
        "finds its beats, no more.",
        ["", "wall", "times real time", "reference", "ratio"],
        [
            [
                "lofi",
                f"{ours.wall_s:.2f} s",
                times(_SONG_S, ours.wall_s),
                f"{beats.wall_s:.2f} s",
                ratio(beats.wall_s, ours.wall_s),
            ]
        ],
    )


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """Fill a home, and make it the one that is looked into."""
    rng = np.random.default_rng(1)
    t = np.arange(int(1.5 * SAMPLE_RATE)) / SAMPLE_RATE
    for name in ("instruments/notes", "kits/box", "effects"):
        (folder / name).mkdir(parents=True)
    for pitch in range(24, 97, 6):
        tone = 0.3 * np.sin(2.0 * np.pi * 440.0 * 2.0 ** ((pitch - 69) / 12.0) * t) * np.exp(-2.0 * t)
        name = ("C", "F#")[pitch // 6 % 2] + str(pitch // 12 - 1)
        soundfile.write(folder / "instruments" / "notes" / f"{name}.wav", tone, SAMPLE_RATE)
    for kind in ("kick", "snare", "hat"):
        hit = 0.3 * rng.standard_normal(8_000) * np.exp(-30.0 * t[:8_000])
        soundfile.write(folder / "kits" / "box" / f"{kind}.wav", hit, SAMPLE_RATE)
    soundfile.write(folder / "effects" / "shower.wav", 0.1 * rng.standard_normal((20 * SAMPLE_RATE, 2)), SAMPLE_RATE)
    if FONT.exists():
        (folder / "instruments" / "font.sf2").write_bytes(FONT.read_bytes())
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
