"""Finding what a request names, or saying that it is not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi import Request

from dusktape.core.errors import InputError
from dusktape.radio.state import Job, Made, State
from dusktape.server import mistakes

if TYPE_CHECKING:
    from dusktape.server.app import Radio


class NotFoundError(InputError):
    """Something that is not there; answered with 404."""


def client_of(request: Request) -> str:
    """Return the address of who asks."""
    return request.client.host if request.client else ""


def admitted(radio: Radio, request: Request) -> bool:
    """Return whether who asks may change things here, and so know what its owner's files are called."""
    return radio.door.admits(request.headers.get("authorization", "").encode("latin-1"))


def the_track(state: State, name: str) -> Made:
    """Return a track.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    made = state.track(name[:64])
    if made is None:
        raise NotFoundError("there is no such track; it may have made room for newer ones")
    return made


def check_station(name: str, known: Iterable[str]) -> None:
    """Refuse a station that is not there.

    Raises
    ------
    NotFoundError
        Naming the one that is like it, or all of them.
    """
    known = tuple(known)
    if name not in known:
        raise NotFoundError(mistakes.no_station(name, known))


def the_job(state: State, name: str) -> Job:
    """Return a job.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    job = state.job(name[:64])
    if job is None:
        raise NotFoundError("there is no such job")
    return job
