import numpy as np
import pytest
from scipy.signal import fftconvolve

from dusktape.dsp.convolve import Convolver, fast_size, fuse


def noise(rows, length, seed=1):
    return np.random.default_rng(seed).standard_normal((rows, length))


def decaying(rows, taps, seed=2):
    return 0.05 * noise(rows, taps, seed) * np.exp(-np.arange(taps) / (taps / 5))


def exact(x, response, frames):
    rows = np.broadcast_to(x.astype(np.float64), (max(len(x), len(response)), x.shape[1]))
    taps = np.broadcast_to(response, (len(rows), response.shape[1]))
    return fftconvolve(rows, taps, axes=1)[:, :frames]


@pytest.mark.parametrize(("rows", "channels"), [(1, 1), (2, 1), (1, 2), (2, 2)])
@pytest.mark.parametrize(
    ("taps", "hop"),
    [
        (1, 16_384),
        (700, 16_384),
        (700, 64),
        (700, 1000),
        (1_000, 1_000),
        (1_001, 1_000),
        (40_000, 16_384),
        (5_000, 777),
    ],
)
def test_it_convolves_a_hop_late(taps, hop, rows, channels):
    response = decaying(rows, taps)
    convolver = Convolver(response, channels, hop)
    x = (0.3 * noise(channels, 60_000)).astype(np.float32)
    heard = convolver.process(x)
    late = convolver.latency_frames
    assert convolver.channels == len(heard) == max(rows, channels)
    assert late == hop
    assert not np.any(heard[:, :late])
    assert np.abs(heard[:, late:] - exact(x, response, 60_000 - late)).max() < 2e-6


def test_any_split_gives_the_identical_sound():
    response, x = decaying(2, 3_000), noise(1, 9_000).astype(np.float32)
    expected = Convolver(response, 1, 512).process(x)
    running = Convolver(response, 1, 512)
    parts = np.split(x, np.cumsum([1, 1, 510, 1, 63, 64, 65, 4096]), axis=1)
    assert np.array_equal(np.concatenate([running.process(p) for p in parts], axis=1), expected)


def test_the_tail_is_the_response_and_then_nothing():
    convolver = Convolver(decaying(2, 1_000), 1, 256)
    convolver.process(np.ones((1, 300), np.float32))
    tail = convolver.process(np.zeros((1, 256 + convolver.tail_frames), np.float32))
    assert np.any(tail)
    assert np.abs(convolver.process(np.zeros((1, 2_000), np.float32))).max() < 1e-6


def test_the_latency_stays_below_half_a_second_however_long_the_response():
    assert Convolver(decaying(2, 200_000), 1).latency_frames <= 16_384


def test_fused_responses_do_what_the_parts_do_in_turn():
    parts = [decaying(1, 300, 3), decaying(2, 900, 4), decaying(2, 50, 5)]
    fused = fuse(parts, floor_db=-200.0)
    expected = fftconvolve(fftconvolve(np.repeat(parts[0], 2, axis=0), parts[1], axes=1), parts[2], axes=1)
    assert fused.shape == (2, 300 + 900 + 50 - 2)
    assert np.abs(fused - expected).max() < 1e-12


def test_fusing_drops_only_what_cannot_be_heard():
    long = np.exp(-np.arange(20_000) / 200.0)[None]
    fused = fuse([long, np.ones((1, 1))])
    assert fused.shape[1] < 5_000
    assert np.abs(long[:, fused.shape[1] :]).sum() < 10.0 ** (-110.0 / 20.0)


def test_fusing_nothing_is_the_identity():
    assert np.array_equal(fuse([]), np.ones((1, 1)))


def test_fast_sizes_are_fast_and_close():
    for least in (1, 2, 3, 7, 511, 513, 4_097, 66_151):
        size = fast_size(least)
        assert least <= size <= max(2, 1.26 * least)
        odd = size // (size & -size)
        assert odd in {1, 3, 5, 9}


def test_silence_is_silent_and_what_follows_a_rest_sounds_as_if_there_had_been_none() -> None:
    rng = np.random.default_rng(5)
    response = rng.standard_normal((2, 20_000)) * np.exp(-np.arange(20_000) / 4000.0)
    sound = rng.standard_normal((1, 9_000)).astype(np.float32)
    rest = np.zeros((1, 70_000), np.float32)
    convolver = Convolver(response, 1, hop=4096)
    out = convolver.process(np.concatenate([rest, sound, rest, sound, rest], axis=1))
    late = convolver.latency_frames
    first = out[:, late + 70_000 : late + 70_000 + 28_999]
    second = out[:, late + 149_000 : late + 149_000 + 28_999]
    expected = np.stack([np.convolve(sound[0], row) for row in response])
    assert not out[:, :70_000].any()
    assert np.abs(first - expected).max() < 1e-4
    assert np.abs(second - expected).max() < 1e-4
