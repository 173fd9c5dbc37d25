"""A street below the window: traffic far away, and a car that passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import Layer, NowAndThen, Place, stereo_noise
from dusktape.dsp.grains import CellPlayer
from dusktape.dsp.noise import Gain, NoiseBed, SlowCurve, band, noise_table, ramps

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
STEP_FRAMES = 1 << 8
SOUND_M_S = 343.0
BANDS = ((90.0, 420.0, 1.0, 0.8), (420.0, 1400.0, 1.5, 0.42), (1400.0, 5200.0, 2.9, 0.22))
"""Of a passing car: edges in Hz, how fast it falls with distance (a power), and its share."""


@dataclass(frozen=True, slots=True)
class Street:
    """A town at some distance: a low wash that swells slowly, and every few seconds a car that comes and goes.

    A passing car follows from geometry: level, brightness and side from its distance and angle, the engine's pitch
    from its speed (Doppler). The wash has the octaves of a daytime street (a public-domain recording measured -5 dB
    of the whole at 62 Hz, -3 at 125, -10 at 250, then about -18 from 500 to 2 k), a car those of a car pass (-4 at
    125 and 250, -9 at 500, -13 at 1 k, -17 at 2 k). A texture: it takes no notes and sounds from frame 0 to the end
    of the song.
    """

    traffic: float = param(0.4, low=0.0, high=1.0, text="0 is a sleeping town, 0.4 an evening, 1 is five o'clock")
    distance_m: float = param(18.0, low=4.0, high=80.0, unit="m", text="to the road: 6 is a pavement, 40 a back room")
    speed_kmh: float = param(40.0, low=15.0, high=110.0, unit="km/h", text="of the cars; slow ones take longer")
    wet: float = param(0.2, low=0.0, high=1.0, text="1 is rain on the asphalt: tyres hiss")
    window: float = param(0.4, low=0.0, high=1.0, text="0 is open, 1 is shut: the top goes")
    width: float = param(0.6, low=0.0, high=1.0, text="how far cars travel from side to side")
    level_db: float = param(-41.0, low=-90.0, high=-10.0, unit="dB", text="RMS of the wash over full scale")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        slow = SlowCurve(seed.at("slow"), period_frames=int(4.7 * sample_rate))
        table = stereo_noise(
            TABLE_FRAMES, self._wash(), sample_rate=sample_rate, rng=seed.at("wash").rng(), width=0.8 * self.width
        )
        bed = NoiseBed(table, seed.at("wash"), cell_frames=READ_FRAMES)

        def wash(frames: Floats) -> Floats:
            return np.asarray((0.55 + 0.45 * self.traffic) * np.exp(0.3 * slow.at(frames)), dtype=np.float64)

        passing = [self._cars(sample_rate, seed.at("cars"))] if self.traffic > 0.0 else []
        place = Place([Layer(bed, wash)], passing=passing, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.4)

    def _wash(self) -> Gain:
        low, high = band(50.0, 150.0, order=2, slope_db=0.0), band(300.0, 5200.0 - 3600.0 * self.window, slope_db=-3.0)

        def colour(hz: Floats) -> Floats:
            return np.asarray(np.sqrt(low(hz) ** 2 + (0.06 * high(hz)) ** 2), dtype=np.float64)

        return colour

    def _cars(self, sample_rate: int, seed: Seed) -> NowAndThen:
        tables = [
            noise_table(1 << 17, 1, band(low, high, order=2), sample_rate=sample_rate, rng=seed.at("tyre", i).rng())[0]
            for i, (low, high, _, _) in enumerate(BANDS)
        ]
        fleet = [self._car(tables, sample_rate, seed.at("car", i)) for i in range(3)]

        def choose(here: Seed) -> tuple[Block, float, float] | None:
            if not here.at("passes").chance(0.25 + 0.7 * self.traffic):
                return None
            car = fleet[int(here.at("car").unit() * len(fleet))]
            gain = 2.2 * here.at("gain").between(0.5, 1.0)
            # Half of them come from the other side.
            return (car if here.at("side").chance(0.5) else car[::-1]), gain, gain

        every = int((5.0 + 16.0 * (1.0 - self.traffic)) * sample_rate)
        return NowAndThen(seed, every_frames=every, longest=max(car.shape[1] for car in fleet), choose=choose)

    def _car(self, tables: Sequence[Block], sample_rate: int, seed: Seed) -> Block:
        """Return one car that passes from left to right, shape (2, frames), level 1 near its closest point."""
        speed = self.speed_kmh / 3.6 * seed.at("speed").between(0.75, 1.3)
        length_s = float(np.clip(9.0 * self.distance_m / speed, 3.0, 6.5))
        # Gains and pitch at 170 Hz, straight lines in between: a car is slow.
        knots = int(length_s * sample_rate) // STEP_FRAMES + 1
        frames, step_s = (knots - 1) * STEP_FRAMES, STEP_FRAMES / sample_rate
        t = (np.arange(knots) - 0.5 * (knots - 1)) * step_s
        road = speed * t
        reach = np.sqrt(self.distance_m**2 + road**2)
        near, angle = self.distance_m / reach, road / reach
        ends = np.minimum(1.0, (t[-1] - np.abs(t)) / (0.6 * t[-1])) ** 2
        out = np.zeros((2, frames), dtype=np.float32)
        for i, (noise, (low, _, power, share)) in enumerate(zip(tables, BANDS, strict=True)):
            bright = 1.0 + 2.5 * self.wet * (i == 2) - 0.55 * self.window * i / 2.0
            level = share * bright * near**power * ends
            aside = 0.75 * self.width * angle * (0.25 if low < 200.0 else 1.0)
            cut = np.resize(np.roll(noise, int(seed.at("offset", i).unit() * noise.size)), frames)
            out[0] += cut * ramps(level * np.sqrt(1.0 - aside), STEP_FRAMES)
            out[1] += cut * ramps(level * np.sqrt(1.0 + aside), STEP_FRAMES)
        # The ear hears the engine's frequency times 1 - v / c, v the speed at which the distance grows.
        heard = seed.at("engine").between(62.0, 95.0) * (1.0 - speed * angle / SOUND_M_S)
        phase = ramps(2.0 * np.pi * step_s * np.cumsum(heard), STEP_FRAMES)
        sine, cosine = np.sin(phase), np.cos(phase)
        tone = sine + sine * cosine + np.float32(0.3) * (3.0 * sine - 4.0 * sine**3)
        out += tone * ramps(0.22 * near * ends, STEP_FRAMES)
        return out
