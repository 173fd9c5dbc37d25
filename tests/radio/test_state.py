from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import InputError, OutputError
from dusktape.radio import schema
from dusktape.radio.nouns import FRAMES_PER_S, Entry, Made
from dusktape.radio.state import State


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    return out


def test_frames_a_second_are_the_sample_rate() -> None:
    assert FRAMES_PER_S == SAMPLE_RATE


def test_the_state_is_opened_without_numpy(tmp_path: Path) -> None:
    code = (
        "import sys; from dusktape.radio.state import State; import dusktape.radio.house; print('numpy' in sys.modules)"
    )
    assert finished(run(code)) == "False\n"


def test_a_track_comes_back_as_it_went_in(state: State, add: Callable[..., Made]) -> None:
    made = add(
        "a", seed=2**80, parent="b", edit={"again": ["melody"]}, provenance={"x": [1]}, station="main", kept=True
    )
    assert state.track("a") == made
    assert state.blob(made.files["master.flac"]).stat().st_size == 100


def test_a_track_needs_its_files_and_an_id_of_its_own(state: State, add: Callable[..., Made]) -> None:
    made = add("a")
    with pytest.raises(InputError, match="already; take another id"):
        state.add_track(made)
    state.blob(made.files["master.flac"]).unlink()
    with pytest.raises(InputError, match="is not there; put it in first"):
        state.add_track(made)


def test_tracks_are_listed_newest_first_and_found_by_words_likes_and_song(
    state: State, add: Callable[..., Made]
) -> None:
    for name, facts in {"a": {"title": "100% Rain"}, "b": {"song": "a"}, "c": {"mood": "dark"}}.items():
        add(name, **facts)
    state.like("a", 1, "me")
    state.like("c", -1, "me")
    listed = {
        "all": state.tracks(),
        "two": state.tracks(limit=2),
        "older": state.tracks(before="b"),
        "liked": state.tracks(liked=True),
        "disliked": state.tracks(liked=False),
        "song": state.tracks(song="a"),
        "word": state.tracks(query="DARK dusk"),
        "sign": state.tracks(query="100% rain"),
        "none": state.tracks(query="100_ rain"),
    }
    assert {what: "".join(one.id for one in some) for what, some in listed.items()} == {
        "all": "cba",
        "two": "cb",
        "older": "a",
        "liked": "a",
        "disliked": "c",
        "song": "ba",
        "word": "c",
        "sign": "a",
        "none": "",
    }


def test_a_removed_track_is_remembered_without_its_files(state: State, add: Callable[..., Made]) -> None:
    made = add("a")
    os.utime(state.blob(made.files["master.flac"]), (0, 0))
    state.remove_track("a")
    assert state.track("a") is None
    assert state.tracks() == []
    remembered = state.track("a", gone=True)
    assert remembered is not None
    assert (remembered.title, remembered.files) == ("Track a", {})
    assert not state.blob(made.files["master.flac"]).exists()


def test_a_file_that_two_tracks_have_stays_with_the_other(state: State, add: Callable[..., Made]) -> None:
    made = add("a")
    add("b", files=made.files)
    os.utime(state.blob(made.files["master.flac"]), (0, 0))
    state.remove_track("a")
    assert state.blob(made.files["master.flac"]).exists()


def test_likes_are_summed_and_taken_back(state: State, add: Callable[..., Made]) -> None:
    add("a")
    for client, value in (("x", 1), ("y", 1), ("z", -1), ("x", 0)):
        state.like("a", value, client)
    assert state.likes("a") == {"y": 1, "z": -1}
    assert state.likes() == {}
    state.like("a", -1, "y")
    assert state.likes() == {"a": -2}
    with pytest.raises(InputError, match="got 2"):
        state.like("a", 2, "x")


def test_a_station_keeps_its_epoch_and_merges_settings(state: State) -> None:
    first = state.station("main")
    state.settle("main", mood="dark", energy=0.5)
    second = state.settle("main", energy=-1, mood=None)
    assert (second.epoch, second.settings) == (first.epoch, {"energy": -1})
    assert [one.name for one in state.stations()] == ["main"]
    assert second.time_of(44_100) == pytest.approx(first.epoch + 1.0)


def test_the_programme_is_planned_amended_and_read_in_order(state: State) -> None:
    planned = [state.plan(Entry("main", "track", k, k + 10, spec={"gain": k})) for k in (0, 10, 20)]
    state.plan(Entry("other", "interlude", 0, 5))
    state.amend(planned[1].id, end=15, spec={"cut": True})
    assert [(e.start, e.end) for e in state.entries("main")] == [(0, 10), (10, 15), (20, 30)]
    assert [e.start for e in state.entries("main", since=14)] == [10, 20]
    assert [e.start for e in state.entries("main", since=15)] == [20]
    assert [e.start for e in state.entries("main", limit=2)] == [10, 20]
    found = state.entry(planned[1].id)
    assert found is not None
    assert found.spec == {"cut": True}
    with pytest.raises(InputError, match="did you mean 'end'"):
        state.amend(planned[0].id, ende=1)


def test_orders_are_taken_once_and_in_order(state: State) -> None:
    state.order("main", "skip")
    state.order("main", "play", {"track": "a"})
    state.order("other", "skip")
    assert [(o.kind, o.args) for o in state.orders("main")] == [("skip", {}), ("play", {"track": "a"})]
    assert state.orders("main") == []


