"""A recording of the user's, laid over the song: rain, a street, a room, looped to its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.errors import InputError, PluginError
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.grains import CellPlayer
from dusktape.dsp.looping import measured, seamless
from dusktape.io.recording import Recording, check_heard, examine, read

USED_S = 120.0
"""Of a longer recording, so much from its beginning is used: what stands in memory does not grow with the file."""

SLOWEST, FASTEST = 0.25, 4.0
_CELL_FRAMES = 1 << 15
_FADE_S, _SEARCH_S = 1.5, 3.0
_WINDOW_S, _STEP_S = 3.0, 0.5
_RMS = 0.03


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A recording, looped without a seam from the song's first frame to its last.

    A texture: it takes no notes. Of a longer recording, the first two minutes are used. It begins somewhere that
    is as loud as the whole, so that its loudness can be met; at its own speed, or at the song's tempo.
    """

    begin: str = param(
        "anywhere", choices=("anywhere", "start"), text="start is its own beginning, which then sets its level"
    )
    speed: float = param(1.0, low=SLOWEST, high=FASTEST, text="as of a tape: 0.5 is slow and an octave down")
    tempo_bpm: float = param(
        0.0, low=0.0, high=300.0, unit="bpm", text="its own tempo, to be brought to the song's; 0 leaves it alone"
    )
    width: float = param(1.0, low=0.0, high=1.0, text="0 is mono, 1 as it was recorded")

    origin: ClassVar[Path] = Path()
    remark: ClassVar[str] = ""
    lies_over: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at.

        Raises
        ------
        PluginError
            If the recording is not there any more.
        """
        speed = self.speed
        if self.tempo_bpm:
            speed = min(max(cues.bpm / self.tempo_bpm, SLOWEST), FASTEST)
        sound = _loaded(self.origin, _stamp(self.origin), sample_rate, speed)
        if self.width < 1.0 and len(sound) == 2:
            middle = sound.mean(axis=0)
            sound = middle + np.float32(self.width) * (sound - middle)
        if self.tempo_bpm:
            beat = 60.0 / (self.tempo_bpm * speed) * sample_rate
            loop = measured(sound, frames=_beats(sound.shape[1], beat))
        elif self.begin == "start" and cues.frames <= sound.shape[1]:
            loop = sound
        else:
            loop = seamless(sound, fade=round(_FADE_S * sample_rate), search=round(_SEARCH_S * sample_rate))
        first = 0
        if self.begin == "anywhere" and not self.tempo_bpm:
            first = _typical(loop, sample_rate, seed.at("begin"))
        return CellPlayer(
            lambda index: _around(loop, first + index * _CELL_FRAMES),
            cell_frames=_CELL_FRAMES,
            frames=cues.frames,
            fade_frames=round(0.4 * sample_rate) if self.begin == "anywhere" else 64,
        )


def part(path: Path) -> type[Overlaid]:
    """Return the texture that a recording is.

    Raises
    ------
    PluginError
        If it is no sound that can be read, or none that can be heard.
    """
    return _part(path, _stamp(path))


@lru_cache(maxsize=256)
def _part(path: Path, stamp: tuple[int, int]) -> type[Overlaid]:
    about = _looked_at(path, stamp)
    if isinstance(about, str):
        raise PluginError(about)
    used = f"of its {about.seconds:.0f} s the first {USED_S:.0f} are used" if about.seconds > USED_S else ""
    text = f"Recording {path.name}, {used or f'{about.seconds:.1f} s'}. A texture, looped to the end of the song."
    return dataclasses.make_dataclass(
        "Overlaid",
        [],
        bases=(Overlaid,),
        frozen=True,
        slots=True,
        namespace={"origin": path, "remark": used, "__doc__": text, "__module__": __name__},
    )


@lru_cache(maxsize=256)
def _looked_at(path: Path, stamp: tuple[int, int]) -> Recording | str:
    """Return what a recording says of itself, or why it cannot play: before anybody composes for it."""
    try:
        about = examine(path)
        check_heard(path, seconds=USED_S)
    except InputError as error:
        return str(error)
    return about


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError as error:
        raise PluginError(f"{str(path)!r} cannot be read: {error.strerror}; bring the file back") from error
    return facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=1)
def _loaded(path: Path, stamp: tuple[int, int], sample_rate: int, speed: float) -> Block:
    try:
        sound = read(path, sample_rate=sample_rate, seconds=USED_S, speed=speed)
    except InputError as error:
        raise PluginError(str(error)) from error
    sound -= sound.mean(axis=1, keepdims=True)
    sound = _trimmed(sound, sample_rate)
    loud = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    if loud < 1e-7:
        raise PluginError(f"{str(path)!r} holds only silence; take another recording")
    sound *= np.float32(_RMS / loud)
    return np.broadcast_to(sound, (2, sound.shape[1])) if len(sound) == 1 else sound


def _trimmed(sound: Block, sample_rate: int) -> Block:
    """Return a sound without the silence, and the fades, at its ends: what lies 20 dB below the whole."""
    step = max(1, sample_rate // 20)
    cells = sound.shape[1] // step
    if cells < 8:
        return sound
    power = np.square(sound[:, : cells * step]).mean(axis=0).reshape(cells, step).mean(axis=1)
    heard = np.nonzero(power > 0.01 * power.mean())[0]
    if heard.size < cells // 4:  # single sounds in silence are meant so
        return sound
    return sound[:, heard[0] * step : (heard[-1] + 1) * step]


def _beats(frames: int, beat: float) -> int:
    """Return the longest number of whole bars that fits, of whole beats if none does, in frames."""
    beats = frames / beat + 0.01
    whole = beats // 4 * 4 or beats // 1
    return min(frames, round(whole * beat)) if whole else frames


def _typical(loop: Block, sample_rate: int, seed: Seed) -> int:
    """Return a place from which the next seconds are as loud as the loop is on the whole."""
    step = max(1, round(_STEP_S * sample_rate))
    cells = loop.shape[1] // step
    span = round(_WINDOW_S / _STEP_S)
    if cells <= span:
        return 0
    power = np.square(loop[:, : cells * step]).mean(axis=0).reshape(cells, step).mean(axis=1)
    around = np.concatenate([power, power[:span]])
    sums = np.cumsum(np.concatenate([[0.0], around]))
    ahead = (sums[span:] - sums[:-span])[:cells] / span
    off_db = np.abs(10.0 * np.log10(np.maximum(ahead, 1e-20) / max(float(power.mean()), 1e-20)))
    near = np.nonzero(off_db <= max(1.0, float(off_db.min()) + 0.1))[0]
    return int(seed.pick([int(cell) for cell in near])) * step


def _around(loop: Block, start: int) -> Block:
    """Return one cell of an endless loop, shape (2, cell frames)."""
    at = start % loop.shape[1]
    reach = at + _CELL_FRAMES
    if reach <= loop.shape[1]:
        return loop[:, at:reach]
    return np.asarray(np.take(loop, np.arange(at, reach) % loop.shape[1], axis=1), dtype=np.float32)
