"""Who decides what a station plays when: entries are written down before they sound, orders are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.radio import bed, join, stations
from dusktape.radio.backstage import Backstage, interludes, root
from dusktape.radio.choosing import Chooser, Piece
from dusktape.radio.join import Seam
from dusktape.radio.nouns import Entry, Made, Order
from dusktape.radio.programme import File, Programme, Silence, Source
from dusktape.radio.spool import Spool
from dusktape.radio.state import State
from dusktape.radio.taste import DIALS, FITS, Dial

EARLY = 30 * SAMPLE_RATE
"""The next track is chosen so long before it begins."""

LATEST = 6 * SAMPLE_RATE
"""A track that is ready by then goes before an interlude."""

ALMOST = 2 * SAMPLE_RATE
"""So long before its seam an entry gets whatever there is."""

_AT_ONCE = Seam(0, SAMPLE_RATE // 50, 0, 0)
_BED_LEAST = 2 * SAMPLE_RATE
_BED_OUT = 3 * SAMPLE_RATE
_BED_IN = round(0.3 * SAMPLE_RATE)
_TURN_AFTER = SAMPLE_RATE // 2

Say = Callable[..., None]


class Director:
    """Decides for one station.

    Parameters
    ----------
    state, chooser, programme, backstage
        The station's.
    say
        Told what happens.
    """

    def __init__(self, state: State, chooser: Chooser, programme: Programme, backstage: Backstage, say: Say) -> None:
        self._state, self._chooser, self._programme = state, chooser, programme
        self._backstage, self._say = backstage, say
        self._name = chooser.station
        self._shapes: dict[int, Mapping[str, Any]] = {}
        self._broken: set[str] = set()
        self._turn: tuple[int, int] | None = None
        self._owed: tuple[Order, int] | None = None
        self._local = 0
        self._recipe = ""
        self.settings: dict[str, Any] = dict(state.station(self._name).settings)
        self._seed = root(state, self._name)

    def current(self, head: int) -> Entry | None:
        """Return what plays at a frame: what began last, where two do."""
        playing = self._programme.at(head)
        return playing[-1] if playing else None

    def prepare(self, head: int) -> None:
        """Decide what has to be decided before the sound from `head` on is made."""
        now = self.current(head)
        if now is None:
            self._begin(head)
        elif is_bed(now):
            self._leave_bed(now, head)
        elif self._turn is not None and self._turn[0] == now.id:
            self._turn_over(now, head, self._turn[1])
        elif not self._programme.after(head):
            self._follow(now, head)

    def _begin(self, head: int) -> None:
        piece = self._next(head, None) or self._backstage.take() or self._bed()
        self._hand_over(None, replace(_AT_ONCE, start=head), piece)

    def _leave_bed(self, now: Entry, head: int) -> None:
        if head < now.start + _BED_LEAST or self._programme.after(head):
            return
        piece = self._next(head, None) or self._backstage.take()
        if piece is None:
            self._backstage.want_interlude(but=self._recipe)
            if now.end - head > 2 * _BED_OUT:
                return
            piece = self._bed()
        self._hand_over(now, Seam(head, _BED_IN, min(now.end, head + _BED_OUT), _BED_OUT), piece)

    def _follow(self, now: Entry, head: int) -> None:
        """Choose what follows an entry, when its end comes near."""
        seam = self._ending(now, head)
        near = seam.start - head
        if near > EARLY:
            return
        piece = self._next(head, now)
        if piece is None:
            self._backstage.want_interlude(but=self._recipe)
            piece = self._backstage.take() if near <= LATEST else None
        if piece is None and near <= ALMOST:
            piece = self._bed()
        if piece is not None:
            self._hand_over(now, seam, piece)

    def _turn_over(self, now: Entry, head: int, at: int) -> None:
        """Join into something that fits the dial at a line between sections, when that comes near."""
        if at - head > ALMOST:
            return
        shape = self.shape(now)
        piece = None if at < head else self._next(head, now, must_fit=True) or self._backstage.take()
        if piece is None:
            line = join.next_line(shape, _frames(now), max(at + 1, head + _TURN_AFTER) - now.start)
            self._turn = None if line is None else (now.id, now.start + line)
            return
        self._turn = None
        planned = self._programme.after(head)
        seam = _moved(join.at(shape, _frames(now), at - now.start), now.start)
        self._hand_over(now, seam, piece, place=planned[0] if planned else None)

    def _ending(self, now: Entry, head: int) -> Seam:
        """Return how an entry gives way at its end, or at once if that has passed."""
        seam = _moved(join.ending(self.shape(now), _frames(now)), now.start)
        if seam.start >= head:
            return seam
        left = max(1, now.end - head)
        return Seam(head, min(join.SKIP, left), now.end, left)

    def shape(self, entry: Entry) -> Mapping[str, Any]:
        """Return the timeline of an entry."""
        if entry.id not in self._shapes:
            self._shapes[entry.id] = self._chooser.shape(entry.timeline)
        return self._shapes[entry.id]

    def forget(self) -> None:
        """Let go of what belongs to entries that are over."""
        self._shapes = {k: v for k, v in self._shapes.items() if k in self._programme.entries}

    def _next(self, head: int, now: Entry | None, *, must_fit: bool = False) -> Piece | None:
        before = self._track(now)
        seed = self._seed.at("next", now.id if now else 0)
        return self._chooser.next(seed, self.settings, head=head, before=before, but=self._broken, must_fit=must_fit)

    def _track(self, now: Entry | None) -> Made | None:
        return self._state.track(now.track, gone=True) if now is not None and now.track is not None else None

    def _bed(self) -> Piece:
        weather = self.settings.get("weather")
        newest = self._programme.newest()
        seed = int(self._seed.at("bed", newest.id if newest else 0).between(0, 1_000_000))
        spec = {"bed": weather if isinstance(weather, str) else "clear", "seed": seed}
        return Piece("interlude", None, spec, "Needle down", None, bed.FRAMES)

    # orders

    def take(self, head: int) -> list[Order]:
        """Take the orders, and return those to skip.

        What was sent is written into the station's queue with the order itself, so it is not lost.
        """
        with self._state.reading() as db:
            if db.execute("SELECT 1 FROM orders WHERE station = ? LIMIT 1", (self._name,)).fetchone() is None:
                return []
        with self._state.writing() as (db, version):
            orders = stations.take_orders(db, self._name)
            station = stations.read(db, "WHERE name = ?", (self._name,))[0]
            changes = _changes(station.settings, orders)
            if changes:
                stations.settle(db, version, self._name, changes)
        self.settings = {k: v for k, v in {**station.settings, **changes}.items() if v is not None}
        if any(order.kind == "steer" for order in orders):
            self._steer(head)
        if any(order.kind in ("play", "queue") for order in orders):
            self._choose_again(head)
        return [order for order in orders if order.kind == "skip"]

    def _steer(self, head: int) -> None:
        self._backstage.steered()
        self._choose_again(head)
        now = self.current(head)
        if now is None or is_bed(now) or self._fits(now):
            self._turn = None
            return
        line = join.next_line(self.shape(now), _frames(now), head + _TURN_AFTER - now.start)
        planned = self._programme.after(head)
        if line is None or (planned and planned[0].start <= now.start + line):
            self._turn = None
            return
        self._turn = (now.id, now.start + line)
        if self._next(head, now, must_fit=True) is None:
            self._backstage.want_interlude(but=self._recipe)

    def _fits(self, now: Entry) -> bool:
        shape = self.shape(now)
        made = self._track(now)
        mood = made.mood if made else str(now.spec.get("mood") or "")
        bpm = made.bpm if made else shape.get("bpm")
        return Dial.of(self.settings).away(mood, float(bpm) if isinstance(bpm, (int, float)) else 79.0) <= FITS

    def _choose_again(self, head: int) -> None:
        """Put something better in the place of what is planned and has not begun."""
        planned, now = self._programme.after(head), self.current(head)
        if not planned or (planned[0].spec.get("queued") and not self.settings.get("queue")):
            return
        piece = self._next(head, now)
        if piece is not None:
            self._hand_over(None, Seam(planned[0].start, planned[0].join, 0, 0), piece, place=planned[0])

    def owed(self, head: int) -> Order | None:
        """Return the order to skip that waits for something to skip to; it lapses with the weather it was about."""
        if self._owed is None:
            return None
        order, entry = self._owed
        now = self.current(head)
        if now is None or now.id != entry:
            self._owed = None
            return None
        return order

    def skip(self, head: int, order: Order, clock: Mapping[str, Any]) -> bool:
        """Join at the head into what comes next; False if nothing is there: the weather goes on, the skip is owed."""
        now, planned = self.current(head), self._programme.after(head)
        piece = self._as_piece(planned[0]) if planned else self._next(head, now)
        piece = piece or self._backstage.take()
        if piece is None:
            self._backstage.want_interlude(but=self._recipe)
            if now is not None and is_bed(now):
                self._owed = (order, now.id)
                return False
            piece = self._bed()
        self._owed = None
        seam = Seam(head, join.SKIP, head + join.SKIP, join.SKIP)
        told = {"by": "skip", "order": order.id}
        fading = now is not None and head >= now.end - int(now.spec.get("out", 0))
        self._turn = None
        place = planned[0] if planned else None
        old = None if fading else now
        self._hand_over(old, seam, piece, place=place, told=told, settings={"clock": dict(clock)})
        return True

    def _as_piece(self, planned: Entry) -> Piece:
        spec = {k: v for k, v in planned.spec.items() if k != "out"}
        return Piece(planned.kind, planned.track, spec, planned.title, planned.timeline, planned.end - planned.start)

    def broken(self, entry: Entry, head: int) -> None:
        """Take an entry that cannot be sounded out of the programme from `head` on."""
        if entry.track is not None:
            self._broken.add(entry.track)
        if entry.start > head:
            now = self.current(head)
            piece = self._next(head, now) or self._bed()
            self._hand_over(None, Seam(entry.start, entry.join, 0, 0), piece, place=entry)
            return
        self._write([replace(entry, end=head)], None, {})
        self._programme.put(replace(entry, end=head), Silence())
        if self.current(head) is None:
            self._begin(head)

    def resume(self, head: int) -> None:
        """Begin anew at the head where what was playing takes long to be made again, and nobody has sound left."""
        now = self.current(head)
        if now is not None and now.kind == "interlude" and not is_bed(now):
            for entry in self._programme.at(head):
                self._write([replace(entry, end=head)], None, {})
                self._programme.put(replace(entry, end=head), Silence())

    # writing it down

    def _hand_over(
        self,
        old: Entry | None,
        seam: Seam,
        piece: Piece,
        *,
        place: Entry | None = None,
        told: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down, in one step, that `old` gives way to a piece, in the place of what was planned, if anything."""
        ended = []
        if old is not None:
            ended.append(replace(old, end=seam.end, spec=old.spec | {"out": seam.out}))
        spec = {k: v for k, v in piece.spec.items() if k not in ("by", "order", "queued")}
        spec |= {**(told or {}), **({"queued": True} if piece.queued else {})}
        length = min(seam.join, piece.frames)
        start = seam.start
        new = Entry(
            self._name, piece.kind, start, start + piece.frames, length, piece.track, spec, piece.title, piece.timeline
        )
        changes = dict(settings or {})
        queue = [q for q in self.settings.get("queue") or () if q != piece.track and self._state.track(q)]
        if place is not None and place.spec.get("queued") and place.track != piece.track:
            queue.append(str(place.track))
        if queue != list(self.settings.get("queue") or ()):
            changes["queue"] = queue or None
        entry = self._write(ended, replace(new, id=place.id if place else 0), changes)
        if entry is not None:
            self._programme.put(entry, piece.source)
            self._recipe = piece.recipe or self._recipe
            if piece.kind == "track":
                self._backstage.dismiss()
            self._shapes[entry.id] = piece.shape or self._chooser.shape(piece.timeline)
            self._say("plan", entry=entry.id, kind=entry.kind, title=entry.title, start=entry.start, join=entry.join)

    def _write(self, ended: list[Entry], new: Entry | None, changes: dict[str, Any]) -> Entry | None:
        """Write entries down; where that cannot be (a full disk), play them all the same."""
        for entry in ended:
            self._programme.put(entry)
        try:
            with self._state.writing() as (db, version):
                for entry in ended:
                    stations.amend_entry(db, version, entry.id, {"end": entry.end, "spec": entry.spec})
                if new is not None:
                    new = _stored(db, version, new)
                if changes:
                    stations.settle(db, version, self._name, changes)
        except DusktapeError as error:
            self._say("could not write the programme down", error=str(error))
            self._local -= 1
            new = replace(new, id=new.id or self._local) if new is not None else None
        self.settings = {k: v for k, v in {**self.settings, **changes}.items() if v is not None}
        return new


