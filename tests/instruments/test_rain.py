from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Instrument
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.rain import SURFACES, Rain, drop_bank


def play(rain: Rain, seconds: float, *, seed: int = 3, block: int = 65_536) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    player = rain.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(seed))
    return np.concatenate([player.render(block) for _ in range(frames // block + 1)], axis=1)[:, :frames]


def middle(rain: Rain, seconds: float = 8.0, seed: int = 3) -> Block:
    return play(rain, seconds + 1.0, seed=seed)[:, SAMPLE_RATE // 2 : -SAMPLE_RATE // 2].astype(np.float64)


def octaves_db(sound: Block, centres: tuple[float, ...]) -> list[float]:
    power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    return [10 * np.log10(power[(hz > c / 2**0.5) & (hz < c * 2**0.5)].sum() / power.sum()) for c in centres]


def kurtosis(sound: Block) -> float:
    edges = np.diff(sound.mean(axis=0))
    return float(np.mean(edges**4) / np.mean(edges**2) ** 2)


def test_rain_is_an_instrument() -> None:
    assert isinstance(Rain(), Instrument)


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_block_size_does_not_change_the_sound(block: int) -> None:
    seconds = 0.4 if block == 1 else 4.0
    assert np.array_equal(play(Rain(), seconds, block=block), play(Rain(), seconds))


def test_it_sounds_from_the_first_frame_to_the_last_and_not_beyond() -> None:
    player = Rain().open(SAMPLE_RATE, [], cues=Cues(frames=3 * SAMPLE_RATE), seed=Seed(1))
    sound = player.render(4 * SAMPLE_RATE)
    assert np.all(sound[:, 3 * SAMPLE_RATE :] == 0.0)
    assert np.abs(sound[:, :3]).max() < 1e-5
    tenths = np.square(sound[:, : 3 * SAMPLE_RATE]).reshape(2, 30, -1).mean(axis=(0, 2))
    assert tenths[5:25].min() > 0.1 * np.median(tenths)


def test_alone_it_is_about_minus_forty_lufs() -> None:
    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(play(Rain(), 20.0).T.astype(np.float64))
    assert loudness == pytest.approx(-40.0, abs=2.0)


def test_its_octaves_lie_near_those_of_recorded_light_rain() -> None:
    # A recorded city rain: 500 Hz to 8 kHz at -11.6, -9.6, -7, -4.1 and -6.9 dB of the whole, and little below 250.
    levels = octaves_db(middle(Rain(intensity=0.25)), (500.0, 1000.0, 2000.0, 4000.0, 8000.0))
    assert levels == pytest.approx([-11.6, -9.6, -7.0, -4.1, -6.9], abs=3.5)
    assert octaves_db(middle(Rain()), (62.0, 125.0))[1] < -20.0


def test_drops_stand_out_of_light_rain_and_drown_far_away() -> None:
    near = kurtosis(middle(Rain(intensity=0.2, distance=0.0)))
    far = kurtosis(middle(Rain(intensity=0.2, distance=1.0)))
    assert near > 6.0 > 4.0 > far > 2.8


def test_heavier_rain_has_more_drops_and_a_deeper_roar() -> None:
    def near_drops(intensity: float) -> int:
        # Near drops far above the wash, so that each can be counted.
        sound = middle(Rain(intensity=intensity, drop_db=18.0, gusts=0.0, level_db=-60.0), 12.0)
        frames = np.abs(sound).max(axis=0)[: 12 * SAMPLE_RATE].reshape(-1, 441).max(axis=1)
        return int(np.sum(frames > 0.02))

    assert near_drops(0.8) > 2.0 * near_drops(0.1)
    drizzle, downpour = (octaves_db(middle(Rain(intensity=i)), (250.0,))[0] for i in (0.1, 1.0))
    assert downpour > drizzle + 2.0


def test_gusts_move_the_level_slowly() -> None:
    def spread(gusts: float) -> float:
        sound = middle(Rain(gusts=gusts, drop_db=-24.0), 20.0)
        halves = np.sqrt(np.mean(np.square(sound[:, : 40 * 22_050].reshape(2, 40, -1)), axis=(0, 2)))
        return float(np.std(20 * np.log10(halves)))

    assert spread(1.0) > 2.0 * spread(0.0)
    assert spread(1.0) < 6.0


@pytest.mark.parametrize(("width", "low", "high"), [(0.0, 0.98, 1.0), (0.6, 0.4, 0.75), (1.0, 0.0, 0.35)])
def test_width_sets_how_left_and_right_correlate(width: float, low: float, high: float) -> None:
    assert low <= np.corrcoef(middle(Rain(width=width)))[0, 1] <= high


def test_leaves_are_darker_than_glass_and_distance_darkens_both() -> None:
    def brightness(rain: Rain) -> float:
        sound = middle(rain, 4.0)
        return float(np.mean(np.diff(sound) ** 2) / np.mean(sound**2))

    assert brightness(Rain(surface="leaves")) < brightness(Rain(surface="window"))
    assert brightness(Rain(distance=1.0)) < brightness(Rain(distance=0.0))


@pytest.mark.parametrize("surface", sorted(SURFACES))
def test_drops_start_and_end_at_rest_and_last_milliseconds(surface: str) -> None:
    for drop in drop_bank(Rain(surface=surface), SAMPLE_RATE, Seed(1).rng(), size=0.5):
        assert abs(drop[0]) < 1e-6
        assert abs(drop[-1]) < 1e-3
        energy = np.cumsum(np.square(drop, dtype=np.float64))
        assert 0.0003 < np.argmax(energy > 0.9 * energy[-1]) / SAMPLE_RATE < 0.012


def test_there_is_no_dc() -> None:
    assert np.abs(play(Rain(), 10.0).mean(axis=1, dtype=np.float64)).max() < 1e-5


def test_another_seed_is_another_evening() -> None:
    a, b = play(Rain(), 3.0, seed=1), play(Rain(), 3.0, seed=2)
    assert abs(np.corrcoef(a[0], b[0])[0, 1]) < 0.1


@pytest.mark.parametrize("values", [{"surface": "lava"}, {"intensity": 1.5}])
def test_values_out_of_range_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=next(iter(values))):
        Rain(**values)  # type: ignore[arg-type]


def test_the_four_weights_differ_in_kind() -> None:
    drizzle, steady, heavy = (middle(Rain(weight=w, gusts=0.0)) for w in ("drizzle", "steady", "heavy"))
    assert kurtosis(drizzle) > 2.0 * kurtosis(steady)
    roar = [octaves_db(sound, (250.0,))[0] for sound in (drizzle, steady, heavy)]
    assert roar[2] > roar[1] + 2.0
    assert roar[2] > roar[0] + 2.0


def test_a_storm_has_thunder_behind_it_and_the_others_have_none() -> None:
    def rumble_db(weight: str) -> np.ndarray:
        sound = play(Rain(weight=weight, gusts=0.0), 44.0).mean(axis=0, dtype=np.float64)
        spectrum = np.fft.rfft(sound)
        spectrum[int(180 * sound.size / SAMPLE_RATE) :] = 0.0
        low = np.fft.irfft(spectrum, n=sound.size)[: 44 * SAMPLE_RATE]
        return np.asarray(10 * np.log10(np.mean(np.square(low.reshape(44, -1)), axis=1)))

    storm, heavy = rumble_db("storm"), rumble_db("heavy")
    assert np.ptp(storm[1:-1]) > 15.0 > np.ptp(heavy[1:-1])
    # The first one waits until the song has begun.
    assert storm[1:9].max() < storm.max() - 10.0
