"""Doing parts again: what is kept is the same note for note, the rest is new."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise

import pytest

from dusktape.compose.again import Again
from dusktape.compose.control import Control
from dusktape.compose.over import VOICES
from dusktape.compose.take import HANDS, ROLES, Take, paired
from dusktape.core.errors import InputError
from dusktape.core.score import BAR, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.studio.production import compose
from dusktape.studio.wish import Wish
from dusktape.theory.scale import is_chord_tone

SEED = Seed(7)
PARTS = ("bass", "drums", "keys", "lead", "pad")
BARS = (9, 12)
INSIDE = range(8 * BAR, 12 * BAR)

ODD = Note(0, 10, 700, 3)

composers = pytest.mark.parametrize("composer", ["rules", "networks"])


@cache
def recipe_of(composer, guest="false"):
    settings = (f"composer={composer}", "form.fullness=1.0", "form.intro_bars=4", f"guest.on={guest}")
    return Wish(minutes=1.0, settings=settings).resolve(SEED)


@cache
def take(composer, *edits) -> Take:
    return Control(edits=edits).take(recipe_of(composer), SEED)


def chord_tones(score) -> float:
    notes = score.parts["lead"]
    under = [next(c for c in score.chords if c.start <= n.start < c.start + c.length) for n in notes]
    return sum(is_chord_tone(n.pitch, c.root, c.quality) for n, c in zip(notes, under, strict=True)) / len(notes)


@composers
def test_with_nothing_done_again_it_is_the_song(composer):
    assert take(composer).played == compose(recipe_of(composer), SEED)
    assert set(take(composer).played.parts) == set(PARTS)


KEPT_HARMONY_AND_DRUMS = ("lead", "keys", "pad", "bass")


@pytest.mark.parametrize(
    ("composer", "what"),
    [
        ("rules", ("lead",)),
        ("rules", ("drums",)),
        ("rules", ("bass",)),
        ("rules", ("keys",)),
        ("rules", KEPT_HARMONY_AND_DRUMS),
        ("rules", ("harmony",)),
        ("rules", ("drums", "lead")),
        ("networks", KEPT_HARMONY_AND_DRUMS),
        ("networks", ("harmony",)),
        ("networks", ("harmony", "lead")),
    ],
)
def test_what_is_kept_stays_bit_for_bit_and_the_rest_changes(composer, what):
    edit = Again(what, 12)
    before, after = take(composer).played, take(composer, edit).played
    for part in PARTS:
        assert (after.parts[part] == before.parts[part]) is (part not in edit.what), part
    assert (after.chords == before.chords) is ("harmony" not in what)
    assert after.sections == before.sections
    assert (after.bpm, after.key) == (before.bpm, before.key)


def test_new_chords_take_along_what_follows_from_them():
    assert Again(("harmony",), 1).what == ("harmony", "keys", "pad", "bass")
    assert Again(("bass", "lead"), 1).what == ("lead", "bass")


@composers
def test_the_same_again_is_the_same_and_another_seed_is_another(composer):
    first = take(composer, Again(("lead",), 12))
    assert Control(edits=(Again(("lead",), 12),)).take(recipe_of(composer), SEED) == first
    assert take(composer, Again(("lead",), 13)).played.parts["lead"] != first.played.parts["lead"]


@pytest.mark.parametrize(
    ("composer", "part"), [*(("rules", part) for part in PARTS), ("networks", "lead"), ("networks", "drums")]
)
def test_in_some_bars_only_these_bars_of_that_part_change(composer, part):
    before, after = take(composer), take(composer, Again((part,), 12, BARS))
    for other in PARTS:
        same = after.played.parts[other] == before.played.parts[other]
        assert same is (other != part), other
    kept = [p for w, p in pairs(before, part) if w.start not in INSIDE]
    assert set(kept) <= set(after.played.parts[part])
    # What is not kept begins in these bars; or at their end, where something rang on that was taken away.
    new = set(after.written.parts[part]) - {w for w in before.written.parts[part] if w.start not in INSIDE}
    assert new
    assert all(INSIDE.start <= n.start <= INSIDE.stop for n in new)
    assert all(n.start in INSIDE for n in new) or part in HANDS
    assert after.played.chords == before.played.chords


def pairs(of: Take, part):
    return list(paired(of.written.parts[part], of.played.parts[part]))


@pytest.mark.parametrize(
    ("composer", "bars"), [("rules", (5, 6)), ("rules", (9, 9)), ("networks", (5, 6)), ("networks", (10, 13))]
)
@pytest.mark.parametrize("part", VOICES)
def test_a_new_ending_does_not_sound_into_the_next_kept_note(composer, part, bars):
    before, after = take(composer), take(composer, Again((part,), 3, bars))
    inside = range((bars[0] - 1) * BAR, bars[1] * BAR)
    kept = {p for w, p in pairs(before, part) if w.start not in inside}
    notes = after.written.parts[part]
    fresh = [n for n in notes if n.start in inside]
    assert all(a.start + a.length <= b.start for a, b in pairwise(notes) if a in fresh or b in fresh)
    for a, b in pairwise(after.played.parts[part]):
        if a not in kept and b in kept:
            assert a.start + a.length <= b.start


@composers
def test_new_chords_in_some_bars_leave_melody_drums_and_all_other_bars(composer):
    before, after = take(composer), take(composer, Again(("harmony",), 12, BARS))
    assert after.played.parts["lead"] == before.played.parts["lead"]
    assert after.played.parts["drums"] == before.played.parts["drums"]
    assert after.written.chords != before.written.chords
    outside = [c for c in before.written.chords if c.start + c.length <= INSIDE.start or c.start >= INSIDE.stop]
    assert set(outside) <= set(after.written.chords)
    assert all(a.start + a.length == b.start for a, b in pairwise(after.written.chords))
    for part in HANDS:
        begins = [n.start for n in after.written.parts[part]]
        kept = [n.start for n in before.written.parts[part] if n.start not in INSIDE]
        assert not [s for s in kept if s not in begins]


@composers
def test_new_chords_under_a_kept_melody_fit_it(composer):
    after = take(composer, Again(("harmony",), 12)).written
    assert after.parts["lead"] == take(composer).written.parts["lead"]
    assert chord_tones(after) >= 0.7
    assert after.chords[-1] == take(composer).written.chords[-1]


def test_a_melody_over_chords_that_were_changed_before_is_written_over_those():
    changed = Again(("harmony",), 12, BARS)
    after = take("rules", changed, Again(("lead",), 5)).written
    assert after.chords == take("rules", changed).written.chords
    assert chord_tones(after) == 1.0  # the rules put every note on a tone of the chord they see


def test_takes_follow_one_another():
    first, second = Again(("drums",), 3), Again(("lead",), 4, BARS)
    both = take("rules", first, second).played
    assert both.parts["drums"] == take("rules", first).played.parts["drums"]
    assert both.parts["keys"] == take("rules").played.parts["keys"]
    assert both.parts["lead"] != take("rules").played.parts["lead"]


def test_a_bass_is_played_to_the_drums_that_stand():
    new_drums = take("rules", Again(("drums",), 3), Again(("bass",), 4)).played.parts["bass"]
    assert new_drums != take("rules", Again(("bass",), 4)).played.parts["bass"]


@pytest.mark.parametrize("bars", [(0, 2), (90, 91), (3, 2), (20, 900)])
def test_bars_that_a_song_does_not_have_are_refused(bars):
    with pytest.raises(InputError, match=r"there are no bars .* in this song; it has \d+, counted from 1"):
        take("rules", Again(("lead",), 1, bars))


def test_an_intro_in_which_nobody_sang_can_be_sung_in():
    edit = Again(("lead",), 2, (1, 4))
    before, after = take("rules").written.parts["lead"], take("rules", edit).written.parts["lead"]
    if not [n for n in before if n.start < 4 * BAR]:
        assert [n for n in after if n.start < 4 * BAR]
    assert [n for n in after if n.start >= 4 * BAR] == [n for n in before if n.start >= 4 * BAR]


def test_every_edit_survives_json():
    edits = (Again(("harmony",), 3), Again(ROLES, 4, (1, 2)), Again(("lead",), 0, (9, 9)))
    table = json.loads(json.dumps(Control(edits=edits).table()))
    assert Control.of(table) == Control(edits=edits)
    assert Control().table() == {}
    assert not Control.of({})


@pytest.mark.parametrize(
    "table",
    [
        {"again": [{}]},
        {"again": 3},
        {"again": [{"what": ["voice"], "bars": None, "seed": 1}]},
        {"again": [{"what": [], "bars": None, "seed": 1}]},
        {"again": [{"what": ["lead"], "bars": [1], "seed": 1}]},
        {"again": [{"what": ["lead"], "bars": None, "seed": -1}]},
        {"again": [{"what": ["lead"], "bars": None, "seed": "1"}]},
        {"start": {"kind": "sideways"}},
        {"start": {"kind": "under", "score": {}}},
        {"start": {"kind": "under", "score": "{}"}},
        {"start": {"kind": "under", "score": Score(80.0, Key(0, "major")).to_json()}},
        {"start": {"kind": "onward", "score": Score(80.0, Key(0, "major"), parts={"lead": (ODD,)}).to_json()}},
        {"start": 3},
        [],
        None,
    ],
)
def test_what_is_no_control_is_refused(table):
    with pytest.raises(InputError, match="its control cannot be read"):
        Control.of(table)
