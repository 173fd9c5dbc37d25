"""Air: what is always there above the music, and breathes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import Layer, Place, stereo_noise
from dusktape.dsp.grains import CellPlayer
from dusktape.dsp.noise import NoiseBed, SlowCurve, band

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
STEP_FRAMES = 1 << 8
"""6 ms: as fast as a compressor would follow the kick."""

LIFTS = frozenset(("riser", "swell"))
"""Events that the air swells into."""


@dataclass(frozen=True, slots=True)
class Air:
    """A soft, steady breath above 3 kHz that thins out in quiet sections and sinks for a moment under each kick.

    Real recordings have it between the hats: tape, amplifiers, the room, pressed together by one compressor. A
    texture hears no programme, so it goes by the cues: the sections' level and brightness, a small swell into each
    new section, the kicks, risers. A texture: it takes no notes and sounds from frame 0 to the end of the song.
    """

    floor_hz: float = param(
        3200.0, low=1000.0, high=8000.0, unit="Hz", text="where it begins; lower is tape, higher is only shimmer"
    )
    top_hz: float = param(11000.0, low=3000.0, high=18000.0, unit="Hz", text="where it ends; 7000 is a cassette")
    follow: float = param(0.7, low=0.0, high=1.0, text="how far it thins out with dark and quiet sections")
    duck_db: float = param(4.0, low=0.0, high=18.0, unit="dB", text="how far a kick pushes it down; 8 pumps")
    release_ms: float = param(140.0, low=30.0, high=800.0, unit="ms", text="time in which it comes back to a third")
    swell_db: float = param(2.5, low=0.0, high=12.0, unit="dB", text="how far it rises in the bar before a section")
    breath: float = param(0.5, low=0.0, high=1.0, text="its own slow movement; 1 is about 5 dB")
    width: float = param(0.55, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    level_db: float = param(-45.0, low=-90.0, high=-10.0, unit="dB", text="RMS over full scale, nothing pushing it")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        colour = band(self.floor_hz, max(self.top_hz, 1.2 * self.floor_hz), order=2, slope_db=-1.5)
        table = stereo_noise(
            TABLE_FRAMES, colour, sample_rate=sample_rate, rng=seed.at("table").rng(), width=self.width
        )
        bed = NoiseBed(table, seed.at("bed"), cell_frames=READ_FRAMES)
        course = Breathing(self, cues, sample_rate, seed)
        place = Place([Layer(bed, course.at, STEP_FRAMES)], gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.15)


class Breathing:
    """The gain of an `Air` over the song: sections, kicks, events, and a slow curve of its own."""

    def __init__(self, air: Air, cues: Cues, sample_rate: int, seed: Seed) -> None:
        self._air = air
        self._slow = SlowCurve(seed.at("breath"), period_frames=int(2.6 * sample_rate))
        self._kicks = np.array([frame for frame, _ in cues.kicks], dtype=np.float64)
        self._hits = np.array([velocity for _, velocity in cues.kicks])
        self._release = air.release_ms / 1000.0 * sample_rate
        self._bar = 240.0 / cues.bpm * sample_rate
        self._lifts = [e for e in cues.events if e.kind in LIFTS and e.frames > 0]
        ends, gains = [], []
        for s in cues.sections:
            ends += [float(s.start_frame), float(s.start_frame + s.frames)]
            gains += [_openness(s.level, s.brightness), _openness(s.level_end, s.brightness_end)]
        self._ends, self._open = np.array(ends), np.array(gains)
        self._starts = np.array([float(s.start_frame) for s in cues.sections[1:]])

    def at(self, frames: Floats) -> Floats:
        """Return the gain at absolute frames, shape as given."""
        air = self._air
        db = 2.6 * air.breath * self._slow.at(frames)
        if self._ends.size:
            db += air.follow * np.interp(frames, self._ends, self._open)
        if self._starts.size:
            following = np.minimum(np.searchsorted(self._starts, frames, side="right"), self._starts.size - 1)
            ahead = self._starts[following] - frames
            db += air.swell_db * np.where(ahead > 0.0, np.clip(1.0 - ahead / self._bar, 0.0, 1.0) ** 2, 0.0)
        for lift in self._lifts:
            x = (frames - lift.start_frame) / lift.frames
            db += 6.0 * np.where((x >= 0.0) & (x < 1.0), x * x, 0.0)
        if self._kicks.size:
            last = np.searchsorted(self._kicks, frames, side="right") - 1
            since = np.where(last >= 0, frames - self._kicks[last], np.inf)
            db -= air.duck_db * self._hits[last] * np.exp(-since / self._release)
        return np.asarray(10.0 ** (db / 20.0), dtype=np.float64)


def _openness(level: float, brightness: float) -> float:
    """Return how much air a section has, in dB below a full and open one: 20 at most."""
    return max(-20.0, 20.0 * float(np.log10(max(level * (0.3 + 0.7 * brightness), 1e-3))))
