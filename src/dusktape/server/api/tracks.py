"""The library: tracks, their files, what is thought of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, StreamingResponse

from dusktape.core.errors import InputError
from dusktape.radio.beforehand import check_stems
from dusktape.radio.state import Made
from dusktape.server import shown
from dusktape.server.api import schema
from dusktape.server.api.finding import NotFoundError, client_of, the_track
from dusktape.server.api.zipped import Entry, zipped
from dusktape.server.shares import Shares

if TYPE_CHECKING:
    from dusktape.server.app import Radio

_KINDS = {
    "flac": "audio/flac",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "png": "image/png",
    "mid": "audio/midi",
    "json": "application/json",
}
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
_NEVER = {"cache-control": "no-store"}


def router(radio: Radio, shares: Shares) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["tracks"])
    state = radio.state

    def told(made: Made, client: str) -> dict[str, Any]:
        thought = state.likes(made.id)
        return shown.track(made, likes=sum(thought.values()), liked=thought.get(client, 0))

    @routes.get("/tracks", response_model=list[schema.Track])
    def tracks(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: schema.Id | None = None,
        liked: bool | None = None,
        song: schema.Id | None = None,
        q: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Any:
        """List tracks, newest first; `before` goes on where a list ended."""
        found = state.tracks(limit=limit, before=before, liked=liked, song=song, query=q)
        return [told(made, client_of(request)) for made in found]

    @routes.get("/tracks/{track}", response_model=schema.TrackDetail)
    def track(track: str, request: Request) -> Any:
        """Return a track with what its track.json says."""
        made = the_track(state, track)
        return {**told(made, client_of(request)), "provenance": made.provenance}

    @routes.delete("/tracks/{track}", response_model=schema.Accepted)
    def remove(track: str, request: Request) -> Any:
        """Take a track and its files away."""
        shares.orders.take(client_of(request))
        state.remove_track(the_track(state, track).id)
        return {"ok": True}

    @routes.put("/tracks/{track}/like", response_model=schema.Liked)
    def like(track: str, said: schema.Like, request: Request) -> Any:
        """Say what you think of a track; it changes what is composed next."""
        client = client_of(request)
        shares.orders.take(client)
        made = the_track(state, track)
        state.like(made.id, said.value, client)
        return {"track": made.id, "value": said.value, "likes": sum(state.likes(made.id).values())}

    @routes.put("/tracks/{track}/keep", response_model=schema.Accepted)
    def keep(track: str, said: schema.Keep, request: Request) -> Any:
        """Say whether a track stays however full the library is."""
        shares.orders.take(client_of(request))
        state.keep(the_track(state, track).id, kept=said.kept)
        return {"ok": True}

    @routes.get("/tracks/{track}/files/{name:path}", response_class=FileResponse)
    def file(track: str, name: str, download: bool = False) -> FileResponse:
        """Return a file of a track, or a range of it."""
        made = the_track(state, track)
        blob = made.files.get(name)
        if blob is None:
            raise NotFoundError(f"the track has no such file; it has {', '.join(sorted(made.files))}")
        headers = dict(_FOR_EVER if blob.endswith((".flac", ".png", ".mid")) else {"cache-control": "no-cache"})
        if download:
            headers["content-disposition"] = _attachment(_file_name(made, name))
        path = state.blob(blob)
        if not path.is_file():
            raise NotFoundError("this file made room for newer ones")
        kind = _KINDS.get(name.rpartition(".")[2], "application/octet-stream")
        return FileResponse(path, media_type=kind, headers=headers)

    @routes.post("/tracks/{track}/stems", response_model=schema.Job, status_code=202)
    def stems(track: str, request: Request) -> Any:
        """Have a track's parts rendered, each for itself."""
        made = the_track(state, track)
        check_stems(state, made)
        active = state.jobs(states=("queued", "running"))
        waiting = next((j for j in active if j.kind == "stems" and j.spec.get("track") == made.id), None)
        if waiting is None:
            spec = {"track": made.id}
            waiting = shares.submit(state, client_of(request), "stems", [spec], group=made.song)[0]
        return shown.job(waiting)

    @routes.get("/tracks/{track}/bundle.zip", response_class=StreamingResponse)
    def bundle(track: str) -> StreamingResponse:
        """Return all files of a track in one: master, cover, score, track.json, and stems once they are made."""
        made = the_track(state, track)
        folder = _stem(made)
        entries = [Entry(f"{folder}/{name}", state.blob(blob)) for name, blob in made.files.items()]
        if not all(entry.path.is_file() for entry in entries):
            raise NotFoundError("files of this track made room for newer ones")
        headers = {**_NEVER, "content-disposition": _attachment(f"{folder}.zip")}
        return StreamingResponse(_sent(entries, made.made_at), media_type="application/zip", headers=headers)

    return routes


def _sent(entries: list[Entry], at: float) -> Iterator[bytes]:
    try:
        yield from zipped(entries, at=at)
    except OSError as error:
        raise InputError(f"a file of the track is gone: {error.strerror}; load the list again") from error


def _stem(made: Made) -> str:
    clean = "".join(c if c.isprintable() and c not in '<>:"/\\|?*' else " " for c in made.title)
    return " ".join(clean.split()).strip(". ")[:80] or made.id


def _file_name(made: Made, name: str) -> str:
    kind, _, suffix = name.rpartition(".")
    last = kind.rpartition("/")[2]
    return f"{_stem(made)}.{suffix}" if last == "master" else f"{_stem(made)} - {last}.{suffix}"


def _attachment(name: str) -> str:
    """Return a Content-Disposition with any letters in the name (RFC 6266)."""
    plain = "".join(c if c.isascii() and c not in '"\\;' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
