"""`dusktape make "slow rainy night, no drums"`."""

from __future__ import annotations

import json
from pathlib import Path

PHRASE = "Slow rainy night, felt piano, no drums, christmas"
RULES = ("--set", "composer=rules", "--minutes", "0.5", "--seed", "4")


def test_what_was_understood_is_said_in_two_lines(dusktape):
    said = dusktape("make", PHRASE, *RULES)
    assert said.err.splitlines()[:2] == [
        "understood: Slow, rainy, night, felt piano, no drums; from the recipe rainy",
        "passed over: christmas",
    ]
    assert said.out == "rainy-4.flac\n"


def test_the_words_are_in_the_json_and_the_phrase_in_the_provenance(dusktape):
    said = dusktape("make", PHRASE, *RULES, "--bundle", "one", "--json", "--quiet")
    assert said.err == ""
    words = json.loads(said.out)["words"]
    assert words["phrase"] == PHRASE
    assert words["recipe"] == "rainy"
    assert words["passed_over"] == ["christmas"]
    assert "no drums" in words["understood"]
    assert words["settings"]["parts.drums.on"] is False
    facts = json.loads(Path("one", "track.json").read_text(encoding="utf-8"))
    assert facts["recipe"]["description"] == PHRASE
    again = dusktape("make", "--from", "one/track.json", "--json", "--quiet", "-o", "again.flac")
    assert json.loads(again.out)["score"] == facts["score"]
    assert json.loads(again.out)["recipe"] == facts["recipe"]


def test_nothing_understood_is_one_line(refused):
    line = refused("make", "christmas at home")
    assert line.startswith(
        "nothing in 'christmas at home' says how it should sound; the words are in docs/guides/words.md"
    )
    assert "rainy" in line


def test_a_recipe_with_a_typo_stays_a_recipe_with_a_typo(refused):
    assert refused("make", "rany") == "there is no recipe 'rany'; did you mean 'rainy'?"


def test_a_phrase_beside_a_track_to_make_again_is_refused(refused):
    assert "leave out the recipe" in refused("make", "slow rain", "--from", "nowhere.json")
