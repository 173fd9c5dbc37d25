import numpy as np
import pytest
from scipy import signal

from dusktape.dsp import filters

RATE = 44_100
HZ = np.geomspace(20.0, 20_000.0, 200)
CASCADES = {
    "lowpass 20 Hz": filters.lowpass(20.0, RATE, order=4),
    "lowpass 5 kHz": filters.lowpass(5_000.0, RATE, order=3),
    "highpass 20 Hz": filters.highpass(20.0, RATE, order=4),
    "resonance": filters.lowpass(300.0, RATE, order=2, q=8.0),
    "bell": filters.bell(1_000.0, RATE, gain_db=12.0, q=4.0),
    "shelf": filters.shelf(200.0, RATE, gain_db=-9.0, kind="low"),
    "tilt": filters.tilt(700.0, RATE, db_per_octave=-3.0),
    "one pole": filters.one_pole(0.01, RATE),
}


def db(x):
    return 20.0 * np.log10(np.abs(x))


def noise(frames, channels=2):
    return np.random.default_rng(3).standard_normal((channels, frames)).astype(np.float32) * np.float32(0.2)


@pytest.mark.parametrize("sos", CASCADES.values(), ids=CASCADES)
def test_it_runs_as_the_plain_recursion_would(sos):
    x = noise(50_001)
    heard = filters.StateSpaceFilter(sos, 2).process(x)
    assert heard.dtype == np.float32
    assert np.abs(heard - signal.sosfilt(sos, x.astype(np.float64))).max() < 1e-6


@pytest.mark.parametrize("sos", CASCADES.values(), ids=CASCADES)
def test_any_split_gives_the_same_sound(sos):
    x = noise(20_000)
    expected = filters.StateSpaceFilter(sos, 2).run(x)
    running = filters.StateSpaceFilter(sos, 2)
    cuts = np.cumsum([1, 63, 64, 65, 1, 4096, 8192, 5, 128])
    heard = np.concatenate([running.run(part) for part in np.split(x, cuts, axis=1)], axis=1)
    assert np.abs(heard - expected).max() < 1e-9


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("hz", [20.0, 440.0, 6_000.0])
def test_passes_are_butterworth_of_their_order(hz, order):
    for design, kind in ((filters.lowpass, "lowpass"), (filters.highpass, "highpass")):
        expected = signal.sosfreqz(signal.butter(order, hz, kind, fs=RATE, output="sos"), HZ, fs=RATE)[1]
        heard = filters.response(design(hz, RATE, order=order), HZ, RATE)
        assert np.abs(heard - expected).max() < 1e-6


def test_the_analogue_prototypes_are_met():
    # At the warped frequency the digital response is the analogue one, exactly.
    hz, q, root = 1_000.0, 3.0, 10.0 ** (9.0 / 40.0)
    s = 1j * np.tan(np.pi * HZ / RATE) / np.tan(np.pi * hz / RATE)
    low = 1.0 / (s**2 + s / q + 1.0)
    peak = (s**2 + s * root / q + 1.0) / (s**2 + s / (root * q) + 1.0)
    edge = root * (s**2 + s * np.sqrt(2 * root) + root) / (root * s**2 + s * np.sqrt(2 * root) + 1.0)
    for sos, expected in (
        (filters.lowpass(hz, RATE, order=2, q=q), low),
        (filters.highpass(hz, RATE, order=2, q=q), low * s**2),
        (filters.bell(hz, RATE, gain_db=9.0, q=q), peak),
        (filters.shelf(hz, RATE, gain_db=9.0, kind="low"), edge),
        (filters.shelf(hz, RATE, gain_db=-9.0, kind="high"), edge / root**2),
    ):
        assert np.abs(db(filters.response(sos, HZ, RATE)) - db(expected)).max() < 1e-6


@pytest.mark.parametrize("slope", [-6.0, -3.0, -1.0, 0.0, 2.0, 6.0])
def test_a_tilt_is_a_straight_slope_through_its_pivot(slope):
    hz = np.geomspace(20.0, 8_000.0, 100)
    heard = db(filters.response(filters.tilt(700.0, RATE, db_per_octave=slope), hz, RATE))
    assert np.abs(heard - slope * np.log2(hz / 700.0)).max() < 0.1 * abs(slope) + 1e-9


