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
"""What somebody waits for goes before what fills a station's reserve."""


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
        self.room(state, client, len(specs))
        self.jobs.take(client, len(specs))
        return [state.submit(kind, spec, priority=_PRIORITY, client=client, group=group) for spec in specs]

    def room(self, state: State, client: str, count: int = 1) -> None:
        """Refuse more jobs than may wait.

        Raises
        ------
        TooMuchError
            If there are as many.
        """
        most = self._limits.jobs_each * (5 if is_local(client) else 1)
        if len(state.jobs(states=_ACTIVE, client=client, limit=most + 1)) + count > most:
            raise TooMuchError(f"{most} jobs of yours may wait; cancel one, or wait until one is done")
        if len(state.jobs(states=_ACTIVE, limit=_ALL)) + count > _ALL:
            raise TooMuchError(f"{_ALL} jobs wait already; come back later")
