"""Music on the spot, and what sounds until it is ready."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.radio import bed, foretell
from dusktape.radio.choosing import TARGET_LUFS
from dusktape.radio.interlude import Interlude
from dusktape.radio.taste import recipe_names
from dusktape.studio.presets import recipe_files

RATE = 44_100
SPEC = {"recipe": "dusk", "seed": 5, "minutes": 1.0, "settings": ["composer=rules"]}


@pytest.fixture(scope="module")
def song() -> Interlude:
    return Interlude(SPEC)


def test_it_is_short_has_a_title_and_a_timeline(song):
    assert 55 * RATE < song.frames < 66 * RATE
    assert song.title
    told = song.timeline()
    assert told["frames"] == song.frames
    assert len(told["level"]["db"]) == -(-song.frames // told["level"]["hop"])
    assert max(told["level"]["db"]) == round(TARGET_LUFS)


def test_it_is_as_long_as_it_says_and_near_the_loudness_that_was_foretold(song):
    meter, frames, peak = LoudnessMeter(RATE, 2), 0, 0.0
    for block in song.blocks():
        meter.process(block)
        frames += block.shape[1]
        peak = max(peak, float(np.max(np.abs(block), initial=0.0)))
    assert frames == song.frames
    assert abs(meter.integrated_lufs - TARGET_LUFS) < 2.0
    assert peak <= 10.0 ** (-1.5 / 20.0)


@pytest.mark.parametrize("off_db", [-4.0, 4.0])
def test_what_is_foretold_wrongly_is_put_right_by_the_first_half_a_minute(off_db):
    song = Interlude(SPEC)
    song.gain_db += off_db
    meter = LoudnessMeter(RATE, 2)
    for block in song.blocks():
        meter.process(block)
    assert abs(meter.integrated_lufs - TARGET_LUFS) < 2.0


def test_a_correction_is_bounded_and_silence_asks_for_none():
    assert foretell.correction_db(float("-inf")) == 0.0
    assert foretell.correction_db(TARGET_LUFS - 40.0) == 4.0
    assert foretell.correction_db(TARGET_LUFS + 40.0) == -4.0
    assert abs(foretell.correction_db(TARGET_LUFS)) < 0.5


def test_every_recipe_that_ships_was_measured():
    ours = {name for name, file in recipe_files().items() if "presets" in file.parts}
    assert ours == set(foretell.fitted()["recipes"])
    assert ours <= set(recipe_names())


def test_louder_parts_need_less_gain(song):
    louder = Interlude(SPEC | {"settings": ["composer=rules", "drums.loudness_lufs=-11", "keys.loudness_lufs=-15"]})
    assert louder.gain_db < song.gain_db - 1.0


def test_the_bed_is_there_at_once_and_always_the_same():
    one, other = bed.bed({"seed": 4, "bed": "rain"}), bed.bed({"seed": 4, "bed": "rain"})
    np.testing.assert_array_equal(one.read(0, RATE), other.read(0, RATE))
    late = bed.bed({"seed": 4, "bed": "rain"}).read(5 * RATE, RATE)
    np.testing.assert_array_equal(one.read(5 * RATE, RATE), late)


@pytest.mark.parametrize("weather", ["rain", "snow", "clear", "fog", "?"])
def test_every_weather_is_quiet_and_heard(weather):
    sound = bed.bed({"seed": 1, "bed": weather}).read(2 * RATE, 3 * RATE)
    level = 10.0 * np.log10(np.mean(sound**2))
    assert -42.0 < level < -26.0


def test_a_needle_comes_down_first():
    drop = bed.needle_drop(Seed(1))
    assert 0.1 < np.max(np.abs(drop)) < 0.4
    assert np.max(np.abs(drop[:, -100:])) < 0.001
