"""Files from listeners: sounds, MIDI and SoundFonts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from dusktape.core.errors import InputError
from dusktape.radio.nouns import Job
from dusktape.server import shown
from dusktape.server.api import schema
from dusktape.server.api.finding import NotFoundError, client_of
from dusktape.server.shares import Shares
from dusktape.server.uploads import Upload, Uploads, harmless

if TYPE_CHECKING:
    from dusktape.server.app import Radio


def router(radio: Radio, shares: Shares) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["uploads"])
    state = radio.state

    def told(upload: Upload) -> dict[str, Any]:
        return told_of(upload, state.job(upload.job) if upload.job else None)

    def look_into(upload: Upload, client: str, name: str) -> dict[str, Any]:
        if upload.known and (job := state.job(upload.job)) and job.state not in ("failed", "cancelled"):
            return told(upload)
        name = harmless(name) if name else upload.name
        spec = {"upload": upload.id, "file": upload.file, "kind": upload.kind, "name": name}
        job = shares.submit(state, client, "upload", [spec])[0]
        return told(radio.uploads.looked_into_by(upload, job.id))

    @routes.post(
        "/uploads",
        response_model=schema.Uploaded,
        status_code=202,
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
    )
    async def upload(request: Request, name: Annotated[str, Query(max_length=300)] = "") -> Any:
        """Take a file in, as the request's body. A worker then looks into it: its job says what it found.

        The same content sent again is the same upload.
        """
        client = client_of(request)
        shares.uploads.take(client)
        await run_in_threadpool(shares.room, state, client)
        await run_in_threadpool(radio.uploads.let_go, state)
        try:
            found = await radio.uploads.take(_pieces(request), name)
        except ClientDisconnect as error:
            raise InputError("the file did not come whole; send it again") from error
        return await run_in_threadpool(look_into, found, client, name)

    @routes.get("/uploads", response_model=schema.AllUploaded)
    def every() -> Any:
        """List the uploads, newest first. One that nothing is made with goes after 30 days."""
        return {"uploads": [told(upload) for upload in radio.uploads.all()], "deleted": radio.uploads.gone()}

    @routes.get("/uploads/{upload}", response_model=schema.Uploaded)
    def one(upload: str) -> Any:
        """Return an upload, and the job that looks into it."""
        return told(_the(radio.uploads, upload))

    @routes.delete("/uploads/{upload}", response_model=schema.Accepted)
    def remove(upload: str, request: Request) -> Any:
        """Take an upload away."""
        shares.orders.take(client_of(request))
        radio.uploads.remove(_the(radio.uploads, upload))
        return {"ok": True}

    return routes


def told_of(upload: Upload, job: Job | None) -> dict[str, Any]:
    """Return what is told of an upload.

    Parameters
    ----------
    upload
        It.
    job
        The one that looks into it, as far as it is remembered.
    """
    facts = (job.result if job else None) or {}
    state = "ready" if job is None or job.state == "done" else "reading"
    return {
        "id": upload.id,
        "kind": upload.kind,
        "name": upload.name,
        "bytes": upload.bytes,
        "seconds": facts.get("seconds", upload.seconds),
        "state": "failed" if job is not None and job.state in ("failed", "cancelled") else state,
        "job": shown.job(job) if job else None,
    }


def _the(uploads: Uploads, mark: str) -> Upload:
    found = uploads.find(mark)
    if found is None:
        raise NotFoundError("there is no such upload")
    return found


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        if piece:
            yield piece
