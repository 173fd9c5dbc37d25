from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Instrument
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.room_tone import RoomTone


def play(tone: RoomTone, seconds: float, *, seed: int = 3, block: int = 65_536) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    player = tone.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(seed))
    return np.concatenate([player.render(block) for _ in range(frames // block + 1)], axis=1)[:, :frames]


def middle(tone: RoomTone, seconds: float = 8.0) -> Block:
    return play(tone, seconds + 1.0)[:, SAMPLE_RATE // 2 : -SAMPLE_RATE // 2].astype(np.float64)


def band_db(sound: Block, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(sound.mean(axis=0) * np.hanning(sound.shape[1]))) ** 2
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    return float(10 * np.log10(power[(hz > low_hz) & (hz < high_hz)].sum()))


def test_room_tone_is_an_instrument() -> None:
    assert isinstance(RoomTone(), Instrument)


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_block_size_does_not_change_the_sound(block: int) -> None:
    tone = RoomTone(hum_hz="50", city=0.5)
    seconds = 0.4 if block == 1 else 4.0
    assert np.array_equal(play(tone, seconds, block=block), play(tone, seconds))


def test_it_sounds_from_the_first_frame_to_the_last_and_not_beyond() -> None:
    sound = RoomTone().open(SAMPLE_RATE, [], cues=Cues(frames=3 * SAMPLE_RATE), seed=Seed(1)).render(4 * SAMPLE_RATE)
    assert np.all(sound[:, 3 * SAMPLE_RATE :] == 0.0)
    assert np.abs(sound[:, :3]).max() < 1e-5
    tenths = np.square(sound[:, : 3 * SAMPLE_RATE]).reshape(2, 30, -1).mean(axis=(0, 2))
    assert tenths[4:26].min() > 0.2 * np.median(tenths)


def test_alone_it_is_about_minus_forty_lufs() -> None:
    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(play(RoomTone(), 20.0).T.astype(np.float64))
    assert loudness == pytest.approx(-40.0, abs=2.0)


@pytest.mark.parametrize("slope", [-6.0, -3.0])
def test_air_falls_as_steeply_as_asked(slope: float) -> None:
    sound = middle(RoomTone(colour_db=slope, air_top_hz=18_000.0))
    edges = [200.0 * 2**i for i in range(5)]
    levels = [band_db(sound, f, 2 * f) for f in edges]
    # An octave is twice as wide as the one below it.
    assert np.mean(np.diff(levels)) == pytest.approx(slope + 3.0, abs=0.5)


def test_air_breathes_as_deep_as_asked_and_slowly() -> None:
    def levels(breath: float) -> np.ndarray:
        sound = middle(RoomTone(breath=breath), 30.0)
        return 20 * np.log10(np.sqrt(np.mean(np.square(sound[:, : 60 * 22_050].reshape(2, 60, -1)), axis=(0, 2))))

    calm, deep = levels(0.0), levels(1.0)
    assert np.std(calm) < 0.6
    assert 1.0 < np.std(deep) < 5.0
    assert np.corrcoef(deep[1:], deep[:-1])[0, 1] > 0.5


@pytest.mark.parametrize(("hum_hz", "there", "absent"), [("50", 50.0, 60.0), ("60", 60.0, 50.0)])
def test_hum_has_the_pitch_of_its_continent_and_its_partials(hum_hz: str, there: float, absent: float) -> None:
    sound = middle(RoomTone(hum_hz=hum_hz, hum_db=-40.0))
    for partial in (1, 2, 3, 5):
        at = band_db(sound, partial * there - 1.0, partial * there + 1.0)
        beside = band_db(sound, partial * there + 3.0, partial * there + 5.0)
        assert at > beside + 12.0
    assert band_db(sound, absent - 1.0, absent + 1.0) < band_db(sound, there - 1.0, there + 1.0) - 15.0


def test_hum_goes_on_without_a_seam() -> None:
    tone = RoomTone(air_db=-100.0, hum_hz="50", hum_db=-40.0)
    sound = middle(tone, 3.0)[0]
    period = SAMPLE_RATE // 50
    assert np.abs(sound[period:] - sound[:-period]).max() < 1e-4


def test_the_city_is_low_and_comes_in_waves() -> None:
    # Without mains hum nothing else differs between the two.
    quiet, city = middle(RoomTone(), 20.0), middle(RoomTone(city=1.0), 20.0)
    assert band_db(city, 60.0, 250.0) > band_db(quiet, 60.0, 250.0) + 4.0
    assert band_db(city, 2000.0, 8000.0) == pytest.approx(band_db(quiet, 2000.0, 8000.0), abs=1.0)


def test_left_and_right_share_only_part_of_the_air() -> None:
    assert 0.15 < np.corrcoef(middle(RoomTone()))[0, 1] < 0.6


def test_there_is_no_dc() -> None:
    assert np.abs(play(RoomTone(), 10.0).mean(axis=1, dtype=np.float64)).max() < 1e-5


def test_another_seed_is_another_room() -> None:
    a, b = play(RoomTone(), 3.0, seed=1), play(RoomTone(), 3.0, seed=2)
    assert abs(np.corrcoef(a[0], b[0])[0, 1]) < 0.1


@pytest.mark.parametrize("values", [{"hum_hz": "55"}, {"city": -0.1}])
def test_values_out_of_range_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=next(iter(values))):
        RoomTone(**values)  # type: ignore[arg-type]
