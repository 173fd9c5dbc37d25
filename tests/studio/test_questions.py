"""Every answer means something that `dusktape make` takes."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.instruments.soundfont import SoundFont
from dusktape.io.audiofile import AudioWriter
from dusktape.studio.presets import recipe_files
from dusktape.studio.questions import length_question, preset_question, recipe_question, sound_questions
from dusktape.studio.wish import DEFAULT_RECIPE, Wish

from .. import sounds


def settings(choice):
    return [a for a in choice.arguments if a != "--set"]


def test_every_recipe_can_be_chosen_and_the_open_one_comes_first():
    names = [c.name for c in recipe_question().choices]
    assert names[0] == DEFAULT_RECIPE
    assert set(names) == set(recipe_files())


@pytest.mark.parametrize("recipe", [DEFAULT_RECIPE, "drumless", "tape"])
def test_every_choice_is_described_and_possible(recipe):
    for question in sound_questions(recipe):
        for choice in question.choices:
            assert choice.text.endswith((".", ":")) or len(choice.text) > 20, choice
            Wish(recipe, settings=settings(choice)).resolve(Seed(3))


def test_nothing_chosen_says_nothing():
    for question in (*sound_questions("rainy"), length_question()):
        assert question.several or question.choices[0].arguments == ()


def test_a_player_that_the_recipe_leaves_out_comes_back():
    drums = next(q for q in sound_questions("drumless") if "drums" in q.text)
    dusty = next(c for c in drums.choices if c.name == "dusty")
    assert Wish("drumless", settings=settings(dusty)).resolve(Seed(3)).parts["drums"].on


def test_every_part_of_a_recipe_is_asked_for_and_no_other(tmp_path, monkeypatch):
    asked = [q.text for q in sound_questions("rainy")]
    for word in ("chords", "melody", "pad", "bass", "drums", "guest"):
        assert sum(word in text for text in asked) == 1, word
    bass = next(q for q in sound_questions("rainy") if "bass" in q.text)
    assert {"upright bass", "fretless bass", "sub bass", "nobody"} <= {c.name for c in bass.choices}
    (tmp_path / "trio.toml").write_text("[parts]\npad = false\nguest = false\n", encoding="utf-8")
    asked = " ".join(q.text for q in sound_questions(str(tmp_path / "trio.toml")))
    assert "bass" in asked and "pad" not in asked and "guest" not in asked


def test_a_choice_says_which_part_it_is_heard_by():
    for question in sound_questions("rainy"):
        for choice in question.choices:
            wanted = {a.split(".")[0].split("=")[0] for a in settings(choice)} - {"parts", "master"}
            assert not choice.solo or not wanted or wanted == {choice.solo}, choice
    assert not length_question().heard


def test_an_unknown_recipe_is_named():
    with pytest.raises(RecipeError, match="there is no recipe 'rainny'"):
        sound_questions("rainny")


def test_own_sounds_are_among_the_choices(tmp_path, monkeypatch):
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    monkeypatch.setattr(SoundFont, "missing", staticmethod(lambda: ""))
    for file in (
        "kits/attic_box/kick.wav",
        "kits/attic_box/snare.wav",
        "instruments/toy_harp/C4.wav",
        "effects/shore.wav",
    ):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        tone = 0.3 * np.sin(np.arange(22_050) / 15.0, dtype=np.float32)
        with AudioWriter(path, channels=1, seed=Seed(1)) as writer:
            writer.write(tone[None])
    keys, lead, pad, bass, drums, guest, weather, _ = sound_questions("rainy")
    assert all("toy harp" in {c.name for c in one.choices} for one in (keys, lead, pad, bass, guest))
    assert "attic_box" in {c.name for c in drums.choices}
    shore = next(c for c in weather.choices if c.name == "shore")
    assert shore.arguments == ("--effect", "shore")
    harp = next(c for c in keys.choices if c.name == "toy harp")
    assert Wish("rainy", settings=settings(harp)).resolve(Seed(3)).parts["keys"].instrument == "toy_harp"


@pytest.fixture
def font(tmp_path, monkeypatch):
    (tmp_path / "instruments").mkdir()
    presets = ((0, 0, "Grand"), (0, 33, "Finger Bass"), (0, 89, "808"), (128, 0, "Kit"), (128, 8, "Room"))
    sounds.font(tmp_path / "instruments" / "many.sf2", presets)
    sounds.font(tmp_path / "instruments" / "one.sf2", ((0, 0, "Only"), (128, 0, "Kit")))
    sounds.font(tmp_path / "instruments" / "beats.sf2", ((128, 0, "Kit"), (128, 8, "Room")))
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))


@pytest.mark.parametrize(("part", "first"), [("chords", "Grand"), ("bass", "Finger Bass"), ("pad", "808")])
def test_a_font_of_several_presets_asks_which_and_the_one_that_suits_comes_first(font, part, first):
    question = next(q for q in sound_questions("rainy") if part in q.text)
    answer = next(c for c in question.choices if c.name == "many")
    asked = preset_question(answer.arguments)
    assert asked.choices[0].name == first
    assert {c.name for c in asked.choices} == {"Grand", "Finger Bass", "808"}
    for choice in asked.choices:
        recipe = Wish("rainy", settings=[*settings(answer), *settings(choice)]).resolve(Seed(3))
        assert recipe.parts[choice.solo].params["preset"] == choice.name


@pytest.mark.parametrize("name", ["many", "beats"])
def test_drums_are_offered_a_fonts_kits_alone(font, name):
    question = next(q for q in sound_questions("rainy") if "drums" in q.text)
    answer = next(c for c in question.choices if c.name == name)
    asked = preset_question(answer.arguments)
    assert [c.name for c in asked.choices] == ["Kit", "Room"]
    for choice in asked.choices:
        recipe = Wish("rainy", settings=[*settings(answer), *settings(choice)]).resolve(Seed(3))
        assert recipe.parts["drums"].params["preset"] == choice.name


def test_a_font_of_kits_is_offered_to_the_drums_alone(font):
    offered = {q.text: {c.name for c in q.choices} for q in sound_questions("rainy")}
    assert [text for text, names in offered.items() if "beats" in names] == [q for q in offered if "drums" in q]


def test_nothing_is_asked_where_there_is_one_preset_or_no_font(font):
    question = next(q for q in sound_questions("rainy") if "bass" in q.text)
    for name in ("one", "sub bass", "nobody", "as the recipe has it"):
        assert preset_question(next(c for c in question.choices if c.name == name).arguments) is None
