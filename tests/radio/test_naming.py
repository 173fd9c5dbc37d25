"""A station gives no title to two of its songs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.publish.commission import commissions
from dusktape.radio import backstage, making, naming
from dusktape.radio.nouns import Entry
from dusktape.radio.state import State
from dusktape.radio.task import Task
from dusktape.studio.wish import Wish

from .finished import add


@dataclass
class Song:
    title: str
    recipe: Recipe
    seed: Seed


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path / "radio") as state:
        state.station("main")
        yield state


@pytest.fixture(scope="module")
def song() -> Song:
    return Song("Starlight We Left", Wish("attic").resolve(Seed(5)), Seed(5))


def test_a_song_has_other_titles_that_its_seed_gives_it(song):
    found = naming.titles(song)
    assert found[0] == song.title
    assert len(set(found)) == len(found) > 10
    assert naming.titles(song) == found


def test_the_first_title_that_is_free_is_taken():
    assert naming.untaken(["a", "b", "c"], {"b"}) == "a"
    assert naming.untaken(["a", "b", "c"], {"a", "b"}) == "c"
    assert naming.untaken(["a", "b"], {"a", "b"}) == "a"


def test_words_that_were_just_heard_are_not_heard_again_where_there_are_others():
    choices = ["Rooftops on Low", "Our Rooftops", "Lamplight for Two"]
    assert naming.untaken(choices, set(), ["Rooftops, Again"]) == "Lamplight for Two"
    assert naming.untaken(choices, set(), ["Rooftops, Again", "Lamplight in Sepia"]) == "Rooftops on Low"
    assert naming.untaken(choices, {"Rooftops on Low"}, ["Rooftops, Again", "Lamplight in Sepia"]) == "Our Rooftops"
    assert naming.untaken(choices, set(), ["Two on Low"]) == "Rooftops on Low"  # short words are everywhere


def test_an_evening_of_one_recipe_has_no_word_twice_in_a_row(state):
    last: list[set[str]] = []
    for number in range(30):
        song = Song("Rooftops on Low", Wish("cafe").resolve(Seed(number)), Seed(number))
        state.submit("track", {})
        job = state.lease("me").id
        title = naming.reserve(state, "main", job, naming.titles(song))
        state.fail(job, "me", "it ends", retry=False)
        state.plan(Entry("main", "track", number, number + 1, title=title))
        words = {word for word in title.lower().replace(",", "").split() if len(word) > 4}
        assert not any(words & before for before in last[-4:])
        last.append(words)


def test_titles_are_taken_by_the_library_and_by_what_was_heard(state):
    made, gone = add(state, "one"), add(state, "two")
    state.remove_track(gone.id)
    for station, title in (("main", "Starlight We Left"), ("late", "Tin Roofs, Again")):
        state.plan(Entry(station, "interlude", 0, 10, title=title))
    assert naming.taken(state, "main") == {made.title, "Starlight We Left"}


def test_two_jobs_at_one_moment_take_two_titles_and_one_that_is_tried_again_keeps_its_own(state):
    for _ in range(2):
        state.submit("track", {})
    first, second = state.lease("me").id, state.lease("you").id
    assert naming.reserve(state, "main", first, ["a", "b"]) == "a"
    assert naming.reserve(state, "main", second, ["a", "b"]) == "b"
    assert naming.taken(state, "main") == {"a", "b"}
    assert naming.reserve(state, "main", first, ["a", "b"]) == "a"
    state.fail(first, "me", "it broke", retry=False)
    assert naming.taken(state, "main") == {"b"}
    assert naming.reserve(state, "main", second, ["a"]) == "a"


def test_an_interlude_takes_a_title_that_no_track_has(state, monkeypatch):
    made = add(state, "one")

    class Spool:
        def __init__(self, *_: Any) -> None:
            pass

        def read(self, *_: Any) -> None:
            pass

        def told(self) -> dict[str, Any]:
            return {"title": made.title, "others": ["Tin Roofs, Again"], "frames": 10, "timeline": {}}

    monkeypatch.setattr(backstage, "Spool", Spool)
    (state.folder / "run").mkdir()
    assert backstage.interlude(state, "main", {"recipe": "dusk", "seed": 1}).title == "Tin Roofs, Again"


@pytest.mark.parametrize(
    ("more", "own"),
    [({"station": "main"}, False), ({}, True), ({"station": "main", "title": "Starlight We Left"}, True)],
)
def test_a_track_for_a_station_is_told_apart_and_one_that_somebody_ordered_is_as_ordered(
    state, tmp_path, monkeypatch, more, own
):
    spec = {"recipe": "attic", "seed": 5, **more}
    told = []
    monkeypatch.setattr(making, "make", lambda task, one, **_: told.append(one))
    usual = Song(*_named(spec))
    state.plan(Entry("main", "interlude", 0, 10, title=usual.title))
    for _ in range(2):
        making.track(Task(state, state.submit("track", spec), "me", tmp_path))
    first, again = told
    assert first.title == again.title == naming.titles(usual)[0 if own else 1]
    assert (first.recipe, first.seed) == (usual.recipe, usual.seed)


def _named(spec: dict[str, Any]) -> tuple[str, Recipe, Seed]:
    (one,) = commissions(Wish(spec["recipe"]), spec["seed"], making.asking.Asked(), title=spec.get("title"))
    return one.title, one.recipe, one.seed
