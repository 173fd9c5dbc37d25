"""Files from listeners: sounds, MIDI and SoundFonts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from dusktape.core.errors import InputError
from dusktape.server import shown
from dusktape.server.api import schema
from dusktape.server.api.finding import NotFoundError, client_of
from dusktape.server.shares import Shares
from dusktape.server.uploads import Upload, Uploads

if TYPE_CHECKING:
    from dusktape.server.app import Radio


def router(radio: Radio, shares: Shares) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["uploads"])
    state = radio.state

    def told(upload: Upload) -> dict[str, Any]:
        facts = {key: value for key, value in asdict(upload).items() if key not in ("suffix", "job")}
        job = state.job(upload.job) if upload.job else None
        return {**facts, "job": shown.job(job) if job else None}

    def look_into(upload: Upload, client: str) -> dict[str, Any]:
        spec = {"upload": upload.id, "file": upload.file, "kind": upload.kind, "name": upload.name}
        job = shares.submit(state, client, "upload", [spec])[0]
        return told(radio.uploads.looked_into_by(upload, job.id))

    @routes.post(
        "/uploads",
        response_model=schema.Uploaded,
        status_code=202,
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}, "required": True}},
    )
    async def upload(request: Request, name: Annotated[str, Query(max_length=300)] = "") -> Any:
        """Take a file in, as the request's body. A worker then looks into it: its job says what it found."""
        client = client_of(request)
        shares.uploads.take(client)
        await run_in_threadpool(shares.room, state, client)
        try:
            found = await radio.uploads.take(_pieces(request), name)
        except ClientDisconnect as error:
            raise InputError("the file did not come whole; send it again") from error
        return await run_in_threadpool(look_into, found, client)

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


def _the(uploads: Uploads, mark: str) -> Upload:
    found = uploads.find(mark)
    if found is None:
        raise NotFoundError("there is no such upload")
    return found


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        if piece:
            yield piece
