"""The playout of one station: `python -m dusktape.radio.playout --state DIR --station NAME`.

It makes the sound 12 s before it is heard and writes it into rings. It may be killed at any moment: the programme is
written down before it sounds, and the rings say how far it came, so the next process goes on at the very next frame.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError, InputError
from dusktape.radio import segments
from dusktape.radio.backstage import Backstage
from dusktape.radio.choosing import Chooser
from dusktape.radio.clock import LEAD, Clock, Now
from dusktape.radio.director import Director, is_bed, open_source
from dusktape.radio.encode import LATE, PCM_SLOT, Mp3, Output, Samples, newest, past, rounded
from dusktape.radio.lifeline import Held, ToldToEnd, end_with_parent
from dusktape.radio.logs import Log
from dusktape.radio.nouns import Entry
from dusktape.radio.programme import BrokenEntry, Programme, Source
from dusktape.radio.state import State

STEP = SAMPLE_RATE
"""Frames made at a time."""

BED_LEAD = 5 * SAMPLE_RATE
"""While music is being composed, the sound is made no further ahead than this, or one would wait for the music."""

_POLL_S = 0.1
_SPARE = 3 * SAMPLE_RATE
_TURNS_AT_MOST = 64
_STATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

Say = Callable[..., None]


class Playout:
    """Keeps one station's rings full.

    Parameters
    ----------
    state, station
        Whose.
    now
        Returns the time, in seconds since 1970.
    say
        Told what happens.
    hls
        Whether segments are made; False where PyAV is missing.
    """

    def __init__(self, state: State, station: str, *, now: Callable[[], float], say: Say, hls: bool = True) -> None:
        self._state, self._name, self._now, self._say = state, station, now, say
        self.folder = state.folder / "run" / station
        self.folder.mkdir(parents=True, exist_ok=True)
        chooser = Chooser(state, station)
        self.backstage = Backstage(state, chooser, say)
        self.programme = Programme(open_source(state))
        self._samples = Samples(self.folder / "pcm.ring")
        self.head = self._stopped_at()
        for entry in _around(state, station, self.head):
            self.programme.put(entry)
        self.director = Director(state, chooser, self.programme, self.backstage, say)
        self._version = -1
        before = Clock.of(self.director.settings.get("clock"))
        self._clock = self._wound(before)
        if self.head and self._clock != before:
            self.director.resume(self.head)
        self._outputs: list[Output] = [self._samples, Mp3(self.folder / "mp3.ring", self.head)]
        self._hls, self._began = hls, self.head
        if self.head:
            self._open_segments()

    def _stopped_at(self) -> int:
        """Return the frame after the last one that was written.

        Where its ring is lost, the others tell it, or else the programme and the clock: frames never go back.
        """
        if self._samples.ring.last is not None:
            return self._samples.needs
        head = max(newest(self.folder / "mp3.ring"), newest(self.folder / "hls.ring"))
        entries = self._state.entries(self._name, limit=4)
        if entries and not head:
            clock = Clock.of(self._state.station(self._name).settings.get("clock"))
            due = clock.due(self._now()) if clock else 0
            head = max(max(e.start for e in entries), min(due, max(e.end for e in entries)))
        head = -(-head // PCM_SLOT) * PCM_SLOT
        self._samples.go_to(head)
        return head

    def _wound(self, clock: Clock | None) -> Clock:
        """Return the clock that goes on from the head; a new one is written down."""
        now = self._now()
        wound = (clock or Clock(self.head, now)).going_on(self.head, now) if self.head else Clock(0, now)
        if wound != clock:
            self.director.settings = dict(self._state.settle(self._name, clock=wound.table()).settings)
        return wound

    def _open_segments(self) -> None:
        if self._hls and segments.available():
            self._hls = False
            self._catch_up(segments.Segments(self.folder / "hls.ring", self._began))

    def _catch_up(self, late: Output) -> None:
        self._outputs.append(late)
        self._again([late])

    def _again(self, late: Sequence[Output]) -> None:
        """Give outputs what they lack before the head: what was written, or else what is made once more."""
        first = min(output.needs for output in late)
        while first < self.head:
            frames = min(STEP, self.head - first)
            pcm = past(self.folder / "pcm.ring", first, frames)
            if pcm is None:
                pcm = rounded(self._rendered(first, frames))
            sound = np.ascontiguousarray(pcm.T, np.float32) / np.float32(32767.0)
            for output in late:
                output.feed(first, sound, pcm)
            first += frames

    def _rendered(self, first: int, frames: int) -> Any:
        for _ in range(_TURNS_AT_MOST):
            try:
                return self.programme.render(first, frames)
            except BrokenEntry as error:
                self._say("entry cannot be played", error=str(error), entry=error.entry.id)
                self.director.broken(error.entry, max(first, self.head))
        raise RuntimeError("nothing can be played")

    def start(self) -> None:
        """Catch up with what the rings lack, and begin."""
        late = [output for output in self._outputs if output.needs < self.head]
        if late:
            self._again(late)
        for entry in self.programme.at(self.head):
            if entry.kind == "interlude" and not is_bed(entry):
                self._compose_again(entry)

    def _compose_again(self, entry: Entry) -> None:
        """Wait for an interlude that is composed anew, while what the rings hold lasts; then do without it."""
        done: list[Source] = []

        def compose() -> None:
            try:
                source = open_source(self._state)(entry)
                source.read(max(0, self.head - entry.start), 1)
                done.append(source)
            except Exception as error:  # a recipe that is gone, too, is no reason for silence
                self._say("interlude cannot be composed again", error=str(error), entry=entry.id)

        thread = threading.Thread(target=compose, name="compose-again", daemon=True)
        thread.start()
        while thread.is_alive() and self._clock.heard(self._now()) + _SPARE < self.head:
            thread.join(_POLL_S)
        if done:
            self.programme.put(entry, done[0])
        else:
            self.director.resume(self.head)

    def due(self) -> int:
        """Return the frame up to which sound must be there."""
        playing = self.director.current(self.head)
        lead = BED_LEAD if playing is None or is_bed(playing) else LEAD
        return self._clock.heard(self._now()) + lead

    def turn(self) -> bool:
        """Take orders, and make one step of sound if it is time; return whether it was."""
        self._orders()
        if self._clock.heard(self._now()) > self.head:
            self._clock = self._wound(self._clock)
        if self.due() - self.head < STEP:
            return False
        self.director.prepare(self.head)
        sound = self._rendered(self.head, STEP)
        pcm = rounded(sound)
        for output in self._outputs:
            output.feed(self.head, sound, pcm)
        self.head += STEP
        if self.programme.forget(self.head - 2 * LATE):
            self.director.forget()
            self.backstage.tidy()
        self._open_segments()
        return True

    def _orders(self) -> None:
        skip = self.director.owed(self.head)
        version = self._state.version()
        if version != self._version:
            self._version = version
            self.director.settings = dict(self._state.station(self._name).settings)
            skip = next(reversed(self.director.take(self.head)), skip)
        if skip is not None:
            clock = Clock(self.head, self._now())
            if self.director.skip(self.head, skip, clock.table()):
                self._clock = clock
                for output in self._outputs:
                    output.mark(self.head)

    def run(self, ended: Callable[[], bool]) -> None:
        """Keep on until `ended` says so."""
        self.start()
        begun = False
        while not ended():
            busy = self.turn()
            if busy and not begun:
                begun = True
                self.backstage.start()  # after the first sound: it imports the studio
                self._say("on air", head=self.head)
            if not busy:
                time.sleep(_POLL_S)


def _around(state: State, station: str, head: int) -> list[Entry]:
    """Return the entries that may still be needed."""
    return state.entries(station, since=max(0, head - 2 * LATE) - 1, limit=1000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a station's playout until its parent ends, or it is told to."""
    parser = argparse.ArgumentParser(prog="dusktape.radio.playout", description="Plays one station into its rings.")
    parser.add_argument("--state", type=Path, required=True, help="the radio's folder")
    parser.add_argument("--station", required=True, help="which station")
    parser.add_argument("--alone", action="store_true", help="do not end when standard input closes")
    told = parser.parse_args(arguments)
    log = Log("playout", station=told.station)
    ended: list[bool] = []
    if not told.alone:
        end_with_parent()
    with ToldToEnd(lambda: ended.append(True), ("SIGTERM", "SIGINT")):
        try:
            if not _STATION.fullmatch(told.station):
                raise InputError(f"{told.station!r} is no name of a station; use letters, digits and dashes")
            state = State.open(told.state)
            folder = state.folder / "run" / told.station
            folder.mkdir(parents=True, exist_ok=True)
            with Held(folder / "playout.lock", "{who} plays this station already; end it first"):
                playout = Playout(state, told.station, now=Now(), say=log.info)
                playout.run(lambda: bool(ended))
        except DusktapeError as error:
            log.info("playout ends", error=str(error))
            return 1
        return 0


if __name__ == "__main__":
    sys.exit(main())
