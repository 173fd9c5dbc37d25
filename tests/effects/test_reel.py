"""A reel is gentler than a cassette, and its bump goes by its speed."""

import numpy as np

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.reel import Reel

RATE = 44_100


def spectrum(effect):
    running = effect.open(RATE, 1, cues=Cues(frames=RATE), seed=Seed(0))
    x = np.zeros((1, 2 * RATE), np.float32)
    x[0, 1000] = 0.01
    return 20 * np.log10(np.abs(np.fft.rfft(running.process(x)[0])) / 0.01)[::2]


def test_the_head_bump_lies_an_octave_lower_at_half_the_speed():
    quiet = {"wander_cents": 0.0, "hiss_db": -100.0, "drive_db": -24.0}
    fast, slow = spectrum(Reel(speed="15", **quiet)), spectrum(Reel(speed="7.5", **quiet))
    assert 50 < np.argmax(fast[:300]) < 90
    assert 28 < np.argmax(slow[:300]) < 55
    assert 0.8 < fast[:300].max() - fast[1000] < 2.0
    assert slow[10_000] < fast[10_000] - 2.0


def test_quiet_sound_keeps_its_level():
    assert abs(spectrum(Reel(wander_cents=0.0, hiss_db=-100.0))[1000]) < 0.3
