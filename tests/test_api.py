from __future__ import annotations

import base64
import inspect
import io
import json
import re
import typing

import numpy as np
import pytest
from PIL import Image

import dusktape
from dusktape import api
from dusktape.core.score import Key


@pytest.fixture(scope="module")
def track(mini):
    return dusktape.make(mini, seed=3, minutes=0.5, title="Tea <&> Rain")


def test_there_are_about_ten_names_and_all_of_them_work():
    public = set(dusktape.__all__) - {"__version__"}
    assert 8 <= len(public) <= 12
    assert set(dir(dusktape)) == set(dusktape.__all__)
    for name in dusktape.__all__:
        assert getattr(dusktape, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'mak'"):
        _ = dusktape.mak
    assert public == set(api.__all__)


def test_every_name_is_typed_and_documented():
    for name in api.__all__:
        thing = getattr(api, name)
        assert inspect.getdoc(thing), name
        if inspect.isfunction(thing):
            hints = typing.get_type_hints(thing)
            assert "return" in hints, name
            assert set(inspect.signature(thing).parameters) <= set(hints), name


def test_a_track_has_everything_that_belongs_to_it(track):
    assert track.title == "Tea <&> Rain"
    assert track.audio.samples.shape[0] == 2
    assert track.audio.seconds == pytest.approx(30.0, abs=4.0)
    assert track.seed == dusktape.Seed(3)
    assert track.recipe.name == "mini"
    assert isinstance(track.score, dusktape.Score)
    assert track.provenance["report"]["lufs"] == pytest.approx(track.recipe.master.loudness_lufs, abs=0.5)
    assert min(Image.open(io.BytesIO(track.cover)).size) >= 1400


def test_stems_are_aligned_and_sum_to_the_mix(track):
    assert set(track.stems) == {"keys", "drums", "vinyl"}
    assert {stem.shape for stem in track.stems.values()} == {track.audio.samples.shape}
    assert track.stems is track.stems


def test_a_track_can_be_written_once_and_replaced_when_asked(track, tmp_path):
    path = track.write(tmp_path / "night.flac")
    assert path == tmp_path / "night.flac"
    from dusktape.io.audiofile import read

    np.testing.assert_allclose(read(path).samples, track.audio.samples, atol=1e-6)
    with pytest.raises(dusktape.DusktapeError, match="is there already"):
        track.write(str(path))
    assert track.write(path, force=True) == path
    with pytest.raises(dusktape.DusktapeError, match="which we do not write"):
        track.write(tmp_path / "night.aiff")
    assert [p.name for p in tmp_path.iterdir()] == ["night.flac"]


def test_a_notebook_plays_what_a_file_holds(track, tmp_path):
    sound = base64.b64decode(re.search(r'src="data:audio/mpeg;base64,([^"]+)"', track._repr_html_()).group(1))
    assert track.write(tmp_path / "night.mp3").read_bytes().endswith(sound)


def test_a_notebook_shows_a_player_the_cover_and_the_sections(track):
    page = track._repr_html_()
    assert "Tea &lt;&amp;&gt; Rain" in page
    assert "<&>" not in page
    sound = base64.b64decode(re.search(r'src="data:audio/mpeg;base64,([^"]+)"', page).group(1))
    assert sound[:3] == b"ID3" or sound[0] == 0xFF
    picture = base64.b64decode(re.search(r'src="data:image/png;base64,([^"]+)"', page).group(1))
    assert picture == track.cover
    for section in track.score.sections:
        assert f">{section.name.replace(chr(39), '&#x27;')}</div>" in page
    assert page.count("<div") == page.count("</div>")


def test_the_command_and_python_make_the_same_track(track, mini, tmp_path, monkeypatch):
    from click.testing import CliRunner

    from dusktape.cli import dusktape as command
    from dusktape.io.audiofile import read

    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(
        command, ["make", mini, "--seed", "3", "--minutes", "0.5", "-o", "x.flac"], catch_exceptions=False
    )
    np.testing.assert_allclose(read("x.flac").samples, track.audio.samples, atol=1e-5)


def test_a_stream_is_the_track_in_blocks(track, mini):
    blocks = list(dusktape.stream(mini, seed=3, minutes=0.5, block_frames=10_000))
    assert all(block.shape == (2, 10_000) and block.dtype == np.float32 for block in blocks[:-1])
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), track.audio.samples, atol=1e-6)


def test_a_score_goes_to_midi_and_comes_back_to_be_played(track, mini, tmp_path):
    dusktape.score_to_midi(track.score, tmp_path / "song.mid")
    score = dusktape.score_from_midi(tmp_path / "song.mid")
    assert set(score.parts) == set(track.score.parts)
    again = dusktape.make(mini, seed=3, score=score)
    assert again.score == score
    assert again.audio.seconds == pytest.approx(track.audio.seconds, abs=0.01)
    assert again.provenance["score"]["given"]
    assert "given" in again.provenance["statement"]
    assert dusktape.Score.from_json(track.score.to_json()) == track.score


