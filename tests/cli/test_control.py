"""Keeping, doing again, going on, playing under, between two: as commands."""

from __future__ import annotations

import json
from pathlib import Path

import click
import mido
import numpy as np
import pytest

from dusktape.cli.groups import GroupedOption
from dusktape.core.seed import Seed
from dusktape.io import audiofile
from dusktape.io.midi import from_midi
from dusktape.publish import cover
from dusktape.studio import levels

BAND = """
description = "Keys, lead and drums, by rules: quickly made."
composer = "rules"
[tempo]
bpm = 96
[form]
fullness = 1.0
[melody]
first_a = true
[parts]
pad = false
bass = false
room = false
rain = false
vinyl = false
[parts.keys.chain]
room = false
tremolo = false
[parts.lead.chain]
plate = false
echo = false
[parts.drums.chain]
crush = false
[master.chain]
wow = false
compressor = false
"""


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Balances on two seconds and draws small covers: what is tested here are notes."""
    small = cover.draw_cover(Seed(0), title="", mood="dark", weather="rain", size=64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "STRETCH_S", 2.0)
        patch.setattr(cover, "draw_cover", lambda *_, **__: small)
        yield


@pytest.fixture(scope="module")
def bundles(quick, tmp_path_factory):
    """Two bundles of half a minute: (folder, folder)."""
    from click.testing import CliRunner

    from dusktape.cli import dusktape

    folder = tmp_path_factory.mktemp("control")
    (folder / "band.toml").write_text(BAND, encoding="utf-8")
    for seed in (6, 8):
        arguments = [str(folder / "band.toml"), "--minutes", "0.5", "--seed", str(seed), "--quiet"]
        said = CliRunner().invoke(dusktape, ["make", *arguments, "--bundle", str(folder / f"song-{seed}")])
        assert said.exit_code == 0, said.output
    return folder / "song-6", folder / "song-8"


@pytest.fixture
def tune(tmp_path):
    """A tune in C of four bars, as a file."""
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=750_000)])
    for pitch in (60, 64, 67, 64, 65, 62, 59, 62) * 2:
        track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=480)]
    file.tracks.append(track)
    file.save(tmp_path / "tune.mid")
    return "tune.mid"


def parts(folder):
    return from_midi(Path(folder) / "score.mid").parts


def test_parts_are_kept_and_the_rest_is_new(dusktape, bundles):
    said = dusktape(
        *("make", "--from", bundles[0] / "track.json", "--keep", "drums,harmony", "--seed", "12", "--bundle", "two")
    )
    assert (said.code, said.out) == (0, "two\n")
    assert "keys lead again from seed 12" in said.err
    before, after = parts(bundles[0]), parts("two")
    assert after["drums"] == before["drums"]
    assert after["keys"] != before["keys"]
    assert after["lead"] != before["lead"]
    assert from_midi("two/score.mid").chords == from_midi(bundles[0] / "score.mid").chords
    # What is kept also sounds the same, to the last sample.
    stems = [audiofile.read(Path(f) / "stems" / "drums.flac").samples for f in (bundles[0], "two")]
    np.testing.assert_array_equal(*stems)

    said = dusktape("make", "--from", "two/track.json", "--bundle", "three", "--json", "--quiet")
    facts = json.loads(said.out)
    assert facts.pop("path") == "three"
    assert facts == json.loads(Path("two/track.json").read_text(encoding="utf-8"))
    assert Path("two/score.mid").read_bytes() == Path("three/score.mid").read_bytes()


def test_some_bars_of_the_melody_are_done_again(dusktape, bundles):
    bars = ("--bars", "5-6", "--again", "melody", "--seed", "2")
    said = dusktape("make", "--from", bundles[0] / "track.json", *bars, "-o", "x.wav", "--midi")
    assert said.out == "x.wav\n"
    before, after = parts(bundles[0]), from_midi("x.mid").parts
    assert {p: n for p, n in after.items() if p != "lead"} == {p: n for p, n in before.items() if p != "lead"}
    beat = 960
    outside = [n for n in before["lead"] if not 16 * beat - 200 <= n.start < 24 * beat]
    assert set(outside) <= set(after["lead"])
    assert after["lead"] != before["lead"]


def test_a_count_of_takes(dusktape, bundles):
    said = dusktape(
        *("make", "--from", bundles[0] / "track.json", "--again", "drums", "--seed", "8", "--count", "2", "--quiet"),
        *("-o", "x.mp3", "--json"),
    )
    facts = [json.loads(line) for line in said.out.splitlines()]
    assert [f["path"] for f in facts] == ["x-8.mp3", "x-9.mp3"]
    assert len({f["title"] for f in facts}) == 2
    assert {f["seed"] for f in facts} == {6}


def test_a_melody_is_played_under_and_a_song_goes_on(dusktape, bundles, tune):
    band = bundles[0].parent / "band.toml"
    notes = from_midi(tune).parts["track 1"]
    said = dusktape("make", band, "--under", tune, "--seed", "1", "--bundle", "under")
    assert said.out == "under\n"
    assert "tune.mid: 4 bars in C major, 80 beats a minute" in said.err
    assert parts("under")["lead"] == notes
    assert set(parts("under")) == {"lead", "keys", "drums"}

    said = dusktape("make", band, "--continue", tune, "--seed", "1", "--minutes", "0.8", "--bundle", "on")
    assert said.out == "on\n"
    score = from_midi("on/score.mid")
    assert score.parts["lead"][: len(notes)] == notes
    assert (round(score.bpm), score.key.name) == (80, "C major")
    assert score.sections[0].name == "start"

    Path(tune).unlink()
    assert dusktape("make", "--from", "under/track.json", "--bundle", "again", "--quiet").code == 0
    assert parts("again") == parts("under")


def test_a_track_between_two(dusktape, bundles):
    a, b = (f / "track.json" for f in bundles)
    said = dusktape("make", "--like", a, b, "--mix", "0.4", "--seed", "3", "-o", "x.ogg", "--json")
    facts = json.loads(said.out)
    bpms = sorted(json.loads(f.read_text(encoding="utf-8"))["report"]["bpm"] for f in (a, b))
    assert bpms[0] <= facts["report"]["bpm"] <= bpms[1]
    assert facts["control"]["start"]["mix"] == 0.4
    assert "between “" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--keep", "drums"], "--keep is about a track there is; name its track.json with --from"),
        (["--bars", "1-2"], "--bars says where; say what with it"),
        (["--bars", "x", "--again", "lead"], "'x' are no bars; write first and last, counted from 1, as in 9-12"),
        (["--again", " "], "--again wants parts, got ' '; name some, as in drums,harmony"),
        (["--mix", "0.3"], "--mix lies between two songs"),
        (["--under", "nowhere.mid"], "'nowhere.mid': there is no such file; check the name"),
        (["--continue", ""], "--continue is empty; name a place, or leave it out"),
        (["--under", "a.mid", "--continue", "b.mid"], "a track begins from one thing, not from --continue and --under"),
        (["--like", "a.json", "b.json"], "cannot read a.json: No such file or directory; give the track.json"),
        (["--like", "a.json", "b.json", "--bpm", "80"], "--like takes recipe and settings from its two songs"),
        (["rainy", "--like", "a.json", "b.json"], "--like takes recipe and settings from its two songs"),
        (["--composer", "nobody"], "there is no composer and no folder 'nobody'"),
        (["--composer", "heads"], "'heads' is a model: train it"),
        (["--composer", "."], ". is no finished training"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(refused, arguments, said):
    assert said in refused("make", *arguments)


def test_bars_beyond_the_end_are_refused_before_anything_is_rendered(refused, bundles):
    line = refused("make", "--from", bundles[0] / "track.json", "--again", "lead", "--bars", "90-91")
    assert line.startswith("there are no bars 90-91 in this song; it has ")


def test_every_option_of_make_stands_under_a_heading(dusktape):
    from dusktape.cli.make import command

    said = dusktape("make", "--help")
    headings = ["Which track:", "What it is like:", "From a track there is:", "From your own MIDI:", "Which files:"]
    places = [said.out.index(heading) for heading in headings]
    assert places == sorted(places)
    assert "\nOptions:" not in said.out
    options = [p for p in command.params if isinstance(p, click.Option)]
    assert all(isinstance(p, GroupedOption) and p.help for p in options)
    assert all(name in said.out for p in options for name in p.opts)
    assert "--help" in said.out


def test_notes_that_were_edited_elsewhere_come_back_with_a_mix(dusktape, bundles):
    file = mido.MidiFile(bundles[0] / "score.mid")
    for track in file.tracks:
        if track.name == "lead":
            for message in track:
                if message.type in ("note_on", "note_off"):
                    message.note += 12
    file.save("edited.mid")
    said = dusktape(
        *(
            "make",
            "--from",
            bundles[0] / "track.json",
            "--notes",
            "edited.mid",
            "--gain",
            "melody=-6",
            "--mute",
            "keys",
        ),
        *("--bundle", "two"),
    )
    assert (said.code, said.out) == (0, "two\n")
    assert "lead by hand" in said.err
    before, after = parts(bundles[0]), parts("two")
    assert [n.pitch for n in after["lead"]] == [n.pitch + 12 for n in before["lead"]]
    assert after["drums"] == before["drums"]
    assert not Path("two/stems/keys.flac").exists()
    facts = json.loads(Path("two/track.json").read_text(encoding="utf-8"))
    assert list(facts["control"]["again"][0]["notes"]) == ["lead"]
    assert facts["control"]["levels"] == {
        "keys": {"gain_db": 0.0, "mute": True},
        "lead": {"gain_db": -6.0, "mute": False},
    }

    said = dusktape("make", "--from", "two/track.json", "--solo", "drums", "-o", "x.wav", "--stems", "--quiet")
    assert said.out == "x.wav\n"
    assert [file.name for file in Path("x-stems").iterdir()] == ["drums.flac"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--notes", "nothing.json"), "cannot read nothing.json"),
        (("--gain", "lead"), "--gain lead: that is no gain; write a part and decibels, as in lead=-3"),
        (("--mute", "violin"), "no violin plays in this song; it has keys, lead, drums"),
        (("--solo", "pad"), "no pad plays in this song"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(refused, bundles, options, told):
    assert told in refused("make", "--from", bundles[0] / "track.json", *options)


@pytest.mark.parametrize(
    ("text", "told"), [("la la", "is no JSON; write {"), ("[1, 2]", "holds no notes by part; write {")]
)
def test_notes_in_another_form_are_told_the_form(refused, bundles, tmp_path, text, told):
    (tmp_path / "notes.json").write_text(text)
    assert told in refused("make", "--from", bundles[0] / "track.json", "--notes", tmp_path / "notes.json")
