"""Moving delays are read where they should be, without steps or foreign tones."""

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.dsp.delay import SHORTEST, STEADY, DelayLine, Lag, Wander, Wobble, read_at

RATE = 44_100


def read(line_input, curve, sizes):
    line, out, at = DelayLine(len(line_input), 400.0), [], 0
    for size in sizes:
        line.write(line_input[:, at : at + size])
        out.append(line.read(curve, size))
        at += size
    return np.concatenate(out, axis=1)


def test_a_lag_gives_back_the_stream_later():
    x = np.random.default_rng(0).standard_normal((2, 300)).astype(np.float32)
    lag = Lag(2, 70)
    late = np.concatenate([lag.process(x[:, :9]), lag.process(x[:, 9:11]), lag.process(x[:, 11:])], axis=1)
    assert np.array_equal(late[:, 70:], x[:, :-70])
    assert not late[:, :70].any()


@pytest.mark.parametrize("delay", [SHORTEST, 20.0, 33.25, 61.5, 399.9])
def test_a_resting_tap_delays_a_tone_by_the_asked_fraction(delay):
    n = np.arange(6000)
    x = np.sin(2 * np.pi * 3000 / RATE * n)
    late = read(x[None].astype(np.float32), lambda edges: np.full(edges.size, delay), [6000])[0]
    assert np.abs(late[500:] - np.sin(2 * np.pi * 3000 / RATE * (n - delay))[500:]).max() < 2e-4


def test_a_moving_tap_follows_its_curve():
    n = np.arange(20_000)

    def delay(frames):
        return 200.0 + 60.0 * np.sin(2 * np.pi * 2.0 / RATE * frames)

    x = np.sin(2 * np.pi * 1000 / RATE * n).astype(np.float32)
    late = read(x[None], lambda edges: delay(edges * 64), [20_000])[0]
    assert np.abs(late - np.sin(2 * np.pi * 1000 / RATE * (n - delay(n))))[500:].max() < 2e-4


def test_block_size_does_not_change_what_is_read():
    x = np.random.default_rng(1).standard_normal((2, 2000)).astype(np.float32)

    def curve(edges):
        return 200.0 + 34.0 * np.sin(edges / 9.0)

    whole = read(x, curve, [2000])
    for size in (1, 63, 64, 65, 1000):
        sizes = [size] * (2000 // size) + [2000 % size]
        assert np.abs(read(x, curve, sizes) - whole).max() < 1e-6 * np.abs(whole).max()


def test_wandering_depends_on_the_place_and_not_on_the_order_of_asking():
    edges = np.arange(-5, 3000)
    whole = Wander(Seed(3).at("x"), 10.5).at(edges)
    backwards = Wander(Seed(3).at("x"), 10.5)
    late = backwards.at(edges[2000:])
    assert np.array_equal(np.concatenate([backwards.at(edges[:2000]), late]), whole)
    assert not np.array_equal(whole, Wander(Seed(4).at("x"), 10.5).at(edges))
    assert np.abs(whole).max() <= 1.0
    assert np.abs(np.diff(whole)).max() < 2 * 1.875 / 10.5


def test_a_wobble_stays_inside_its_height_and_reaches_its_cents():
    wobble = Wobble(Seed(1), rate_hz=0.7, cents=6.0, sample_rate=RATE)
    delay = wobble.at(np.arange(60 * RATE // 64))
    assert np.abs(delay).max() <= wobble.height_frames
    cents = 1200 * np.log2(1 - np.diff(delay) / 64)
    assert np.abs(cents).max() == pytest.approx(6.0, rel=0.15)


def test_a_stream_can_be_read_anywhere():
    x = np.sin(0.2 * np.arange(400))[None].astype(np.float32)
    places = np.concatenate([np.arange(20.0, 100.0), 100.0 + 30.0 * np.random.default_rng(0).random(50)])
    heard = read_at(x, places)
    assert np.abs(heard - np.sin(0.2 * places)).max() < 1e-4
    assert not np.any(read_at(x, np.array([-50.0, 450.0])))


def test_a_steady_line_is_as_exact_as_it_says():
    def curve(edges):
        return 60.0 + 30.0 * np.sin(edges / 15.0)

    for hz, most in ((1000, 1e-4), (6000, 1e-3)):
        omega = 2 * np.pi * hz / 44_100
        line = DelayLine(1, 100.0, STEADY)
        line.write(np.cos(omega * np.arange(8000))[None].astype(np.float32))
        heard = line.read(curve, 8000)[0, 256:]
        exact = DelayLine(1, 100.0)
        exact.write(np.cos(omega * np.arange(8000))[None].astype(np.float32))
        assert np.abs(heard - exact.read(curve, 8000)[0, 256:]).max() < most
