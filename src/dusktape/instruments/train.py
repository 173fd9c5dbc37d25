"""A night train, from the inside: rumble, and the joints of the rails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import CELL_FRAMES, Layer, Place, stereo_noise
from dusktape.dsp.grains import CellPlayer, Event
from dusktape.dsp.noise import NoiseBed, SlowCurve, band

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
RAIL_M = 25.0
"""From joint to joint."""

AXLES_M = (0.0, 2.6, 17.2, 19.8)
"""Where the axles of a carriage stand: two bogies of two."""


@dataclass(frozen=True, slots=True)
class Train:
    """Wheels on jointed track, heard through the floor: a rumble that sways, and ta-dum, ta-dum over every joint.

    A joint every 25 m, two bogies of two axles: at 80 km/h a figure of 1.1 s. In time, the speed gives way a little
    until the figure is a whole number of half beats, so it rolls along with the song. A texture: it takes no notes
    and sounds from frame 0 to the end of the song.
    """

    speed_kmh: float = param(78.0, low=30.0, high=160.0, unit="km/h", text="50 is a branch line, 110 an express")
    in_time: bool = param(True, text="joints fall on half beats of the song")
    joints_db: float = param(
        0.0, low=-24.0, high=15.0, unit="dB", text="joints against the rumble; -12 is welded track"
    )
    inside: float = param(0.7, low=0.0, high=1.0, text="0 is an open window, 1 is a sleeper with the door shut")
    sway: float = param(0.5, low=0.0, high=1.0, text="how far the carriage leans in and out of the noise")
    width: float = param(0.5, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    level_db: float = param(-43.0, low=-90.0, high=-10.0, unit="dB", text="RMS of the rumble over full scale")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        swaying = SlowCurve(seed.at("sway"), period_frames=int(0.85 * sample_rate))
        slow = SlowCurve(seed.at("slow"), period_frames=int(5.1 * sample_rate))

        def rumble(frames: Floats) -> Floats:
            return np.asarray(np.exp(self.sway * (0.16 * swaying.at(frames) + 0.22 * slow.at(frames))), np.float64)

        bed = NoiseBed(self._rumble(sample_rate, seed), seed.at("rumble"), cell_frames=READ_FRAMES)
        joints = Joints(self, sample_rate, cues.bpm, seed)
        place = Place([Layer(bed, rumble)], grains=joints.events, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.5)

    def _rumble(self, sample_rate: int, seed: Seed) -> Block:
        """Return what comes through the floor and, thinner, through the window, RMS 1."""
        floor, wheels = band(34.0, 130.0, order=2, slope_db=-2.0), band(220.0, 2400.0, slope_db=-4.5)
        hiss = 1.5 * (1.0 - self.inside) + 0.16

        def colour(hz: Floats) -> Floats:
            # Powers add: the two have nothing to do with each other.
            return np.asarray(
                np.sqrt((0.0045 * floor(hz) / floor(np.array([80.0]))) ** 2 + (0.0007 * hiss * wheels(hz)) ** 2)
            )

        rng = seed.at("rumble").rng()
        return stereo_noise(TABLE_FRAMES, colour, sample_rate=sample_rate, rng=rng, width=self.width)


class Joints:
    """The joints that a `Train` runs over, cell by cell."""

    def __init__(self, train: Train, sample_rate: int, bpm: float, seed: Seed) -> None:
        self._seed, self._width = seed.at("joint"), train.width
        metres_s = train.speed_kmh / 3.6
        period_s = RAIL_M / metres_s
        if train.in_time:
            half = 30.0 / bpm
            period_s = half * max(1, round(period_s / half))
        self._period = period_s * sample_rate
        self._axles = [a / RAIL_M * self._period for a in AXLES_M]
        self._gain = 10.0 ** (train.joints_db / 20.0)
        self._bank = joint_bank(sample_rate, seed.at("bank").rng(), inside=train.inside)

    def events(self, index: int) -> list[Event]:
        """Return the blows that start in a cell."""
        start, events = index * CELL_FRAMES, []
        for joint in range(max(0, int(start / self._period) - 1), int((start + CELL_FRAMES) / self._period) + 1):
            rng = self._seed.at(joint).rng()
            depth = 5.0 * rng.lognormal(0.0, 0.28)
            luck = rng.uniform(0.85, 1.15, 4)
            which = rng.integers(0, len(self._bank), 4)
            for axle, at in enumerate(self._axles):
                frame = int(joint * self._period + at) - start
                if 0 <= frame < CELL_FRAMES:
                    # The first bogie is under us, the second at the other end of the carriage.
                    gain = self._gain * depth * luck[axle] * (1.0, 0.8, 0.45, 0.38)[axle]
                    lean = 0.25 * self._width * (1.0 if axle < 2 else -1.0)
                    events.append((frame, self._bank[int(which[axle])], gain * (1.0 + lean), gain * (1.0 - lean)))
        return events


def joint_bank(sample_rate: int, rng: np.random.Generator, *, inside: float) -> list[Block]:
    """Return 8 blows of a wheel on a joint, peak 1: a thump of the floor, and iron if the window is open."""
    blows = []
    t = np.arange(int(0.3 * sample_rate)) / sample_rate
    for _ in range(8):
        thump = np.sin(2.0 * np.pi * (68.0 * t + 0.35 * (1.0 - np.exp(-t / 0.02)))) * np.exp(-t / 0.045)
        body = np.sin(2.0 * np.pi * rng.uniform(150.0, 190.0) * t) * np.exp(-t / 0.03)
        size = 1 << t.size.bit_length()
        hz = np.fft.rfftfreq(size, 1.0 / sample_rate)
        colour = (hz / 400.0) / np.sqrt((1.0 + (hz / 400.0) ** 2) * (1.0 + (hz / (2600.0 - 1900.0 * inside)) ** 4))
        knock = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * colour, n=size)[: t.size] * np.exp(-t / 0.018)
        iron = sum(
            np.sin(2.0 * np.pi * f * rng.uniform(0.97, 1.03) * t) * np.exp(-t / 0.05) for f in (610.0, 940.0, 1530.0)
        )
        blow = thump + 0.45 * body + (0.6 - 0.35 * inside) * knock / np.max(np.abs(knock)) + 0.1 * (1.0 - inside) * iron
        blow *= (1.0 - np.exp(-t / (0.0015 + 0.003 * inside))) * np.minimum(1.0, (t[-1] - t) / 0.1)
        blow -= blow.mean() * np.hanning(t.size) * 2.0
        blows.append((blow / np.max(np.abs(blow))).astype(np.float32))
    return blows
