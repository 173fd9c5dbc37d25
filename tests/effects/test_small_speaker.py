"""A small loudspeaker has no bottom and no top, honks, and rasps when it is loud."""

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.seed import Seed
from dusktape.effects.small_speaker import SmallSpeaker

RATE = 44_100


def play(effect, x, seed=0):
    return effect.open(RATE, len(x), cues=Cues(frames=x.shape[1]), seed=Seed(seed)).process(x)


def response(effect, seed=0):
    x = np.zeros((1, RATE), np.float32)
    x[0, 100] = 0.001
    return 20 * np.log10(np.abs(np.fft.rfft(play(effect, x, seed)[0])) / 0.001 + 1e-9)


def test_the_smaller_the_cone_the_higher_its_bass_ends():
    def corner(size_cm):
        heard = response(SmallSpeaker(size_cm=size_cm, resonance=0.0))
        return int(np.argmax(heard > -3.0))

    assert corner(4.0) == pytest.approx(2 * corner(8.0), rel=0.15)
    assert corner(8.0) == pytest.approx(2 * corner(16.0), rel=0.15)


def test_it_ends_at_its_top():
    heard = response(SmallSpeaker(top_hz=4000.0, resonance=0.0))
    assert heard[10_000] < heard[1500] - 20


def test_resonance_honks_elsewhere_for_every_seed():
    flat, boxy = (response(SmallSpeaker(resonance=r))[300:3500] for r in (0.0, 1.0))
    assert np.ptp(boxy) > np.ptp(flat) + 6
    assert np.abs(response(SmallSpeaker(), 1)[300:3500] - response(SmallSpeaker(), 2)[300:3500]).max() > 0.5


def test_it_rasps_when_it_is_loud():
    tone = np.sin(2 * np.pi * 600 / RATE * np.arange(RATE))[None].astype(np.float32)

    def overtones(level):
        s = np.abs(np.fft.rfft(play(SmallSpeaker(), level * tone)[0, 4410:-4410]))
        at = round(600 * (RATE - 8820) / RATE)
        return (s[2 * at] + s[3 * at]) / s[at]

    assert overtones(0.9) > 5 * overtones(0.05)
