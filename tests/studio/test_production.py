"""One song, looked at from many sides."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyloudnorm
import pytest

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import InputError, RecipeError
from dusktape.core.score import Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.studio import production as module
from dusktape.studio.production import Production, reblock
from dusktape.studio.rig import cues_of
from dusktape.studio.wish import Wish

SEED = Seed(11)
RECIPE = Wish(minutes=0.5, settings=("rain.on=true", "form.fullness=1.0", "form.loop_bars=4")).resolve(SEED)


def joined(blocks):
    return np.concatenate(list(blocks), axis=1)


class Song:
    """A production rendered once, with all that passed by."""

    def __init__(self):
        self.told = []
        self.production = Production(RECIPE, SEED, progress=lambda stage, share: self.told.append((stage, share)))
        hops = []
        self.blocks = list(self.production.master(hops.append))
        self.audio = joined(self.blocks)
        self.stems = {part: joined(hop[part] for hop in hops) for part in self.production.parts}


@pytest.fixture(scope="module")
def song():
    return Song()


@pytest.fixture(scope="module")
def excerpt(song):
    """Three bars from the middle of the song, as a score, with its stems and its master."""
    score = song.production.score
    start = next(s for s in score.sections if s.name == "A").start
    end = start + 3 * score.ticks_per_bar
    parts = {
        name: tuple(replace(n, start=n.start - start) for n in notes if start <= n.start < end)
        for name, notes in score.parts.items()
    }
    few = {name: part for name, part in RECIPE.parts.items() if name in ("keys", "bass", "drums", "vinyl")}
    recipe = RECIPE.model_copy(update={"parts": few})
    given = replace(score, sections=(Section("A", 0, end - start),), chords=(), parts=parts)
    hops = []
    audio = joined(Production(recipe, SEED, given).master(hops.append))
    return recipe, given, {part: joined(hop[part] for hop in hops) for part in hops[0]}, audio


def test_the_track_is_as_long_as_its_score(song):
    last = song.production.score.sections[-1]
    end = song.production.score.seconds(last.start + last.length)
    assert song.audio.shape == (2, round(end * SAMPLE_RATE))
    assert song.production.frames == song.audio.shape[1]
    assert abs(end - 30.0) <= song.production.score.seconds(song.production.score.ticks_per_bar)


def test_the_track_lands_on_its_loudness_by_another_meter(song):
    heard = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(song.audio.T.astype(float))
    assert heard == pytest.approx(RECIPE.master.loudness_lufs, abs=0.5)
    assert song.production.measured.lufs == pytest.approx(heard, abs=0.1)


def test_the_true_peak_stays_under_the_ceiling(song):
    meter = LoudnessMeter(SAMPLE_RATE, 2)
    meter.process(song.audio)
    assert meter.true_peak_db <= RECIPE.master.ceiling_dbtp
    assert song.production.measured.true_peak_dbtp == pytest.approx(meter.true_peak_db, abs=0.01)
    assert 0.0 < song.production.measured.lra < 30.0


def test_there_is_no_dc_and_nothing_that_is_no_number(song):
    assert np.all(np.isfinite(song.audio))
    assert np.abs(song.audio.mean(axis=1)).max() < 1e-4


def test_neither_end_is_silent(song):
    loud = np.flatnonzero(np.abs(song.audio).max(axis=0) > 1e-3)
    assert loud[0] < 0.5 * SAMPLE_RATE
    assert loud[-1] > song.audio.shape[1] - 0.5 * SAMPLE_RATE


def test_the_song_rings_out_and_is_not_cut(song):
    assert np.abs(song.audio[:, -10:]).max() < 2e-3
    assert np.abs(song.audio[:, -SAMPLE_RATE // 20 :]).max() < 0.1 * np.abs(song.audio).max()


def test_the_noise_of_a_machine_in_the_master_ends_with_the_song(excerpt):
    recipe, given, _, _ = excerpt
    chain = {"cassette": {"hiss_db": -40.0, "dropouts": 0.0}}
    hissing = recipe.model_copy(update={"master": recipe.master.model_copy(update={"chain": chain})})
    audio = joined(Production(hissing, SEED, given).mix())
    before = audio[:, -SAMPLE_RATE // 2 - 4410 : -SAMPLE_RATE // 2]
    assert np.abs(audio[:, -441:]).max() < 0.01 * np.abs(before).max()
    assert not audio[:, -1].any()


@pytest.mark.parametrize("cut", [1, 7, 100, 1000])
def test_a_fade_at_the_end_is_the_same_in_any_blocks(cut):
    sound = np.ones((2, 1000), np.float32)
    whole = joined(module.closing(iter([sound]), 1000, 300))
    pieces = (sound[:, at : at + cut] for at in range(0, 1000, cut))
    np.testing.assert_array_equal(joined(module.closing(pieces, 1000, 300)), whole)
    np.testing.assert_array_equal(whole[:, :700], 1.0)
    assert np.all(np.diff(whole[0, 699:]) < 0.0)
    assert sound.min() == 1.0


def test_nothing_clicks_where_blocks_meet(song):
    bends = np.abs(np.diff(song.audio, n=2, axis=1)).max(axis=0)
    usual = np.percentile(bends, 99.9)
    for hop in range(module.HOP, song.audio.shape[1], module.HOP):
        assert bends[hop - 3 : hop + 3].max() <= max(usual, 4.0 * np.median(bends[hop - 2_000 : hop + 2_000]))


def test_stems_are_as_long_as_the_track_and_sum_to_the_mix(excerpt):
    recipe, given, stems, audio = excerpt
    assert all(stem.shape == audio.shape for stem in stems.values())
    bare = recipe.model_copy(update={"master": recipe.master.model_copy(update={"chain": {}})})
    mix = joined(Production(bare, SEED, given).mix())
    error = sum(stems.values()) - mix
    assert 20.0 * np.log10(np.sqrt(np.mean(error**2)) / np.sqrt(np.mean(mix**2)) + 1e-12) < -80.0


def test_every_part_is_heard(song):
    assert {"keys", "drums", "bass", "rain", "vinyl"} <= set(song.stems)
    assert all(RECIPE.parts[name].on for name in song.stems)
    for part, stem in song.stems.items():
        assert np.abs(stem).max() > 1e-4, part
        assert np.all(np.isfinite(stem)), part


def test_no_stem_would_be_clipped_in_its_file(song):
    assert max(np.abs(stem).max() for stem in song.stems.values()) < 1.0


def test_every_hit_is_heard_where_the_score_has_it(song):
    """A kick's first movement lies within 3 ms of its note: latency is taken back, swing and lay-back arrive."""
    drums = song.stems["drums"].sum(axis=0)
    kicks = [f for f, velocity in song.production.cues.kicks if velocity > 0.6]
    assert kicks
    late = []
    for frame in kicks:
        before = np.abs(drums[max(0, frame - 2_000) : frame]).max(initial=0.0)
        after = np.abs(drums[frame : frame + 2_000])
        if before < 0.3 * after.max():
            late.append(int(np.flatnonzero(after > before + 0.1 * after.max())[0]))
    assert len(late) >= 3
    assert np.median(late) < 0.003 * SAMPLE_RATE


