"""Birds in the trees behind the house."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import Layer, NowAndThen, Place, beside, far_off, stereo_noise
from dusktape.dsp.grains import CellPlayer
from dusktape.dsp.noise import NoiseBed, SlowCurve, band

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True)
class Birds:
    """Up to eight birds, each in its tree and with its own few songs, over the air of the garden.

    Songs are sweeps of one sine, as a syrinx gives them: flutes, see-saws, rattles, a falling run, a dove. Each bird
    answers itself after its own pause; farther ones are darker and come with the wood around them. A texture: it
    takes no notes and sounds from frame 0 to the end of the song.
    """

    count: int = param(5, low=0, high=8, text="birds; 1 is a winter morning, 8 is May")
    activity: float = param(0.5, low=0.0, high=1.0, text="0.2 is now and then, 1 is dawn")
    distance: float = param(0.6, low=0.0, high=1.0, text="0 is on the sill, 1 is across the valley")
    garden: float = param(0.5, low=0.0, high=1.0, text="leaves and far air under the birds")
    width: float = param(0.7, low=0.0, high=1.0, text="0 is one tree, 1 is all around")
    level_db: float = param(-23.0, low=-90.0, high=-10.0, unit="dB", text="peak of a near bird over full scale")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        breath = SlowCurve(seed.at("breath"), period_frames=int(3.3 * sample_rate))
        table = stereo_noise(
            TABLE_FRAMES,
            band(220.0, 3600.0, slope_db=-3.5),
            sample_rate=sample_rate,
            rng=seed.at("garden").rng(),
            width=0.8 * self.width,
        )
        bed = NoiseBed(table, seed.at("garden"), cell_frames=READ_FRAMES)

        def leaves(frames: Floats) -> Floats:
            return np.asarray((0.02 + 0.1 * self.garden) * np.exp(0.35 * breath.at(frames)), dtype=np.float64)

        flock = [self._bird(index, sample_rate, seed.at("bird", index)) for index in range(self.count)]
        place = Place([Layer(bed, leaves)], passing=flock, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.4)

    def _bird(self, index: int, sample_rate: int, seed: Seed) -> NowAndThen:
        """Return one bird: its species, its tree, two songs, and how often it sings."""
        species = SPECIES[(index + int(seed.at("species").unit() * 2.0)) % len(SPECIES)]
        away = float(np.clip(self.distance + seed.at("tree").between(-0.3, 0.3), 0.0, 1.0))
        left, right = beside(self.width * seed.at("place").between(-0.9, 0.9))
        loud = 10.0 ** (-11.0 * away / 20.0) * seed.at("voice").between(0.6, 1.0)
        songs = []
        for which in range(2):
            rng = seed.at("song", which).rng()
            # The same bird sings the same phrase; only ends and beginnings change.
            song = species(sample_rate, seed.at("tune").rng(), rng)
            songs.append(
                far_off(song, sample_rate=sample_rate, rng=rng, distance=away, darken_hz=11000.0 - 6500.0 * away)
            )
        eager = 0.25 + 0.6 * self.activity

        def choose(here: Seed) -> tuple[Block, float, float] | None:
            if not here.at("sings").chance(eager):
                return None
            gain = loud * here.at("gain").between(0.7, 1.0)
            return songs[int(here.at("song").unit() * 2.0)], gain * left, gain * right

        every = int((2.6 + 4.0 * (1.0 - self.activity)) * seed.at("pause").between(0.8, 1.3) * sample_rate)
        return NowAndThen(seed, every_frames=every, longest=max(s.shape[1] for s in songs), choose=choose)


Note = tuple[float, float, float, float]
"""Start and length in seconds, frequency at the start and at the end in Hz."""


def sung(notes: Sequence[Note], sample_rate: int, *, vibrato_hz: float = 0.0, depth: float = 0.0) -> Floats:
    """Return notes as one voice sings them: gliding sines with a soft start, a trace of the octave, peak about 1.

    `vibrato_hz` and `depth` (a share of the frequency) make a trill of every note.
    """
    length = max(start + duration for start, duration, _, _ in notes) + 0.02
    out = np.zeros(int(length * sample_rate))
    for start, duration, low, high in notes:
        t = np.arange(int(duration * sample_rate)) / sample_rate
        x = t / duration
        hz = low * (high / low) ** x * (1.0 + depth * np.sin(2.0 * np.pi * vibrato_hz * t))
        phase = 2.0 * np.pi * np.cumsum(hz) / sample_rate
        shape = np.sin(np.pi * x) ** 0.7 * (1.0 - 0.35 * x)
        at = int(start * sample_rate)
        out[at : at + t.size] += shape * (np.sin(phase) + 0.06 * np.sin(2.0 * phase))
    return out


def thrush(sample_rate: int, tune: np.random.Generator, rng: np.random.Generator) -> Floats:
    """Return a fluted phrase of five slow notes and a thin twitter at its end."""
    pitch = 1850.0 * 2.0 ** (tune.integers(0, 5, 6) * 0.17)
    notes, at = [], 0.0
    for i in range(4 + int(rng.integers(0, 2))):
        duration = float(tune.uniform(0.12, 0.26))
        notes.append((at, duration, float(pitch[i]), float(pitch[i] * tune.uniform(0.88, 1.14))))
        at += duration * float(rng.uniform(1.15, 1.5))
    for _ in range(int(rng.integers(3, 7))):
        hz = float(rng.uniform(4200.0, 6800.0))
        notes.append((at, 0.045, hz, hz * float(rng.uniform(0.75, 1.3))))
        at += 0.06
    return sung(notes, sample_rate, vibrato_hz=26.0, depth=0.008)


def tit(sample_rate: int, tune: np.random.Generator, rng: np.random.Generator) -> Floats:
    """Return a see-saw of two notes, over and over."""
    high, low = float(tune.uniform(5200.0, 6400.0)), float(tune.uniform(3500.0, 4300.0))
    step = float(tune.uniform(0.15, 0.2))
    notes: list[Note] = []
    for i in range(int(rng.integers(3, 6))):
        notes.append((2 * i * step, 0.09, high, 0.97 * high))
        notes.append(((2 * i + 1) * step, 0.11, low, 1.03 * low))
    return sung(notes, sample_rate)


def finch(sample_rate: int, tune: np.random.Generator, rng: np.random.Generator) -> Floats:
    """Return a run that falls and gathers speed, with a flourish."""
    hz, at, gap = float(tune.uniform(4800.0, 5600.0)), 0.0, 0.13
    notes: list[Note] = []
    for _ in range(int(rng.integers(9, 13))):
        notes.append((at, 0.6 * gap, 1.12 * hz, 0.86 * hz))
        at, gap, hz = at + gap, gap * 0.94, hz * 0.95
    notes.append((at, 0.14, 2700.0, 4300.0))
    notes.append((at + 0.16, 0.1, 4400.0, 2500.0))
    return sung(notes, sample_rate)


def wren(sample_rate: int, tune: np.random.Generator, rng: np.random.Generator) -> Floats:
    """Return a hurried rattle, a trill, and a last note."""
    low = float(tune.uniform(4300.0, 5200.0))
    notes: list[Note] = []
    at = 0.0
    for _ in range(int(rng.integers(5, 8))):
        hz = low * float(rng.uniform(0.85, 1.4))
        notes.append((at, 0.055, hz, hz * 0.8))
        at += 0.075
    for _ in range(int(rng.integers(10, 16))):
        notes.append((at, 0.026, 1.15 * low, 0.9 * low))
        at += 0.036
    notes.append((at + 0.03, 0.12, 1.3 * low, 1.05 * low))
    return sung(notes, sample_rate)


def dove(sample_rate: int, tune: np.random.Generator, rng: np.random.Generator) -> Floats:
    """Return a dove: three soft low notes, the middle one long."""
    hz = float(tune.uniform(480.0, 560.0))
    pace = float(rng.uniform(0.95, 1.1))
    notes: list[Note] = [(0.0, 0.22, 0.94 * hz, hz), (0.3 * pace, 0.52, 1.02 * hz, 0.97 * hz)]
    notes.append((0.95 * pace, 0.26, 0.97 * hz, 0.9 * hz))
    return 0.8 * sung(notes, sample_rate, vibrato_hz=17.0, depth=0.006)


def warbler(sample_rate: int, tune: np.random.Generator, rng: np.random.Generator) -> Floats:
    """Return a scratchy, wandering chatter."""
    motifs = [(float(tune.uniform(2800.0, 5800.0)), float(tune.uniform(0.7, 1.4))) for _ in range(4)]
    notes: list[Note] = []
    at = 0.0
    for _ in range(int(rng.integers(10, 18))):
        hz, slope = motifs[int(rng.integers(0, 4))]
        duration = float(rng.uniform(0.04, 0.09))
        notes.append((at, duration, hz, hz * slope))
        at += duration * 1.25
    return sung(notes, sample_rate, vibrato_hz=70.0, depth=0.03)


SPECIES: tuple[Callable[[int, np.random.Generator, np.random.Generator], Floats], ...] = (
    thrush,
    tit,
    finch,
    dove,
    warbler,
    wren,
)
