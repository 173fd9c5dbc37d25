from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Instrument
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.vinyl import PRESSINGS, Vinyl, pop_bank, tick_bank

TICKS_ONLY = {"hiss_db": -100.0, "rumble_db": -100.0}
HISS_ONLY = {"crackle_db": -90.0, "rumble_db": -100.0}


def play(vinyl: Vinyl, seconds: float, *, seed: int = 3, block: int = 65_536) -> Block:
    frames = int(seconds * SAMPLE_RATE)
    player = vinyl.open(SAMPLE_RATE, [], cues=Cues(frames=frames), seed=Seed(seed))
    return np.concatenate([player.render(block) for _ in range(frames // block + 1)], axis=1)[:, :frames]


def onsets(sound: Block, threshold: float) -> np.ndarray:
    """Frames at which the louder channel first passes a threshold, 3 ms apart at least."""
    loud = np.flatnonzero(np.abs(sound).max(axis=0) > threshold)
    return loud[np.diff(loud, prepend=-(10**6)) > 0.003 * SAMPLE_RATE]


def test_vinyl_is_an_instrument() -> None:
    assert isinstance(Vinyl(), Instrument)


@pytest.mark.parametrize("block", [1, 63, 64, 65, 4096])
def test_block_size_does_not_change_the_sound(block: int) -> None:
    seconds = 0.4 if block == 1 else 4.0
    assert np.array_equal(play(Vinyl(), seconds, block=block), play(Vinyl(), seconds))


def test_it_sounds_from_the_first_frame_to_the_last_and_not_beyond() -> None:
    player = Vinyl().open(SAMPLE_RATE, [], cues=Cues(frames=3 * SAMPLE_RATE), seed=Seed(1))
    sound = player.render(4 * SAMPLE_RATE)
    assert np.all(sound[:, 3 * SAMPLE_RATE :] == 0.0)
    assert np.abs(sound[:, :3]).max() < 1e-5
    assert np.abs(sound[:, 3 * SAMPLE_RATE - 3 : 3 * SAMPLE_RATE]).max() < 1e-5
    tenths = np.square(sound[:, : 3 * SAMPLE_RATE]).reshape(2, 30, -1).mean(axis=(0, 2))
    assert tenths[2:28].min() > 0.1 * np.median(tenths)
    assert player.tail_frames == 0


def test_alone_it_is_about_minus_forty_lufs() -> None:
    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(play(Vinyl(), 20.0).T.astype(np.float64))
    assert loudness == pytest.approx(-40.0, abs=2.0)


@pytest.mark.parametrize("rate", [2.0, 8.0, 24.0])
def test_ticks_come_as_often_as_asked(rate: float) -> None:
    vinyl = Vinyl(crackle_per_s=rate, wear=0.0, **TICKS_ONLY)
    found = len(onsets(play(vinyl, 60.0), 10 ** (-70 / 20)))
    # The rate wanders by half around its mean, so a minute is not exact.
    assert 0.6 * rate < found / 60.0 < 1.5 * rate


def test_ticks_fall_by_chance_and_vary_in_size() -> None:
    sound = play(Vinyl(crackle_per_s=10.0, wear=0.0, **TICKS_ONLY), 60.0)
    starts = onsets(sound, 10 ** (-70 / 20))
    gaps = np.diff(starts)
    # Of an even process the spread of the gaps is their mean; a clock has none.
    assert 0.8 < np.std(gaps) / np.mean(gaps) < 1.8
    peaks = np.array([np.abs(sound[:, s : s + 100]).max() for s in starts])
    low, high = np.percentile(20 * np.log10(peaks), [5, 95])
    assert 20.0 < high - low < 50.0


def test_a_scratch_returns_once_per_revolution() -> None:
    rpm = 45.0
    sound = play(Vinyl(crackle_per_s=0.0, wear=1.0, rpm=rpm, **TICKS_ONLY), 40.0, seed=8)
    starts = onsets(sound, 10 ** (-60 / 20))
    assert len(starts) > 15
    turn = 60.0 / rpm * SAMPLE_RATE
    gaps = (starts[None, :] - starts[:, None]) / turn
    neighbours = gaps[(gaps > 0.97) & (gaps < 1.03)]
    assert len(neighbours) > 0.5 * len(starts)
    assert np.abs(neighbours - 1.0).max() < 0.002 or np.median(np.abs(neighbours - 1.0)) < 0.001


def test_an_old_record_crackles_more_and_louder() -> None:
    new, old = (play(Vinyl(age=age, wear=0.0, **TICKS_ONLY), 30.0) for age in (0.0, 1.0))
    assert len(onsets(old, 1e-4)) > 2.0 * len(onsets(new, 1e-4))
    assert np.mean(old**2) > 10.0 * np.mean(new**2)


def test_hiss_is_where_the_parameters_put_it() -> None:
    sound = play(Vinyl(hiss_db=-50.0, wear=0.0, **HISS_ONLY), 12.0)
    middle = sound[:, SAMPLE_RATE:-SAMPLE_RATE].astype(np.float64)
    assert 20 * np.log10(np.sqrt(np.mean(middle**2))) == pytest.approx(-50.0, abs=0.7)
    assert np.corrcoef(middle)[0, 1] == pytest.approx(0.3, abs=0.06)
    dark, bright = (np.mean(np.diff(play(Vinyl(hiss_tone_hz=hz, **HISS_ONLY), 3.0)) ** 2) for hz in (2000.0, 15_000.0))
    assert bright > 2.0 * dark


def test_air_above_three_kilohertz_never_stops() -> None:
    sound = play(Vinyl(), 10.0)[0, SAMPLE_RATE // 2 : -SAMPLE_RATE // 2].astype(np.float64)
    frames = sound[: sound.size // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024)
    hz = np.fft.rfftfreq(1024, 1 / SAMPLE_RATE)
    air = (np.abs(np.fft.rfft(frames, axis=1)) ** 2)[:, (hz > 3000) & (hz < 10_000)].sum(axis=1)
    assert 10 * np.log10(np.median(air) / np.percentile(air, 5)) < 3.0


def test_rumble_is_low_and_nearly_mono() -> None:
    sound = play(Vinyl(crackle_db=-90.0, hiss_db=-100.0, rumble_db=-40.0), 10.0).astype(np.float64)
    power = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE)
    assert power[hz < 120.0].sum() > 0.95 * power.sum()
    assert np.corrcoef(sound)[0, 1] > 0.8


def test_there_is_no_dc() -> None:
    assert np.abs(play(Vinyl(), 10.0).mean(axis=1, dtype=np.float64)).max() < 2e-5


def test_another_seed_is_another_record() -> None:
    a, b = play(Vinyl(), 3.0, seed=1), play(Vinyl(), 3.0, seed=2)
    assert abs(np.corrcoef(a[0], b[0])[0, 1]) < 0.1


@pytest.mark.parametrize("bank", [tick_bank, pop_bank])
def test_ticks_and_pops_start_and_end_at_rest(bank: object) -> None:
    for grain in bank(SAMPLE_RATE, Seed(1).rng()):  # type: ignore[operator]
        assert np.abs(grain).max() == pytest.approx(1.0, abs=1e-5)
        assert abs(grain[-1]) < 1e-3
        assert abs(grain.sum()) / np.abs(grain).sum() < 0.05


@pytest.mark.parametrize("values", [{"age": 2.0}, {"rpm": 100.0}, {"crackle_per_s": -1.0}])
def test_values_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match=next(iter(values))):
        Vinyl(**values)


def test_pressings_span_shellac_to_nearly_new() -> None:
    sounds = {p: play(Vinyl(pressing=p, rumble_db=-100.0), 20.0).astype(np.float64) for p in PRESSINGS}

    def edges(sound: np.ndarray) -> float:
        return float(np.mean(np.diff(sound) ** 4) / np.mean(np.diff(sound) ** 2) ** 2)

    counts = {p: len(onsets(s, 6.0 * np.std(s))) for p, s in sounds.items()}
    assert counts["new"] < 0.5 * counts["lp"] < counts["single"]
    level = {p: float(np.std(s)) for p, s in sounds.items()}
    assert level["new"] < 0.7 * level["lp"]
    assert level["lp"] < level["shellac"]
    assert edges(sounds["new"]) < edges(sounds["shellac"])


def test_shellac_is_narrow_and_turns_seventy_eight_times_a_minute() -> None:
    sound = play(Vinyl(pressing="shellac", crackle_db=-90.0, rumble_db=-100.0), 30.0).mean(axis=0, dtype=np.float64)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE)
    assert power[(hz > 300.0) & (hz < 8000.0)].sum() > 0.85 * power.sum()
    level = np.mean(np.square(sound[: 30 * SAMPLE_RATE].reshape(-1, 2205)), axis=1)[20:-20]
    turns = np.abs(np.fft.rfft((level / level.mean() - 1.0) * np.hanning(level.size), n=1 << 14))
    rate = np.fft.rfftfreq(1 << 14, 0.05)
    slow = (rate > 0.6) & (rate < 3.0)
    assert rate[slow][np.argmax(turns[slow])] == pytest.approx(1.3, abs=0.05)