@pytest.mark.parametrize("threads", [1, 4])
def test_neither_threads_nor_another_run_change_the_sound(excerpt, threads):
    recipe, given, _, audio = excerpt
    again = joined(Production(recipe, SEED, given, threads=threads).master())
    np.testing.assert_allclose(again, audio, atol=1e-6)


def test_the_size_of_hops_does_not_change_the_sound(excerpt, monkeypatch):
    recipe, given, stems, audio = excerpt
    production = Production(recipe, SEED, given)
    hops = list(production.stems(10_007))
    for part, stem in stems.items():
        np.testing.assert_allclose(joined(hop[part] for hop in hops), stem, atol=1e-5, err_msg=part)
    monkeypatch.setattr(module, "HOP", 4_001)
    monkeypatch.setattr(production, "stems", lambda: iter(hops))
    np.testing.assert_allclose(joined(production.master()), audio, atol=1e-5)


def test_the_same_seed_makes_the_same_song(song):
    assert Production(RECIPE, SEED).score == song.production.score
    assert Production(RECIPE, Seed(12)).score != song.production.score


@pytest.mark.parametrize("frames", [1000, 4096, 65_536, 10**7])
def test_blocks_of_any_size_are_the_same_sound(song, frames):
    blocks = list(reblock(iter(song.blocks), frames))
    assert all(block.shape[1] == frames for block in blocks[:-1])
    assert 0 < blocks[-1].shape[1] <= frames
    np.testing.assert_array_equal(joined(blocks), song.audio)


