"""A station with a library to work on, and a worker for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dusktape.core.score import BAR, Chord, Key, Note, Score, Section
from dusktape.radio.state import Made
from dusktape.radio.timeline import timeline

from ..station import Station

PATIENCE_S = 120.0
STORE = "async () => (await import('/static/js/studio/store.js')).store"
FRAMES = 16 * 44_100
SCORE = Score(
    60.0,
    Key(0, "minor"),
    (Section("A", 0, 2 * BAR), Section("B", 2 * BAR, 2 * BAR)),
    tuple(Chord(k * BAR, BAR, (0, 5, 8, 7)[k], "min7") for k in range(4)),
    {
        "lead": tuple(Note(k * 960, 480, 60 + (k * 7) % 12, 60 + 4 * k) for k in range(16)),
        "drums": tuple(Note(k * 480, 240, (36, 42, 38, 42)[k % 4], 90) for k in range(32)),
    },
)
PARTS = {"lead": "vibraphone", "drums": "kit", "rain": "rain"}
RECIPE = {
    "mood": "warm",
    "parts": {
        p: {"instrument": i, "on": True, "texture": p == "rain", "loudness_lufs": -24.0} for p, i in PARTS.items()
    },
}


class Bench(Station):
    """A station, and a library to work on."""

    at = ""

    def put(self, title: str, **more: Any) -> Made:
        """Lay a song into the library without making one: two tones, four bars."""

        def tone(hertz: int) -> str:
            wave = 0.2 * np.sin(2 * np.pi * hertz * np.arange(FRAMES) / 44_100)
            path = self.folder / f"{hertz}.flac"
            soundfile.write(path, np.stack([wave, wave], axis=1), 44_100)
            return self.state.put(path)

        def text(name: str, told: str) -> str:
            (self.folder / name).write_text(told)
            return self.state.put(self.folder / name)

        level = [-20 - k % 9 for k in range(320)]
        files = {
            "master.flac": tone(220),
            "score.json": text("s.json", SCORE.to_json()),
            "timeline.json": text("t.json", json.dumps(timeline(SCORE, level, frames=FRAMES))),
            **{f"stems/{part}.flac": tone(330 + 110 * k) for k, part in enumerate(PARTS)},
        }
        facts = {"recipe": RECIPE, "report": {"lufs": -14.0}}
        return self.track(title, files=files, provenance=facts, frames=FRAMES, seconds=16.0, bpm=60.0, **more)

    def wait(self, happens: Callable[[], Any]) -> Any:
        """Return what happens, once it does; at once, if a job fails."""
        ends = time.monotonic() + PATIENCE_S
        while not (found := happens()):
            failed = [job.error for job in self.state.jobs(states=["failed"])]
            assert not failed
            assert time.monotonic() < ends, "it did not happen"
            time.sleep(0.05)
        return found

    def score(self, made: Made) -> Score:
        """Return what it plays."""
        return Score.from_json(self.state.blob(made.files["score.json"]).read_text())

    def newest(self, count: int) -> Made:
        """Return the newest track, once there are so many."""
        self.wait(lambda: len(self.state.tracks()) >= count)
        return self.state.tracks()[0]


@contextmanager
def working(folder: Path, home: Path) -> Iterator[None]:
    """Have a real worker do what is ordered."""
    own = {"DUSKTAPE_HOME": str(home), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "dusktape.radio.worker", "--state", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, **own}) as process:
        yield
        process.kill()


def opened(page: Any, made: Made) -> None:
    """Wait until a track is on the bench."""
    page.wait_for_function(f"() => new URL(location.href).searchParams.get('track') === '{made.id}'")
    page.locator("studio-bench .bench[aria-busy=false]").wait_for()
