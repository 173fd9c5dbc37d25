"""A wish in words gives what the lists of phrases say, and every word of the vocabulary makes music."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dusktape.core.errors import DusktapeError, RecipeError
from dusktape.core.params import build
from dusktape.core.plugins import find, names
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.understanding import unheard
from dusktape.studio.vocabulary import vocabulary
from dusktape.studio.wish import Wish
from dusktape.studio.words import hear

from .. import sounds

LISTS = ("phrases.toml", "more_phrases.toml")
ROWS = [
    row for name in LISTS for row in tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))["phrase"]
]
SEEDS = (1, 5)
REFUSED = {"felt_piano", "upright_piano", "nylon_guitar", "muted_guitar"}
every_phrase = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["say"])


def heard(text: str):
    found = hear(text)
    assert found is not None, f"{text!r} was not read as a phrase"
    return found


def resolved(text: str, seed: int = 1, **wishes: Any) -> Recipe:
    return Wish(text, **wishes).resolve(Seed(seed))


def at(recipe: Recipe, path: str) -> Any:
    found: Any = recipe.model_dump()
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return False if found is None and path.endswith(".on") else found


def check(recipe: Recipe, expected: Mapping[str, Any]) -> None:
    for path, want in expected.items():
        got = at(recipe, path)
        if want in ("present", "absent"):
            assert (got is not None) is (want == "present"), f"{path} is {got!r}"
        elif isinstance(want, Mapping):
            assert got not in want["not"], f"{path} is {got!r}"
        elif isinstance(want, list) and all(isinstance(w, (int, float)) for w in want):
            assert want[0] <= got <= want[1], f"{path} is {got!r}, not in {want}"
        elif isinstance(want, list):
            assert got in want, f"{path} is {got!r}, not one of {want}"
        else:
            assert got == want, f"{path} is {got!r}, not {want!r}"


@every_phrase
def test_a_phrase_gives_what_was_written_down(row: dict[str, Any]) -> None:
    found = heard(row["say"])
    assert found.recipe == row["recipe"]
    assert found.loop == row.get("loop")
    for seed in SEEDS:
        recipe = resolved(row["say"], seed)
        check(recipe, row.get("gives", {}))
        for part, expected in row.get("later", {}).items():
            if part in {*names("instruments"), *names("effects")}:
                check(recipe, expected)
            elif not row.get("recipe_will_do"):
                assert any(part.replace("_", " ") in one or f"({part})" in one for one in found.missing)


@every_phrase
def test_a_phrase_says_what_it_passed_over_and_nothing_else(row: dict[str, Any]) -> None:
    found = heard(row["say"])
    assert sorted(" ".join(found.passed_over).split()) == sorted(row.get("passed", ()))
    assert len(found.notes) == len(row.get("notes", ()))
    for word, note in zip(row.get("notes", ()), found.notes, strict=True):
        assert word in note


def test_every_word_of_the_vocabulary_makes_a_recipe_however_it_is_meant() -> None:
    for entry in vocabulary().all():
        degrees = [how for how in ("very", "slightly") if getattr(entry, how) is not None]
        for how in ("", "not", *degrees):
            found = heard(f"{how} {entry.words[0]}, dusk")  # one more word, so that something is understood
            assert found.understood
            presets.resolve(found.table, Seed(1), where=found.phrase)


def test_every_key_of_the_vocabulary_is_one_of_the_recipes() -> None:
    table = resolved("dusk").model_dump()
    for entry in vocabulary().all():
        for changes in (entry.set, entry.very, entry.slightly, entry.negated, entry.times):
            for path in changes or {}:
                found: Any = table
                steps = path.split(".")
                if steps[0] == "parts" and steps[1] in names("instruments"):
                    continue  # a texture that this recipe does without
                for step in steps[:-1]:
                    assert step in {*found, *(names("effects") if step != steps[0] else ())}, path
                    found = found.get(step, {})


def test_no_word_means_two_things() -> None:
    said: dict[str, str] = {}
    for entry in vocabulary().all():
        for word in entry.words:
            place = f"{entry.group}.{entry.name}"
            assert said.setdefault(word, place) == place, f"{word!r} is in {said[word]} and in {place}"


def test_every_recipe_that_the_vocabulary_names_is_there() -> None:
    for entry in vocabulary().all():
        for name in (entry.recipe, entry.else_recipe, entry.not_recipe):
            assert not name or name in presets.recipe_files()


@pytest.mark.parametrize(
    ("phrase", "path", "value"),
    [
        ("no drums, felt piano", "parts.keys.instrument", "felt_piano"),
        ("no drums and felt piano", "parts.keys.instrument", "felt_piano"),
        ("no drums in the rain", "parts.rain.on", True),
        ("without drums and bass", "parts.bass.on", False),
        ("no drums nor bass", "parts.bass.on", False),
        ("no drums, bass or rain", "parts.bass.on", False),
        ("no sad piano", "mood", None),
        ("rhodes rather than piano", "parts.keys.instrument", "rhodes"),
        ("rain w/o drums", "parts.drums.on", False),
    ],
)
def test_no_is_meant_for_the_next_noun_and_for_what_or_adds(phrase: str, path: str, value: object) -> None:
    found = heard(phrase)
    assert found.settings.get(path) == value


def test_a_refused_instrument_is_taken_out_of_the_choices() -> None:
    for seed in range(8):
        recipe = resolved("slow, no piano, no guitar", seed)
        for part in ("keys", "lead", "guest"):
            assert recipe.parts[part].instrument not in REFUSED, part
            assert recipe.parts[part].params.get("source") not in REFUSED, part


@pytest.mark.parametrize("recipe", ["boombap", "chapel", "surprise"])
def test_a_chopped_record_does_not_hold_a_refused_instrument(recipe: str) -> None:
    for seed in range(8):
        parts = resolved(f"{recipe}, no piano, no guitar, no rhodes", seed).parts
        for part in ("keys", "lead"):
            kind = build(find("instruments", parts[part].instrument), parts[part].params, where=part)
            assert not {parts[part].instrument, getattr(kind, "source", None)} & {*REFUSED, "rhodes"}


def test_a_recipe_that_plays_nothing_else_finds_another_instrument() -> None:
    assert resolved("rainy, no piano").parts["keys"].instrument not in {"felt_piano", "upright_piano"}


def test_ranges_stay_open_for_the_seed() -> None:
    tempi = {resolved("slow night", seed).tempo.bpm for seed in range(9)}
    assert len(tempi) >= 5


@pytest.mark.parametrize(
    "phrase", ["slow night", "dusk, a bit faster", "around 72 bpm, sad", "sad, 70 to 75 bpm", "sad, under 80 bpm"]
)
def test_tempi_are_whole_numbers_as_those_of_the_recipes_are(phrase: str) -> None:
    assert all(resolved(phrase, seed).tempo.bpm % 1.0 == 0.0 for seed in range(6))


def test_a_tempo_typed_with_a_fraction_keeps_it() -> None:
    assert resolved("sad, 72.5 bpm").tempo.bpm == 72.5
    assert heard("sad, 70.5-71.5 bpm").settings["tempo.bpm"] == {"between": [70.5, 71.5]}


def test_the_same_words_and_seed_give_the_same_recipe() -> None:
    assert resolved("slow rainy night, flute", 3) == resolved("slow rainy night, flute", 3)


def test_what_is_said_in_numbers_or_with_set_has_the_last_word() -> None:
    recipe = resolved("72 bpm slow, in C minor", bpm=90.0, key="D major", settings=("drums.on=true", "tempo.swing=0.5"))
    assert (recipe.tempo.bpm, recipe.key, recipe.tempo.swing) == (90.0, "D major", 0.5)
    assert resolved("no drums, slow", settings=("parts.drums.on=true",)).parts["drums"].on


def test_parameters_that_a_chosen_instrument_does_not_have_are_left_out() -> None:
    assert "unison_cents" in resolved("rainy").parts["keys"].params
    assert "unison_cents" not in resolved("rainy with vibraphone chords").parts["keys"].params


def test_moods_that_go_together_are_left_to_the_seed_and_opposites_give_way() -> None:
    assert {resolved("dreamy but sad", seed).mood for seed in range(9)} == {"dreamy", "wistful"}
    found = heard("sad and happy")
    assert found.settings["mood"] == "hopeful"
    assert found.notes == ("sad gives way to happy",)


@pytest.mark.parametrize(
    ("phrase", "path", "value"),
    [
        ("under 80 bpm", "tempo.bpm", {"between": [68.0, 80.0]}),
        ("tempo 72", "tempo.bpm", 72.0),
        ("72 beats per minute", "tempo.bpm", 72.0),
        ("in Am", "key", "A minor"),
        ("sad, in g", "key", "G major"),
        ("key of Eb", "key", "Eb major"),
        ("f sharp minor", "key", "F# minor"),
        ("two and a half minutes", "form.length_s", 150.0),
        ("a minute", "form.length_s", 60.0),
        ("an hour", "form.length_s", 3600.0),
        ("eight bar chord loop", "form.loop_bars", 8),
        ("chord loop of 4 bars", "form.loop_bars", 4),
        ("about 30 seconds", "form.length_s", {"between": [30.0, 32.4]}),
    ],
)
def test_numbers_are_read_as_people_write_them(phrase: str, path: str, value: object) -> None:
    assert heard(phrase).settings[path] == value


@pytest.mark.parametrize(
    "text", ["rainy", "dusk", "rany", "duks", "mine.toml", "my songs/two words.toml", "dsuk", "", " "]
)
def test_names_of_recipes_and_near_misses_are_no_phrases(text: str) -> None:
    assert hear(text) is None


def test_the_name_of_a_recipe_needs_no_vocabulary() -> None:
    script = "import sys; from dusktape.studio.wish import words; words.hear('rainy'); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    loaded = said.stdout.split()
    assert "dusktape.studio.words" in loaded
    assert not {"dusktape.studio.phrase", "dusktape.studio.vocabulary", "dusktape.studio.building"} & set(loaded)


def test_a_recipe_that_is_broken_is_not_offered(tmp_path, monkeypatch) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "cellar.toml").write_text("mood = 'dark'\n", encoding="utf-8")
    (folder / "crooked.toml").write_text("mood = 'crooked'\n", encoding="utf-8")
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    with pytest.raises(RecipeError, match=r"the recipes are .*cellar") as error:
        hear("a saxophone")
    assert "crooked" not in str(error.value)


@pytest.mark.parametrize("text", ["sad", "Rain", "brushes", "boom-bap", "72bpm", "felt piano"])
def test_one_word_is_a_phrase_if_the_vocabulary_has_it(text: str) -> None:
    heard(text)


def test_the_name_of_a_recipe_that_the_vocabulary_does_not_know_names_a_scene(tmp_path, monkeypatch) -> None:
    there = {**presets.recipe_files(), "orbit": tmp_path / "orbit.toml"}
    (tmp_path / "orbit.toml").write_text("mood = 'dark'\n", encoding="utf-8")
    monkeypatch.setattr(presets, "recipe_files", lambda: there)
    assert heard("slow orbit").recipe == "orbit"


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("christmas at grandma's", 'nothing in "christmas at grandma\'s" says how it should sound; the words are in'),
        (
            "a saxophone",
            "(no such part here: saxophone); the words are in docs/guides/words.md, the recipes are attic, boombap",
        ),
        ("rain " * 200, "the phrase has 999 characters; 500 are enough, leave some out"),
        ("two hours of rain", "a track is 0.5 to 60 minutes long, got 'two hours'; say a length in that range"),
    ],
)
def test_what_cannot_be_is_one_line(phrase: str, said: str) -> None:
    with pytest.raises(RecipeError) as error:
        hear(phrase)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "@5 rain",
        "72 bpm 2:30 @99 rain",
        "rain \x00\x1b[31m",
        "🌧 rain",
        "rain, , ,, !!!",
        "rain no no no",
        "rain not",
        "very",
    ],
)
def test_odd_letters_do_no_harm(text: str) -> None:
    found = hear(text)
    assert found is None or (found.phrase.isprintable() and found.recipe == "rainy")


@pytest.mark.parametrize("typed", ["300 bpm", "39.5 bpm", "tempo 200", "-80 bpm", "\u221280 bpm"])
def test_a_tempo_out_of_range_is_named_as_it_was_typed(typed: str) -> None:
    with pytest.raises(RecipeError) as error:
        heard(f"sad, {typed}")
    assert str(error.value) == f"a tempo is 40 to 160 bpm, got {typed!r}; say one in that range"


def test_a_refused_tempo_out_of_range_is_passed_over() -> None:
    assert heard("sad, not 200 bpm").passed_over == ("not 200 bpm",)
    assert heard("sad - 80 bpm").settings["tempo.bpm"] == 80.0


@pytest.mark.parametrize(
    "phrase",
    [
        "don't use any drums",
        "do not add drums",
        "lots of rain but hardly any drums",
        "rain, avoid drums",
        "remove drums",
    ],
)
def test_a_verb_between_not_and_its_noun_does_not_turn_it_round(phrase: str) -> None:
    recipe = Wish(recipe=phrase).resolve(Seed(4))
    assert "drums" not in recipe.parts or not recipe.parts["drums"].on


@pytest.mark.parametrize(
    ("phrase", "recipe"),
    [("sunrise beach", "sunrise"), ("a church choir, very slow", "chapel"), ("by the campfire", "campfire")],
)
def test_scenes_find_their_recipes(phrase: str, recipe: str) -> None:
    heard = hear(phrase)
    assert heard is not None
    assert heard.recipe == recipe


@pytest.mark.parametrize(("phrase", "bars"), [("3 bar loop", 3), ("a loop of one bar", 1), ("128 bar loop", 128)])
def test_a_loop_that_cannot_be_is_refused_as_the_option_refuses_it(phrase: str, bars: int) -> None:
    with pytest.raises(DusktapeError, match=f"a loop has an even number of bars, 2 to 64, got {bars}; choose 4 or 8"):
        hear(phrase)


def test_a_loop_is_no_setting_of_the_recipe() -> None:
    found = heard("4 bar loop, dark")
    assert set(found.settings) == {"mood"}
    assert found.facts()["loop"] == 4
    assert "loop" not in heard("dark").facts()


@pytest.mark.parametrize("phrase", ["a loop", "loop", "make a seamless loop"])
def test_a_loop_of_which_nothing_is_said_is_asked_for_its_bars(phrase: str) -> None:
    with pytest.raises(RecipeError, match=r"says neither how many bars the loop has .* write '4 bar loop' .*--loop 4"):
        hear(phrase)


@pytest.mark.parametrize(
    ("phrase", "told"),
    [
        ("ambient rain", ("ambient rain",)),
        ("dark, no ambient fire", ("dark", "no ambient fire")),
        ("ambient birds, soft", ("ambient birds", "soft")),
    ],
)
def test_an_ambient_texture_is_told_as_it_was_said(phrase: str, told: tuple[str, ...]) -> None:
    assert heard(phrase).understood == told
    assert heard("dark, do not incorporate ambient rain").passed_over == ("do not incorporate ambient rain",)


@pytest.mark.parametrize(
    ("phrase", "told", "path", "value"),
    [
        ("sad but not too sad", "sad but not too sad", "mood", "wistful"),
        ("sad piano, not too sad", "sad but not too sad", "mood", "wistful"),
        ("not too sad, dark", "not too sad", "mood", "dark"),
        ("sad, not too happy", "sad", "mood", "wistful"),
    ],
)
def test_not_too_sad_beside_sad_is_sad(phrase: str, told: str, path: str, value: object) -> None:
    found = heard(phrase)
    assert told in found.understood
    assert found.settings[path] == value


# -- sounds of one's own

FONT = (
    (0, 0, "Grand Piano"),
    (0, 4, "E.Piano 1"),
    (0, 5, "E.Piano 2"),
    (0, 24, "Nylon Guitar"),
    (0, 32, "Acoustic Bass"),
    (128, 0, "Kit"),
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    for folder in ("instruments", "effects", "kits"):
        (tmp_path / folder).mkdir()
    sounds.notes(tmp_path / "instruments" / "toy_harp")
    sounds.font(tmp_path / "instruments" / "my_font.sf2", FONT)
    sounds.drums(tmp_path / "kits" / "attic_box")
    sounds.rain(tmp_path / "effects" / "shore_line.wav", 1.0)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("DUSKTAPE_INSTRUMENTS", "")
    yield tmp_path


@pytest.mark.parametrize("phrase", ["my_font guitar, slow", "slow, my font guitar", "My-Font nylon guitar, slow"])
def test_a_font_of_ones_own_is_named_with_its_preset(home: Path, phrase: str) -> None:
    found = heard(phrase)
    keys = resolved(phrase).parts["keys"]
    assert (keys.instrument, keys.params["preset"]) == ("my_font", "Nylon Guitar")
    assert found.recipe == "dusk"  # "guitar" is said about the font, and chooses no recipe
    assert not found.passed_over


@pytest.mark.parametrize(
    ("phrase", "part", "preset"),
    [
        ("my_font e.piano 2. dark", "keys", "E.Piano 2"),
        ("dark, my_font grand. slow piano", "keys", "Grand Piano"),
        ("my_font acoustic bass, dark", "bass", "Acoustic Bass"),
    ],
)
def test_a_preset_is_called_as_the_font_calls_it_and_plays_what_its_name_says(
    home: Path, phrase: str, part: str, preset: str
) -> None:
    seat = resolved(phrase).parts[part]
    assert (seat.instrument, seat.params["preset"]) == ("my_font", preset)


def test_a_preset_that_may_be_several_is_named_and_the_first_plays(home: Path) -> None:
    found = heard("my_font piano, dark")
    assert found.notes == ("my_font piano may be Grand Piano, E.Piano 1, E.Piano 2: the first plays, or say which",)
    assert resolved("my_font piano, dark").parts["keys"].params["preset"] == "Grand Piano"
    e_piano = resolved("my_font e.piano, dark").parts["keys"]
    assert e_piano.params["preset"] == "E.Piano 1"  # not the font's first


def test_a_part_behind_a_font_is_played_by_the_first_preset_that_is_called_so(home: Path) -> None:
    more = ((0, 0, "Piano"), (0, 32, "Acoustic Bass"), (0, 33, "Finger Bass"), (0, 114, "Steel Drums"))
    sounds.font(home / "instruments" / "gm_font.sf2", (*more, (128, 0, "Room Drums"), (128, 8, "Jazz Drums")))
    found = heard("dark, gm_font bass")
    assert found.notes == ("gm_font bass may be Acoustic Bass, Finger Bass: the first plays, or say which",)
    bass = resolved("dark, gm_font bass").parts["bass"]
    assert (bass.instrument, bass.params["preset"]) == ("gm_font", "Acoustic Bass")
    drums = resolved("dark, gm_font drums").parts["drums"]
    assert (drums.instrument, drums.params["preset"]) == ("gm_font", "Room Drums")
    keys = resolved("dark, gm_font steel drums").parts["keys"]
    assert (keys.instrument, keys.params["preset"]) == ("gm_font", "Steel Drums")


def test_two_sounds_of_ones_own_take_two_parts_or_those_that_are_said(home: Path) -> None:
    parts = resolved("toy_harp and my_font guitar, attic_box, shore_line").parts
    assert (parts["keys"].instrument, parts["lead"].instrument) == ("toy_harp", "my_font")
    assert parts["drums"].instrument == "attic_box"
    assert parts["shore_line"].texture and parts["shore_line"].on
    parts = resolved("my_font bass, toy_harp lead").parts
    assert (parts["bass"].instrument, parts["lead"].instrument) == ("my_font", "toy_harp")
    drums = resolved("dark, my_font drums").parts["drums"]
    assert (drums.instrument, drums.params["preset"]) == ("my_font", "128:0")


def test_a_fonts_kits_play_the_drums_and_its_other_presets_pitches(home: Path) -> None:
    sounds.font(home / "instruments" / "beat_box.sf2", ((128, 0, "Room"), (128, 8, "Hall")))
    for phrase, preset in (("my_font kit, slow", "Kit"), ("beat_box hall, slow", "Hall"), ("slow, beat_box", "128:0")):
        parts = resolved(phrase).parts
        assert parts["drums"].params["preset"] == preset
        assert "preset" not in parts["keys"].params
    drums = heard(
        "my_font grand piano, my_font e.piano 1, my_font nylon guitar, my_font acoustic bass, my_font e.piano 2"
    )
    assert "parts.drums.instrument" not in drums.settings


@pytest.mark.parametrize("phrase", ["dark, jörgs harp", "dark, jo\u0308rgs_harp", "dark, jorgs harp"])
def test_a_name_with_marks_is_found_with_and_without_them(home: Path, phrase: str) -> None:
    sounds.notes(home / "instruments" / "jörgs harp")
    assert resolved(phrase).parts["keys"].instrument == "jorgs_harp"
    assert not heard(phrase).passed_over


def test_a_name_that_means_something_already_goes_on_meaning_it(home: Path) -> None:
    sounds.notes(home / "instruments" / "piano")
    sounds.notes(home / "instruments" / "my-font")
    assert resolved("slow piano").parts["keys"].instrument in ("felt_piano", "upright_piano")
    assert heard("my font, slow").passed_over == ("font",)  # two have the name
    assert heard("slow piano").notes == (
        "in words 'piano' means something else, not your sound piano; to play that, use --set keys.instrument=piano, "
        "or rename its file",
    )
    assert not heard("slow felt piano").notes


def test_a_word_that_asks_for_a_part_which_only_the_user_has_plays_it_without_a_remark(home: Path) -> None:
    sounds.notes(home / "instruments" / "organ")
    assert resolved("slow organ").parts["keys"].instrument == "organ"
    assert heard("slow organ").notes == ()
    assert unheard() == []


def test_nobody_is_told_to_rename_what_cannot_be_played(home: Path) -> None:
    (home / "instruments" / "piano.sf2").write_bytes(b"RIFF")
    sounds.rain(home / "effects" / "coffee.wav", 1.0)
    assert unheard() == [
        "in words 'coffee' means something else, not your sound coffee; to play that, use --effect coffee, "
        "or rename its file"
    ]


def test_strings_of_a_font_play_the_pad(home: Path) -> None:
    sounds.font(home / "instruments" / "gm_font.sf2", ((0, 0, "Piano"), (0, 49, "Slow Strings"), (0, 52, "Choir Aahs")))
    for phrase, preset in (("dark, gm_font slow strings", "Slow Strings"), ("dark, gm_font choir", "Choir Aahs")):
        parts = resolved(phrase).parts
        assert (parts["pad"].instrument, parts["pad"].params["preset"]) == ("gm_font", preset)
        assert parts["keys"].instrument != "gm_font"
    parts = resolved("dark, gm_font slow strings, gm_font piano").parts
    assert (parts["keys"].params["preset"], parts["pad"].params["preset"]) == ("Piano", "Slow Strings")


def test_a_refused_sound_of_ones_own_is_silent(home: Path) -> None:
    parts = resolved("slow, no toy_harp").parts
    assert all(part.instrument != "toy_harp" for part in parts.values())


def test_what_is_wrong_with_a_named_sound_is_said(home: Path) -> None:
    (home / "instruments" / "cracked.sf2").write_bytes(b"RIFF")
    with pytest.raises(RecipeError, match=r"cracked\.sf2' is no SoundFont that we can play"):
        resolved("cracked, slow")


@pytest.mark.parametrize(
    ("phrase", "ending"), [("rainy, fade out", "fade"), ("warm rhodes, no fade out", "ring"), ("a final chord", "ring")]
)
def test_the_ending_can_be_asked_for(phrase, ending):
    assert resolved(phrase).form.ending == ending
