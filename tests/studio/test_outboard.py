"""A second process renders part of the strips; whatever becomes of it, the sound is the same."""

import subprocess
import sys

import numpy as np
import pytest

from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.publish import deliver
from dusktape.studio import presets, production, second
from dusktape.studio.outboard import Outboard, shared
from dusktape.studio.production import Production
from dusktape.studio.second import Errand, Second

SETTINGS = ("form.length_s=32", "composer=rules", "parts.pad.on=false")


@pytest.fixture(scope="module")
def recipe():
    return presets.resolve(presets.override(presets.load("dusk"), SETTINGS), Seed(5), where="dusk")


@pytest.fixture
def short_songs_too(monkeypatch):
    monkeypatch.setattr(production, "OUTBOARD_FROM_S", 1.0)


def rendered(recipe, **how):
    made = Production(recipe, Seed(5), **how)
    hops = list(made.stems(20_000))
    return {part: np.concatenate([hop[part] for hop in hops], axis=1) for part in made.parts}


@pytest.fixture(scope="module")
def alone(recipe):
    return rendered(recipe)


def waking(monkeypatch):
    """Return a list of the second processes that are started from now on."""
    started = []
    wake = Second.wake
    monkeypatch.setattr(Second, "wake", lambda: started.append(wake()) or started[-1])
    return started


def same(one, other):
    assert list(one) == list(other)
    for part in one:
        # The other process runs with one BLAS thread, this one perhaps with more: sums differ in their last bit.
        np.testing.assert_allclose(one[part], other[part], atol=1e-6)


def test_two_processes_make_the_sound_of_one(recipe, alone, short_songs_too, monkeypatch):
    received = []
    read = Outboard._read
    monkeypatch.setattr(Outboard, "_read", lambda *call: received.append(read(*call)) or received[-1])
    same(rendered(recipe, outboard=True), alone)
    assert sum(blocks[0].shape[1] for blocks in received) == next(iter(alone.values())).shape[1]


def test_a_process_that_dies_half_way_changes_nothing(recipe, alone, short_songs_too, monkeypatch):
    read = Outboard._read
    count = []

    def dying(self, out, frames):
        count.append(frames)
        if len(count) == 6:
            self._second.process.kill()
            self._second.process.wait()
            raise EOFError
        return read(self, out, frames)

    monkeypatch.setattr(Outboard, "_read", dying)
    same(rendered(recipe, outboard=True), alone)
    assert len(count) >= 6


def test_without_an_interpreter_to_start_it_renders_here(recipe, alone, short_songs_too, monkeypatch):
    monkeypatch.setattr(second.sys, "executable", "")
    same(rendered(recipe, outboard=True), alone)


def test_a_listener_who_leaves_early_leaves_no_process_behind(recipe, short_songs_too, monkeypatch):
    started = waking(monkeypatch)
    stems = Production(recipe, Seed(5), outboard=True).stems(20_000)
    next(stems)
    stems.close()
    assert started[0].process.poll() is not None


def test_the_work_is_shared_out_and_all_of_it(recipe):
    seats = Production(recipe, Seed(5))._seats
    ours, theirs = shared(seats)
    assert sorted(s.name for s in (*ours, *theirs)) == sorted(s.name for s in seats)
    assert theirs


def test_a_song_that_cannot_be_composed_leaves_no_process_behind(recipe, short_songs_too, monkeypatch):
    started = waking(monkeypatch)
    silent = recipe.model_copy(
        update={"parts": {k: v.model_copy(update={"on": False}) for k, v in recipe.parts.items()}}
    )
    with pytest.raises(RecipeError):
        Production(silent, Seed(5), outboard=True)
    assert started[0].process.poll() is not None


def test_the_mix_is_the_same_where_only_the_sum_is_handed_over(recipe, short_songs_too):
    def mixed(**how):
        return np.concatenate(list(Production(recipe, Seed(5), **how).mix()), axis=1)

    np.testing.assert_allclose(mixed(outboard=True), mixed(), atol=1e-6)


def test_sums_that_were_made_ahead_are_those_of_the_stems(recipe):
    made = Production(recipe, Seed(5))
    desk, lengths = made._desk(made._seats), [30_000] * 40
    for whole, stems in zip(desk.sums(lengths, ahead=8), desk.stems(lengths), strict=True):
        np.testing.assert_array_equal(whole, sum(stems.values()))


def test_a_failing_strip_is_told_of_while_others_are_ahead(recipe, monkeypatch):
    made = Production(recipe, Seed(5))
    monkeypatch.setattr("dusktape.mix.strip.Strip.render", lambda self, frames: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        list(made._desk(made._seats).sums([1000] * 40, ahead=8))


def drawn(recipe, monkeypatch, errand):
    started = waking(monkeypatch)
    list(Production(recipe, Seed(5), outboard=True, errands=[errand]).mix())
    assert len(started) == 1
    return errand.sent, errand.result


def test_the_process_runs_an_errand_while_the_song_is_composed(recipe, short_songs_too, monkeypatch):
    errand = Errand("dusktape.publish.deliver:drawn", {"seed": 5, "title": "Ö", "mood": "warm", "weather": "rain"})
    assert drawn(recipe, monkeypatch, errand) == (True, deliver.drawn(5, "Ö", "warm", "rain"))


@pytest.mark.parametrize("function", ["dusktape.nowhere:drawn", "dusktape.publish.deliver:drawn"])
def test_an_errand_that_fails_brings_nothing(recipe, short_songs_too, monkeypatch, function):
    assert drawn(recipe, monkeypatch, Errand(function, {"wrong": 1})) == (True, None)


def test_an_errand_stays_unsent_where_there_is_no_process(recipe):
    errand = Errand("dusktape.publish.deliver:drawn", {})
    list(Production(recipe, Seed(5), errands=[errand]).mix())
    assert (errand.sent, errand.result) == (False, None)


def test_a_process_that_is_awake_already_is_taken_and_ended(recipe, alone, short_songs_too, monkeypatch):
    awake = Second.wake()
    started = waking(monkeypatch)
    same(rendered(recipe, outboard=awake), alone)
    assert not started
    assert awake.process.poll() is not None


def test_a_process_without_a_song_ends_with_its_owner():
    with Second.wake() as awake:
        awake.send({"do": "prepare", "recipe": {"no": "recipe"}, "seed": 1}).result()
    assert awake.process.poll() is not None


def test_the_command_wakes_the_process_before_it_imports_anything_heavy():
    heavy = "print([m for m in ('numpy', 'pydantic', 'soundfile') if m in sys.modules])"
    code = f"import sys, dusktape.cli.make; {heavy}"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
