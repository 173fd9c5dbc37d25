"""Notes that somebody wrote into a song."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dusktape.compose.byhand import ByHand, by_hand
from dusktape.compose.control import Control
from dusktape.compose.perform import swung
from dusktape.compose.take import paired
from dusktape.core.errors import InputError
from dusktape.core.level import Level
from dusktape.core.score import SIXTEENTH, Note
from dusktape.core.seed import Seed
from dusktape.studio.production import compose
from dusktape.studio.wish import Wish

SEED = Seed(7)
RECIPE = Wish("dusk", minutes=0.5, settings=("composer=rules", "form.fullness=1.0", "melody.first_a=true")).resolve(
    SEED
)


@pytest.fixture(scope="module")
def take():
    return Control().take(RECIPE, SEED)


def test_notes_are_played_as_they_are_and_everybody_else_as_before(take):
    notes = (Note(100, 333, 61, 77), *take.played.parts["lead"][2:])
    after = by_hand(take, RECIPE, ByHand({"lead": notes}))
    assert after.played.parts["lead"] == tuple(sorted(notes))
    assert {p: n for p, n in after.played.parts.items() if p != "lead"} == {
        p: n for p, n in take.played.parts.items() if p != "lead"
    }


def test_what_stays_keeps_its_place_on_the_grid_and_what_is_new_gets_the_nearest(take):
    old = take.played.parts["lead"]
    late = swung(5 * SIXTEENTH, RECIPE.tempo.swing) + 17
    after = by_hand(take, RECIPE, ByHand({"lead": (*old, Note(late, 100, 21, 80))}))
    new = set(after.written.parts["lead"]) - set(take.written.parts["lead"])
    assert new == {Note(5 * SIXTEENTH, 100, 21, 80)}
    assert len(list(paired(after.written.parts["lead"], after.played.parts["lead"]))) == len(old) + 1


def test_no_notes_are_a_silent_part(take):
    assert by_hand(take, RECIPE, ByHand({"lead": ()})).played.parts["lead"] == ()


def test_two_edits_by_hand_in_a_row_are_one(take):
    lead, bass = ((n,) for n in (Note(0, 9, 60, 9), Note(0, 9, 40, 9)))
    control = Control().and_then(ByHand({"lead": bass})).and_then(ByHand({"lead": lead, "bass": bass}))
    assert control.edits == (ByHand({"lead": lead, "bass": bass}),)
    assert Control.of(control.table()) == control


def test_a_mix_alone_composes_what_recipe_and_seed_do():
    control = Control(levels={"lead": Level(-3.0), "keys": Level()})
    assert (bool(control), control.composes, control.marks) == (True, False, ("mix",))
    assert control.take(RECIPE, SEED).played == compose(RECIPE, SEED)
    assert Control.of(control.table()) == control


@pytest.mark.parametrize("note", [(-1, 9, 60, 9), (0, 0, 60, 9), (0, 9, 128, 9), (0, 9, 60, 0), (0, 9, 60, 128)])
def test_what_is_no_note_is_refused(note):
    with pytest.raises(InputError, match="lead: a note at tick"):
        ByHand({"lead": (Note(*note),)})


def test_marks_tell_edits_apart():
    one, other = (ByHand({"lead": (Note(0, 9, pitch, 9),)}) for pitch in (60, 61))
    assert one.mark != other.mark
    assert replace(one).mark == one.mark
