"""What each client has done lately, and jobs that are accepted within it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dusktape.radio.state import Job, State
from dusktape.server.limits import Limits, Rate, TooMuchError, is_local

_ACTIVE = ("queued", "running")
_ALL = 2_000
"""Jobs that may wait in all."""

_PRIORITY = 10
"""What somebody waits for goes before what fills a station's reserve, as long as that is not low."""

_SHORT = 12
"""What takes a moment, and a song may need: a file that was sent is looked into before songs are made."""

_USUAL_MINUTES = 3.0
"""Of a song whose length is its recipe's, or its parent's."""


class Shares:
    """Counts what clients do, and refuses what is too much.

    Parameters
    ----------
    limits
        How much that is.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.jobs = Rate(limits.jobs_a_minute, "jobs")
        self.skips = Rate(limits.skips_a_minute, "skips")
        self.orders = Rate(limits.orders_a_minute, "changes")
        self.uploads = Rate(limits.uploads_a_minute, "uploads")

    def submit(
        self, state: State, client: str, kind: str, specs: Sequence[Mapping[str, Any]], *, group: str = ""
    ) -> list[Job]:
        """Accept jobs of one kind.

        Raises
        ------
        TooMuchError
            If the client has handed in, or has waiting, as many as it may; none is accepted then.
        """
        self.room(state, client, len(specs), minutes=_minutes_of(kind, specs))
        self.jobs.take(client, len(specs))
        return self.accept(state, client, kind, specs, group=group)

    def accept(
        self, state: State, client: str, kind: str, specs: Sequence[Mapping[str, Any]], *, group: str = ""
    ) -> list[Job]:
        """Accept jobs of one kind, however many were handed in lately.

        Raises
        ------
        TooMuchError
            If the client has as many waiting as it may; none is accepted then.
        """
        self.room(state, client, len(specs), minutes=_minutes_of(kind, specs))
        priority = _SHORT if kind == "upload" else _PRIORITY
        return [state.submit(kind, spec, priority=priority, client=client, group=group) for spec in specs]

    def room(self, state: State, client: str, count: int = 1, *, minutes: float = 0.0) -> None:
        """Refuse more jobs, or more music, than may wait.

        Raises
        ------
        TooMuchError
            If there are as many.
        """
        times = 5 if is_local(client) else 1
        most, longest = self._limits.jobs_each * times, self._limits.minutes_each * times
        waiting = state.jobs(states=_ACTIVE, client=client, limit=most + 1)
        if len(waiting) + count > most:
            raise TooMuchError(f"{most} jobs of yours may wait; cancel one, or wait until one is done")
        if minutes + sum(_minutes(job.kind, job.spec) for job in waiting) > longest:
            raise TooMuchError(f"{longest} minutes of music of yours may wait; cancel some, or wait until some is made")
        if len(state.jobs(states=_ACTIVE, limit=_ALL)) + count > _ALL:
            raise TooMuchError(f"{_ALL} jobs wait already; come back later")


def _minutes_of(kind: str, specs: Sequence[Mapping[str, Any]]) -> float:
    return sum(_minutes(kind, spec) for spec in specs)


def _minutes(kind: str, spec: Mapping[str, Any]) -> float:
    """Return about how much music a job makes."""
    if kind == "upload":
        return 0.0
    told = spec.get("minutes")
    return float(told) if isinstance(told, (int, float)) else _USUAL_MINUTES
