from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

from dusktape import presets
from dusktape.core import plugins
from dusktape.core.errors import PluginError
from dusktape.core.roles import SEATS
from dusktape.instruments.folder_kit import FolderKit
from dusktape.instruments.naming import drum_of, layer_at, pitch_of, strength_of
from dusktape.instruments.overlaid import Overlaid
from dusktape.instruments.sampler import Sampler
from dusktape.instruments.shelf import SHELF, name_of
from dusktape.instruments.soundfont import SoundFont
from dusktape.io import toml

from .. import sounds


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("instruments", "effects", "kits", "recipes"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    yield tmp_path


def test_each_kind_of_thing_becomes_its_kind_of_part(home):
    sounds.font(home / "instruments" / "my font.sf2")
    sounds.notes(home / "instruments" / "piano")
    sounds.drums(home / "kits" / "attic")
    sounds.rain(home / "effects" / "my rain.wav", 1.0)
    kinds = {"my_font": SoundFont, "piano": Sampler, "attic": FolderKit, "my_rain": Overlaid}
    assert set(kinds) <= set(plugins.names("instruments"))
    for name, kind in kinds.items():
        assert issubclass(plugins.find("instruments", name), kind)
    assert {"rhodes", "kit"} <= set(plugins.names("instruments"))
    assert SHELF.parts("effects") == {}


def test_what_is_ours_keeps_its_name_and_one_line_says_so(home):
    sounds.rain(home / "effects" / "rain.wav", 1.0)
    sounds.rain(home / "effects" / "sea.flac", 1.0)
    sounds.rain(home / "effects" / "sea.wav", 1.0)
    from dusktape.instruments.rain import Rain

    assert plugins.find("instruments", "rain") is Rain
    told = SHELF.remarks(plugins.registered("instruments"))
    assert [name for name, _ in told] == ["rain", "sea"]
    said = [line for _, line in told]
    assert "rain.wav' is passed over: rain is an instrument of ours; rename the file" in said[0]
    assert "sea.wav' is passed over: sea.flac has the name sea; rename one of them" in said[1]


def test_a_recording_named_like_a_part_of_a_song_takes_nobodys_place(home):
    for name in ("keys", "Master", "room"):
        sounds.rain(home / "effects" / f"{name}.wav", 0.5)
    sounds.notes(home / "instruments" / "keys")
    sounds.notes(home / "instruments" / "flute")
    assert issubclass(plugins.find("instruments", "keys"), Sampler)
    assert not {"Master", "room"} & set(plugins.names("instruments"))
    told = dict(SHELF.remarks(plugins.registered("instruments")))
    assert set(told) == {"keys", "Master", "room", "flute"}
    assert "keys.wav' is passed over: keys is a part of a song, and it would take its place; rename" in told["keys"]
    assert "flute' is passed over: flute is an instrument of ours; rename the folder" in told["flute"]


def test_every_part_of_the_default_is_a_name_that_no_recording_can_have():
    parts = set(toml.read(presets.DEFAULT)["parts"])
    assert parts <= {*SEATS, *plugins.registered("instruments")}


def test_broken_things_are_named_in_one_line_and_the_rest_is_there(home):
    (home / "effects" / "empty.wav").write_bytes(b"")
    (home / "instruments" / "cut.sf2").write_bytes(sounds.font(home / "whole.sf2").read_bytes()[:500])
    (home / "kits" / "hollow").mkdir()
    (home / "kits" / "unnamed").mkdir()
    sounds.rain(home / "kits" / "unnamed" / "thing.wav", 0.2)
    sounds.rain(home / "effects" / "sea.wav", 1.0)
    broken = plugins.broken("instruments")
    assert set(broken) == {"empty", "cut", "hollow", "unnamed"}
    assert "it has no sound named by pitch" in broken["hollow"]
    assert "none of its sounds is named by pitch" in broken["unnamed"]
    assert all("\n" not in line for line in broken.values())
    assert plugins.find("instruments", "sea")
    with pytest.raises(PluginError, match=r"empty\.wav' is empty"):
        plugins.find("instruments", "empty")


def test_a_named_folder_of_instruments_comes_first(home, monkeypatch, tmp_path):
    sounds.font(home / "instruments" / "a.sf2", ((0, 0, "Home"),))
    (tmp_path / "other").mkdir()
    sounds.font(tmp_path / "other" / "a.sf2", ((0, 0, "Other"),))
    monkeypatch.setenv("DUSKTAPE_INSTRUMENTS", str(tmp_path / "other"))
    assert plugins.find("instruments", "a").sounds[0].name == "Other"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Muse Lite ü.sf3", "Muse_Lite_u"),
        ("a\u0308 piano", "a_piano"),
        ("Ærøskøbing.wav", "Aeroskobing"),
        ("ピアノ", "piano"),
        ("雨.wav", "u96e8"),
        ("Дождь й.wav", "Dozhd_i"),
        ("Ψυχή", "Psychi"),
        ("straße №½.wav", "strasse_No"),
        ("…", "unnamed"),
    ],
)
def test_letters_of_any_alphabet_are_spelled_in_the_name(tmp_path, file, name):
    assert name_of(tmp_path / file) == name


