"""A job in the hands of a worker: what it asks for, where there is room, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.radio.nouns import Job, Made
from dusktape.radio.state import State


class CalledOff(Exception):
    """The job was cancelled, or is not ours any more. Nothing is to be said about it."""


def _quiet(stage: str, share: float) -> None:
    pass


@dataclass
class Task:
    """A job that is being done.

    Parameters
    ----------
    state
        Where its tracks and files come from and go.
    job
        As leased.
    owner
        Who leased it.
    folder
        An empty folder on the library's disk, for everything unfinished; taken away afterwards.
    progress
        To be called often with a stage and how much of it is done, 0 to 1. Whoever does not is taken for hung. Raises
        `CalledOff` when there is no more need.
    ended
        Whether one of the ways to end it was taken.
    """

    state: State
    job: Job
    owner: str
    folder: Path
    progress: Callable[[str, float], None] = _quiet
    ended: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """What is asked for."""
        return self.job.spec

    def track(self, name: Any) -> Made:
        """Return a track that the job names.

        Raises
        ------
        InputError
            If there is none.
        """
        found = self.state.track(name) if isinstance(name, str) else None
        if found is None:
            raise InputError(f"there is no track {str(name)[:40]!r} in the library; choose another, or make it again")
        return found

    def file(self, track: Made, name: str) -> Path:
        """Return where a file of a track is.

        Raises
        ------
        InputError
            If the track has none of that name.
        """
        if name not in track.files:
            raise InputError(f"track {track.id} has no {name}; it has {', '.join(track.files)}")
        return self.state.blob(track.files[name])

    def put(self, files: Mapping[str, Path]) -> dict[str, str]:
        """Move files into the library and return their names there."""
        return {name: self.state.put(file) for name, file in files.items()}

    def finish(
        self,
        *,
        made: Made | None = None,
        result: Mapping[str, Any] | None = None,
        attach: tuple[str, Mapping[str, str]] | None = None,
    ) -> None:
        """End the job well, as `State.finish`.

        Raises
        ------
        CalledOff
            If it is not ours any more; nothing was written down, then.
        """
        if not self.state.finish(self.job.id, self.owner, made=made, result=result, attach=attach):
            raise CalledOff
        self.ended = True
