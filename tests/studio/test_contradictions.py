"""What of a wish gives way to another is said, and what does not contradict each other is had together."""

from __future__ import annotations

from typing import Any

import pytest

from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.settling import between, shared
from dusktape.studio.wish import Wish
from dusktape.studio.words import hear


def heard(text: str) -> Any:
    found = hear(text)
    assert found is not None
    return found


def parts(text: str, seed: int = 1) -> Any:
    return Wish(text).resolve(Seed(seed)).parts


@pytest.mark.parametrize(
    ("phrase", "note"),
    [
        ("rhodes without reverb in a cathedral", "without reverb gives way to cathedral"),
        ("in a cathedral, rhodes without reverb", "cathedral gives way to without reverb"),
        ("rain but no rain", "rain gives way to no rain"),
        ("no rain but a storm", "no rain gives way to storm"),
        ("piano and no piano", "piano gives way to no piano"),
        ("no piano, felt piano", "no piano gives way to felt piano"),
        ("no bass, walking bass", "no bass gives way to walking bass"),
        ("walking bass, no bass", "walking bass gives way to no bass"),
        ("no bass, sub bass", "no bass gives way to sub bass"),
        ("no drums with brushes", "brushes gives way to no drums"),
        ("half time without drums", "half time gives way to without drums"),
        ("no melody, sparse melody", "sparse melody gives way to no melody"),
        ("no rain, on leaves", "on leaves gives way to no rain"),
        ("swing, straight", "swing gives way to straight"),
        ("happy, in a minor key", "happy gives way to minor key (key)"),
        ("clean but wobbly", "clean gives way to wobbly (wow)"),
        ("sad, not sad", "sad gives way to not sad"),
        ("not sad, sad", "not sad gives way to sad"),
        ("no vinyl, crackle", "no vinyl gives way to crackle"),
        ("no reverb but spring reverb", "no reverb gives way to spring reverb"),
        ("half time, double time", "half time gives way to double time"),
        ("fast, 60 bpm", "fast gives way to 60 bpm"),
    ],
)
def test_what_gives_way_is_said(phrase: str, note: str) -> None:
    assert heard(phrase).notes == (note,)


def test_what_gave_way_does_not_sound_and_the_other_does() -> None:
    assert "room" in parts("rhodes without reverb in a cathedral")["keys"].chain
    assert "room" not in parts("in a cathedral, rhodes without reverb")["keys"].chain
    assert not parts("walking bass, no bass")["bass"].on
    assert parts("no bass, walking bass")["bass"].on
    assert not parts("rain but no rain")["rain"].on
    assert not parts("no drums with brushes")["drums"].on


@pytest.mark.parametrize(
    ("phrase", "path", "value"),
    [
        ("not too fast, not too slow", "tempo.bpm", {"between": [78, 82]}),
        ("not slow and not fast", "tempo.bpm", {"between": [76, 78]}),
        ("slow but not too slow", "tempo.bpm", {"between": [68, 78]}),
        ("not slow, very fast", "tempo.bpm", {"between": [100, 116]}),
        ("very fast, not slow", "tempo.bpm", {"between": [100, 116]}),
        ("slow, 60 bpm", "tempo.bpm", 60.0),
        ("in F#, not minor", "key", "F# major"),
        ("calm, minimal", "form.fullness", {"between": [0.2, 0.25]}),
        ("boom bap, dusty drums", "parts.drums.params.character", "dusty"),
        ("boom bap with brushes", "parts.drums.params.character", "brushes"),
        ("old muffled piano", "master.chain.lowpass.cutoff_hz", {"between": [2200.0, 4200.0]}),
        ("dry, no reverb", "parts.keys.chain.room", False),
        ("no reverb, dry", "parts.keys.chain.room", False),
        ("a bit of swing but not drunk", "tempo.swing", {"any_of": [0.54, 0.56]}),
        ("no upright piano, piano", "parts.keys.instrument", "felt_piano"),
        ("no pad, strings", "parts.lead.instrument", "strings"),
        ("no chords, piano", "parts.keys.on", False),
        ("not too bright", "master.chain.lowpass.cutoff_hz", {"between": [3000.0, 6000.0]}),
        ("wide but not too wide", "master.chain.width.width", {"between": [1.0, 1.15]}),
        ("lots of hiss but quiet crackle", "parts.vinyl.loudness_lufs", {"between": [-44.0, -39.0]}),
        ("quiet crackle, lots of hiss", "parts.vinyl.loudness_lufs", {"between": [-44.0, -39.0]}),
        ("heavy rain, thunder", "parts.rain.params.weight", "storm"),
        ("thunder, heavy rain", "parts.rain.params.weight", "storm"),
    ],
)
def test_what_is_no_contradiction_is_had_without_a_word(phrase: str, path: str, value: object) -> None:
    found = heard(phrase)
    assert found.settings[path] == value
    assert found.notes == ()


@pytest.mark.parametrize("phrase", ["tape hiss but no crackle", "no crackle but tape hiss"])
def test_hiss_without_crackle_hisses(phrase: str) -> None:
    vinyl = parts(phrase)["vinyl"]
    assert vinyl.on and not heard(phrase).notes
    assert vinyl.params["crackle_per_s"] == 0.0 and vinyl.params["hiss_db"] >= -42.0
    assert vinyl.loudness_lufs >= -50.0


@pytest.mark.parametrize(("phrase", "hiss_db"), [("crackle but no hiss", -100.0), ("no hiss, vinyl", -100.0)])
def test_crackle_without_hiss_crackles(phrase: str, hiss_db: float) -> None:
    vinyl = parts(phrase)["vinyl"]
    assert vinyl.on and not heard(phrase).notes
    assert vinyl.params["crackle_per_s"] >= 4.0 and vinyl.params["hiss_db"] == hiss_db


