"""What is not wanted is not had: negations, answers, solos, and what holds for part of a track."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.studio.loop import produced
from dusktape.studio.vocabulary import vocabulary
from dusktape.studio.wish import Wish
from dusktape.studio.words import hear


def heard(text: str) -> Any:
    found = hear(text)
    assert found is not None
    return found


def playing(text: str, seed: int = 1) -> dict[str, str]:
    parts = Wish(text).resolve(Seed(seed)).parts
    return {name: part.instrument for name, part in parts.items() if part.on}


@pytest.mark.parametrize(
    "phrase",
    [
        "it should not have drums, dark",
        "drums? no thanks, dark",
        "dark, drums? no",
        "dark, drums: none",
        "dark, drums: no, flute: yes",
        "dark, drums, I hate them",
        "dark, drums are not wanted",
        "I hate drums, dark",
        "dark, skip the bass and the drums",
        "avoid strings and drums",
        "without any of strings and drums",
        "I don't want any strings and drums, but a flute",
        "strings and drums? no thanks, dark",
        "please never ever use drums, dark",
        "ditch the drums, rainy",
        "lose the drums, rainy",
        "do not include bass or drums, rainy",
        "leave the drums out, rainy",
        "rainy, take the choir and the drums out",
        "avoid fast tempos and drums, dark",
    ],
)
def test_drums_that_are_refused_are_silent(phrase: str) -> None:
    found = heard(phrase)
    assert any(one.endswith("drums") and one != "drums" for one in found.understood)
    assert "drums" not in playing(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "never use strings or choir, music box melody",
        "slow, do not include strings or choir",
        "slow, avoid choir and strings",
        "slow, strings: none, choir: none",
    ],
)
def test_instruments_that_are_refused_play_nowhere(phrase: str) -> None:
    for seed in range(6):
        assert not {"strings", "choir"} & set(playing(phrase, seed).values())
    assert not heard(phrase).passed_over


@pytest.mark.parametrize(
    ("phrase", "passed"),
    [
        ("rain, do not incorporate strings", "do not incorporate strings"),
        ("rain, do not incorporate the heavy strings and drums, flute", None),
        ("rain, no christmas choir", "no christmas choir"),
        ("sad, not 120 bpm", "not 120 bpm"),
        ("sad, not in C minor", "not in C minor"),
    ],
)
def test_what_stands_behind_a_negation_that_is_not_understood_is_passed_over_with_it(
    phrase: str, passed: str | None
) -> None:
    found = heard(phrase)
    assert found.passed_over == (passed or "do not incorporate the heavy strings and drums",)
    assert not {"parts.drums.on", "parts.pad.on", "parts.pad.instrument", "tempo.bpm", "key"} & set(found.settings)


@pytest.mark.parametrize(
    "phrase", ["rain, don't skip the drums", "don't leave out the drums, rain", "skip the bass and make it slow, drums"]
)
def test_a_negation_ends_where_it_is_taken_back_or_something_else_begins(phrase: str) -> None:
    assert "drums" in heard(phrase).understood
    assert "drums" in playing(phrase)


def test_what_follows_without_and_and_is_a_wish_again() -> None:
    found = heard("rain without drums and make it slow")
    assert found.understood == ("rain", "without drums", "slow")
    assert heard("no drums and felt piano").settings["parts.keys.instrument"] == "felt_piano"


@pytest.mark.parametrize(
    "phrase",
    [
        "dark, without drums, bass and rain",
        "dark, without drums, bass, and rain",
        "dark, without the drums, the bass and the rain",
        "dark, I hate drums, bass and rain",
        "dark, avoid drums, bass and rain, felt piano and strings",
        "dark, avoid drums, bass and rain. felt piano",
        "rainy, sans drums, bass and rain",
    ],
)
def test_without_is_meant_for_the_whole_of_a_list(phrase: str) -> None:
    assert not {"drums", "bass", "rain"} & set(playing(phrase))
    assert "keys" in playing(phrase)


@pytest.mark.parametrize(
    ("phrase", "wanted"),
    [
        ("no drums, felt piano and rain", ("no drums", "felt piano", "rain")),
        ("without drums, slow and dark", ("without drums", "slow", "dark")),
        ("without drums, and felt piano", ("without drums", "felt piano")),
        ("without drums, lots of rain and piano", ("without drums", "lots of rain", "piano")),
        ("without drums and bass, piano and rain", ("without drums", "without bass", "piano", "rain")),
        ("slow, don't rush, piano and rain", ("slow", "piano", "rain")),
    ],
)
def test_what_is_no_list_behind_a_negation_is_wanted(phrase: str, wanted: tuple[str, ...]) -> None:
    assert heard(phrase).understood == wanted


@pytest.mark.parametrize(
    "phrase",
    ["no beats", "no beat, slow", "slow, without any beats", "slow, beats: none", "slow, beats off", "beats? no, slow"],
)
def test_beats_that_are_refused_are_drums(phrase: str) -> None:
    assert "drums" not in playing(phrase)
    assert not heard(phrase).passed_over


def test_beats_that_are_wanted_say_nothing() -> None:
    assert heard("slow beats").understood == ("slow",)
    assert heard("no slow beats, dark").understood == ("no slow", "dark")
    assert heard("dark, never miss a beat").passed_over == ("never miss a",)


@pytest.mark.parametrize("whole", ["no music", "no songs", "no instruments", "without instruments"])
def test_what_is_no_part_of_a_track_is_passed_over_by_name_if_it_is_refused(whole: str) -> None:
    found = heard(f"{whole}, dark")
    assert (found.understood, found.passed_over, found.notes) == (("dark",), (whole,), ())


def test_a_whole_that_says_what_kind_of_thing_is_refused_is_not_passed_over() -> None:
    assert heard("dark, no lofi piano").understood == ("dark", "no piano")


@pytest.mark.parametrize(
    "phrase",
    [
        "silent drums, dark",
        "drums silent, dark",
        "dark, the drums are silent",
        "mute drums, dark",
        "drums muted, dark",
        "sans drums, dark",
        "mute vinyl and drums, dark",
    ],
)
def test_who_is_to_be_silent_is(phrase: str) -> None:
    assert "drums" not in playing(phrase)
    assert not heard(phrase).passed_over


def test_what_has_a_mute_plays() -> None:
    assert playing("dark, muted guitar lead")["lead"] == "muted_guitar"
    assert heard("dark, muted drums").settings == heard("dark, soft drums").settings
    assert "brass" in playing("dark, muted trumpet").values()
    assert heard("dark, guitar muted").passed_over == ("muted",)
    assert heard("slow silent night").understood == ("slow", "night")


@pytest.mark.parametrize(
    "phrase", ["rain only", "just rain", "only the rain", "rain and nothing else", "no music, only rain", "rain alone"]
)
def test_a_texture_that_is_alone_sounds_without_players(phrase: str) -> None:
    found = heard(phrase)
    assert (found.understood, found.passed_over) == (("rain", "no players"), ())
    assert set(playing(phrase)) == {"rain", "vinyl", "room"}


@pytest.mark.parametrize("control", [Control(), Control(start=Loop(2))])
def test_a_texture_that_is_alone_is_heard_as_a_track_and_as_a_loop(control: Control) -> None:
    recipe = Wish("only rain", minutes=0.5).resolve(Seed(1))
    made = produced(recipe, Seed(1), control=control)
    sound = np.concatenate(list(made.mix()), axis=1)
    assert not any(made.score.parts.values())
    assert np.sqrt(np.mean(np.square(sound))) > 1e-4


@pytest.mark.parametrize(
    ("phrase", "passed"),
    [("just a rainy night", "just"), ("only happy", "only"), ("just rain and slow beats", "just")],
)
def test_only_is_passed_over_where_no_player_is_named(phrase: str, passed: str) -> None:
    assert heard(phrase).passed_over == (passed,)
    assert {"keys", "bass", "drums"} <= set(playing(phrase))


def test_not_much_may_stand_behind() -> None:
    quiet = heard("a bit of tape hiss, slow").settings["parts.vinyl.params.hiss_db"]
    for phrase in ("slow, tape hiss but not much", "slow, tape hiss, not too much", "not much tape hiss, slow"):
        found = heard(phrase)
        assert found.settings["parts.vinyl.params.hiss_db"] == quiet
        assert not found.passed_over
    assert heard("slow, flute but not much").passed_over == ("not much",)


def test_an_instrument_that_is_not_the_lead_plays_another_part_or_says_that_it_has_none() -> None:
    parts = playing("slow, strings but not as lead")
    assert parts["pad"] == "strings" and parts["lead"] != "strings"
    found = heard("slow, flute but not as the lead")
    assert found.passed_over == ("not as lead",)
    assert found.settings["parts.lead.instrument"] == "flute"


def test_a_solo_is_the_lead_among_the_others() -> None:
    found = heard("guitar solo")
    assert found.understood == ("guitar solo",)
    assert found.settings["parts.lead.instrument"] == {"any_of": ["nylon_guitar", "muted_guitar"]}
    parts = playing("slow, guitar solo over piano")
    assert "guitar" in parts["lead"] and "piano" in parts["keys"] and {"bass", "drums"} <= set(parts)


def test_a_solo_of_who_has_none_is_passed_over() -> None:
    found = heard("bass solo at the end, slow")
    assert found.passed_over == ("solo", "at the end")
    assert {"keys", "bass", "drums"} <= set(playing("bass solo at the end, slow"))
    assert heard("slow piano with a solo").passed_over == ("solo",)
    assert heard("no solo, slow").passed_over == ("no solo",)


@pytest.mark.parametrize(
    "phrase",
    [
        "dusk, no guitar solo",
        "dusk, no guitar solos, no vinyl",
        "dusk, no solo guitar",
        "dusk, skip the guitar solo",
        "dusk, guitar solo? no thanks",
        "dusk, guitar solo off",
    ],
)
def test_a_refused_solo_takes_the_lead_alone(phrase: str) -> None:
    seats = [playing(phrase, seed) for seed in range(40)]
    guitars = {"nylon_guitar", "muted_guitar"}
    assert not guitars & {parts.get("lead") for parts in seats}
    assert not guitars & {parts.get("guest") for parts in seats}
    assert guitars & {parts["keys"] for parts in seats}
    assert any("solo" in one for one in heard(phrase).understood)


def test_what_or_adds_to_a_refused_solo_is_refused() -> None:
    assert "drums" not in playing("dusk, without a piano solo or drums")
    assert heard("dusk, no drum solo or vinyl").passed_over == ("no drum solo",)
    assert {"drums"} == {"drums", "vinyl"} & set(playing("dusk, no drum solo or vinyl"))


def test_a_refused_solo_names_no_player() -> None:
    assert set(playing("bass and drums only, no guitar solo")) & {"keys", "lead", "bass", "drums"} == {"bass", "drums"}


@pytest.mark.parametrize("phrase", ["solo guitar", "guitar only", "only guitar", "rainy, solo guitar", "guitar, solo"])
def test_a_solo_instrument_is_alone(phrase: str) -> None:
    assert "no other players" in heard(phrase).understood
    assert not {"drums", "bass", "pad"} & set(playing(phrase))


def test_no_weather_and_no_textures_are_parts_that_are_silent() -> None:
    assert "rain" in playing("rainy")
    assert "rain" not in playing("rainy, without weather")
    assert "rain" not in playing("rainy, no weather, no textures")
    assert not {"vinyl", "room", "cafe", "fire"} & set(playing("cafe, fire, no textures"))
    assert heard("rainy, no weather").notes == ("rainy gives way to no weather",)
    assert heard("rainy, textures").passed_over == ("textures",)
    assert heard("rainy, rain ambience").passed_over == ()


@pytest.mark.parametrize(
    ("phrase", "passed"),
    [
        ("dusk, no drums until the second half", "no drums until the second half"),
        ("dusk, drums only in the second half", "drums only in the second half"),
        ("dusk, until the second half no drums", "until the second half no drums"),
        ("dusk, no drums for the first 30 seconds", "no drums for the first 30 seconds"),
        ("dusk with no drums until later but flute", "no drums until later"),
    ],
)
def test_what_holds_for_part_of_a_track_is_passed_over_as_a_whole(phrase: str, passed: str) -> None:
    found = heard(phrase)
    assert found.passed_over == (passed,)
    assert not {"parts.drums.on", "form.length_s"} & set(found.settings)
    assert {"drums", "keys", "bass"} <= set(playing(phrase))


def test_a_time_in_a_track_is_no_length_of_it() -> None:
    found = heard("slow, drums enter after 30 seconds")
    assert "form.length_s" not in found.settings
    assert found.passed_over == ("enter after 30 seconds",)
    assert "without drums" in heard("rain after a breakup without drums").understood


@pytest.mark.parametrize(
    "phrase", ["a long sad piece", "make it long, sad", "sad, longer", "long and sad", "long, sad"]
)
def test_long_is_the_track(phrase: str) -> None:
    assert heard(phrase).settings["form.length_s"] == {"between": [300.0, 420.0]}


@pytest.mark.parametrize("phrase", ["a long walk home, sad", "a long rainy night", "rain all night long"])
def test_long_is_passed_over_where_something_else_is(phrase: str) -> None:
    found = heard(phrase)
    assert "form.length_s" not in found.settings
    assert "long" in " ".join(found.passed_over).split()


@pytest.mark.parametrize("word", ["doing", "later", "wait", "working", "forms", "trying", "tapes", "slwo", "dreary"])
def test_an_everyday_word_is_not_mended(word: str) -> None:
    assert vocabulary().spelled(word) == ""


@pytest.mark.parametrize(("typed", "meant"), [("pinao", "piano"), ("guitr", "guitar"), ("vibraphonne", "vibraphone")])
def test_a_misspelt_word_still_is(typed: str, meant: str) -> None:
    assert vocabulary().spelled(typed) == meant


def test_doing_nothing_does_not_choose_the_recipe_of_sleep() -> None:
    found = heard("I was doing nothing, sad")
    assert (found.recipe, found.notes) == ("dusk", ())


@pytest.mark.parametrize("typed", ["under 20 bpm", "over 200 bpm", "around 300 bpm", "10 to 20 bpm", "80% slower"])
def test_a_tempo_that_cannot_be_is_named_as_it_was_typed(typed: str) -> None:
    with pytest.raises(RecipeError) as error:
        hear(f"dark, {typed}")
    assert repr(typed) in str(error.value) and "40 to 160 bpm" in str(error.value)


@pytest.mark.parametrize(
    ("typed", "low", "high"),
    [("under 45 bpm", 40, 45), ("over 150 bpm", 150, 160), ("around 41 bpm", 40, 43), ("under 200 bpm", 136, 160)],
)
def test_a_tempo_near_the_edge_stays_where_a_recipe_may_have_it(typed: str, low: int, high: int) -> None:
    for seed in range(6):
        assert low <= Wish(f"dark, {typed}").resolve(Seed(seed)).tempo.bpm <= high
