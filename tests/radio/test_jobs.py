from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from dusktape.core.errors import InputError
from dusktape.radio import jobs
from dusktape.radio.nouns import Job, Made
from dusktape.radio.state import State


def again(state: State, job: Job) -> Job:
    found = state.job(job.id)
    assert found is not None
    return found


def test_the_highest_priority_goes_first_then_the_oldest(state: State) -> None:
    low, high, second = (state.submit("track", {}, priority=p) for p in (0, 5, 0))
    assert [again(state, j).position for j in (high, low, second)] == [1, 2, 3]
    leased = [state.lease("me") for _ in range(4)]
    assert [j.id if j else None for j in leased] == [high.id, low.id, second.id, None]
    assert again(state, high).position == 0


def test_a_worker_may_take_only_some_kinds(state: State) -> None:
    state.submit("track", {})
    export = state.submit("export", {})
    leased = state.lease("me", kinds=["export", "edit"])
    assert leased is not None
    assert leased.id == export.id
    assert state.lease("me", kinds=["export"]) is None


def test_a_leased_job_is_nobody_elses_until_its_lease_runs_out(state: State) -> None:
    job = state.submit("track", {})
    assert state.lease("me", seconds=0.05) is not None
    assert state.lease("you", seconds=0.05) is None
    time.sleep(0.06)
    assert state.hung() == ["me"]
    taken = state.lease("you")
    assert taken is not None
    assert (taken.id, taken.attempts) == (job.id, 2)
    assert not state.renew(job.id, "me", progress=0.5, stage="late")
    assert not state.finish(job.id, "me")
    assert not state.fail(job.id, "me", "late", retry=False)
    assert again(state, job).state == "running"


def test_progress_is_told_and_a_late_renewal_still_counts(state: State) -> None:
    job = state.submit("track", {})
    state.lease("me", seconds=0.0)
    assert state.renew(job.id, "me", progress=0.25, stage="rendering")
    assert (again(state, job).progress, again(state, job).stage) == (0.25, "rendering")
    assert state.hung() == []


def test_a_job_whose_lease_runs_out_three_times_fails(state: State) -> None:
    job = state.submit("track", {})
    for _ in range(jobs.ATTEMPTS):
        assert state.lease("me", seconds=-1.0) is not None
    assert state.lease("me") is None
    assert again(state, job).state == "failed"
    assert "given up after 3 attempts" in str(again(state, job).error)


def test_a_crash_is_tried_again_where_it_stood_and_a_mistake_is_not(state: State) -> None:
    first, second = state.submit("track", {}), state.submit("track", {})
    state.lease("me")
    state.fail(first.id, "me", "it crashed", retry=True)
    assert (again(state, first).state, again(state, first).position) == ("queued", 1)
    state.lease("me")
    state.fail(first.id, "me", "no such recipe; take another", retry=False)
    assert (again(state, first).state, again(state, first).error) == ("failed", "no such recipe; take another")
    for _ in range(jobs.ATTEMPTS):
        state.lease("me")
        state.fail(second.id, "me", "it crashed", retry=True)
    assert again(state, second).state == "failed"
    assert again(state, second).error == "given up after 3 attempts: it crashed"


def test_a_dead_owners_jobs_go_back_at_once(state: State) -> None:
    mine, yours = state.submit("track", {}), state.submit("track", {})
    state.lease("me")
    state.lease("you")
    assert state.release("me", "it died") == 1
    assert [again(state, j).state for j in (mine, yours)] == ["queued", "running"]
    assert state.release(None, "nobody works here") == 1
    assert again(state, yours).state == "queued"


def test_what_is_none_of_a_jobs_doing_counts_as_no_attempt_but_not_for_ever(state: State) -> None:
    job = state.submit("track", {})
    for _ in range(jobs.KILLS):
        assert state.lease("me") is not None
        state.release("me", "killed", blamed=False)
    assert (again(state, job).state, again(state, job).attempts) == ("queued", 0)
    for _ in range(jobs.ATTEMPTS):
        assert state.lease("me") is not None
        state.release("me", "killed", blamed=False)
    assert again(state, job).state == "failed"


def test_a_job_is_called_off_whether_it_waits_or_runs(state: State) -> None:
    waits, runs = state.submit("track", {}, priority=-1), state.submit("track", {})
    state.lease("me")
    assert state.cancel(waits.id)
    assert state.cancel(runs.id)
    assert not state.renew(runs.id, "me", progress=0.5, stage="x")
    assert not state.finish(runs.id, "me")
    assert [again(state, j).state for j in (waits, runs)] == ["cancelled", "cancelled"]
    assert not state.cancel(runs.id)
    assert state.lease("me") is None


def test_a_finished_job_and_its_track_come_together_or_not_at_all(state: State, add: Callable[..., Made]) -> None:
    there = add("a")
    job = state.submit("track", {})
    state.lease("me")
    with pytest.raises(InputError, match="take another id"):
        state.finish(job.id, "me", made=there)
    assert again(state, job).state == "running"
    assert state.finish(job.id, "me", made=replace(there, id="b"), result={"x": 1})
    done = again(state, job)
    assert (done.state, done.track, done.result, done.progress) == ("done", "b", {"x": 1}, 1.0)
    assert state.track("b") is not None


def test_a_cancelled_job_leaves_no_track(state: State, add: Callable[..., Made]) -> None:
    there = add("a")
    job = state.submit("track", {})
    state.lease("me")
    state.cancel(job.id)
    assert not state.finish(job.id, "me", made=replace(there, id="b"))
    assert state.track("b") is None


def test_files_are_attached_only_to_a_track_that_is_there(state: State, add: Callable[..., Made]) -> None:
    there = add("a")
    job = state.submit("stems", {})
    state.lease("me")
    blob = there.files["master.flac"]
    with pytest.raises(InputError, match="there is no track 'gone' any more"):
        state.finish(job.id, "me", attach=("gone", {"stems/keys.flac": blob}))
    assert state.finish(job.id, "me", attach=("a", {"stems/keys.flac": blob}))
    found = state.track("a")
    assert found is not None
    assert set(found.files) == {"master.flac", "stems/keys.flac"}


def test_jobs_are_listed_newest_first_by_state_group_and_client(state: State) -> None:
    names = [state.submit("track", {}, client=c, group=g).id for c, g in (("x", "1"), ("y", "1"), ("x", "2"))]
    state.cancel(names[0])
    listed = [
        state.jobs(),
        state.jobs(limit=1),
        state.jobs(states=["queued", "running"]),
        state.jobs(group="1"),
        state.jobs(client="x", states=["queued"]),
    ]
    assert [[names.index(j.id) for j in some] for some in listed] == [[2, 1, 0], [2], [2, 1], [1, 0], [2]]
