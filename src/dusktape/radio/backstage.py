"""What a playout has done beside the sound: tracks are asked for, and an interlude is composed when one is wanted."""

from __future__ import annotations

import json
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.seed import Seed
from dusktape.radio import naming
from dusktape.radio.choosing import Chooser, Piece, gain_db
from dusktape.radio.nouns import FAILED, QUEUED, RUNNING, Job
from dusktape.radio.reach import reach
from dusktape.radio.spool import Spool, sweep
from dusktape.radio.state import State
from dusktape.radio.taste import DIALS, FITS, draw

RESERVE_S = 900.0
"""So much unplayed music is kept ready."""

MOST_PENDING = 3
_LOW_S = 240.0
_NOW, _NEXT, _SOON = 20, 11, 5
"""Before everything; before what people ordered, whose jobs have 10; behind them."""

_LOOK_S = 5.0
_REST_S = 60.0
_INTERLUDE_MINUTES = (1.0, 1.5)
_PATIENCE_S = 120.0

Say = Callable[..., None]
"""Called with an event and what belongs to it."""


class Backstage:
    """One thread that does, in order of need, what would hold up the sound.

    Parameters
    ----------
    state, chooser
        The station's.
    say
        Told what happens.
    """

    def __init__(self, state: State, chooser: Chooser, say: Say) -> None:
        self._state, self._chooser, self._say = state, chooser, say
        self._station = chooser.station
        self._folder = interludes(state, chooser.station)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._wanted = self._ended = False
        self._untidy = True
        self._ready: Piece | None = None
        self._dial, self._but = 0, ""
        self._seen = -1
        self._looked = self._rested = 0.0
        self._thread = threading.Thread(target=self._run, name="backstage", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End when what is being done is done."""
        self._ended = True
        self._wake.set()

    def want_interlude(self, *, but: str = "") -> None:
        """Ask for an interlude, not of this recipe; `take` hands it out when it is ready."""
        self._but = but
        if not self._wanted:
            self._wanted = True
            self._wake.set()

    def take(self) -> Piece | None:
        """Return an interlude whose first second is there; None if none is.

        Its loudness is foretold; where all of it is written by now, it is known.
        """
        with self._lock:
            ready, self._ready = self._ready, None
            if ready is not None:
                self._wanted = False
        if ready is None or not isinstance(ready.source, Spool):
            return ready
        return replace(ready, spec=ready.spec | {"gain_db": round(gain_db({"report": ready.source.heard()}), 3)})

    def dismiss(self) -> None:
        """Take the wish for an interlude back."""
        with self._lock:
            self._wanted = False
            self._drop()

    def tidy(self) -> None:
        """Remove, by and by, interludes that are over."""
        self._untidy = True

    def steered(self) -> None:
        """Forget what was made for another dial: what is ready, and what is asked for and not begun."""
        with self._lock:
            self._drop()
            self._dial += 1
        self._state.settle(self._station, steered=round(time.time(), 3), beyond=None)
        for job in self._state.jobs(states=(QUEUED,), group=group(self._station)):
            self._state.cancel(job.id)
        self._seen = -1
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.wait(_LOOK_S)
            self._wake.clear()
            for task in (self._compose, self.fill, self._tidy):
                try:
                    if not self._ended:
                        task()
                except Exception as error:  # whatever is wrong with a recipe or the disk, the sound goes on
                    self._say("backstage failed", error=f"{type(error).__name__}: {error}")
                    time.sleep(1.0)
            if self._wanted and self._ready is None:
                self._wake.set()

    def fill(self) -> None:
        """Ask for tracks until enough is ready or on its way."""
        version = self._state.version()
        if version == self._seen or time.monotonic() < self._rested:
            return
        self._seen = version
        settings = self._state.station(self._station).settings
        recent = self._state.jobs(group=group(self._station), limit=20)
        if len(recent) >= 4 and all(job.state == FAILED for job in recent[:4]):
            self._say("tracks keep failing", error=recent[0].error or "")
            self._rested = time.monotonic() + _REST_S
        pending = [job for job in recent if job.state in (QUEUED, RUNNING)]
        near = reach(self._state, settings, recent)
        self._tell_beyond(settings, beyond=near > FITS)
        ready = self._chooser.reserve_s(settings, within=near)
        coming = sum(60.0 * float(job.spec.get("minutes", 2.0)) for job in pending)
        place = self._place(ready)
        if self._hurry(pending, place) and place != _NOW:
            place = _SOON
        last = str(recent[0].spec.get("recipe", "")) if recent else ""
        for _ in range(MOST_PENDING - len(pending)):
            if ready + coming >= RESERVE_S:
                break
            spec = draw(drawn(self._state, self._station), settings, self._chooser.taste(), but=last)
            spec["station"] = self._station
            self._state.submit("track", spec, priority=place, group=group(self._station))
            place = place if place == _NOW else _SOON
            coming, last = coming + 60.0 * spec["minutes"], spec["recipe"]

    def _tell_beyond(self, settings: Mapping[str, Any], *, beyond: bool) -> None:
        """Note whether the dial is out of reach of the recipes, in which case the nearest of what is made will do."""
        if beyond == bool(settings.get("beyond")):
            return
        self._state.settle(self._station, beyond=beyond or None)
        if beyond:
            dial = {name: settings[name] for name in DIALS if name in settings}
            self._say("the recipes do not reach the dial; the nearest plays", **dial)

    def _place(self, ready: float) -> int:
        """Return the priority of the next track: first where little is ready, in turn with what people ordered else."""
        if ready < _LOW_S:
            return _NOW
        running = self._state.jobs(states=(RUNNING,))
        return _NEXT if ready < RESERVE_S and any(job.group != group(self._station) for job in running) else _SOON

    def _hurry(self, pending: list[Job], place: int) -> bool:
        """Bring forward all that waits, or the next one, before people's orders; return whether anything waits."""
        waiting = [job for job in reversed(pending) if job.state == QUEUED]
        for job in waiting if place == _NOW else waiting[:1]:
            if job.priority < place:
                self._state.prioritise(job.id, place)
        return bool(waiting)

    def _drop(self) -> None:
        """Let go of what is ready; with the lock held."""
        ready, self._ready = self._ready, None
        if ready is not None:
            self._let_go(ready)

    def _let_go(self, piece: Piece) -> None:
        if piece.source is not None:
            piece.source.close()
            self._untidy = True

    def _tidy(self) -> None:
        if self._untidy:
            self._untidy = False
            sweep(self._folder)

    def _compose(self) -> None:
        if not self._wanted or self._ready is not None:
            return
        dial, settings = self._dial, self._state.station(self._station).settings
        seed = drawn(self._state, self._station)
        spec = draw(seed, settings, self._chooser.taste(), but=self._but, minutes=_INTERLUDE_MINUTES)
        piece = interlude(self._state, self._station, spec)
        with self._lock:
            if not self._wanted or dial != self._dial:
                self._let_go(piece)
                return
            self._ready = piece
        self._say("interlude ready", title=piece.title, recipe=piece.recipe)


def interlude(state: State, station: str, spec: dict[str, Any]) -> Piece:
    """Have a short song composed, and return it when its first second is there."""
    source = Spool(interludes(state, station), spec)
    try:
        source.read(0, SAMPLE_RATE, _PATIENCE_S)
        told = source.told()
        run = state.folder / "run"
        with tempfile.TemporaryDirectory(dir=run, prefix="interlude-") as folder:
            file = Path(folder) / "timeline.json"
            file.write_text(json.dumps(told["timeline"]), "utf-8")
            timeline = state.put(file)
    except BaseException:
        source.close()
        raise
    title = naming.untaken([told["title"], *told["others"]], naming.taken(state, station))
    recipe, frames, shape = str(spec["recipe"]), int(told["frames"]), told["timeline"]
    return Piece("interlude", None, spec | {"gain_db": 0.0}, title, timeline, frames, shape, source, recipe=recipe)


def interludes(state: State, station: str) -> Path:
    """Return the folder of a station's interludes."""
    return state.folder / "run" / station / "interludes"


def group(station: str) -> str:
    """Return the group of a station's jobs."""
    return f"station:{station}"


def root(state: State, station: str) -> Seed:
    """Return the seed of a station: all that its playout draws lies below it."""
    told = state.station(station).settings.get("seed")
    if not isinstance(told, int) or told < 0:
        told = secrets.randbelow(1_000_000)
        state.settle(station, seed=told)
    return Seed(told)


def drawn(state: State, station: str) -> Seed:
    """Return a seed that was not drawn from yet, and count on."""
    seed = root(state, station)
    count = state.station(station).settings.get("drawn")
    count = count if isinstance(count, int) else 0
    state.settle(station, drawn=count + 1)
    return seed.at("drawn", count)
