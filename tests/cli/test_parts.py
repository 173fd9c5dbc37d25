"""`dusktape parts` and sounds of one's own that cannot play yet."""

from __future__ import annotations

import sys

import pytest

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
