from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from dusktape.radio import library
from dusktape.radio.lifeline import Held
from dusktape.radio.nouns import Entry, Made
from dusktape.radio.state import State


def names(made: list[Made]) -> str:
    return "".join(one.id for one in made)


def test_the_size_counts_a_file_that_two_tracks_have_once(state: State, add: Callable[..., Made]) -> None:
    assert library.size(state) == 0
    made = add("a", size=1000)
    add("b", files=made.files)
    assert library.size(state) == 1000


def test_the_least_liked_go_first_and_of_these_the_oldest(state: State, add: Callable[..., Made]) -> None:
    for name in "abcde":
        add(name, size=1000)
    for track, value in (("a", 1), ("d", -1)):
        state.like(track, value, "me")
    assert library.trim(state, limit_bytes=5000).tracks == ()
    assert library.trim(state, limit_bytes=2500).tracks == ("d", "b", "c")
    assert names(state.tracks()) == "ea"


def test_stems_go_before_any_track_does(state: State, add: Callable[..., Made]) -> None:
    add("a", size=1000, stems=2000)
    add("b", size=1000, stems=2000)
    freed = library.trim(state, limit_bytes=4000)
    assert (freed.stems, freed.tracks) == (("a",), ())
    found = state.track("a")
    assert found is not None
    assert set(found.files) == {"master.flac"}


def test_what_is_in_use_stays_however_full_it_is(state: State, add: Callable[..., Made]) -> None:
    add("kept", kept=True)
    add("reserve", station="main")
    add("played", station="main")
    add("old", station="main")
    add("parent")
    add("child", parent="parent", song="parent", kept=True)
    add("asked")
    add("sent")
    add("next")
    add("free")
    for k, name in enumerate(["old", *["played"] * 10]):
        state.plan(Entry("main", "track", k, k + 1, track=name))
    state.submit("stems", {"track": "asked"})
    state.order("main", "queue", {"track": "sent"})
    state.settle("main", queue=["next"])
    assert set(library.trim(state, limit_bytes=0).tracks) == {"old", "free"}
    assert {one.id for one in state.tracks()} == {
        *("kept", "reserve", "played", "parent", "child", "asked", "sent", "next")
    }


def test_nobody_fills_the_disk_with_tracks_for_stations_there_are_not(
    state: State, add: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "_RESERVE", 2)
    state.station("main")
    for name, station in (("a", "main"), ("b", "nowhere"), ("c", "main"), ("d", "main")):
        add(name, station=station)
    assert library.trim(state, limit_bytes=0).tracks == ("a", "b")


def test_a_parent_goes_once_its_children_have(state: State, add: Callable[..., Made]) -> None:
    add("parent")
    add("child", parent="parent", song="parent")
    assert library.trim(state, limit_bytes=0).tracks == ("child", "parent")


def test_the_reserve_is_what_a_station_never_played_oldest_first(state: State, add: Callable[..., Made]) -> None:
    for name, station in (("a", "main"), ("b", "main"), ("c", "other"), ("d", None), ("e", "main")):
        add(name, station=station)
    state.plan(Entry("main", "track", 0, 1, track="a"))
    found = library.unplayed(state, "main")
    assert names(found) == "be"
    assert library.minutes(found) == 4.0


def test_what_was_not_heard_for_longest_is_played_again_and_nothing_disliked(
    state: State, add: Callable[..., Made]
) -> None:
    for name in "abcd":
        add(name)
    for k, name in enumerate("acb"):
        state.plan(Entry("main", "track", k, k + 1, track=name))
    state.like("c", -1, "me")
    assert names(library.played_before(state, "main")) == "dab"
    assert names(library.played_before(state, "main", limit=1)) == "d"


def test_the_library_gives_way_on_a_full_disk_and_no_further_than_it_must(
    state: State, add: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        os.utime(state.blob(add(name, size=1000).files["master.flac"]), (0, 0))
    monkeypatch.setattr(library.shutil, "disk_usage", lambda _: SimpleNamespace(free=10_500 - library.size(state)))
    assert library.make_room(state, bytes_free=6000)
    assert names(state.tracks()) == "dcba"
    assert library.make_room(state, bytes_free=8000)
    assert names(state.tracks()) == "dc"
    assert not library.make_room(state, bytes_free=20_000)
    assert state.tracks() == []


def test_a_sweep_clears_up_after_killed_processes(state: State, add: Callable[..., Made]) -> None:
    made = add("a")
    lost = state.folder / "lost.flac"
    lost.write_bytes(b"lost")
    orphan = state.put(lost)
    timeline = state.folder / "t.json"
    timeline.write_bytes(b"{}")
    on_air = state.put(timeline)
    state.plan(Entry("main", "interlude", 0, 1, timeline=on_air))
    unfinished = state.folder / library.MAKING / "job-1"
    unfinished.mkdir(parents=True)
    for path in (state.blob(orphan), state.blob(on_air), state.blob(made.files["master.flac"]), unfinished):
        os.utime(path, (0, 0))
    assert library.sweep(state).orphans == 4
    assert not unfinished.exists()
    assert not state.blob(orphan).exists()
    assert state.blob(on_air).exists()
    assert state.blob(made.files["master.flac"]).exists()


def test_jobs_of_long_ago_are_forgotten_and_those_that_wait_are_not(state: State, monkeypatch) -> None:
    monkeypatch.setattr(library, "KEPT_JOBS", 2)
    jobs = [state.submit("track", {}) for _ in range(6)]
    for job in jobs[1:]:
        state.cancel(job.id)
    library.sweep(state)
    assert [job.id for job in state.jobs()] == [jobs[k].id for k in (5, 4, 0)]


def test_one_at_a_time_tidies_up(state: State, add: Callable[..., Made]) -> None:
    add("a")
    with Held(state.folder / "library.lock", "busy"):
        library.tidy(state, limit_bytes=0)
    assert names(state.tracks()) == "a"
    library.tidy(state, limit_bytes=0, thorough=True)
    assert state.tracks() == []


def test_a_large_library_is_trimmed_to_the_byte(state: State, add: Callable[..., Made]) -> None:
    for k in range(40):
        add(f"t{k}", size=10)
    assert len(library.trim(state, limit_bytes=100).tracks) == 30
    assert library.size(state) == 100
