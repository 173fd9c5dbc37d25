"""The queue: what shall be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import Discriminator, Tag

from dusktape.core.errors import InputError
from dusktape.radio.nouns import is_upload
from dusktape.radio.state import State, new_id
from dusktape.server import shown
from dusktape.server.api import schema
from dusktape.server.api.finding import NotFoundError, admitted, check_station, client_of, the_job, the_track
from dusktape.server.api.wanted import checked, checked_lofi
from dusktape.server.shares import Shares
from dusktape.server.uploads import Upload, Uploads, harmless

if TYPE_CHECKING:
    from dusktape.server.app import Radio

KINDS = ("track", "lofi")
"""Of jobs that can be ordered here; the others have addresses of their own."""


def _kind(order: Any) -> str:
    told = order.get("kind", KINDS[0]) if isinstance(order, dict) else getattr(order, "kind", KINDS[0])
    return told if isinstance(told, str) else ""


_NO_KIND = f"kind is {' or '.join(KINDS)}; give one of these"

Order = Annotated[
    Annotated[schema.TrackOrder, Tag("track")] | Annotated[schema.LofiOrder, Tag("lofi")],
    Discriminator(
        _kind, custom_error_type="kind", custom_error_message=f"kind is {' or '.join(KINDS)}; give one of these"
    ),
    Body(),
]


def router(radio: Radio, shares: Shares) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["jobs"])
    state = radio.state

    @routes.post("/jobs", response_model=list[schema.Job], status_code=202)
    def submit(order: Order, request: Request) -> Any:
        """Have tracks made, or a file that was sent made lo-fi; several variants have different seeds and a group."""
        if order.spec.station is not None:
            check_station(order.spec.station, radio.stations)
        if isinstance(order, schema.LofiOrder):
            spec = lofi_spec(*_looked_into(state, radio.uploads, order.spec.upload), order.spec)
        else:
            spec = track_spec(state, radio.uploads, order.spec)
        specs = varied(spec, order.variants)
        group = new_id() if order.variants > 1 else ""
        made = shares.submit(state, client_of(request), order.kind, specs, group=group)
        return [shown.job(job) for job in made]

    @routes.get("/jobs", response_model=list[schema.Job])
    def jobs(
        request: Request,
        job_state: Annotated[
            list[Literal["queued", "running", "done", "failed", "cancelled"]] | None, Query(alias="state")
        ] = None,
        group: schema.Id | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> Any:
        """List jobs, newest first. What files are called is told only to who has the token, where there is one."""
        named = admitted(radio, request)
        return [shown.job(job, named=named) for job in state.jobs(states=job_state, group=group, limit=limit)]

    @routes.get("/jobs/{job}", response_model=schema.Job)
    def one(job: str, request: Request) -> Any:
        """Return a job."""
        return shown.job(the_job(state, job), named=admitted(radio, request))

    @routes.delete("/jobs/{job}", response_model=schema.Job)
    def cancel(job: str, request: Request) -> Any:
        """Call a job off. One that has ended stays as it is."""
        shares.orders.take(client_of(request))
        state.cancel(the_job(state, job).id)
        return shown.job(the_job(state, job))

    return routes


def varied(spec: dict[str, Any], variants: int) -> Sequence[dict[str, Any]]:
    """Return a spec as often as asked, the seeds one after the other where one is named."""
    return [spec if "seed" not in spec else {**spec, "seed": spec["seed"] + k} for k in range(variants)]


def lofi_spec(found: Upload, facts: Mapping[str, Any], told: schema.LofiSpec) -> dict[str, Any]:
    """Return what a worker is told of a file to make lo-fi.

    Parameters
    ----------
    found
        The file.
    facts
        What `radio.sent` found out about it, as far as it has.
    told
        What to do to it.

    Raises
    ------
    DusktapeError
        If it is not what it should be, or cannot be treated so.
    """
    name = harmless(told.name) if told.name else found.name
    if found.kind == "soundfont":
        raise InputError(f"{name!r} is a SoundFont; a recording or a MIDI file is wanted there")
    checked_lofi(told, found.kind)
    spec = {**told.model_dump(mode="json", exclude_none=True), "name": name}
    minutes = _minutes(found, facts, told)
    return spec if minutes is None else {**spec, "minutes": minutes}


def _looked_into(state: State, uploads: Uploads, mark: str) -> tuple[Upload, Mapping[str, Any]]:
    found = uploads.find(mark)
    if found is None:
        raise NotFoundError("there is no such upload")
    return found, _facts(state, uploads, found)


def _facts(state: State, uploads: Uploads, found: Upload) -> Mapping[str, Any]:
    """Return what was found out about an upload that is used now; refuse one that could not be read."""
    uploads.use(found)
    job = state.job(found.job) if found.job else None
    if job is not None and job.state == "failed":
        raise InputError(job.error or f"{found.name!r} cannot be read; send another copy")
    return job.result if job is not None and job.result else {}


def _minutes(found: Upload, facts: Mapping[str, Any], told: schema.LofiSpec) -> float | None:
    """Return about how long the result is; None where nobody has looked into the file yet."""
    from dusktape.studio.lofi import USUAL_SPEED

    speed = told.speed or USUAL_SPEED
    if found.kind == "audio" and "seconds" in facts:
        return round(float(facts["seconds"]) / 60.0 / speed, 2)
    if found.kind == "midi" and facts.get("bpm"):
        return round(4.0 * float(facts["bars"]) / (told.bpm or float(facts["bpm"]) * speed), 2)
    return None


def track_spec(state: State, uploads: Uploads, told: schema.TrackSpec) -> dict[str, Any]:
    """Return what a worker is told of a track to make.

    Raises
    ------
    DusktapeError
        If something that is named is not there, or it cannot be made.
    """
    _check_sent(state, uploads, told)
    if told.asked is not None and told.asked.origin is not None:
        the_track(state, told.asked.origin)
    if told.asked is not None and told.asked.like is not None:
        _check_two(state, told.asked.like)
    checked(state, told)
    return told.model_dump(mode="json", exclude_none=True)


def _check_two(state: State, tracks: Sequence[str]) -> None:
    gone = [repr(track[:40]) for track in tracks if state.track(track[:64]) is None]
    if gone:
        raise NotFoundError(f"--like: there is no track {' and no '.join(gone)}; name two that the library lists")


def _check_sent(state: State, uploads: Uploads, spec: schema.TrackSpec) -> None:
    """Refuse uploads that are not there, of another kind, or that could not be read."""
    midi = [(mark, "midi") for mark in (spec.asked.onward, spec.asked.under) if mark is not None] if spec.asked else []
    for mark, kind in (*midi, *((name, "audio") for name in spec.effects or () if is_upload(name))):
        found = uploads.find(mark)
        if found is None:
            raise NotFoundError("there is no such upload")
        if found.kind != kind:
            raise InputError(f"{found.name!r} is a {found.kind} file; a {kind} file is wanted there")
        _facts(state, uploads, found)
