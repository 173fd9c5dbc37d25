"""Nothing passes the limiter, on anything we could think of, measured by somebody else's filter."""

import numpy as np
import pytest
from scipy.signal import resample_poly

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import LimiterCurve, PeakMeter
from dusktape.effects.limiter import Limiter

RATE = 44_100
N = 40_000
T = np.arange(N)
BURST = (T // 3000 % 3 == 0).astype(float)


def rng():
    return np.random.default_rng(0)


def clicks():
    x = np.zeros(N)
    for offset, value in ((0, 1.0), (1, 1.0), (7, -1.0), (8, -1.0)):
        x[100 + offset :: 4001] = value
    return x


NASTY = {
    "a sine between the samples": np.sin(np.pi * T / 2 + np.pi / 4),
    "bursts of it": BURST * np.sin(np.pi * T / 2 + np.pi / 4),
    "a third of the rate": np.sin(2 * np.pi * T / 3 + 0.3),
    "bursts of 19 kHz": BURST * np.sin(2 * np.pi * 19_000 / RATE * T),
    "clicks": clicks(),
    "noise": rng().standard_normal(N),
    "bursts of noise": BURST * rng().standard_normal(N),
    "random signs": rng().choice([-1.0, 1.0], N),
    "a square wave": np.sign(np.sin(2 * np.pi * 441.7 / RATE * T)),
    "a fast square wave": np.sign(np.sin(2 * np.pi * 5511.7 / RATE * T)),
    "a low swell": T / N * np.sin(2 * np.pi * 60 / RATE * T),
}


def limit(effect, x, size=None):
    processor = effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(0))
    late = processor.latency_frames
    x, size = np.pad(x, ((0, 0), (0, late))), size or x.shape[1] + late
    return np.concatenate([processor.process(x[:, at : at + size]) for at in range(0, x.shape[1], size)], axis=1)[
        :, late:
    ]


def true_peak_db(x):
    return 20 * np.log10(np.abs(resample_poly(x.astype(np.float64), 4, 1, axis=1)).max())


@pytest.mark.parametrize("drive_db", [0.0, 12.0])
@pytest.mark.parametrize("name", NASTY)
def test_the_true_peak_stays_below_the_ceiling(name, drive_db):
    x = np.stack([NASTY[name], -0.5 * NASTY[name]]).astype(np.float32)
    y = limit(Limiter(ceiling_dbtp=-1.0, drive_db=drive_db), x)
    assert true_peak_db(y) <= -1.0 + 0.02
    assert true_peak_db(y) > -1.6


@pytest.mark.parametrize("ceiling_dbtp", [-9.0, -0.1])
@pytest.mark.parametrize("lookahead_ms", [2.0, 5.0, 10.0])
@pytest.mark.parametrize("release_ms", [10.0, 1000.0])
def test_any_setting_keeps_the_ceiling(ceiling_dbtp, lookahead_ms, release_ms):
    x = np.stack([NASTY["clicks"] + 0.5 * NASTY["a low swell"], NASTY["bursts of noise"]]).astype(np.float32)
    effect = Limiter(ceiling_dbtp=ceiling_dbtp, lookahead_ms=lookahead_ms, release_ms=release_ms, drive_db=6.0)
    assert true_peak_db(limit(effect, x)) <= ceiling_dbtp + 0.02


def test_what_is_quiet_passes_untouched():
    x = (0.5 * np.sin(2 * np.pi * 997 / RATE * T))[None].astype(np.float32)
    assert np.array_equal(limit(Limiter(), x), x)


def test_one_gain_serves_both_channels():
    x = np.stack([NASTY["bursts of noise"], np.full(N, 0.1)]).astype(np.float32)
    y = limit(Limiter(), x)
    heard = np.abs(x[0]) > 1e-3
    assert np.allclose(y[0][heard] / x[0][heard], y[1][heard] / x[1][heard], rtol=1e-4)


def test_the_gain_moves_without_steps():
    x = np.stack([NASTY["bursts of noise"], np.full(N, 0.1)]).astype(np.float32)
    gain = limit(Limiter(), x)[1] / 0.1
    assert np.abs(np.diff(gain)).max() < 0.01


def test_its_gain_can_be_foretold_without_sound():
    x = np.stack([NASTY["bursts of noise"], np.full(N, 0.1)]).astype(np.float32)
    drive = 10 ** (9.0 / 20)
    peaks = PeakMeter(2).push(np.pad(x, ((0, 0), (0, 1000))))
    curve = LimiterCurve(ceiling_dbtp=-1.0, release_ms=80.0, lookahead_cells=3, sample_rate=RATE)
    gains = curve.push(drive * peaks)
    heard = limit(Limiter(drive_db=9.0, release_ms=80.0), x)[1] / (0.1 * drive)
    assert heard[::64] == pytest.approx(gains[: heard[::64].size], abs=1e-4)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000])
def test_block_size_does_not_change_the_sound(size):
    x = np.stack([NASTY["noise"], NASTY["clicks"]])[:, :3000].astype(np.float32)
    assert np.abs(limit(Limiter(), x, size) - limit(Limiter(), x)).max() < 1e-6
