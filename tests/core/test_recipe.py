from __future__ import annotations

import pytest
from pydantic import ValidationError

from dusktape.core.errors import RecipeError
from dusktape.core.recipe import Recipe, fields_at


@pytest.fixture(scope="module")
def table(resolved):
    return resolved(3).model_dump(mode="json")


def changed(table, path, value):
    """Return the table with one field changed, deep inside."""
    head, _, rest = path.partition(".")
    return {**table, head: changed(table.get(head, {}), rest, value) if rest else value}


def test_a_recipe_survives_its_table(table):
    assert Recipe.of(table, where="here").model_dump(mode="json") == table


def test_a_recipe_cannot_be_changed(table):
    with pytest.raises(ValidationError):
        Recipe.of(table, where="here").key = "C major"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("tmpo", {}, "unknown field 'tmpo'; did you mean 'tempo'?"),
        ("tempo.bmp", 80, "unknown field 'tempo.bmp'; did you mean 'bpm'?"),
        ("parts.keys.loudnes_lufs", -20, "unknown field 'parts.keys.loudnes_lufs'; did you mean 'loudness_lufs'?"),
        ("master.chian", {}, "unknown field 'master.chian'; did you mean 'chain'?"),
        ("mood", "grumpy", "mood: there is no 'grumpy'; there is dark, dreamy,"),
        ("mood", "wistfull", "mood: there is no 'wistfull'; did you mean 'wistful'?"),
        ("drums.style", "hip", "drums.style: there is no 'hip'"),
        ("key", "H", "key: 'H' is no key; write a note and a mode, as in 'F# minor'"),
        ("tempo.bpm", 400, "tempo.bpm must be between 40 and 160, got 400; choose one in that range"),
        ("tempo.bpm", float("nan"), "tempo.bpm must be between 40 and 160, got nan; choose one in that range"),
        ("tempo.bpm", "fast", "tempo.bpm must be a number between 40 and 160, got 'fast'; choose one in that range"),
        ("tempo.bpm", {"a": 1}, "tempo.bpm must be a number between 40 and 160, got {'a': 1}"),
        ("harmony.centre", 60.5, "harmony.centre must be a whole number between 52 and 70, got 60.5"),
        ("harmony.temperature", 0, "harmony.temperature must be above 0 and at most 2, got 0; choose one"),
        ("drums.density", 2, "drums.density must be between 0 and 1, got 2"),
        ("drums.half_time", "maybe", "drums.half_time must be true or false, got 'maybe'; choose one of these"),
        ("parts.keys.pan", 3, "parts.keys.pan must be between -1 and 1, got 3"),
        ("parts.keys.instrument", 3, "parts.keys.instrument must be text, got 3; write it in quotes"),
        (
            "parts.keys.chain.lowpass.order",
            [1],
            "parts.keys.chain.lowpass.order must be a number, text, true or false, got [1]",
        ),
        ("parts.keys", 3, "parts.keys must be a table, got 3; write one"),
        ("tempo.swing", 0.7, "tempo.swing must be between 0.5 and 0.67, got 0.7"),
        ("tempo", 3, "tempo must be a table, got 3; write one"),
        ("form.length_s", 29, "form.length_s must be between 30 and 3600, got 29"),
        ("form.loop_bars", 3, "form.loop_bars must be 2, 4 or 8, got 3; choose one of these"),
        ("parts.keys.chain", 5, "parts.keys.chain must be a table, got 5"),
        ("weather", "hail", "weather must be clear, rain, snow or fog, got 'hail'"),
        ("name", "../up", "name: '../up' is no name for a file"),
        ("name", "a/b", "name: 'a/b' is no name for a file"),
        ("name", ".hidden", "name: '.hidden' is no name for a file"),
        ("name", "", "name: '' is no name for a file"),
        ("name", "a\nb", r"name: 'a\nb' is no name for a file"),
        (
            "parts.a/b",
            {"instrument": "rhodes", "loudness_lufs": -20},
            "parts: 'a/b' is no name for a file; use letters",
        ),
        ("parts.aux", {"instrument": "rhodes", "loudness_lufs": -20}, "parts: 'aux' is no name for a file"),
        ("parts.Keys", {"instrument": "rhodes", "loudness_lufs": -20}, "parts: two parts differ only in capitals"),
    ],
)
def test_a_mistake_names_the_file_the_field_and_the_way_out(table, path, value, said):
    with pytest.raises(RecipeError) as caught:
        Recipe.of(changed(table, path, value), where="mine.toml")
    assert str(caught.value).startswith(f"mine.toml: {said}")
    assert "\n" not in str(caught.value)


def test_swing_goes_as_far_as_triplets(table):
    assert Recipe.of(changed(table, "tempo.swing", 0.67), where="here").tempo.swing == 0.67


def test_a_missing_field_is_named(table):
    tempo = {k: v for k, v in table["tempo"].items() if k != "bpm"}
    with pytest.raises(RecipeError, match=r"^mine\.toml: tempo\.bpm is missing; add it$"):
        Recipe.of({**table, "tempo": tempo}, where="mine.toml")


def test_the_fields_at_a_place_are_known():
    assert "bpm" in fields_at(("tempo",))
    assert "tempo" in fields_at(())
    assert "loudness_lufs" in fields_at(("parts", "keys"))
    assert "chain" in fields_at(("master",))
    assert fields_at(("key",)) == ()
    assert fields_at(("nothing",)) == ()
