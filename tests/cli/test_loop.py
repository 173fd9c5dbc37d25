"""`dusktape make --loop`: files that go round."""

from __future__ import annotations

import json

import mido
import numpy as np
import pytest
import soundfile

import dusktape as face
from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.errors import InputError
from dusktape.publish.asked import Asked
from dusktape.publish.commission import commissions
from dusktape.studio.wish import Wish


def frames(path):
    return soundfile.info(path).frames


def test_a_loop_comes_with_everything_a_track_comes_with(dusktape, mini, tmp_path):
    said = dusktape("make", mini, "--loop", 2, "--bpm", 80, "--seed", 3, "-o", "x.wav", "--stems", "--midi")
    assert (said.code, said.out) == (0, "x.wav\n")
    assert b"smpl" in (tmp_path / "x.wav").read_bytes()
    length = 2 * 4 * 60 * 44_100 // 80
    assert {frames(f) for f in [tmp_path / "x.wav", *(tmp_path / "x-stems").iterdir()]} == {length}
    notes = [m for m in mido.MidiFile(tmp_path / "x.mid") if m.type == "note_on"]
    assert notes


def test_a_bundle_gives_the_same_loop_again(dusktape, mini, tmp_path):
    assert dusktape("make", mini, "--loop", 2, "--seed", 3, "--bundle", "b").code == 0
    told = json.loads((tmp_path / "b" / "track.json").read_text())
    assert told["control"]["start"] == {"kind": "loop", "bars": 2}
    assert dusktape("make", "--from", "b/track.json", "-o", "x.flac").code == 0
    first, again = (soundfile.read(tmp_path / f)[0] for f in ("b/master.flac", "x.flac"))
    np.testing.assert_array_equal(first, again)


def test_parts_of_a_loop_can_be_done_again(dusktape, mini, tmp_path):
    assert dusktape("make", mini, "--loop", 4, "--seed", 3, "--bundle", "b").code == 0
    assert dusktape("make", "--from", "b/track.json", "--again", "drums", "--seed", 9, "--bundle", "c").code == 0
    b, c = (json.loads((tmp_path / f / "track.json").read_text()) for f in "bc")
    assert c["control"]["start"] == b["control"]["start"]
    assert b["score"]["sha256"] != c["score"]["sha256"]
    assert frames(tmp_path / "b" / "master.flac") == frames(tmp_path / "c" / "master.flac")


def test_the_name_says_that_it_is_a_loop(dusktape, mini):
    assert dusktape("make", mini, "--loop", 2, "--seed", 3).out == "mini-3-loop2.flac\n"


def test_an_mp3_says_that_it_cannot_go_round(dusktape, mini):
    said = dusktape("make", mini, "--loop", 2, "--seed", 3, "-o", "x.mp3")
    assert said.code == 0
    assert "an MP3 cannot loop exactly" in said.err


def test_a_batch_can_be_of_loops():
    jobs = commissions(Wish(), 1, Asked(loop=4), recipe_named=False, count=3, recipes=("all",))
    assert [job.control.start for job in jobs] == [Loop(4)] * 3
    assert all("-loop4" in job.name for job in jobs)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--loop", 3), "a loop has an even number of bars, 2 to 64, got 3; choose 4 or 8"),
        (("--loop", 0), "even number of bars"),
        (("--loop", 4, "--minutes", 2), "a loop is as long as its bars; leave out --minutes, or --loop"),
        (("--loop", 4, "--under", "x.mid"), "a track begins from one thing, not from --under and --loop"),
        (("--loop", "four"), "'four' is not a valid integer"),
    ],
)
def test_what_makes_no_loop_is_refused(refused, arguments, said):
    assert said in refused("make", *arguments)


def test_python_makes_loops_too(mini):
    track = face.make(mini, loop=2, seed=3)
    assert track.audio.samples.shape[1] == round(2 * 4 * 60 / track.score.bpm * 44_100)
    again = face.make(origin=track)
    np.testing.assert_array_equal(track.audio.samples, again.audio.samples)
    with pytest.raises(InputError, match="even number"):
        face.make(mini, loop=5)


@pytest.fixture
def jobs(monkeypatch):
    """What commands would have made, which is not rendered."""
    made = []

    def make(job, order, talk, second):
        made.append(job)
        return {}

    monkeypatch.setattr("dusktape.cli.making._make", make)
    return made


def test_a_loop_in_words_is_the_loop_of_the_option(dusktape, jobs):
    said = dusktape("make", "4 bar loop, no drums", "--seed", 3)
    assert "understood: 4 bar loop, no drums; from the recipe drumless" in said.err
    assert dusktape("make", "no drums", "--loop", 4, "--seed", 3).code == 0
    words, option = jobs
    assert words.control == option.control == Control(Loop(4))
    assert words.name == "drumless-3-loop4"
    assert words.recipe == option.recipe.model_copy(update={"description": "4 bar loop, no drums"})


def test_the_option_wins_over_words_and_contradictions_are_refused(dusktape, refused, jobs):
    assert dusktape("make", "4 bar loop", "--loop", 2).code == 0
    assert jobs[0].control == Control(Loop(2))
    said = refused("make", "4 bar loop", "--minutes", 1)
    assert "a loop is as long as its bars; leave out --minutes, or the loop in the wish" in said
    assert "a loop has an even number of bars, 2 to 64, got 7" in refused("make", "7 bar loop")
