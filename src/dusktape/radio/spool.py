"""An interlude in a file, written by a process of its own while it is heard: `python -m dusktape.radio.spool DIR`.

Composing takes hundreds of megabytes and the whole of a core; a station that plays for months has neither to spare in
its playout. What is made this way lies in the file for whoever goes on after a kill, and all of its memory is
given back when the process ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.version import __version__
from dusktape.io import atomic
from dusktape.radio import lifeline

_SPEC, _TOLD, _SOUND, _HEARD, _LOCK = "spec.json", "told.json", "sound.f32", "heard.json", "lock"
_FRAME_BYTES = 8
_LOOK_S = 0.01
_PATIENCE_S = 8.0
_LIVES = 3
_HELD = "it is being written"
_ASKED = ("recipe", "seed", "minutes", "bpm", "key", "mood", "settings")

KEPT_S = 1800.0
"""So long an interlude is kept; it sounds for two minutes, at most one before it is let go."""


class Spool:
    """The sound of an interlude, read while it is written.

    Parameters
    ----------
    folder
        Of all interludes of a station.
    spec
        What it is made from, as `interlude.Interlude` takes it.
    """

    def __init__(self, folder: Path, spec: Mapping[str, Any]) -> None:
        asked = json.dumps({name: spec[name] for name in _ASKED if name in spec}, sort_keys=True)
        self._folder = folder / hashlib.sha256(f"{__version__} {asked}".encode()).hexdigest()[:32]
        self._folder.mkdir(parents=True, exist_ok=True)
        _written(self._folder / _SPEC, asked)
        os.utime(self._folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._lives = 0
        self._frames: int | None = None

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return (self._folder / _HEARD).exists()

    def heard(self) -> dict[str, float]:
        """Return `lufs` and `true_peak_dbtp` of all of it; nothing while it is not whole."""
        try:
            return dict(json.loads((self._folder / _HEARD).read_text("utf-8")))
        except (OSError, ValueError):
            return {}

    def told(self, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        """Return its `title`, `others` it may have, `frames` and `timeline`, known when it is composed.

        Raises
        ------
        InputError
            If it cannot be composed, or nothing comes for so long.
        """
        self._wait(lambda: (self._folder / _TOLD).exists(), patience_s)
        return dict(json.loads((self._folder / _TOLD).read_text("utf-8")))

    def read(self, first: int, frames: int, patience_s: float = _PATIENCE_S) -> Block:
        """Return frames, shape (2, frames); waits for those that are not written yet.

        Raises
        ------
        InputError
            If it cannot be made, or nothing comes for so long.
        """
        if self._frames is None:
            self._frames = int(self.told(patience_s)["frames"])
        length = self._frames
        low, high = min(max(first, 0), length), min(first + frames, length)
        sound = np.zeros((2, frames), np.float32)
        if low < high:
            self._wait(lambda: self._there() >= high, patience_s)
            found = np.fromfile(self._folder / _SOUND, "<f4", 2 * (high - low), offset=low * _FRAME_BYTES)
            sound[:, low - first : high - first] = found.reshape(-1, 2).T
        if self._process is not None and self._process.poll() == 0:
            self._last_words()
        return sound

    def close(self) -> None:
        """End its process, if it still writes."""
        if self._process is not None:
            self._process.kill()
            self._last_words()

    def _last_words(self) -> str:
        """Return what its process said last, when it has ended."""
        process, self._process = self._process, None
        said = process.communicate()[1].decode(errors="replace").split("\n") if process is not None else []
        return next((line for line in reversed(said) if line.strip()), "its process was killed").strip()

    def _there(self) -> int:
        try:
            return (self._folder / _SOUND).stat().st_size // _FRAME_BYTES
        except OSError:
            return 0

    def _wait(self, there: Callable[[], bool], patience_s: float) -> None:
        last, before = time.monotonic() + patience_s, -1
        while not there():
            self._keep_on()
            if (now := self._there()) != before:
                last, before = time.monotonic() + patience_s, now
            if time.monotonic() > last:
                self.close()
                raise InputError(f"an interlude was not made within {patience_s:g} s; this machine is very busy")
            time.sleep(_LOOK_S)

    def _keep_on(self) -> None:
        """Start the process that writes; again, where it was killed."""
        if self._process is None or (code := self._process.poll()) is not None:
            if self._process is not None:
                words = self._last_words()
                if code == 1 or self._lives == _LIVES:
                    raise InputError(f"an interlude cannot be made: {words}")
            self._lives += 1
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dusktape.radio.spool", str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )


def sweep(folder: Path, *, older_s: float = KEPT_S) -> None:
    """Remove interludes that nobody has opened for so long."""
    with suppress(OSError):
        for one in folder.iterdir():
            if one.stat().st_mtime < time.time() - older_s:
                shutil.rmtree(one, ignore_errors=True)


def write(folder: Path) -> None:
    """Compose what a folder asks for and write it there, from the start: what is there already comes out the same.

    Raises
    ------
    DusktapeError
        If it cannot be made into music.
    """
    from dusktape.dsp.loudness import LoudnessMeter
    from dusktape.radio.interlude import Interlude
    from dusktape.radio.naming import titles

    made = Interlude(json.loads((folder / _SPEC).read_text("utf-8")))
    title, *others = titles(made)
    told = {"title": title, "others": others, "frames": made.frames, "timeline": made.timeline()}
    meter = LoudnessMeter(SAMPLE_RATE, 2)
    path = folder / _SOUND
    path.touch()
    with path.open("r+b") as file:
        for count, block in enumerate(made.blocks()):
            file.write(np.ascontiguousarray(block.T, "<f4").tobytes())
            file.flush()
            meter.process(block)
            if not count:
                _written(folder / _TOLD, json.dumps(told))
    heard = {"lufs": meter.integrated_lufs, "true_peak_dbtp": meter.true_peak_db}
    _written(folder / _HEARD, json.dumps({name: round(value, 3) for name, value in heard.items()}))


def main() -> int:
    """Write the interlude of a folder, unless it is there; end when the parent does."""
    folder = Path(sys.argv[1])
    lifeline.end_with_parent()
    while True:
        try:
            with lifeline.Held(folder / _LOCK, _HELD):
                if not (folder / _HEARD).exists():
                    write(folder)
            return 0
        except DusktapeError as error:
            if str(error) != _HELD:
                print(error, file=sys.stderr)
                return 1
        time.sleep(_LOOK_S)


def _written(path: Path, text: str) -> None:
    """Write a file that is there as a whole, or not at all; one that is there is the same."""
    if not path.exists():
        atomic.write_bytes(path, text.encode(), force=True)


if __name__ == "__main__":
    sys.exit(main())
