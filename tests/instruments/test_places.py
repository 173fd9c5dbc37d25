"""What holds for every place: it sounds throughout, at its level, in believable stereo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyloudnorm
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.air import Air
from dusktape.instruments.birds import Birds
from dusktape.instruments.cafe import Cafe
from dusktape.instruments.fire import Fire
from dusktape.instruments.night import Night
from dusktape.instruments.rain import WEIGHTS, Rain
from dusktape.instruments.street import Street
from dusktape.instruments.train import Train
from dusktape.instruments.wind import Wind

PLACES = (Air, Birds, Cafe, Fire, Night, Street, Train, Wind)

every_place = pytest.mark.parametrize(
    "place", [*(kind() for kind in PLACES), *(Rain(weight=w) for w in WEIGHTS)], ids=repr
)


def play(part: Any, seconds: float, *, seed: int = 3, block: int = 65_536) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    player = part.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(seed))
    return np.concatenate([player.render(block) for _ in range(frames // block + 1)], axis=1)[:, :frames]


@every_place
def test_alone_it_is_about_minus_forty_lufs_from_its_first_seconds_on(place: Any) -> None:
    sound = play(place, 20.0).T.astype(np.float64)
    meter = pyloudnorm.Meter(SAMPLE_RATE)
    assert meter.integrated_loudness(sound) == pytest.approx(-40.0, abs=3.0)
    # The studio sets its level by the first three seconds.
    assert meter.integrated_loudness(sound[: 3 * SAMPLE_RATE]) == pytest.approx(-40.0, abs=3.5)


@every_place
def test_it_never_stops_and_ends_with_the_song(place: Any) -> None:
    frames = 6 * SAMPLE_RATE
    player = place.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(1))
    sound = player.render(frames + 5_000)
    assert not sound[:, frames:].any()
    tenths = np.square(sound[:, :frames]).reshape(2, 60, -1).mean(axis=(0, 2))
    assert tenths[6:54].min() > 0.01 * np.median(tenths)
    assert np.abs(sound).max() < 0.4


@every_place
def test_left_and_right_are_one_place_with_a_low_end_in_the_middle(place: Any) -> None:
    sound = play(place, 9.0)[:, SAMPLE_RATE // 2 : -SAMPLE_RATE // 2].astype(np.float64)
    assert 0.1 < np.corrcoef(sound)[0, 1] < 0.97
    assert abs(20 * np.log10(np.std(sound[0]) / np.std(sound[1]))) < 4.0
    if place.__class__ is not Rain:
        spectra = np.fft.rfft(sound, n=1 << 19, axis=1)
        spectra[:, int(150.0 * (1 << 19) / SAMPLE_RATE) :] = 0.0
        across = np.fft.irfft(spectra[0] * np.conj(spectra[1]))
        assert abs((int(np.argmax(across)) + 1000) % (1 << 19) - 1000) <= 1


@every_place
def test_the_second_half_of_a_minute_is_not_the_first_again(place: Any) -> None:
    sound = play(place, 24.0)[0].astype(np.float64)
    first, second = sound[SAMPLE_RATE : 12 * SAMPLE_RATE], sound[12 * SAMPLE_RATE :]
    size = 1 << 20
    across = np.fft.irfft(np.fft.rfft(second, n=size) * np.conj(np.fft.rfft(first, n=size)))
    assert np.abs(across).max() < 0.75 * np.sum(first**2)


@pytest.mark.parametrize("place", PLACES, ids=lambda kind: kind.__name__)
def test_values_out_of_range_are_refused(place: type[Any]) -> None:
    with pytest.raises(RecipeError, match="level_db"):
        place(level_db=3.0)
