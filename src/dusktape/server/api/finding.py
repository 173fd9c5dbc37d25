"""Finding what a request names, or saying that it is not there."""

from __future__ import annotations

from fastapi import Request

from dusktape.core.errors import InputError
from dusktape.radio.state import Job, Made, State


class NotFoundError(InputError):
    """Something that is not there; answered with 404."""


def client_of(request: Request) -> str:
    """Return the address of who asks."""
    return request.client.host if request.client else ""


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