def _stored(db: Any, version: int, new: Entry) -> Entry:
    if new.id <= 0:
        return replace(new, id=stations.insert_entry(db, version, replace(new, id=0)))
    names = ("kind", "track", "spec", "start", "end", "join", "title", "timeline")
    stations.amend_entry(db, version, new.id, {name: getattr(new, name) for name in names})
    return new


def _changes(settings: Mapping[str, Any], orders: list[Order]) -> dict[str, Any]:
    """Return what orders change in a station's settings."""
    changes: dict[str, Any] = {}
    queue = [str(q) for q in settings.get("queue") or ()]
    for order in orders:
        track = str(order.args.get("track", ""))
        if order.kind in ("play", "queue") and track:
            queue = [q for q in queue if q != track]
            queue.insert(0 if order.kind == "play" else len(queue), track)
        if order.kind == "steer":
            changes |= {name: order.args[name] for name in DIALS if name in order.args}
    if queue != list(settings.get("queue") or ()):
        changes["queue"] = queue or None
    return changes


def _frames(entry: Entry) -> int:
    """Return how much of an entry there is."""
    return entry.end - entry.start


def _moved(seam: Seam, by: int) -> Seam:
    return Seam(seam.start + by, seam.join, seam.end + by, seam.out)


def is_bed(entry: Entry) -> bool:
    """Whether an entry is the weather, in place of music."""
    return "bed" in entry.spec


def open_source(state: State) -> Callable[[Entry], Source]:
    """Return what opens an entry: a file, an interlude composed again, or the weather."""

    def opened(entry: Entry) -> Source:
        if entry.kind == "track":
            return File(state.blob(str(entry.spec["sound"])))
        if is_bed(entry):
            return bed.bed(entry.spec)
        return Spool(interludes(state, entry.station), entry.spec)

    return opened