def test_recipes_of_ones_own_are_found_and_ours_keep_their_names(home):
    from dusktape.studio.presets import recipe_files

    (home / "recipes" / "kitchen.toml").write_text('mood = "warm"\n', encoding="utf-8")
    (home / "recipes" / "dusk.toml").write_text('mood = "dark"\n', encoding="utf-8")
    found = recipe_files()
    assert found["kitchen"].parent == home / "recipes"
    assert found["dusk"].parent != home / "recipes"


def test_a_home_that_is_not_there_costs_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path / "nowhere"))
    assert SHELF.parts("instruments") == {}
    assert SHELF.parts("recipes") == {}


@pytest.mark.parametrize(
    ("stem", "drum", "strength"),
    [
        ("kick_1", "kick", 64),
        ("Snare 02", "snare", 64),
        ("hh-closed", "closed hat", 64),
        ("SD_hard", "snare", 95),
        ("openHat1", "open hat", 64),
        ("drum_cymbal_open", "open hat", 64),
        ("drum_bass_soft", "kick", 40),
        ("Tom Low 2", "low tom", 64),
        ("HiHat Open v3", "open hat", 3),
        ("OH", "open hat", 64),
        ("cymbal crash", "crash", 64),
        ("kitchen", None, 64),
    ],
)
def test_names_say_which_drum_and_how_hard(stem, drum, strength):
    assert (drum_of(stem), strength_of(stem)) == (drum, strength)


@pytest.mark.parametrize(
    ("stem", "pitch", "strength"),
    [
        ("A#3_v2", 58, 2),
        ("piano_C4", 60, 64),
        ("Bb3", 58, 64),
        ("60", 60, 64),
        ("note-Eb-1", 3, 64),
        ("As3 pp", 58, 25),
        ("F#5-rr2", 78, 64),
        ("kick_1", None, 64),
        ("C99", None, 64),
    ],
)
def test_names_say_which_pitch_and_how_hard(stem, pitch, strength):
    assert (pitch_of(stem), strength_of(stem)) == (pitch, strength)


def test_layers_share_the_velocities():
    assert [layer_at(3, v) for v in (0.05, 0.2, 0.5, 0.7, 0.9, 1.0)] == [0, 0, 1, 2, 2, 2]
    assert layer_at(1, 0.9) == 0
    assert all(0 <= layer_at(n, v) < n for n in range(1, 9) for v in np.linspace(0.01, 1.0, 20))


def test_names_of_parts_are_plain():
    from pathlib import Path

    assert [name_of(Path(p)) for p in ("Rain on tin (2).wav", "a.b.sf2", "Kit v1.0", "雨.wav")] == [
        "Rain_on_tin_2",
        "a_b",
        "Kit_v1_0",
        "u96e8",
    ]


@pytest.mark.parametrize("kind", ["kits", "instruments"])
def test_a_sound_that_is_written_over_is_heard_of_by_who_plays_on(home, kind):
    place = sounds.drums(home / kind / "attic") if kind == "kits" else sounds.notes(home / kind / "attic")
    first = next(place.glob("[kC]*.wav"))
    assert plugins.find("instruments", "attic").remark == ""
    sound = first.read_bytes()
    soundfile.write(first, np.zeros(900), 44_100)
    assert f"{first.name}' holds only silence" in plugins.find("instruments", "attic").remark
    first.write_bytes(sound)
    assert plugins.find("instruments", "attic").remark == ""


def test_another_home_has_other_sounds_of_the_same_name(home, monkeypatch, tmp_path):
    assert plugins.find("instruments", sounds.drums(home / "kits" / "attic").name).origin.parent == home / "kits"
    sounds.notes(tmp_path / "other" / "instruments" / "attic")
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path / "other"))
    assert issubclass(plugins.find("instruments", "attic"), Sampler)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes, and links only for some")
def test_what_has_the_name_of_a_sound_and_is_none_gets_a_line_and_is_not_waited_for(home):
    effects = home / "effects"
    (effects / "yard.wav").mkdir()
    (effects / "ring.wav").symlink_to(effects / "ring.wav")
    (effects / "gone.flac").symlink_to(effects / "nowhere.flac")
    os.mkfifo(effects / "pipe.mp3")
    os.mkfifo(home / "instruments" / "pipe_font.sf2")
    (home / "instruments" / "ring_font.sf2").symlink_to(home / "instruments" / "ring_font.sf2")
    sounds.rain(effects / "sea.wav", 1.0)
    broken = plugins.broken("instruments")
    assert set(broken) == {"yard", "ring", "gone", "pipe", "pipe_font", "ring_font"}
    assert "yard.wav' is a folder, no sound file" in broken["yard"]
    assert "pipe.mp3' is a pipe or device, no sound file" in broken["pipe"]
    assert "pipe_font.sf2' is a pipe or device, no SoundFont" in broken["pipe_font"]
    assert "ring.wav' cannot be read" in broken["ring"]
    assert "gone.flac' cannot be read" in broken["gone"]
    assert "ring_font.sf2' cannot be read" in broken["ring_font"]
