"""A guest who answers the lead follows it when the song is done again."""

from __future__ import annotations

from functools import cache

import pytest

from dusktape.compose.again import Again
from dusktape.compose.control import Control
from dusktape.compose.guest import CALL_BARS
from dusktape.compose.take import Take
from dusktape.core.score import BAR, SIXTEENTH
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish
from dusktape.theory.scale import is_chord_tone

SEED = Seed(4)
SETTINGS = ("composer=rules", "form.fullness=1.0", "form.intro_bars=4", "guest.on=true")


@cache
def take(*edits) -> Take:
    return Control(edits=edits).take(Wish(minutes=2.0, settings=SETTINGS).resolve(SEED), SEED)


def answers(of: Take) -> set[int]:
    """Return the pairs of bars that the guest plays in."""
    return {n.start // (CALL_BARS * BAR) for n in of.written.parts["guest"]}


def share_on_chords(of: Take, part: str) -> float:
    notes = of.written.parts[part]
    under = [next(c for c in of.written.chords if c.start <= n.start < c.start + c.length) for n in notes]
    return sum(is_chord_tone(n.pitch, c.root, c.quality) for n, c in zip(notes, under, strict=True)) / len(notes)


def bars_of_the_guest() -> tuple[int, int]:
    starts = [n.start for n in take().written.parts["guest"]]
    return min(starts) // BAR + 1, max(starts) // BAR + 1


def check_lead_rests_while_the_guest_answers(of: Take) -> None:
    for two_bars in answers(of):
        start = two_bars * CALL_BARS * BAR
        inside = [n for n in of.written.parts["lead"] if start <= n.start < start + CALL_BARS * BAR - SIXTEENTH]
        assert not inside


CHORDS_FIRST = Again(("harmony",), 12, (1, 20))


@pytest.mark.parametrize(
    "edits",
    [
        (Again(("lead",), 12),),
        (Again(("harmony", "lead"), 12),),
        (CHORDS_FIRST, Again(("lead",), 5)),
        (Again(("lead",), 12, (1, 30)),),
        (Again(("lead", "harmony"), 12, (1, 30)),),
    ],
)
def test_a_new_lead_is_answered_anew_in_the_same_bars(edits):
    before, after = take(), take(*edits)
    assert after.played.parts["guest"] != before.played.parts["guest"]
    assert answers(after) <= answers(before)
    assert share_on_chords(after, "guest") == 1.0
    check_lead_rests_while_the_guest_answers(after)


def test_an_answer_has_the_rhythm_of_the_new_call():
    after = take(Again(("lead",), 12)).written
    lead = {n.start for n in after.parts["lead"]}
    assert all(n.start - CALL_BARS * BAR in lead for n in after.parts["guest"])


def test_a_guest_done_again_answers_the_same_lead_otherwise_and_nobody_else_changes():
    before, after = take(), take(Again(("guest",), 3))
    assert after.played.parts["guest"] != before.played.parts["guest"]
    assert answers(after) == answers(before)
    assert {p: n for p, n in after.played.parts.items() if p != "guest"} == {
        p: n for p, n in before.played.parts.items() if p != "guest"
    }


@pytest.mark.parametrize("bars", [None, bars_of_the_guest()])
def test_a_kept_lead_keeps_its_guest_and_new_chords_fit_both(bars):
    before, after = take(), take(Again(("harmony",), 12, bars))
    assert after.written.chords != before.written.chords
    assert after.played.parts["guest"] == before.played.parts["guest"]
    assert after.played.parts["lead"] == before.played.parts["lead"]
    assert share_on_chords(after, "guest") >= 0.6


def test_in_other_bars_the_guest_stays():
    first, _ = bars_of_the_guest()
    bars = (1, first - CALL_BARS - 1)
    assert take(Again(("lead",), 12, bars)).played.parts["guest"] == take().played.parts["guest"]
    assert take(Again(("guest",), 12, bars)).played == take().played


def test_in_some_bars_only_their_answers_change():
    first, last = bars_of_the_guest()
    middle = (first + last) // 2
    before, after = take(), take(Again(("guest",), 12, (first, middle)))
    later = [n for n in before.written.parts["guest"] if n.start >= middle * BAR]
    assert later
    assert [n for n in after.written.parts["guest"] if n.start >= middle * BAR] == later
    assert after.written.parts["guest"] != before.written.parts["guest"]
