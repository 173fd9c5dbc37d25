import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.plate import Plate

RATE = 44_100


def response(part, *, seed=1, channels=1):
    return part.impulse_response(RATE, channels, seed=Seed(seed))


def test_dry_sound_comes_first_and_whole_then_silence_then_the_reverb():
    taps = response(Plate(pre_delay_ms=20.0))
    assert taps.shape[0] == 2
    assert np.array_equal(taps[:, 0], [1.0, 1.0])
    assert not np.any(taps[:, 1:882])
    assert np.any(taps[:, 882:1400])


def test_a_send_has_no_dry_sound():
    assert np.array_equal(response(Plate(dry=0.0, pre_delay_ms=20.0))[:, 0], [0.0, 0.0])


@pytest.mark.parametrize("mix", [0.1, 0.5])
def test_mix_is_the_level_of_the_reverb(mix):
    wet = response(Plate(mix=mix, dry=0.0))
    assert np.sqrt(np.sum(wet**2, axis=1)) == pytest.approx([mix, mix], rel=1e-6)


def test_every_seed_is_another_one_and_the_same_seed_the_same():
    part = Plate(rt_s=0.5)
    assert np.array_equal(response(part, seed=3), response(part, seed=3))
    assert np.abs(response(part, seed=3) - response(part, seed=4)).max() > 0.01


def test_mono_becomes_stereo_that_survives_mono():
    x = (0.2 * np.random.default_rng(1).standard_normal((1, RATE))).astype(np.float32)
    running = Plate(mix=0.3).open(RATE, 1, cues=Cues(frames=RATE), seed=Seed(1))
    out = running.process(np.pad(x, ((0, 0), (0, running.latency_frames))))[:, running.latency_frames :]
    assert out.shape == (2, RATE)
    middle, side = out.sum(axis=0) / 2, (out[0] - out[1]) / 2
    assert np.std(side) > 0.1 * np.std(middle)
    # Sound from everywhere loses 3 dB in mono; what would be lost to cancelling is no more than that.
    lost_db = 10 * np.log10(np.mean(out**2) / np.mean(middle**2))
    assert 0.0 < lost_db < 1.0


def test_the_cuts_keep_bass_and_top_out_of_the_reverb():
    wet = response(Plate(dry=0.0, low_cut_hz=200.0, high_cut_hz=3_500.0))
    power = np.mean(np.abs(np.fft.rfft(wet, axis=1)) ** 2, axis=0)
    hz = np.fft.rfftfreq(wet.shape[1], 1 / RATE)
    level = {c: 10 * np.log10(np.mean(power[(hz > c / 1.2) & (hz < c * 1.2)])) for c in (50.0, 800.0, 14_000.0)}
    assert level[50.0] < level[800.0] - 18.0
    assert level[14_000.0] < level[800.0] - 9.0
