"""Fire, wind, birds, night: each has what it is named after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, Floats
from dusktape.core.seed import Seed
from dusktape.instruments.birds import SPECIES, Birds
from dusktape.instruments.fire import Crackle, Fire, crack_bank
from dusktape.instruments.night import Night, owl_call
from dusktape.instruments.wind import Wind


def play(part: Any, seconds: float, seed: int = 3) -> Floats:
    frames = int(seconds * SAMPLE_RATE)
    sound = part.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(seed)).render(frames)
    return np.asarray(sound.mean(axis=0), dtype=np.float64)


def share(sound: Floats, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    return float(power[(hz > low) & (hz < high)].sum() / power.sum())


def cracks(sound: Floats) -> np.ndarray:
    edges = np.abs(np.diff(sound, n=2))
    loud = np.flatnonzero(edges > 12.0 * np.median(edges))
    return loud[np.diff(loud, prepend=-(10**6)) > 0.01 * SAMPLE_RATE]


def test_wood_cracks_as_often_as_asked_and_in_flurries() -> None:
    few, many = (cracks(play(Fire(crackle_per_s=rate), 20.0)) for rate in (3.0, 20.0))
    assert len(many) > 2.2 * len(few) > 20

    def unevenness(flurries: float) -> float:
        wood = Crackle(Fire(crackle_per_s=12.0, flurries=flurries), SAMPLE_RATE, Seed(3))
        counts = [len(wood.events(cell)) for cell in range(80)]
        return float(np.var(counts) / np.mean(counts))

    # Of an even process the variance is the mean.
    assert 0.6 < unevenness(0.0) < 1.6
    assert unevenness(1.0) > 3.0


def test_cracks_start_and_end_at_rest_and_logs_are_longer_than_splinters() -> None:
    bank = crack_bank(SAMPLE_RATE, Seed(1).rng(), size=0.5)
    for crack in bank:
        assert abs(crack[0]) < 1e-6
        assert abs(crack[-1]) < 1e-2
        assert np.abs(crack).max() == pytest.approx(1.0, abs=1e-6)
    assert bank[-1].size > 5 * bank[0].size


def test_a_gust_is_louder_and_brighter_than_a_lull() -> None:
    sound = play(Wind(gusts=1.0, whistle=0.0, leaves=1.0), 30.0)
    seconds = sound[: 30 * SAMPLE_RATE].reshape(30, -1)[1:-1]
    level = np.std(seconds, axis=1)
    bright = np.std(np.diff(seconds, axis=1), axis=1) / level
    assert level.max() > 2.0 * level.min()
    assert np.corrcoef(np.log(level), np.log(bright))[0, 1] > 0.5


def test_the_gap_sings_around_its_pitch() -> None:
    still, singing = (play(Wind(whistle=w, whistle_hz=1200.0, force=0.8), 20.0, seed=5) for w in (0.0, 1.0))
    assert share(singing, 1000.0, 1450.0) > 3.0 * share(still, 1000.0, 1450.0)


@pytest.mark.parametrize("species", SPECIES, ids=lambda s: s.__name__)
def test_every_bird_sings_a_second_or_so_of_its_own_in_its_own_range(species: Any) -> None:
    song = species(SAMPLE_RATE, Seed(1).rng(), Seed(2).rng())
    assert 0.5 < song.size / SAMPLE_RATE < 3.5
    assert 0.5 < np.abs(song).max() < 1.5
    low, high = (400.0, 700.0) if species.__name__ == "dove" else (1300.0, 9000.0)
    assert share(song, low, high) > 0.9


def test_a_bird_keeps_its_tune() -> None:
    song, again, other = (SPECIES[1](SAMPLE_RATE, Seed(tune).rng(), Seed(9).rng()) for tune in (1, 1, 2))
    assert np.array_equal(song, again)
    assert song.size != other.size or not np.allclose(song, other)


def test_without_birds_there_is_a_garden_and_with_them_there_is_song_above_it() -> None:
    garden, birds = (play(Birds(count=count, activity=1.0, distance=0.3), 12.0) for count in (0, 8))
    assert np.std(garden) > 1e-5
    assert share(birds, 1800.0, 7500.0) > 2.0 * share(garden, 1800.0, 7500.0)


def test_crickets_chirp_faster_on_a_warm_night() -> None:
    def chirps_per_s(warmth: float) -> float:
        sound = play(Night(crickets=1, chorus=0.0, owl=0.0, distance=0.0, warmth_c=warmth), 11.0, seed=6)
        spectrum = np.fft.rfft(sound)
        spectrum[: int(3000 * sound.size / SAMPLE_RATE)] = 0.0
        level = np.abs(np.fft.irfft(spectrum, n=sound.size))
        level = level[: level.size // 441 * 441].reshape(-1, 441).max(axis=1)
        loud = np.flatnonzero(level > 0.3 * level.max())
        gaps = np.diff(loud)
        return float(100.0 / np.median(gaps[gaps > 8]))

    assert chirps_per_s(27.0) > 1.5 * chirps_per_s(13.0)


def test_crickets_are_narrow_and_high() -> None:
    assert share(play(Night(crickets=8), 6.0), 3000.0, 6500.0) > 0.5


@pytest.mark.parametrize("answer", [False, True])
def test_the_owl_hoots_between_seven_hundred_and_a_thousand_hertz(answer: bool) -> None:
    call = owl_call(SAMPLE_RATE, Seed(3).rng(), answer=answer)
    assert share(call, 680.0, 1000.0) > 0.9
    assert abs(call[0]) < 1e-3
