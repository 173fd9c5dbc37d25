"""Laws that every registered effect obeys, ours and everybody else's."""

from __future__ import annotations

import dataclasses
import inspect
from functools import cache

import numpy as np
import pytest

from dusktape.core import plugins
from dusktape.core.audio import Cues, LinearEffect, SectionCue
from dusktape.core.errors import RecipeError
from dusktape.core.params import build, parameters
from dusktape.core.seed import Seed

RATE = 44_100
NAMES = plugins.names("effects")
SUFFIXES = {
    "Hz": "_hz",
    "dB": "_db",
    "ms": "_ms",
    "s": "_s",
    "cents": "_cents",
    "beats": "_beats",
    "bits": "bits",
    "m": "_m",
}
CUES = Cues(
    frames=400_000,
    bpm=84.0,
    kicks=((900, 0.9), (7_001, 0.6), (19_500, 1.0), (33_333, 0.8)),
    sections=(
        SectionCue("intro", 0, 10_000, brightness=0.2, brightness_end=0.8),
        SectionCue("a", 10_000, 12_345),
        SectionCue("break", 22_345, 377_655, brightness=0.4, level=0.5, level_end=0.9),
    ),
)


def sound(frames, channels, *, seed=1, peak=0.7):
    """Plucks over noise over a low tone: something for filters, curves and detectors alike."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)
    plucks = np.exp(-(time % 5_500) / 900.0) * np.sin(0.09 * time)
    x = plucks + 0.3 * np.sin(0.011 * time) + 0.2 * rng.standard_normal((channels, frames))
    return (peak * x / np.abs(x).max()).astype(np.float32)


def start(name, channels, part=None, rate=RATE):
    part = part or plugins.find("effects", name)()
    return part.open(rate, channels, cues=CUES, seed=Seed(5).at("keys", name))


@cache
def whole(name, channels):
    processor = start(name, channels)
    x = sound(processor.latency_frames + 9_000, channels)
    return x, processor.process(x.copy())


def cuts(frames, latency, size):
    """Sizes that sum to `frames`: the latency at once, for speed, then blocks of one size or a mix."""
    yield latency + 37
    left = frames - latency - 37
    sizes = (1, 63, 4096, 64, 65, 7, 200) if size == "mixed" else (size,)
    turn = 0
    while left > 0:
        take = min(sizes[turn % len(sizes)], left)
        yield take
        left -= take
        turn += 1
        if size == 1 and turn == 1_200:
            yield left
            return


def in_blocks(processor, x, sizes):
    at, out = 0, []
    for size in sizes:
        out.append(processor.process(x[:, at : at + size]))
        at += size
    return np.concatenate(out, axis=1)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096, "mixed"])
@pytest.mark.parametrize("name", NAMES)
def test_block_size_does_not_change_the_sound(name, size, channels):
    x, expected = whole(name, channels)
    processor = start(name, channels)
    heard = in_blocks(processor, x, cuts(x.shape[1], processor.latency_frames, size))
    assert heard.shape == expected.shape
    assert np.abs(heard - expected).max() <= 1e-5


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_as_many_frames_come_out_as_went_in(name, channels):
    processor = start(name, channels)
    x, out = whole(name, channels)
    assert processor.channels in {channels, 2}
    assert out.shape == (processor.channels, x.shape[1])
    assert out.dtype == np.float32
    assert np.all(np.isfinite(out))
    assert np.abs(out).max() > 0.01
    assert processor.latency_frames >= 0
    assert processor.tail_frames >= 0


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_block_changes_nothing(name):
    x, expected = whole(name, 2)
    processor = start(name, 2)
    assert processor.process(x[:, :0]).shape == (2, 0)
    first = processor.process(x[:, :1000])
    assert processor.process(x[:, :0]).shape == (2, 0)
    heard = np.concatenate([first, processor.process(x[:, 1000:])], axis=1)
    assert np.abs(heard - expected).max() <= 1e-5


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_sound_and_the_input_is_left_alone(name, channels):
    x, expected = whole(name, channels)
    kept = x.copy()
    one, other = start(name, channels), start(name, channels)
    first = one.process(x)
    other.process(np.ascontiguousarray(x[:, ::-1]))
    assert np.array_equal(first, expected)
    assert np.array_equal(x, kept)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_handed_out_is_not_written_to_again(name):
    processor = start(name, 2)
    x = sound(20_000, 2)
    first = processor.process(x[:, :6_000])
    kept = first.copy()
    processor.process(x[:, 6_000:])
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_silence_stays_silent(name, channels):
    processor = start(name, channels)
    out = processor.process(np.zeros((channels, processor.latency_frames + 6_000), np.float32))
    assert np.abs(out).max() < 1e-3


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_what_rests_in_a_pause_goes_on_behind_it_as_if_it_had_not(name, channels):
    at_once = start(name, channels)
    pause = np.zeros((channels, 40_000), np.float32)
    x = np.concatenate([sound(9_000, channels), pause, sound(9_000 + at_once.latency_frames, channels, seed=2)], axis=1)
    expected = at_once.process(x.copy())
    assert np.abs(in_blocks(start(name, channels), x, [2048] * (x.shape[1] // 2048 + 1)) - expected).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_the_tail_ends_when_it_says(name):
    processor = start(name, 2)
    out = [processor.process(sound(4_096, 2))]
    left = processor.latency_frames + processor.tail_frames
    while left > 0:
        out.append(processor.process(np.zeros((2, min(left, 16_384)), np.float32)))
        left -= 16_384
    after = processor.process(np.zeros((2, 4_096), np.float32))
    assert np.abs(after).max() <= 1e-3 * max(float(np.abs(b).max()) for b in out)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_a_linear_effect_is_its_impulse_response(name, channels):
    part = plugins.find("effects", name)()
    processor = start(name, channels, part)
    if not isinstance(part, LinearEffect):
        assert not hasattr(part, "impulse_response")
        return
    response = part.impulse_response(RATE, channels, seed=Seed(5).at("keys", name))
    assert response.dtype == np.float64
    assert response.shape[0] in {1, processor.channels}
    assert response.shape[1] - 1 <= processor.tail_frames
    x = sound(30_000, channels)
    late = processor.latency_frames
    heard = processor.process(np.pad(x, ((0, 0), (0, late))))[:, late:]
    size = x.shape[1] + response.shape[1]
    spectra = np.fft.rfft(x.astype(np.float64), size) * np.fft.rfft(response, size)
    assert np.abs(heard - np.fft.irfft(spectra, size)[:, : x.shape[1]]).max() <= 1e-5


def extremes(name):
    for p in parameters(plugins.find("effects", name)):
        for value in (*p.choices, p.low, p.high) if not isinstance(p.default, bool) else (True, False):
            if value is not None:
                yield p.name, value


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_works_at_both_ends_and_at_another_rate(name):
    part = plugins.find("effects", name)
    assert parameters(part)
    for field, value in extremes(name):
        processor = start(name, 2, build(part, {field: value}, where=name), rate=48_000)
        out = processor.process(sound(min(processor.latency_frames, 20_000) + 3_000, 2))
        assert np.all(np.isfinite(out)), f"{field}={value}"
        assert np.abs(out).max() < 100.0, f"{field}={value}"


@pytest.mark.parametrize("name", NAMES)
def test_a_value_outside_its_range_is_refused_in_one_line(name):
    part = plugins.find("effects", name)
    for p in parameters(part):
        wrong = "nonsense" if isinstance(p.default, (bool, str)) else p.high + 1 if p.high is not None else np.nan
        with pytest.raises(RecipeError, match=p.name) as refused:
            build(part, {p.name: wrong}, where=f"chain.{name}")
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_part_is_frozen_compared_by_value_and_says_what_it_does(name):
    part = plugins.find("effects", name)
    assert part() == part()
    assert hash(part()) == hash(part())
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(part(), parameters(part)[0].name, parameters(part)[0].default)
    first = inspect.getdoc(part).splitlines()[0]
    assert first.endswith(".")
    for p in parameters(part):
        assert p.text, p.name
        assert isinstance(p.default, (bool, str)) or None not in (p.low, p.high), p.name
        assert p.unit not in SUFFIXES or p.name.endswith(SUFFIXES[p.unit]), p.name
