from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import Cues
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.mix.chain import Chain

RATE = 44_100
SEED = Seed(5).at("chain")


def effect(name, **values):
    return find("effects", name)(**values)


def noise(frames, channels=1, seed=1):
    return (0.3 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def through(chain, x, blocks=None):
    """Return what comes out, as long as what went in: the chain swallows its latency."""
    x = np.concatenate([x, np.zeros((x.shape[0], chain.latency_frames), np.float32)], axis=1)
    out, start = [], 0
    for size in blocks or [x.shape[1]]:
        out.append(chain.process(x[:, start : start + size]))
        start += size
    out.append(chain.process(x[:, start:]))
    return np.concatenate(out, axis=1)


def opened(effects, channels=1, cues=None):
    return Chain(effects, RATE, channels, cues=cues or Cues(frames=100_000), seed=SEED)


EQ = [
    ("highpass", effect("highpass", cutoff_hz=90.0, order=1)),
    ("lowpass", effect("lowpass", cutoff_hz=2500.0)),
    ("bell", effect("bell", gain_db=4.0, centre_hz=400.0)),
]


@pytest.mark.parametrize("channels", [1, 2])
def test_fused_effects_sound_as_the_ones_they_are_made_of(channels):
    effects = [*EQ, ("room", effect("room", mix=0.3))]
    x = noise(40_000, channels)
    apart = x
    for named in effects:
        one = opened([named], apart.shape[0])
        apart = through(one, apart)
    fused = opened(effects, channels)
    assert fused.channels == 2
    np.testing.assert_allclose(through(fused, x), apart, atol=2e-5)


def test_a_run_of_linear_effects_costs_the_latency_of_one():
    assert opened(EQ).latency_frames > 0
    assert opened(EQ[:1]).latency_frames == 0
    crossed = opened([EQ[0], ("saturation", effect("saturation")), EQ[1]])
    assert crossed.latency_frames < opened(EQ).latency_frames


@pytest.mark.parametrize(
    "blocks", [[1] * 70, [63, 64, 65], [4096] * 5, [1, 63, 64, 65, 4096, 20_000], [30_000], [0, 5, 0, 100]]
)
def test_block_size_does_not_change_the_sound(blocks):
    cues = Cues(frames=60_000, kicks=((9_000, 1.0), (30_000, 0.7)))
    effects = [
        *EQ,
        ("saturation", effect("saturation")),
        ("room", effect("room", mix=0.3)),
        ("duck", effect("duck")),
        ("wow", effect("wow")),
        ("lowpass2", effect("lowpass")),
        ("plate", effect("plate")),
    ]
    x = noise(60_000)
    whole = through(opened(effects, cues=cues), x)
    assert whole.shape == (2, 60_000)
    np.testing.assert_allclose(through(opened(effects, cues=cues), x, blocks), whole, atol=1e-5)


def test_what_goes_in_comes_out_at_its_own_frame():
    click = np.zeros((1, 30_000), np.float32)
    click[0, 12_345] = 1.0
    late = [("lowpass", effect("lowpass", cutoff_hz=18_000.0)), ("highpass", effect("highpass", cutoff_hz=30.0))]
    assert opened(late).latency_frames > 0
    assert np.abs(through(opened(late), click)).argmax() == 12_345


def test_a_duck_behind_a_reverb_stays_on_the_kick():
    cues = Cues(frames=60_000, kicks=((30_000, 1.0),))
    duck = ("duck", effect("duck", depth_db=12.0))
    wash = [("plate", effect("plate", mix=0.5)), ("room", effect("room", mix=0.5))]
    x = np.full((1, 60_000), 0.1, np.float32)
    wet = through(opened(wash, cues=cues), x)
    ducked = through(opened([*wash, duck], cues=cues), x)
    alone = through(opened([duck], cues=cues), x) / x
    assert opened(wash).latency_frames > 0
    np.testing.assert_allclose(ducked, wet * alone, atol=2e-4)
    # The effect may lean in a little before the kick; 20 ms away from it nothing has happened.
    np.testing.assert_allclose(ducked[:, 20_000:29_000], wet[:, 20_000:29_000], atol=2e-4)
    assert np.abs(ducked[:, 30_300]).max() < 0.6 * np.abs(wet[:, 30_300]).max()


def test_an_effect_draws_by_its_name_not_by_its_place():
    room = ("room", effect("room", mix=0.5))
    saturation = ("saturation", effect("saturation", drive_db=-24.0))
    x = noise(20_000) * 0.01
    behind = through(opened([saturation, room]), x)
    alone = through(opened([room]), through(opened([saturation]), x))
    np.testing.assert_allclose(behind, alone, atol=1e-6)
    other = through(opened([("another room", room[1])]), x)
    assert np.abs(other - through(opened([room]), x)).max() > 1e-4


def test_an_empty_chain_changes_nothing():
    x = noise(1000, 2)
    chain = opened([], 2)
    assert (chain.latency_frames, chain.tail_frames, chain.channels) == (0, 0, 2)
    np.testing.assert_array_equal(chain.process(x), x)