def test_changes_since_a_version_are_what_a_page_must_know(state: State, add: Callable[..., Made]) -> None:
    add("a")
    before = state.version()
    job = state.submit("track", {})
    state.settle("main", mood="dark")
    entry = state.plan(Entry("main", "track", 0, 10))
    state.like("a", 1, "me")
    changed = state.changes(before)
    assert changed.version == state.version() > before
    assert (changed.entries, changed.jobs, changed.likes) == ((entry,), (job,), (("a", 1),))
    assert [s.settings for s in changed.stations] == [{"mood": "dark"}]
    assert state.changes(changed.version).jobs == ()


def test_a_change_that_fails_leaves_nothing(state: State) -> None:
    before = state.version()
    with pytest.raises(RuntimeError), state.writing() as (db, _):
        db.execute("INSERT INTO orders (station, kind, args) VALUES ('main', 'skip', '{}')")
        raise RuntimeError
    assert state.orders("main") == []
    assert state.version() == before


def test_what_was_accepted_survives_the_death_of_who_accepted_it(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from dusktape.radio.state import State\n"
        "job = State.open(Path(sys.argv[1])).submit('track', {'seed': 7})\n"
        "print(job.id, flush=True); os.kill(os.getpid(), getattr(signal, 'SIGKILL', signal.SIGTERM))"
    )
    name = finished(run(code, tmp_path)).strip()
    with State.open(tmp_path) as state:
        job = state.job(name)
    assert job is not None
    assert (job.state, job.spec) == ("queued", {"seed": 7})


def test_many_processes_submit_and_lease_each_job_once(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from dusktape.radio.state import State\n"
        "state = State.open(Path(sys.argv[1])); me = str(os.getpid())\n"
        "for k in range(20): state.submit('track', {'k': k}, client=me)\n"
        "got = []\n"
        "while (job := state.lease(me)) is not None:\n"
        "    assert state.renew(job.id, me, progress=0.5, stage='x') and state.finish(job.id, me)\n"
        "    got.append(job.id)\n"
        "state.close(); print(' '.join(got))"
    )
    processes = [run(code, tmp_path) for _ in range(5)]
    done = [name for process in processes for name in finished(process).split()]
    assert len(done) == len(set(done)) == 100
    with State.open(tmp_path) as state:
        assert {(j.state, j.attempts) for j in state.jobs(limit=200)} == {("done", 1)}


def test_many_threads_share_one_state(state: State) -> None:
    def work(number: int) -> None:
        for k in range(20):
            state.settle("main", **{f"{number}-{k}": k})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(state.station("main").settings) == 120


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    State.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / schema.NAME)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(InputError, match=r"made by a newer dusktape .* version 99.*--state"):
        State.open(tmp_path)


def test_an_older_database_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with State.open(tmp_path) as state:
        state.submit("track", {})
    added = (*schema.MIGRATIONS, ("ALTER TABLE jobs ADD COLUMN note TEXT", "UPDATE jobs SET note = 'kept'"))
    monkeypatch.setattr(schema, "MIGRATIONS", added)
    with State.open(tmp_path) as state, state.reading() as db:
        assert db.execute("SELECT note FROM jobs").fetchall() == [("kept",)]
    State.open(tmp_path).close()  # and only once


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    State.open(tmp_path).close()
    with monkeypatch.context() as patched:
        broken = (*schema.MIGRATIONS, ("ALTER TABLE jobs ADD COLUMN note TEXT", "THIS IS NO SQL"))
        patched.setattr(schema, "MIGRATIONS", broken)
        with pytest.raises(sqlite3.OperationalError):
            State.open(tmp_path)
    with State.open(tmp_path) as state:
        assert state.submit("track", {}).state == "queued"


@pytest.mark.parametrize("damage", [b"this is no database at all" * 100, None])
def test_a_damaged_database_is_named_in_one_line(tmp_path: Path, damage: bytes | None) -> None:
    with State.open(tmp_path) as state:
        for _ in range(200):
            state.submit("track", {"k": "x" * 500})
    file = tmp_path / schema.NAME
    whole = file.read_bytes()
    file.write_bytes(damage or whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(InputError, match=r"state\.sqlite' is damaged .*move it away"), State.open(tmp_path) as state:
        state.jobs()


def test_a_full_disk_loses_nothing_that_was_there(state: State) -> None:
    job = state.submit("track", {})
    with state.writing() as (db, _):
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    with state.reading() as db:
        db.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(OutputError, match=r"state\.sqlite': the disk is full; free some space"):
        for _ in range(100):
            state.submit("track", {"text": "x" * 10_000})
    assert state.job(job.id) == job
    with State.open(state.folder) as again:
        assert again.submit("track", {}).state == "queued"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="file"):
        State.open(tmp_path / "file" / "radio")


def test_a_database_that_is_held_for_too_long_is_named(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.close()
    monkeypatch.setattr(schema, "BUSY_S", 0.05)
    with closing(sqlite3.connect(state.folder / schema.NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutputError, match="is held by another program"):
            state.submit("track", {})
        assert state.jobs() == []  # readers are not held up
        other.execute("ROLLBACK")


def test_a_forked_process_uses_connections_of_its_own(state: State) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    state.submit("track", {})
    if (child := os.fork()) == 0:
        try:
            state.submit("track", {})
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(state.jobs()) == 2


def test_specs_are_text_of_any_kind(state: State) -> None:
    spec = {"recipe": "rainy \N{SNOWMAN} 'night'; DROP TABLE jobs", "deep": [{"a": None}]}
    job = state.submit("track", spec)
    found = state.job(job.id)
    assert found is not None
    assert found.spec == json.loads(json.dumps(spec))
    assert time.time() - found.created_at < 60.0
