"""`dusktape parts` and sounds of one's own that cannot play yet."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import soundfile

from dusktape.instruments import soundfont

from .. import sounds


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("instruments", "effects"):
        (tmp_path / "home" / folder).mkdir(parents=True)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def no_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    soundfont.api.cache_clear()
    yield
    soundfont.api.cache_clear()


def test_a_font_without_its_library_is_listed_with_the_way_to_install_it(dusktape, home, no_library):
    sounds.font(home / "instruments" / "keys.sf2")
    lines = dusktape("parts", "instruments").out.splitlines()
    at = lines.index("  keys: SoundFont keys.sf2: 2 presets.")
    assert lines[at + 1].startswith(
        "      silent for now: SoundFonts are played by FluidSynth, which is not there; install"
    )
    assert "silent for now" not in "".join(lines[:at] + lines[at + 2 :])


def test_a_font_with_its_library_is_listed_as_it_is(dusktape, home, monkeypatch):
    monkeypatch.setattr(soundfont, "api", lambda: None)
    sounds.font(home / "instruments" / "keys.sf2")
    assert "silent for now" not in dusktape("parts", "instruments").out


def test_a_folder_with_the_name_of_a_recording_is_a_line_and_cannot_be_laid_over(dusktape, refused, home):
    (home / "effects" / "yard.wav").mkdir()
    assert "  yard: " in dusktape("parts", "instruments").out
    assert "yard.wav' is a folder, no sound file; give a .wav, .flac or .mp3" in refused("make", "--effect", "yard")


def test_parts_looks_in_another_folder_of_instruments(dusktape, refused, home, tmp_path):
    sounds.notes(tmp_path / "more" / "harp")
    assert "  harp: " not in dusktape("parts", "instruments").out
    assert "  harp: " in dusktape("parts", "instruments", "--instruments", tmp_path / "more").out
    assert "there is no folder 'nowhere'" in refused("parts", "--instruments", "nowhere")


@pytest.mark.parametrize("ending", [".wav", ".flac"])
def test_a_recording_that_is_cut_off_is_named_and_costs_nobody_a_song(
    dusktape, refused, home, tmp_path, monkeypatch, ending
):
    path = sounds.rain(home / "effects" / f"yard{ending}", 3.0)
    path.write_bytes(path.read_bytes()[:9_000])
    _is_named(dusktape, refused, tmp_path, monkeypatch, f"yard{ending}' is cut off")
    assert f"yard{ending}' is cut off" in refused("lofi", path)


@pytest.mark.parametrize(("value", "said"), [(0.0, "holds only silence"), (np.nan, "holds what is not a number")])
def test_a_recording_with_nothing_to_hear_is_named_and_costs_nobody_a_song(
    dusktape, refused, home, tmp_path, monkeypatch, value, said
):
    soundfile.write(home / "effects" / "yard.wav", np.full(30_000, value, np.float32), 22_050, subtype="FLOAT")
    _is_named(dusktape, refused, tmp_path, monkeypatch, f"yard.wav' {said}")


def _is_named(dusktape, refused, tmp_path, monkeypatch, told):
    listed = [line for line in dusktape("parts", "instruments").out.splitlines() if line.startswith("  yard: ")]
    assert len(listed) == 1
    assert told in listed[0]
    assert told in dusktape("doctor").out

    def composed(*_, **__):
        raise AssertionError("it composes for a recording that cannot play")

    monkeypatch.setattr("dusktape.cli.making.produced", composed)
    assert told in refused("make", "--effect", "yard", "--minutes", "0.5", "-o", tmp_path / "x.wav")


def test_parts_and_doctor_say_which_sound_no_words_can_name(dusktape, home):
    sounds.drums(home / "kits" / "attic")
    sounds.drums(home / "kits" / "cellar")
    told = (
        "in words 'attic' is a recipe, not your sound attic; to play that, use --set drums.instrument=attic, "
        "or rename its file"
    )
    assert [line for line in dusktape("parts", "instruments").err.splitlines() if "in words" in line] == [told]
    assert told in dusktape("doctor").out