def test_a_cutoff_above_half_the_rate_is_brought_below_it():
    sos = filters.lowpass(20_000.0, 32_000, order=2)
    assert np.all(np.abs(np.roots(sos[0, 3:])) < 1.0)
    assert np.abs(db(filters.response(sos, np.array([10_000.0]), 32_000))) < 0.1


@pytest.mark.parametrize(("method", "most"), [("run", 1e-9), ("process", 5e-7)])
def test_an_hour_at_20_hz_does_not_drift(method, most):
    running = filters.StateSpaceFilter(filters.highpass(20.0, RATE, order=4), 1)
    block = np.ones((1, 600 * RATE // 100), np.float32)
    for _ in range(20):
        heard = getattr(running, method)(block)
    assert np.abs(heard).max() < most


@pytest.mark.parametrize(
    "sos",
    [
        filters.highpass(10.0, RATE, order=4),
        filters.bell(20.0, RATE, gain_db=24.0, q=20.0),
        filters.shelf(30.0, RATE, gain_db=24.0, kind="low"),
        filters.tilt(800.0, RATE, db_per_octave=-3.0),
    ],
)
def test_the_light_products_stay_with_the_exact_ones(sos):
    x = np.random.default_rng(4).uniform(-1.0, 1.0, (2, 150_001)).astype(np.float32)
    exact = filters.StateSpaceFilter(sos, 2).run(x)
    light = filters.StateSpaceFilter(sos, 2)
    heard = np.concatenate([light.process(x[:, :70_000]), light.process(x[:, 70_000:])], axis=1)
    assert np.abs(heard - exact).max() < 5e-7 * max(1.0, np.abs(exact).max())


def test_it_falls_silent_for_good():
    running = filters.StateSpaceFilter(filters.lowpass(500.0, RATE, order=2), 1)
    running.process(noise(1000, 1))
    assert np.any(running.process(np.zeros((1, 1000), np.float32)))
    assert not running.at_rest
    running.process(np.zeros((1, RATE), np.float32))
    assert running.at_rest
    assert not np.any(running.process(np.zeros((1, 1000), np.float32)))


@pytest.mark.parametrize("sos", CASCADES.values(), ids=CASCADES)
def test_an_impulse_response_is_cut_where_the_rest_is_inaudible(sos):
    taps = filters.impulse_response(sos)
    long = signal.sosfilt(sos, np.eye(1, 4 * len(taps) + 1000)[0])
    assert np.abs(taps - long[: len(taps)]).max() < 1e-9
    limit = 10.0 ** (-110.0 / 20.0) * np.abs(long).max()
    assert np.abs(long[len(taps) :]).sum() < 1.01 * limit
    assert np.abs(long[len(taps) - 1 :]).sum() > 0.99 * limit


def test_settled_filters_start_where_a_constant_has_brought_them():
    running = filters.StateSpaceFilter(filters.lowpass(100.0, RATE, order=3), 2)
    running.settle(0.7)
    assert np.abs(running.run(np.full((2, 1000), 0.7)) - 0.7).max() < 1e-9


def test_a_smoother_covers_its_share_of_a_step_in_its_time():
    rate = RATE / 64
    heard = filters.Smoother(0.1, rate, value=1.0).process(np.full(200, 3.0))
    steps = np.arange(1, 201)
    assert np.abs(heard - (3.0 - 2.0 * np.exp(-steps / (0.1 * rate)))).max() < 1e-9
    assert np.array_equal(filters.Smoother(0.0, rate).process(np.arange(5.0)), np.arange(5.0))


def test_small_products_are_products():
    rng = np.random.default_rng(1)
    for rows in (0, 1, 31, 32, 33, 100):
        a, b = rng.standard_normal((rows, 64)), rng.standard_normal((64, 60))
        assert np.allclose(filters.small_products(a, b), a @ b)
