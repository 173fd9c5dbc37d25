from __future__ import annotations

import pytest

from dusktape.data.audio.labels import label, named
from dusktape.instruments.naming import DRUM_WORDS

KIT = {"pedal hat": "closed hat", "low tom": "tom", "mid tom": "tom", "high tom": "tom", "crash": "cymbal"} | {
    "ride": "cymbal",
    "tambourine": "perc",
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("HH_02", "closed hat"), ("Hi-Hat closed", "closed hat"), ("drum_cymbal_pedal", "closed hat"),
     ("my hats", "closed hat"),
     ("drum_cymbal_open", "open hat"), ("drum_bass_hard", "kick"), ("bass_hit_c", "bass"), ("bd_808", "kick"),
     ("SnareDry01", "snare"), ("elec_fuzz_tom", "tom"), ("Kicks", "kick"), ("claps 2", "clap"), ("misc_10", ""),
     ("chair", ""), ("vinyl_hiss", "vinyl")],
)  # fmt: skip
def test_names_say_what_a_sound_is(name, kind):
    assert named(name) == kind


@pytest.mark.parametrize(("drum", "words"), DRUM_WORDS.items())
def test_every_word_that_a_kit_knows_means_the_same_here(drum, words):
    assert {named(word) for word in words} == {KIT.get(drum, drum)}


def test_the_folder_counts_where_the_name_says_nothing():
    assert label("Kicks/01.wav", "name") == "kick"
    assert label("Kicks/snare 01.wav", "name") == "snare"
    assert label("Kicks/deep/01.wav", "name") == "kick"
    assert label("01.wav", "name") == ""


def test_a_folder_of_any_name_is_a_label_if_asked_for():
    assert label("Rain/01.wav", "folder") == "rain"
    assert label("Kicks/snare 01.wav", "folder") == "kick"
    assert label("01.wav", "folder") == ""
    assert label("Kicks/kick.wav", "none") == ""
