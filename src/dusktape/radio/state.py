"""What the processes of a radio share: one folder with a database, and files by content."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.io import atomic
from dusktape.radio import jobs, schema, stations, tracks
from dusktape.radio.blobs import Blobs
from dusktape.radio.nouns import Changes, Entry, Job, Made, Order, Station, new_id
from dusktape.radio.store import Store, version_of

__all__ = ["Changes", "Entry", "Job", "Made", "Order", "State", "Station", "new_id"]

LEASE_S = 20.0


class State(Store):
    """The shared memory of a radio. Any number of processes and threads may hold one of the same folder.

    Every change is one transaction that is there when the call returns, whatever is killed afterwards.

    Parameters
    ----------
    folder
        As `State.open` has prepared it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / schema.NAME)
        self.folder = folder
        self.blobs = Blobs(folder / "blobs")

    @staticmethod
    def open(folder: Path) -> State:
        """Return the state in a folder, which is made if it is not there.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        InputError
            If its database is damaged, or made by a newer Dusktape.
        """
        folder = folder.absolute()
        with atomic.writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        state = State(folder)
        with schema.explained(state._file), closing(schema.connect(state._file)) as db:
            schema.prepare(db, state._file)
        return state

    def version(self) -> int:
        """Return a number that grows with every change. Cheap: a millisecond's hundredth."""
        with self.lent() as db:
            return version_of(db)

    def changes(self, since: int) -> Changes:
        """Return what changed after a version, as it is now; at most 200 of a kind, the newest."""
        with self.reading() as db:
            newest = "WHERE changed > ? ORDER BY changed DESC LIMIT 200"
            some = db.execute(f"SELECT DISTINCT track FROM likes {newest}", (since,)).fetchall()
            totals = stations.totals(db) if some else {}
            return Changes(
                version_of(db),
                tuple(stations.read_entries(db, newest, (since,))[::-1]),
                tuple(jobs.read(db, newest, (since,))[::-1]),
                tuple(stations.read(db, "WHERE changed > ? ORDER BY changed", (since,))),
                tuple((track, totals.get(track, 0)) for (track,) in some[::-1]),
                tracks.gone(db, since),
            )

    # files by content

    def put(self, file: Path) -> str:
        """Move a file in and return its name there, as `Blobs.put`."""
        return self.blobs.put(file)

    def blob(self, name: str) -> Path:
        """Return where such a file is, as `Blobs.path`."""
        return self.blobs.path(name)

    # tracks

    def add_track(self, made: Made) -> None:
        """Write down a finished track; its files have been `put`.

        Raises
        ------
        InputError
            If a file of it is not there, or the id is taken.
        """
        sizes = self._sizes(made.files)
        with self.writing() as (db, _):
            self._insert(db, made, sizes)

    def _insert(self, db: sqlite3.Connection, made: Made, sizes: dict[str, int]) -> None:
        try:
            tracks.insert(db, made, sizes)
        except sqlite3.IntegrityError as error:
            raise InputError(f"there is a track {made.id!r} already; take another id") from error

    def _sizes(self, files: Mapping[str, str]) -> dict[str, int]:
        try:
            return {blob: self.blob(blob).stat().st_size for blob in files.values()}
        except OSError as error:
            raise InputError(f"the file {error.filename!r} of a track is not there; put it in first") from error

    def attach(self, track: str, files: Mapping[str, str]) -> None:
        """Add files, name to blob, to a track that is there.

        Raises
        ------
        InputError
            If there is no such track, or no such file.
        """
        sizes = self._sizes(files)
        with self.writing() as (db, _):
            self._attach(db, track, files, sizes)

    def _attach(self, db: sqlite3.Connection, track: str, files: Mapping[str, str], sizes: dict[str, int]) -> None:
        if not tracks.read(db, "WHERE id = ? AND gone = 0", (track,)):
            raise InputError(f"there is no track {track[:40]!r} any more; make it again")
        tracks.attach(db, track, files, sizes)

    def track(self, track: str, *, gone: bool = False) -> Made | None:
        """Return a track; with `gone`, also one whose files were taken away to make room, and which has none."""
        with self.reading() as db:
            found = tracks.read(db, "WHERE id = ? AND (gone = 0 OR ?)", (track, gone))
        return found[0] if found else None

    def tracks(
        self,
        *,
        limit: int = 50,
        before: str | None = None,
        liked: bool | None = None,
        song: str | None = None,
        query: str | None = None,
    ) -> list[Made]:
        """Return tracks, newest first.

        Parameters
        ----------
        limit
            At most so many.
        before
            Only those older than this track.
        liked
            Only those that are liked (True) or disliked (False) on the whole.
        song
            Only versions of this one.
        query
            Words that all occur in title, recipe, mood, key, seed or id.
        """
        where, values = tracks.select(before=before, liked=liked, song=song, query=query)
        with self.reading() as db:
            return tracks.read(db, f"{where} ORDER BY number DESC LIMIT ?", (*values, limit))

    def keep(self, track: str, *, kept: bool) -> None:
        """Say whether a track stays however full the library is."""
        with self.writing() as (db, _):
            db.execute("UPDATE tracks SET kept = ? WHERE id = ? AND gone = 0", (kept, track))

    def remove_track(self, track: str) -> None:
        """Take a track's files away. What it was is remembered; a file that another track has, too, stays."""
        with self.writing() as (db, version):
            unused = tracks.remove(db, version, track)
        for blob in unused:
            self.blobs.drop(blob)

    # jobs

    def submit(
        self, kind: str, spec: Mapping[str, Any], *, priority: int = 0, client: str = "", group: str = ""
    ) -> Job:
        """Accept a job. It is done, or said why not, whatever is killed from here on."""
        job = Job(new_id(), kind, dict(spec), priority=priority, client=client, group=group, created_at=time.time())
        with self.writing() as (db, version):
            jobs.insert(db, version, job)
            return jobs.read(db, "WHERE id = ?", (job.id,))[0]

    def lease(self, owner: str, *, seconds: float = LEASE_S, kinds: Sequence[str] | None = None) -> Job | None:
        """Return the next job, ours for so long; None if there is nothing to do.

        The highest priority goes first, among equals the oldest. A lease that ran out is free again, unless the job was
        begun three times: then it fails.
        """
        with self.lent() as db:
            if not jobs.one_is_free(db):
                return None
        with self.writing() as (db, version):
            return jobs.lease(db, version, owner, seconds, kinds)

    def renew(self, job: str, owner: str, *, seconds: float = LEASE_S, progress: float, stage: str) -> bool:
        """Hold a job for longer and say how far it is; False if it was called off, or is not ours any more."""
        with self.writing() as (db, version):
            return jobs.renew(db, version, job, owner, seconds, progress, stage)

    def finish(
        self,
        job: str,
        owner: str,
        *,
        made: Made | None = None,
        result: Mapping[str, Any] | None = None,
        attach: tuple[str, Mapping[str, str]] | None = None,
    ) -> bool:
        """End a job well, and write down what it made, both or neither; False if it is not ours any more.

        Parameters
        ----------
        job, owner
            As leased.
        made
            The track it made.
        result
            What else came of it.
        attach
            A track that is there, and files for it.

        Raises
        ------
        InputError
            If a file is not there, or the track to attach it to.
        """
        sizes = self._sizes({**(made.files if made else {}), **(attach[1] if attach else {})})
        with self.writing() as (db, version):
            track = made.id if made else attach[0] if attach else None
            if not jobs.finish(db, version, job, owner, track, None if result is None else dict(result)):
                return False
            if made:
                self._insert(db, made, sizes)
            if attach:
                self._attach(db, *attach, sizes)
            return True

    def fail(self, job: str, owner: str, error: str, *, retry: bool) -> bool:
        """End a job badly, or put it back where it stood; False if it is not ours any more."""
        with self.writing() as (db, version):
            return jobs.fail(db, version, job, owner, error, retry=retry)

    def release(self, owner: str | None, why: str, *, blamed: bool = True) -> int:
        """Put back what an owner had that is dead, before its lease runs out; return how many jobs.

        Parameters
        ----------
        owner
            None for everybody: when nobody works here.
        why
            What happened.
        blamed
            Whether it may have been the job's doing, and counts as one of its attempts.
        """
        where, values = ("owner = ? AND ", (owner,)) if owner is not None else ("", ())
        with self.writing() as (db, version):
            return jobs.give_back(db, version, f"{where}state = 'running'", values, why, blamed=blamed)

    def hung(self) -> list[str]:
        """Return the owners of jobs whose lease ran out: they do not move any more, or are dead."""
        with self.reading() as db:
            return jobs.hung(db)

    def cancel(self, job: str) -> bool:
        """Call a job off; False if it had ended, or never was."""
        with self.writing() as (db, version):
            return jobs.cancel(db, version, job)

    def prioritise(self, job: str, priority: int) -> bool:
        """Give a job that waits another priority; False if it does not wait any more."""
        with self.writing() as (db, version):
            return jobs.prioritise(db, version, job, priority)

    def job(self, job: str) -> Job | None:
        """Return a job."""
        with self.reading() as db:
            found = jobs.read(db, "WHERE id = ?", (job,))
        return found[0] if found else None

    def jobs(
        self,
        *,
        states: Sequence[str] | None = None,
        group: str | None = None,
        client: str | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """Return jobs, newest first, of these states, this group and this client; None means any."""
        told = {f"state IN ({', '.join('?' for _ in states)})": tuple(states)} if states is not None else {}
        told |= {'"group" = ?': (group,)} if group is not None else {}
        told |= {"client = ?": (client,)} if client is not None else {}
        where = f"WHERE {' AND '.join(told)} " if told else ""
        values = (*(value for some in told.values() for value in some), limit)
        with self.reading() as db:
            return jobs.read(db, f"{where}ORDER BY number DESC LIMIT ?", values)

    # stations, their programme, orders and likes

    def station(self, name: str) -> Station:
        """Return a station; one that is new begins its clock now."""
        with self.reading() as db:
            known = stations.read(db, "WHERE name = ?", (name,))
        return known[0] if known else self.settle(name)

    def stations(self) -> list[Station]:
        """Return all stations, by name."""
        with self.reading() as db:
            return stations.read(db, "ORDER BY name", ())

    def settle(self, name: str, **settings: Any) -> Station:
        """Merge settings into a station's; None takes one away."""
        with self.writing() as (db, version):
            return stations.settle(db, version, name, settings)

    def plan(self, entry: Entry) -> Entry:
        """Write down what a station plays, before it does; return it with its id."""
        with self.writing() as (db, version):
            return replace(entry, id=stations.insert_entry(db, version, entry))

    def amend(self, entry: int, **changes: Any) -> None:
        """Change what was planned: an earlier end, for one.

        Raises
        ------
        InputError
            If an entry has no such field.
        """
        with self.writing() as (db, version):
            stations.amend_entry(db, version, entry, changes)

    def entry(self, entry: int) -> Entry | None:
        """Return an entry."""
        with self.reading() as db:
            found = stations.read_entries(db, "WHERE id = ?", (entry,))
        return found[0] if found else None

    def entries(self, station: str, *, since: int | None = None, limit: int = 50) -> list[Entry]:
        """Return a station's programme, in its order: the last `limit` entries, or the first that end after a frame."""
        with self.reading() as db:
            if since is None:
                return stations.read_entries(db, "WHERE station = ? ORDER BY id DESC LIMIT ?", (station, limit))[::-1]
            return stations.read_entries(
                db, 'WHERE station = ? AND "end" > ? ORDER BY id LIMIT ?', (station, since, limit)
            )

    def order(self, station: str, kind: str, args: Mapping[str, Any] | None = None) -> int:
        """Tell a station's playout to do something: `skip`, `steer`, `play` or `queue`."""
        with self.writing() as (db, _):
            told = json.dumps(dict(args or {}), ensure_ascii=False)
            done = db.execute("INSERT INTO orders (station, kind, args) VALUES (?, ?, ?)", (station, kind, told))
            return int(done.lastrowid or 0)

    def orders(self, station: str) -> list[Order]:
        """Return what was ordered since this was last asked, in order."""
        with self.lent() as db:
            if db.execute("SELECT 1 FROM orders WHERE station = ? LIMIT 1", (station,)).fetchone() is None:
                return []
        with self.writing() as (db, _):
            return stations.take_orders(db, station)

    def like(self, track: str, value: int, client: str) -> None:
        """Note what somebody thinks of a track: 1, -1, or 0 for nothing.

        Raises
        ------
        InputError
            If the value is another one.
        """
        if value not in (-1, 0, 1):
            raise InputError(f"a like is 1, a dislike -1, neither 0, got {value!r}; send one of these")
        with self.writing() as (db, version):
            stations.like(db, version, track, value, client)

    def likes(self, track: str | None = None) -> Mapping[str, int]:
        """Return the sum of opinions by track, where it is not 0; for one track, its opinions by client."""
        with self.reading() as db:
            if track is None:
                return stations.totals(db)
            return dict(db.execute("SELECT client, value FROM likes WHERE track = ? AND value != 0", (track,)))