def test_a_seed_that_nobody_chose_is_told(mini, monkeypatch):
    monkeypatch.setattr(api.Production, "master", lambda self: iter([np.zeros((2, 10), np.float32)]))
    seeds = {dusktape.make(mini, minutes=0.5).seed.value for _ in range(4)}
    assert len(seeds) > 1
    assert all(0 <= seed < 1_000_000 for seed in seeds)


def test_recipes_and_parts_are_listed():
    assert "dusk" in dusktape.recipes()
    lowpass = {p.name: p for p in dusktape.parts("effects")["lowpass"]}
    assert (lowpass["cutoff_hz"].low, lowpass["cutoff_hz"].unit) == (20.0, "Hz")
    assert "rhodes" in dusktape.parts("instruments")


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"recipe": "duks"}, "did you mean 'dusk'"),
        ({"seed": -1}, "a seed is 0 or more"),
        ({"seed": 1.5}, "a seed is a whole number, got 1.5; give one"),
        ({"seed": "7"}, "a seed is a whole number, got '7'; give one"),
        ({"seed": True}, "a seed is a whole number, got True; give one"),
        ({"recipe": ""}, "there is no recipe ''"),
        ({"recipe": 5}, "recipe is text, got 5; write it as in 'rainy'"),
        ({"minutes": "3"}, "minutes is a number, got '3'; give one, as in 3"),
        ({"bpm": True}, "bpm is a number, got True; give one, as in 76"),
        ({"loudness_lufs": []}, "loudness_lufs is a number, got []"),
        ({"key": 3}, "key is text, got 3; write it as in 'F# minor'"),
        ({"mood": 3}, "mood is text, got 3"),
        ({"settings": "keys.pan=0"}, "settings is a list of text, got 'keys.pan=0'"),
        ({"settings": [3]}, "settings is a list of text, got [3]"),
        ({"score": "night.mid"}, "score is a dusktape.Score, got str; read one with score_from_midi"),
        (
            {"score": dusktape.Score(bpm=80.0, key=Key(0, "minor")), "minutes": 1, "bpm": 70},
            "a score has its own length, tempo and key; leave out minutes, bpm",
        ),
        ({"minutes": 0.1}, "0.5 to 60 minutes"),
        ({"bpm": 1000}, "tempo.bpm"),
        ({"key": "H"}, "is no key"),
        ({"mood": "odd"}, "mood: there is no 'odd'"),
        ({"loudness_lufs": 1}, "loudness_lufs"),
        ({"settings": ["keys"]}, "is no setting"),
    ],
)
@pytest.mark.parametrize("function", [dusktape.make, dusktape.stream])
def test_a_mistake_is_one_line(function, mistake, said):
    with pytest.raises(dusktape.DusktapeError, match=re.escape(said)) as caught:
        function(**mistake)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"title": 5}, "title is text, got 5; write it in quotes"),
        ({"licence": ""}, "the licence is empty; name one, as in CC0-1.0 or CC-BY-4.0"),
    ],
)
def test_words_for_the_tags_are_words(mistake, said):
    with pytest.raises(dusktape.DusktapeError, match=f"^{re.escape(said)}$"):
        dusktape.make(seed=1, **mistake)


def test_parts_of_a_track_are_kept_and_bars_done_again(track, tmp_path, monkeypatch):
    monkeypatch.setattr(api.Production, "master", lambda self: iter([np.zeros((2, 10), np.float32)]))
    other = dusktape.make(origin=track, keep="drums,harmony", seed=12)
    assert other.score.parts["drums"] == track.score.parts["drums"]
    assert other.score.parts["keys"] != track.score.parts["keys"]
    assert (other.title, other.seed, other.licence) == ("Tea <&> Rain (take 12)", track.seed, track.licence)
    third = dusktape.make(origin=other, again=["drums"], bars=(3, 4), seed=3)
    assert third.score.parts["keys"] == other.score.parts["keys"]
    assert third.score.parts["drums"] != other.score.parts["drums"]
    assert dusktape.make(origin=third).score == third.score
    (tmp_path / "track.json").write_text(json.dumps(third.provenance), encoding="utf-8")
    assert dusktape.make(origin=str(tmp_path / "track.json")).score == third.score


