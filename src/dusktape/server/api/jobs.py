"""The queue: what shall be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from dusktape.core.errors import InputError
from dusktape.radio.state import new_id
from dusktape.server import shown
from dusktape.server.api import schema
from dusktape.server.api.finding import NotFoundError, client_of, the_job, the_track
from dusktape.server.api.wanted import checked
from dusktape.server.shares import Shares
from dusktape.server.uploads import Uploads, is_upload

if TYPE_CHECKING:
    from dusktape.server.app import Radio


def router(radio: Radio, shares: Shares) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["jobs"])
    state = radio.state

    @routes.post("/jobs", response_model=list[schema.Job], status_code=202)
    def submit(order: schema.JobOrder, request: Request) -> Any:
        """Have tracks made; several variants differ in their seeds and share a group."""
        spec = order.spec
        if spec.station is not None and spec.station not in radio.stations:
            raise NotFoundError(f"there is no such station; there is {', '.join(radio.stations)}")
        _check_sent(radio.uploads, spec)
        for track in (spec.asked.origin, *(spec.asked.like or ())) if spec.asked else ():
            if track is not None:
                the_track(state, track)
        checked(spec)
        told = spec.model_dump(mode="json", exclude_none=True)
        specs = [told if spec.seed is None else {**told, "seed": spec.seed + k} for k in range(order.variants)]
        group = new_id() if order.variants > 1 else ""
        made = shares.submit(state, client_of(request), order.kind, specs, group=group)
        return [shown.job(job) for job in made]

    @routes.get("/jobs", response_model=list[schema.Job])
    def jobs(
        job_state: Annotated[
            list[Literal["queued", "running", "done", "failed", "cancelled"]] | None, Query(alias="state")
        ] = None,
        group: schema.Id | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> Any:
        """List jobs, newest first."""
        return [shown.job(job) for job in state.jobs(states=job_state, group=group, limit=limit)]

    @routes.get("/jobs/{job}", response_model=schema.Job)
    def one(job: str) -> Any:
        """Return a job."""
        return shown.job(the_job(state, job))

    @routes.delete("/jobs/{job}", response_model=schema.Job)
    def cancel(job: str, request: Request) -> Any:
        """Call a job off. One that has ended stays as it is."""
        shares.orders.take(client_of(request))
        state.cancel(the_job(state, job).id)
        return shown.job(the_job(state, job))

    return routes


def _check_sent(uploads: Uploads, spec: schema.TrackSpec) -> None:
    """Refuse uploads that are not there, or of another kind."""
    midi = [(mark, "midi") for mark in (spec.asked.onward, spec.asked.under) if mark is not None] if spec.asked else []
    for mark, kind in (*midi, *((name, "audio") for name in spec.effects or () if is_upload(name))):
        found = uploads.find(mark)
        if found is None:
            raise NotFoundError("there is no such upload")
        if found.kind != kind:
            raise InputError(f"{found.name!r} is a {found.kind} file; a {kind} file is wanted there")
