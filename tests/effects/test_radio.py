"""A radio is narrow and mono; where the station fades the static rises; a whistle drifts over it."""

import numpy as np

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.radio import Radio

RATE = 44_100
CLEAN = {"static_db": -100.0, "whistle_db": -100.0, "fading_db": 0.0}


def play(effect, x, seed=0, size=None):
    running = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(seed))
    size = size or x.shape[1]
    return np.concatenate([running.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)


def noise(seconds, channels=1, peak=0.2):
    return np.random.default_rng(5).uniform(-peak, peak, (channels, int(seconds * RATE))).astype(np.float32)


def spectrum(y):
    return 20 * np.log10(np.abs(np.fft.rfft(y * np.hanning(y.size))) + 1e-9)


def test_it_is_narrow_and_has_one_loudspeaker():
    left, right = play(Radio(**CLEAN), noise(2, 2))
    assert np.array_equal(left, right)
    s = spectrum(left)
    middle = s[2000:4000].mean()
    assert s[2 * 9000 : 2 * 9500].mean() < middle - 20
    assert s[2 * 40 : 2 * 60].mean() < middle - 20


def test_it_fades_and_comes_back():
    y = play(Radio(**{**CLEAN, "fading_db": 12.0}), noise(20))[0]
    level = 10 * np.log10(np.mean(y[RATE:].reshape(-1, RATE // 10) ** 2, axis=1))
    steady = play(Radio(**CLEAN), noise(20))[0]
    assert level.max() - level.min() > 3.0 + np.ptp(
        10 * np.log10(np.mean(steady[RATE:].reshape(-1, 4410) ** 2, axis=1))
    )


def test_the_static_rises_where_the_station_fades():
    x = noise(20)
    faded = {"fading_db": 12.0, "whistle_db": -100.0}
    both, clean = play(Radio(static_db=-40.0, **faded), x), play(Radio(static_db=-100.0, **faded), x)
    static = np.log(np.median(np.abs((both - clean)[0, RATE:]).reshape(-1, 8820), axis=1))
    station = np.log(np.std(clean[0, RATE:].reshape(-1, 8820), axis=1))
    assert np.corrcoef(static, station)[0, 1] < -0.5


def test_the_whistle_is_a_line_in_the_band():
    x = noise(4)
    with_it = play(Radio(**{**CLEAN, "whistle_db": -40.0}), x)
    added = (with_it - play(Radio(**CLEAN), x))[0, RATE:]
    s = spectrum(added)
    assert 0.4 * 4500 < np.argmax(s) / 3 < 0.85 * 4500
    assert s.max() > np.median(s) + 50


def test_all_of_it_ends_with_the_programme():
    x = np.concatenate([noise(1), np.zeros((1, 6 * RATE), np.float32)], axis=1)
    assert np.abs(play(Radio(static_db=-30.0, whistle_db=-30.0), x)[0, -RATE:]).max() < 1e-5


def test_block_size_does_not_change_the_sound_an_hour_in():
    x = noise(1, 2)
    effect, silence = Radio(whistle_db=-30.0), np.zeros((2, 64 * 4096), np.float32)
    heard = []
    for size in (777, x.shape[1]):
        running = effect.open(RATE, 2, cues=Cues(frames=1), seed=Seed(0))
        for _ in range(40):
            running.process(silence)
        heard.append(
            np.concatenate([running.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)
        )
    assert np.abs(heard[0] - heard[1]).max() < 1e-5
