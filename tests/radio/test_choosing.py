"""What comes next, and what is asked for."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from dusktape.core.seed import Seed
from dusktape.radio.backstage import RESERVE_S, Backstage, drawn, group, root
from dusktape.radio.choosing import TARGET_LUFS, Chooser, Piece, gain_db
from dusktape.radio.nouns import Entry
from dusktape.radio.spool import Spool
from dusktape.radio.state import State

from .finished import RATE, add

SEED = Seed(1)


@pytest.fixture
def chooser(state: State) -> Chooser:
    return Chooser(state, "main")


def quick(state: State, name: str, **facts):
    return add(state, name, seconds=0.2, **facts)


def played(state: State, name: str, end_s: float = 0.0) -> None:
    state.plan(Entry("main", "track", 0, round(end_s * RATE), track=name))


def chosen(chooser: Chooser, settings=None, **how):
    piece = chooser.next(SEED, settings or {}, **{"head": 0, "before": None, **how})
    return piece.track if piece else None


def test_with_nothing_there_nothing_comes(chooser):
    assert chosen(chooser) is None


def test_what_was_made_for_the_station_goes_before_the_library(state, chooser):
    quick(state, "other", station=None)
    quick(state, "ours")
    assert chosen(chooser) == "ours"


def test_what_was_sent_goes_before_everything(state, chooser):
    quick(state, "ours")
    quick(state, "sent", station=None)
    played(state, "sent")
    piece = chooser.next(SEED, {"queue": ["gone", "sent"]}, head=0, before=None)
    assert piece is not None and piece.track == "sent" and piece.queued


def test_the_recipe_just_heard_is_avoided(state, chooser):
    before = quick(state, "before", recipe="dusk")
    quick(state, "same", recipe="dusk", bpm=80.0)
    quick(state, "another", recipe="rainy", bpm=70.0)
    assert chosen(chooser, before=before) == "another"
    assert chosen(chooser, before=before, but={"another"}) == "same"


def test_a_near_tempo_is_preferred(state, chooser):
    before = quick(state, "before", bpm=70.0)
    quick(state, "far", recipe="rainy", bpm=95.0)
    quick(state, "near", recipe="study", bpm=72.0)
    assert chosen(chooser, before=before) == "near"


def test_the_dial_decides(state, chooser):
    quick(state, "calm", recipe="rainy", mood="sleepy", bpm=64.0)
    quick(state, "awake", recipe="study", mood="hopeful", bpm=94.0)
    assert chosen(chooser, {"mood": 1.0, "energy": 1.0}) == "awake"
    assert chosen(chooser, {"mood": -0.3, "energy": -1.0}) == "calm"
    assert chosen(chooser, {"mood": 1.0, "energy": 1.0}, but={"awake"}, must_fit=True) is None


def test_a_mood_by_name_decides(state, chooser):
    before = quick(state, "before", recipe="dusk", mood="dark")
    quick(state, "dark", recipe="rainy", mood="dark")
    quick(state, "warm", recipe="study", mood="warm", bpm=80.0)
    settings = state.settle("main", mood="dreamy").settings
    assert chosen(chooser, settings, must_fit=True) is None
    assert chosen(chooser, settings) is not None
    assert chooser.reserve_s(settings) == 0.0
    quick(state, "dreamy", recipe="dusk", mood="dreamy", bpm=90.0)
    assert chosen(chooser, settings, must_fit=True) == "dreamy"
    assert chosen(chooser, settings, before=before) == "dreamy", "even though its recipe was just heard"
    assert chooser.reserve_s(settings) == pytest.approx(0.2)
    settings = state.settle("main", mood="warm").settings
    assert chosen(chooser, settings, before=before) == "warm"
    assert chooser.reserve_s(state.settle("main", mood=None).settings) == pytest.approx(0.8)


def test_what_fits_in_the_library_goes_before_what_was_made_for_another_dial(state, chooser):
    quick(state, "dark", mood="dark")
    quick(state, "hopeful", mood="hopeful", station=None)
    assert chosen(chooser, {"mood": "hopeful"}) == "hopeful"
    assert chosen(chooser, {}) == "dark"


def test_the_library_plays_the_longest_unheard_and_the_liked_first(state, chooser):
    for k, name in enumerate(("old", "older", "liked", "hated")):
        quick(state, name, station=None)
        played(state, name, 100.0 - k)
    head = 3 * 3600 * RATE
    assert chosen(chooser, head=head) == "hated"
    state.like("hated", -1, "me")
    state.like("old", 1, "me")
    assert chosen(chooser, head=head) == "old"
    assert chosen(chooser, head=head, but={"old"}) == "liked"


def test_a_track_of_the_library_does_not_come_back_too_soon(state, chooser):
    quick(state, "one", station=None)
    played(state, "one", 600.0)
    assert chosen(chooser, head=700 * RATE) is None
    assert chosen(chooser, head=700 * RATE + 1800 * RATE) == "one"


def test_what_is_disliked_before_it_was_played_is_not_played(state, chooser):
    quick(state, "one")
    state.like("one", -1, "me")
    assert chosen(chooser) is None


def test_a_track_whose_sound_is_gone_is_passed_over(state, chooser):
    made = quick(state, "one")
    quick(state, "two", bpm=90.0, hz=330.0)
    state.blob(made.files["master.flac"]).unlink()
    assert chosen(chooser) == "two"


def test_the_reserve_counts_what_fits_and_was_not_played(state, chooser):
    quick(state, "a", mood="hopeful", bpm=94.0)
    quick(state, "b", mood="sleepy", bpm=62.0)
    quick(state, "c", mood="hopeful", bpm=94.0)
    played(state, "c")
    assert chooser.reserve_s({}) == pytest.approx(0.4)
    assert chooser.reserve_s({"mood": 1.0, "energy": 1.0}) == pytest.approx(0.2)


def test_the_gain_reaches_the_target_as_far_as_peaks_allow():
    assert gain_db({"report": {"lufs": -14.0, "true_peak_dbtp": -1.6}}) == pytest.approx(-3.0)
    assert gain_db({"report": {"lufs": -20.0, "true_peak_dbtp": -9.0}}) == pytest.approx(3.0)
    assert gain_db({"report": {"lufs": -20.0, "true_peak_dbtp": -2.0}}) == pytest.approx(1.0)
    assert gain_db({"report": {"lufs": None, "true_peak_dbtp": None}}) == 0.0
    assert gain_db({}) == 0.0


def test_likes_become_a_taste(state, chooser):
    quick(state, "a", recipe="rainy")
    state.like("a", 1, "me")
    state.like("a", 1, "you")
    assert chooser.taste().weight("recipe", "rainy") > 2.0
    assert chooser.taste().weight("recipe", "dusk") == 1.0


def backstage(state: State) -> tuple[Backstage, list[str]]:
    said: list[str] = []
    return Backstage(state, Chooser(state, "main"), lambda event, **facts: said.append(event)), said


def test_tracks_are_asked_for_until_the_reserve_is_full(state):
    behind, _ = backstage(state)
    behind.fill()
    jobs = state.jobs(group=group("main"))
    assert len(jobs) == 3
    assert all(job.kind == "track" and job.spec["station"] == "main" and job.priority > 0 for job in jobs)
    recipes = [job.spec["recipe"] for job in jobs]
    assert all(a != b for a, b in pairwise(recipes))
    behind.fill()
    assert len(state.jobs(group=group("main"))) == 3


def ordered(state: State, count: int) -> None:
    for _ in range(count):
        state.submit("track", {"minutes": 60.0}, priority=10, client="somebody")


def test_a_station_that_runs_low_goes_before_what_people_ordered(state, monkeypatch):
    ready = [RESERVE_S - 100.0]
    monkeypatch.setattr(Chooser, "reserve_s", lambda self, settings, **_: ready[0])
    behind, _ = backstage(state)
    behind.fill()
    ordered(state, 5)
    ours = [job.id for job in state.jobs(group=group("main"))]
    assert ours and all(job.priority < 10 for job in state.jobs(group=group("main")))
    ready[0] = 100.0
    behind.fill()
    assert [state.job(job).priority > 12 for job in ours] == [True] * len(ours)
    for _ in range(3):
        leased = state.lease("worker")
        assert leased.group == group("main")
    assert state.lease("worker").client == "somebody"


def test_a_station_fills_its_reserve_in_turn_with_what_people_ordered(state, monkeypatch):
    ready = [300.0]
    monkeypatch.setattr(Chooser, "reserve_s", lambda self, settings, **_: ready[0])
    behind, _ = backstage(state)
    ordered(state, 20)
    made = []
    for _ in range(20):
        job = state.lease("worker")
        behind.fill()
        state.finish(job.id, "worker")
        ours = job.group == group("main")
        ready[0] += 60.0 * job.spec["minutes"] if ours else 0.0
        made.append(ours)
    assert ready[0] >= RESERVE_S
    assert not any(a and b for a, b in pairwise(made)), "people's jobs go on meanwhile"
    assert not any(made[-4:]), "and a full reserve waits"


def test_a_full_reserve_asks_for_nothing(state, monkeypatch):
    monkeypatch.setattr(Chooser, "reserve_s", lambda self, settings, **_: RESERVE_S)
    behind, _ = backstage(state)
    behind.fill()
    assert state.jobs() == []


def test_steering_calls_off_what_has_not_begun(state):
    behind, _ = backstage(state)
    behind.fill()
    running = state.lease("worker")
    behind.steered()
    states = {job.id: job.state for job in state.jobs(group=group("main"))}
    assert running is not None and states.pop(running.id) == "running"
    assert set(states.values()) == {"cancelled"}
    behind.fill()
    assert sum(job.state == "queued" for job in state.jobs(group=group("main"))) == 2


def test_tracks_that_keep_failing_are_not_asked_for_without_end(state):
    behind, said = backstage(state)
    for _ in range(3):
        behind.fill()
        while job := state.lease("worker"):
            state.fail(job.id, "worker", "no", retry=False)
    assert "tracks keep failing" in said
    count = len(state.jobs(group=group("main"), limit=100))
    behind.fill()
    assert len(state.jobs(group=group("main"), limit=100)) == count


def made_one(state: State, bpm: float, name: str) -> None:
    """Do the oldest job of the queue: a track of this tempo comes out."""
    job = state.lease("worker")
    assert job is not None
    quick(state, name, bpm=bpm)
    with state.writing() as (db, _):
        db.execute("UPDATE tracks SET seconds = ? WHERE id = ?", (60.0 * job.spec["minutes"], name))
        db.execute("UPDATE jobs SET state = 'done', track = ? WHERE id = ?", (name, job.id))


def test_a_dial_that_no_recipe_reaches_fills_the_reserve_with_what_comes_nearest(state):
    state.settle("main", recipes=["sleepy"], energy=1.0)
    behind, said = backstage(state)
    behind.steered()
    for k in range(12):
        behind.fill()
        if not state.jobs(states=["queued"]):
            break
        made_one(state, 62.0 + k / 10.0, f"t{k}")
    assert 4 < k < 11, "it rests"
    assert said == ["the recipes do not reach the dial; the nearest plays"]
    assert state.station("main").settings["beyond"] is True
    nearest = chosen(Chooser(state, "main"), state.station("main").settings)
    assert nearest == f"t{k - 1}"


def test_a_dial_out_of_reach_is_forgotten_when_it_is_turned(state):
    state.settle("main", recipes=["sleepy"], energy=1.0)
    behind, _ = backstage(state)
    behind.steered()
    for k in range(12):
        behind.fill()
        if state.jobs(states=["queued"]):
            made_one(state, 62.0, f"t{k}")
    state.settle("main", energy=0.9)
    behind.steered()
    assert "beyond" not in state.station("main").settings
    behind.fill()
    assert len(state.jobs(states=["queued"])) == 3, "what was made for another dial says nothing of this one"


def test_one_track_that_fits_says_that_others_will(state):
    state.settle("main", energy=1.0)
    behind, said = backstage(state)
    behind.steered()
    for k, bpm in enumerate((62.0, 95.0, 63.0, 62.0)):
        behind.fill()
        made_one(state, bpm, f"t{k}")
    behind.fill()
    assert said == []
    assert state.jobs(states=["queued"])


def test_a_station_draws_everything_from_one_seed_and_nothing_twice(state):
    assert root(state, "main") == root(state, "main")
    first, second = drawn(state, "main"), drawn(state, "main")
    assert first != second
    assert first.value == second.value == root(state, "main").value


def _until(true, seconds=20.0):
    last = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < last
        time.sleep(0.01)


def test_an_interlude_is_composed_when_one_is_wanted_and_forgotten_when_the_dial_turns(state, monkeypatch):
    made: list[dict] = []

    def compose(state: State, station: str, spec: dict) -> Piece:
        made.append(spec)
        return Piece("interlude", None, spec, "Song", None, RATE, recipe=spec["recipe"])

    monkeypatch.setattr("dusktape.radio.backstage.interlude", compose)
    behind, said = backstage(state)
    behind.start()
    assert behind.take() is None
    behind.want_interlude(but="dusk")
    _until(lambda: "interlude ready" in said)
    behind.steered()
    _until(lambda: len(made) == 2 and said.count("interlude ready") == 2)
    piece = behind.take()
    assert piece is not None and piece.spec == made[1] != made[0]
    assert behind.take() is None
    assert all(1.0 <= spec["minutes"] <= 1.5 and spec["recipe"] != "dusk" for spec in made)
    behind.want_interlude()
    _until(lambda: said.count("interlude ready") == 3)
    behind.dismiss()
    assert behind.take() is None
    behind.close()


def test_an_interlude_that_is_written_as_a_whole_is_played_at_the_loudness_it_has(state, monkeypatch):
    class Written(Spool):
        def __init__(self) -> None:
            pass

        def heard(self) -> dict[str, float]:
            return {"lufs": TARGET_LUFS + 2.25, "true_peak_dbtp": -1.5}

    def compose(state: State, station: str, spec: dict) -> Piece:
        return Piece("interlude", None, spec, "Song", None, RATE, source=Written())

    monkeypatch.setattr("dusktape.radio.backstage.interlude", compose)
    behind, said = backstage(state)
    behind.want_interlude()
    behind._compose()
    piece = behind.take()
    assert piece is not None and piece.spec["gain_db"] == -2.25
    assert said == ["interlude ready"]


@pytest.mark.parametrize("change", ["steered", "dismiss"])
def test_an_interlude_that_nobody_wants_by_the_time_it_is_there_is_never_ready(state, monkeypatch, change):
    closed: list[bool] = []

    class Sound:
        def close(self) -> None:
            closed.append(True)

    def compose(state: State, station: str, spec: dict) -> Piece:
        getattr(behind, change)()
        return Piece("interlude", None, spec, "Song", None, RATE, source=Sound())

    monkeypatch.setattr("dusktape.radio.backstage.interlude", compose)
    behind, said = backstage(state)
    behind.want_interlude()
    behind._compose()
    assert behind.take() is None
    assert closed == [True]
    assert said == []


def test_a_recipe_that_fails_is_followed_by_another(state, monkeypatch):
    made: list[dict] = []

    def compose(state: State, station: str, spec: dict) -> Piece:
        made.append(spec)
        if len(made) == 1:
            raise ValueError("a recipe of the user's that is broken")
        return Piece("interlude", None, spec, "Song", None, RATE)

    monkeypatch.setattr("dusktape.radio.backstage.interlude", compose)
    behind, said = backstage(state)
    behind.start()
    behind.want_interlude()
    _until(lambda: "interlude ready" in said)
    assert said.count("backstage failed") == 1
    assert made[0]["seed"] != made[1]["seed"]
    behind.close()
