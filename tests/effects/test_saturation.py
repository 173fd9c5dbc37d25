"""Saturation bends what is loud, keeps what is quiet, and folds little back."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.saturation import Saturation

RATE = 44_100


def shape(effect, x):
    return effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(0)).process(x)


def sine(hz, frames=RATE, level=1.0):
    return (level * np.sin(2 * np.pi * hz / RATE * np.arange(frames)))[None].astype(np.float32)


def spectrum(x):
    return np.abs(np.fft.rfft(x[0] * np.hanning(x.shape[1]))) / x.shape[1] * 4


@pytest.mark.parametrize("bias", [0.0, 0.4])
@pytest.mark.parametrize("drive_db", [-6.0, 3.0, 18.0])
def test_quiet_signals_pass_with_unit_gain(drive_db, bias):
    x = sine(500, level=1e-4)
    y = shape(Saturation(drive_db=drive_db, bias=bias), x)
    assert np.std(y[0, 9000:]) == pytest.approx(np.std(x), rel=0.01)


def test_loud_signals_stay_below_the_end_of_the_curve():
    y = shape(Saturation(drive_db=12.0, makeup_db=6.0), sine(100, level=4.0))
    end = 10 ** ((6.0 - 12.0) / 20)
    assert 0.9 * end < np.abs(y).max() <= end


def test_it_aliases_less_than_the_plain_curve():
    hz, x = 5001, sine(5001, level=4.0)
    plain = x / np.sqrt(1 + x.astype(np.float64) ** 2)

    def foreign(y, top):
        s = spectrum(y)
        keep = np.arange(s.size) < top
        for partial in range(0, RATE // 2, hz):
            keep[max(partial - 8, 0) : partial + 9] = False
        return np.sqrt((s[keep] ** 2).sum()) / s[hz]

    ours = shape(Saturation(drive_db=0.0), x)
    assert foreign(ours, RATE // 2) < 0.5 * foreign(plain, RATE // 2)
    assert foreign(ours, 2000) < 0.1 * foreign(plain, 2000)


def test_bias_adds_even_overtones_and_no_constant():
    x = sine(440, level=0.7)
    straight, biased = (
        spectrum(shape(Saturation(drive_db=6.0), x)),
        spectrum(shape(Saturation(drive_db=6.0, bias=0.3), x)),
    )
    assert straight[880] < 1e-5
    assert biased[880] > 0.01
    later = shape(Saturation(drive_db=6.0, bias=0.3), sine(441, frames=2 * RATE, level=0.7))[0, RATE:]
    assert abs(later.mean()) < 1e-4


def test_more_drive_makes_more_overtones():
    thirds = [
        (lambda s: s[1500] / s[500])(spectrum(shape(Saturation(drive_db=d), sine(500, level=0.5))))
        for d in (0.0, 6.0, 12.0)
    ]
    assert thirds[0] < thirds[1] < thirds[2]


def test_block_size_does_not_change_the_sound():
    x = np.random.default_rng(0).standard_normal((2, 3000)).astype(np.float32)
    effect = Saturation(drive_db=9.0, bias=0.5)
    processor = effect.open(RATE, 2, cues=Cues(frames=3000), seed=Seed(0))
    pieces = [processor.process(x[:, at : at + 61]) for at in range(0, 3000, 61)]
    assert np.abs(np.concatenate(pieces, axis=1) - shape(effect, x)).max() < 1e-6