def test_a_track_goes_on_from_midi_plays_under_it_and_lies_between_two(track, mini, tmp_path, monkeypatch):
    monkeypatch.setattr(api.Production, "master", lambda self: iter([np.zeros((2, 10), np.float32)]))
    dusktape.score_to_midi(track.score, tmp_path / "song.mid")
    there = dusktape.score_from_midi(tmp_path / "song.mid")
    longer = dusktape.make(mini, continuing=tmp_path / "song.mid", seed=5, minutes=2.0)
    assert longer.score.parts["keys"][: len(there.parts["keys"])] == there.parts["keys"]
    under = dusktape.make("dusk", under=tmp_path / "song.mid", composer="rules", seed=5)
    assert {"lead", "keys"} <= set(under.score.parts)
    between = dusktape.make(like=(track, longer), mix=0.25, seed=5)
    assert between.provenance["control"]["start"]["mix"] == 0.25


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"keep": "drums"}, "--keep is about a track there is"),
        ({"origin": 3}, "origin is a track or the path of its track.json, got int; give one"),
        ({"origin": "nowhere.json"}, "cannot read nowhere.json"),
        ({"under": 3}, "under is the path of a MIDI file, got int; write it in quotes"),
        ({"like": "a.json"}, "like wants two tracks, got 'a.json'; give them as (a, b)"),
        ({"like": ("a.json",)}, "like wants two tracks"),
        ({"bars": "x"}, "'x' are no bars"),
        ({"keep": 3}, "keep wants parts, got 3"),
        ({"composer": 3}, "composer is a list of text, got 3"),
        ({"composer": "nobody"}, "there is no composer and no folder 'nobody'"),
    ],
)
def test_a_mistake_with_what_is_to_be_made_of_it_is_one_line(mistake, said):
    with pytest.raises(dusktape.DusktapeError) as caught:
        dusktape.make(**mistake)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_notes_are_written_by_hand_and_parts_mixed(track, tmp_path, monkeypatch):
    monkeypatch.setattr(api.Production, "master", lambda self: iter([np.zeros((2, 10), np.float32)]))
    rows = [(note.start, note.length, note.pitch + 12, note.velocity) for note in track.score.parts["keys"][:4]]
    mixed = dusktape.make(origin=track, notes={"comping": rows}, gain={"keys": -3}, mute="drums")
    assert [(n.start, n.length, n.pitch, n.velocity) for n in mixed.score.parts["keys"]] == rows
    assert mixed.score.parts["drums"] == track.score.parts["drums"]
    levels = mixed.provenance["control"]["levels"]
    assert levels == {"drums": {"gain_db": 0.0, "mute": True}, "keys": {"gain_db": -3.0, "mute": False}}
    again = dusktape.make(origin=track, notes={"keys": mixed.score.parts["keys"]}, gain={"keys": -3.0}, mute=["drums"])
    assert again.provenance["control"] == mixed.provenance["control"]
    alone = dusktape.make(origin=track, solo="keys").provenance["control"]["levels"]
    assert alone["drums"]["mute"]
    (tmp_path / "n.json").write_text(json.dumps({"keys": rows}))
    assert len(dusktape.make(origin=track, notes=tmp_path / "n.json").score.parts["keys"]) == 4


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"notes": {"lead": [[0, 480, 60, 90]]}}, "is about a track there is"),
        ({"notes": 3}, "notes go by part, got int"),
        ({"notes": {"lead": [[0, 480]]}}, "rows of start, length, pitch and velocity"),
        ({"notes": {"lead": 3}}, "rows of start, length, pitch and velocity"),
        ({"notes": {"tuba": []}}, "there is no player 'tuba'"),
        ({"notes": "nothing.json"}, "cannot read nothing.json"),
        ({"gain": {"lead": 40}}, "-60 to 12 dB, got 40"),
        ({"gain": {"lead": "loud"}}, "gain is part to decibels"),
        ({"gain": [1]}, "gain is part to decibels"),
        ({"gain": {"tuba": 1}}, "tuba"),
        ({"mute": ""}, "mute wants parts"),
        ({"solo": "tuba"}, "tuba"),
    ],
)
def test_a_mistake_with_notes_and_levels_is_one_line(mini, mistake, said):
    with pytest.raises(dusktape.DusktapeError) as raised:
        dusktape.make(mini, minutes=0.5, seed=1, **mistake)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_score_that_was_given_cannot_be_composed_again(track, monkeypatch):
    monkeypatch.setattr(api.Production, "master", lambda self: iter([np.zeros((2, 10), np.float32)]))
    given = dusktape.make("dusk", score=track.score, seed=1)
    with pytest.raises(dusktape.DusktapeError, match="score was given: nothing of it can be composed again"):
        dusktape.make(origin=given, again="keys")
    with pytest.raises(dusktape.DusktapeError, match="a score is played as it is; leave out origin"):
        dusktape.make(score=track.score, under="x.mid")


def test_a_blank_title_counts_as_none(mini, monkeypatch):
    monkeypatch.setattr(api.Production, "master", lambda self: iter([np.zeros((2, 10), np.float32)]))
    assert dusktape.make(mini, seed=1, title=" ").title == dusktape.make(mini, seed=1).title


def test_a_loop_may_be_asked_for_in_words():
    made = dusktape.make("a 2 bar loop, 80 bpm", seed=3)
    assert made.audio.samples.shape[1] == round(2 * 4 * 60 / made.recipe.tempo.bpm * 44_100)
