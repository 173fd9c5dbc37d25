from __future__ import annotations

import pytest

from dusktape.compose.perform import perform
from dusktape.compose.take import Branch, as_written, paired
from dusktape.core.plugins import find
from dusktape.core.score import Key, Note, Score
from dusktape.core.seed import Seed

BRANCH = Branch(7, (), (("drums", 3), ("harmony", 4), ("lead", 5)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("compose", "form"), 7),
        (("compose", "section", 2), 7),
        (("compose", "material", "A0", "dress", "lift"), 7),
        (("compose", "material", "A0", "loop"), 4),
        (("compose", "material", "B0", "colour", "room"), 4),
        (("compose", "material", "A0", "melody", "step", 3), 5),
        (("compose", "section", 1, "lead", "vary"), 5),
        (("compose", "drummer"), 3),
        (("compose", "section", 1, "drums", "fill"), 3),
        (("compose", "material", "A0", "keys", "rhythm"), 7),
        (("perform", "drums", "hands"), 3),
        (("perform", "bass", "hands"), 7),
    ],
)
def test_the_address_decides_who_draws_from_which_seed(path, value):
    here = BRANCH
    for key in path:
        here = here.at(key)
    assert here.key == Seed(value, path).key
    assert BRANCH.at(*path).key == here.key


def test_without_roles_a_branch_is_the_seed():
    assert Branch(9).at("compose", "drums", 3).unit() == Seed(9).at("compose", "drums", 3).unit()


@pytest.mark.parametrize("part", ["keys", "drums", "lead", "pad", "bass"])
def test_every_note_finds_itself_in_the_performance(resolved, part):
    recipe = resolved(2, minutes=1.0)
    written = find("composers", recipe.composer)().compose(recipe, Seed(2).at("compose"))
    played = perform(written, recipe, Seed(2).at("perform"))
    pairs = list(paired(written.parts[part], played.parts[part]))
    assert sorted(p for _, p in pairs) == list(played.parts[part])
    assert sorted(w for w, _ in pairs) == list(written.parts[part])
    assert all(abs(w.start - p.start) < 200 and w.pitch == p.pitch for w, p in pairs)


def test_notes_that_somebody_gave_are_played_as_they_are_and_no_others():
    written = Score(80.0, Key(0, "major"), parts={"lead": (Note(0, 9, 60, 70), Note(0, 9, 60, 70), Note(9, 9, 60, 70))})
    late = Score(80.0, Key(0, "major"), parts={"lead": tuple(Note(k, 9, 60, 1) for k in (1, 2, 12))})
    given = {"lead": (Note(0, 9, 60, 70),)}
    assert as_written(written, late, given).parts["lead"] == (Note(0, 9, 60, 70), Note(2, 9, 60, 1), Note(12, 9, 60, 1))
