"""Loops close on themselves: nobody finds the place where they go round."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.score import BAR
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.mix.chain import Chain
from dusktape.studio.loop import LoopProduction, produced
from dusktape.studio.production import Production

BARS = 4
AROUND = round(0.03 * SAMPLE_RATE)
MADE = [("dusk", 7), ("rainy", 3), ("tape", 5), ("drumless", 6), ("cafe", 3)]


class Made:
    """A loop with its stems, rendered once."""

    def __init__(self, recipe, seed):
        self.production = produced(recipe, Seed(seed), control=Control(Loop(BARS)))
        hops = []
        self.sound = np.concatenate(list(self.production.master(hops.append)), axis=1)
        self.stems = {p: np.concatenate([h[p] for h in hops], axis=1) for p in self.production.parts}

    def bar_lines(self):
        return [round(k * self.sound.shape[1] / BARS) for k in range(BARS)]


@pytest.fixture(scope="module")
def loops(resolved):
    return {name: Made(resolved(seed, "keys.on=true", recipe=name), seed) for name, seed in MADE}


def going_round(sound, start, end):
    return np.take(sound, np.arange(start, end), axis=1, mode="wrap")


def step(sound, at):
    """The largest step from one frame to the next at most 30 ms from a place."""
    return np.abs(np.diff(going_round(sound, at - AROUND, at + AROUND), axis=1)).max()


def change(sound, at, size=2048):
    """How far the spectra before and after a place lie apart, in dB; the most within 30 ms: nobody is on the dot."""
    edges = np.unique(np.geomspace(1, size // 2, 40).astype(int)) - 1

    def bands(start):
        spectrum = np.fft.rfft(going_round(sound, start, start + size) * np.hanning(size), axis=1)
        return 10.0 * np.log10(np.add.reduceat((np.abs(spectrum) ** 2).sum(axis=0)[1:], edges) + 1e-6)

    return max(np.abs(bands(a) - bands(a - size)).mean() for a in range(at - AROUND, at + AROUND + 1, 147))


def jolt(sound):
    """The bend from frame to frame on the seam, over the largest in the millisecond and a half around it."""
    bends = np.abs(np.diff(going_round(sound, -66, 66), n=3, axis=1)).max(axis=0)
    return bends[63:66].max() / np.delete(bends, range(62, 67)).max()


def odds(sound, lines):
    """Return the measures at the seam over the highest at the other bar lines."""
    return [measure(sound, lines[0]) / max(measure(sound, at) for at in lines[1:]) for measure in (step, change)]


@pytest.mark.parametrize("name", [name for name, _ in MADE])
def test_a_loop_has_exactly_the_frames_of_its_bars(loops, name):
    made = loops[name]
    frames = round(BARS * 4 * 60 / made.production.score.bpm * SAMPLE_RATE)
    assert made.production.frames == made.sound.shape[1] == frames
    assert {stem.shape for stem in made.stems.values()} == {(2, frames)}


@pytest.mark.parametrize("name", [name for name, _ in MADE])
def test_the_seam_is_a_bar_line_like_the_others(loops, name):
    made = loops[name]
    a_step, a_change = odds(made.sound, made.bar_lines())
    assert a_step < 1.2
    assert a_change < 1.2
    assert jolt(made.sound) < 1.0


def test_over_all_loops_the_seam_is_no_larger_than_the_largest_bar_line(loops):
    both = np.array([odds(made.sound, made.bar_lines()) for made in loops.values()])
    assert both.mean(axis=0).max() < 1.0


def test_a_cut_without_care_would_be_found(loops):
    jolts = [jolt(made.sound[:, : -round(0.11 * SAMPLE_RATE)]) for made in loops.values()]
    assert np.median(jolts) > 1.5


@pytest.mark.parametrize("name", ["rainy", "tape"])
def test_loudness_and_true_peak_hold_for_the_loop_going_round(loops, name):
    made = loops[name]
    meter = LoudnessMeter(SAMPLE_RATE, 2)
    for _ in range(4):
        meter.process(made.sound)
    master = made.production.recipe.master
    assert meter.integrated_lufs == pytest.approx(master.loudness_lufs, abs=0.5)
    assert meter.true_peak_db <= master.ceiling_dbtp
    assert made.production.measured.lufs == pytest.approx(meter.integrated_lufs, abs=0.1)
    assert made.production.measured.true_peak_dbtp == pytest.approx(meter.true_peak_db, abs=0.05)


def test_what_rings_over_the_end_rings_at_the_start(resolved):
    recipe = resolved(6, "lead.on=false", "bass.on=false", "pad.on=false", "vinyl.on=false", recipe="drumless")
    keys = Made(recipe, 6).stems["keys"]
    song = Production(recipe, Seed(6), produced(recipe, Seed(6), control=Control(Loop(BARS))).score)
    alone = next(song.stems(SAMPLE_RATE // 20))["keys"]
    first = min(n.start for n in song.score.parts["keys"])
    quiet = max(64, round(song.score.seconds(first) * SAMPLE_RATE) - 64)
    before = min(quiet, alone.shape[1])
    assert np.abs(keys[:, :before]).max() > 10.0 * np.abs(alone[:, :before]).max()


def test_stems_add_up_to_what_goes_into_the_master(loops):
    made = loops["dusk"]
    whole = sum(made.stems.values())
    chain = Chain(made.production._master_effects, SAMPLE_RATE, 2, cues=made.production.cues, seed=Seed(7).at("master"))
    plain = chain.process(np.tile(whole, (1, 3)))[:, whole.shape[1] :]
    mix = np.concatenate(list(made.production.mix()), axis=1)
    middle = slice(SAMPLE_RATE, 2 * SAMPLE_RATE)  # the tape's place differs from turn to turn, so levels are compared
    assert np.std(mix[:, middle]) == pytest.approx(np.std(plain[:, middle]), rel=0.1)


def test_the_same_loop_comes_again_and_in_blocks_of_any_size(loops, resolved):
    name, seed = MADE[0]
    again = produced(loops[name].production.recipe, Seed(seed), control=Control(Loop(BARS)))
    blocks = list(again.stream(1000))
    assert {b.shape[1] for b in blocks[:-1]} == {1000}
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), loops[name].sound, atol=1e-5)


def test_the_score_is_one_turn_and_everything_begins_inside(loops):
    for made in loops.values():
        score = made.production.score
        assert [s.length for s in score.sections] == [BARS * BAR]
        assert all(0 <= n.start < BARS * BAR for notes in score.parts.values() for n in notes)


def test_what_starts_otherwise_is_no_loop(resolved):
    recipe = resolved(1, minutes=0.5)
    assert not isinstance(produced(recipe, Seed(1)), LoopProduction)
    assert isinstance(produced(recipe, Seed(1), control=Control(Loop(2))), LoopProduction)
