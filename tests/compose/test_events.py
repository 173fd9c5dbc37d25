"""What happens at the seams of a song, and that nothing does where nobody asked for it."""

from __future__ import annotations

import pytest

from dusktape.compose.events import FIRST_BAR, with_events
from dusktape.core.plugins import find
from dusktape.core.recipe import Method
from dusktape.core.score import BAR, Event
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish

KINDS = tuple(Method.model_fields)
INTERRUPTIONS = ("tape_stop", "cut", "stutter", "filter_drop")


def recipe_of(seed, *settings):
    return Wish(settings=("composer=rules", *settings), minutes=2.0).resolve(Seed(seed))


def written(seed, *settings):
    return find("composers", "rules")().compose(recipe_of(seed, *settings), Seed(seed).at("compose"))


def everything(share=1.0):
    return ("riser.on=true", *(f"method.{kind}={share}" for kind in KINDS))


OFF = tuple(f"method.{kind}=0" for kind in KINDS)


def test_nothing_happens_unasked():
    score = written(1, *OFF)
    assert score.events == ()
    assert "events" not in score.to_json()
    assert with_events(score, recipe_of(1, *OFF), Seed(1)) is score


@pytest.mark.parametrize("kind", [*INTERRUPTIONS, "riser", "swell"])
def test_each_kind_can_be_asked_for_alone(kind):
    score = written(1, *OFF, "riser.on=true", f"method.{kind}=1")
    assert {e.kind for e in score.events} == {kind}
    assert score.parts == written(1, *OFF).parts


@pytest.mark.parametrize("seed", range(6))
def test_events_end_where_a_section_begins_and_leave_beginning_and_ending_alone(seed):
    score = written(seed, *OFF, *everything(0.6))
    starts = {s.start for s in score.sections[1:]}
    for event in score.events:
        assert event.length > 0
        assert event.start + event.length in starts
        assert event.start >= FIRST_BAR * BAR
        assert event.start + event.length <= score.sections[-1].start


@pytest.mark.parametrize("seed", range(6))
def test_only_one_thing_interrupts_at_a_time_and_swallows_no_riser(seed):
    score = written(seed, *OFF, *everything(0.7))
    ends = [e.start + e.length for e in score.events]
    assert len(set(ends)) == len(ends)


def test_the_share_is_how_often_it_happens():
    count = {share: sum(len(written(s, *OFF, f"method.cut={share}").events) for s in range(8)) for share in (0.3, 1.0)}
    assert 0.1 * count[1.0] < count[0.3] < 0.55 * count[1.0]


def test_risers_need_the_part_that_plays_them_and_lead_upwards():
    assert written(1, *OFF, "method.riser=1", "riser.on=false").events == ()
    score = written(1, *OFF, "method.riser=1", "riser.on=true")
    names = {s.start: s.name for s in score.sections}
    assert {names[e.start + e.length] for e in score.events} <= {"B", "B'", "A'"}


@pytest.mark.parametrize("seed", range(4))
def test_a_silence_takes_the_last_bar_out_of_drums_and_bass_at_least(seed):
    before, after = written(seed, *OFF), written(seed, *OFF, "method.silence=1")
    assert after.events == ()
    seams = [s.start for s in before.sections[1:] if s.start >= (FIRST_BAR + 2) * BAR]
    for seam in seams:
        for part in ("drums", "bass"):
            assert not [n for n in after.parts[part] if seam - BAR <= n.start < seam - 240]
            assert not [n for n in after.parts[part] if n.start < seam - BAR < n.start + n.length]
    outside = [n for n in before.parts["drums"] if not any(seam - BAR <= n.start < seam for seam in seams)]
    assert [n for n in after.parts["drums"] if n in outside] == outside


def test_events_survive_the_performance_and_the_text():
    recipe = recipe_of(2, *OFF, "method.cut=1")
    from dusktape.core.score import Score
    from dusktape.studio.production import compose

    played = compose(recipe, Seed(2))
    assert played.events
    assert all(isinstance(e, Event) for e in played.events)
    assert Score.from_json(played.to_json()).events == played.events


@pytest.mark.parametrize(
    ("setting", "holds"),
    [
        ("keys.instrument=chop", lambda r: r.parts["keys"].instrument == "chop"),
        ("keys.instrument=backwards", lambda r: r.parts["keys"].instrument == "backwards"),
        ("keys.instrument=nylon_guitar", lambda r: r.parts["keys"].instrument == "nylon_guitar"),
        ("drums.on=false", lambda r: not r.parts["drums"].on),
        ("drums.half_time=true", lambda r: r.drums.half_time),
        ("guest.on=true", lambda r: r.parts["guest"].on),
        *((f"method.{kind}=1", lambda r, kind=kind: getattr(r.method, kind) == 1) for kind in KINDS),
    ],
)
def test_every_method_is_one_setting(setting, holds):
    assert holds(recipe_of(1, setting))