def test_vinyl_without_crackle_turns_and_a_cassette_without_hiss_is_quiet() -> None:
    for phrase in ("vinyl, no crackle", "no crackle, vinyl"):
        vinyl = parts(phrase)["vinyl"]
        assert vinyl.on and vinyl.params["crackle_per_s"] == 0.0 and not heard(phrase).notes
    master = Wish("cassette, no hiss").resolve(Seed(1)).master.chain
    assert master["cassette"]["hiss_db"] == -100.0
    assert not any("hiss_db" in path and "chain" in path for path in heard("no hiss, rhodes").settings)


def test_words_about_the_drums_bring_them_back_where_the_recipe_has_none(tmp_path, monkeypatch) -> None:
    (tmp_path / "hermit.toml").write_text("mood = 'dark'\n[parts.drums]\non = false\n", encoding="utf-8")
    there = {**presets.recipe_files(), "hermit": tmp_path / "hermit.toml"}
    monkeypatch.setattr(presets, "recipe_files", lambda: there)
    assert not parts("hermit, slow")["drums"].on
    assert parts("hermit with brushes")["drums"].on
    assert not parts("hermit, dusty")["drums"].on


@pytest.mark.parametrize(
    ("phrase", "swing"),
    [
        ("swing 60%, rhodes", 0.6),
        ("rhodes, 60% swing", 0.6),
        ("rhodes, swing of 60", 0.6),
        ("swing: 0.62", 0.62),
        ("62 percent swing", 0.62),
        ("62.5 % swing", 0.625),
        ("swing at 67 per cent", 0.67),
        ("swing 55 to 60%", {"between": [0.55, 0.6]}),
        ("55-60% swing", {"between": [0.55, 0.6]}),
        ("about 58% swing", {"between": [0.56, 0.6]}),
        ("no swing, 66% swing", 0.66),
    ],
)
def test_swing_is_read_in_numbers(phrase: str, swing: object) -> None:
    found = heard(phrase)
    assert found.settings["tempo.swing"] == swing
    assert not found.passed_over


@pytest.mark.parametrize("phrase", ["swing, 60s, rhodes", "swing 808 drums", "swing 60 bpm", "swing 40 seconds"])
def test_other_numbers_behind_swing_are_not_swing(phrase: str) -> None:
    assert isinstance(heard(phrase).settings["tempo.swing"], dict)
    assert not heard(phrase).passed_over


@pytest.mark.parametrize("phrase", ["swing 80%", "0% swing", "swing 40 to 60%", "swing of 75"])
def test_swing_out_of_range_is_refused_with_the_range(phrase: str) -> None:
    with pytest.raises(
        RecipeError, match=r"swing is 50 % \(straight\) to 67 % \(triplets\), got '.*'; say one in that"
    ):
        hear(phrase)


@pytest.mark.parametrize(
    ("phrase", "path", "value"),
    [
        ("no more than 70 bpm", "tempo.bpm", {"between": [60, 70]}),
        ("not slower than 70 bpm", "tempo.bpm", {"between": [70, 80]}),
        ("70-ish bpm", "tempo.bpm", {"between": [67, 73]}),
        ("3 min 30 s of rain", "form.length_s", 210.0),
        ("3m30s, dark", "form.length_s", 210.0),
        ("between 2 and 3 minutes of rain", "form.length_s", {"between": [120.0, 180.0]}),
        ("at least 5 minutes, dark", "form.length_s", {"between": [300.0, 375.0]}),
        ("up to 2 minutes, dark", "form.length_s", {"between": [90.0, 120.0]}),
        ("quieter bass", "parts.bass.loudness_lufs", {"between": [-28.0, -25.0]}),
        ("louder drums", "parts.drums.loudness_lufs", {"between": [-16.0, -14.0]}),
    ],
)
def test_numbers_and_bounds_mean_what_they_say(phrase: str, path: str, value: object) -> None:
    found = heard(phrase)
    assert found.settings[path] == value
    assert not found.passed_over


def test_a_share_of_the_tempo_is_taken_from_the_recipes() -> None:
    usual, slower = (
        heard(text).table["tempo"]["bpm"]["between"] for text in ("rainy, dark", "rainy, dark, 20% slower")
    )
    assert slower == [round(0.8 * bpm) for bpm in usual]


def test_seconds_of_something_else_are_passed_over_and_are_no_length() -> None:
    found = heard("rhodes, reverb of 2 seconds")
    assert "form.length_s" not in found.settings
    assert found.passed_over == ("2 seconds",)


def test_what_two_choices_share() -> None:
    assert shared({"between": [1.0, 3.0]}, {"between": [2.0, 5.0]}) == {"between": [2.0, 3.0]}
    assert shared({"between": [1.0, 2.0]}, {"between": [2.0, 5.0]}) is None
    assert shared({"any_of": ["a", "b", "c"], "weights": [1, 2, 3]}, {"any_of": ["b", "c"]}) == {"any_of": ["b", "c"]}
    assert shared({"any_of": [0.5, 0.7]}, {"between": [0.6, 0.8]}) == 0.7
    assert shared({"between": [0.6, 0.8]}, 0.5) is None
    assert shared("a", "b") is None
    assert shared({"any_of": [{"between": [0.0, 1.0]}]}, 0.5) is None
    assert between({"between": [1.0, 2.0]}, {"between": [5.0, 6.0]}) == {"between": [2.0, 5.0]}
    assert between("a", {"between": [5.0, 6.0]}) is None


def test_no_solo_is_not_alone() -> None:
    assert "no other players" not in heard("no guitar solo, slow").understood
    assert "no other players" in heard("no drums, solo piano").understood
    assert "no other players" in heard("no drums only piano").understood