def test_the_stream_is_the_track(excerpt):
    recipe, given, _, audio = excerpt
    blocks = list(Production(recipe, SEED, given).stream(4096))
    assert all(block.shape == (2, 4096) and block.dtype == np.float32 for block in blocks[:-1])
    np.testing.assert_allclose(joined(blocks), audio, atol=1e-6)


def test_a_block_of_no_frames_is_refused(song):
    with pytest.raises(RecipeError, match="block_frames must be 1 or more, got 0"):
        next(reblock(iter(song.blocks), 0))


def test_a_listener_may_leave_early(excerpt):
    recipe, given, _, _ = excerpt
    stream = Production(recipe, SEED, given).stream(512)
    next(stream)
    stream.close()


def test_progress_goes_forward_through_its_stages(song):
    stages = [stage for stage, _ in song.told]
    assert list(dict.fromkeys(stages)) == ["composing", "rendering", "mastering"]
    for stage in set(stages):
        shares = [share for s, share in song.told if s == stage]
        assert shares == sorted(shares)
        assert shares[0] >= 0.0
        assert shares[-1] == pytest.approx(1.0, abs=0.01)


def test_memory_does_not_grow_with_the_song():
    def peak(minutes):
        off = ("keys", "pad", "lead", "bass", "room", "rain", "riser")  # one riser is kept until it is over
        settings = ("composer=rules", *(f"{part}.on=false" for part in off))
        production = Production(Wish(minutes=minutes, settings=settings, bpm=80.0).resolve(SEED), SEED)
        tracemalloc.start()
        try:
            frames = sum(block.shape[1] for block in production.stream())
            assert abs(frames / SAMPLE_RATE - 60.0 * minutes) <= 3.0
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(1.5) <= 1.3 * peak(0.5)


def test_a_score_of_ones_own_is_played_instead():
    notes = tuple(Note(960 * k, 900, 60 + k, 90) for k in range(8))
    score = Score(90.0, Key(0, "major"), (Section("A", 0, 9600),), (), {"keys": notes})
    production = Production(RECIPE, SEED, score)
    assert "keys" in production.parts
    assert "drums" not in production.parts
    assert production.frames == round(score.seconds(9600) * SAMPLE_RATE)
    assert joined(production.master()).shape == (2, production.frames)


def test_a_score_that_no_part_can_play_is_refused():
    score = Score(90.0, Key(0, "major"), (), (), {"Piano": (Note(0, 960, 60, 90),)})
    with pytest.raises(InputError, match=r"'Piano'.*bass, drums, guest, keys, lead, pad"):
        Production(RECIPE, SEED, score)


@pytest.mark.parametrize(
    ("notes", "said"),
    [((), "has no note for any part that the recipe plays"), ((Note(0, 0, 60, 90),), "has no length; give it")],
)
def test_a_score_without_sound_is_refused(notes, said):
    with pytest.raises(InputError, match=said):
        Production(RECIPE, SEED, Score(90.0, Key(0, "major"), (), (), {"keys": notes}))


def test_a_recipe_in_which_nothing_sounds_is_refused():
    settings = tuple(f"{name}.on=false" for name in RECIPE.parts)
    with pytest.raises(RecipeError, match="has no part that sounds; switch one on"):
        Production(Wish(settings=settings, minutes=0.5).resolve(SEED), SEED)


def test_cues_follow_the_score(song):
    score = song.production.score
    cues = cues_of(score)
    assert cues.bpm == score.bpm
    assert [s.name for s in cues.sections] == [s.name for s in score.sections]
    assert cues.sections[0].start_frame == 0
    for before, after in pairwise(cues.sections):
        assert before.start_frame + before.frames == after.start_frame
    assert [f for f, _ in cues.kicks] == sorted(f for f, _ in cues.kicks)
    assert len(cues.kicks) == sum(n.pitch in (35, 36) for n in score.parts["drums"])
    assert all(0.0 < velocity <= 1.0 for _, velocity in cues.kicks)
