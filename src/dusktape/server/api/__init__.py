"""The HTTP API, version 1. Imported by `server.app` in a thread, since FastAPI takes its time."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from dusktape.core.errors import DusktapeError, OutputError
from dusktape.core.version import __version__
from dusktape.server import mistakes
from dusktape.server.api import catalogue, jobs, stations, tracks, uploads
from dusktape.server.api.finding import NotFoundError, admitted
from dusktape.server.api.schema import Refused
from dusktape.server.headers import error_body
from dusktape.server.limits import TooMuchError

if TYPE_CHECKING:
    from dusktape.server.app import Radio
    from dusktape.server.shares import Shares

PREFIX = "/api/v1"
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refused, "description": text}
    for status, text in {
        400: "No HTTP, or no JSON.",
        401: "The token is missing.",
        403: "Not from our page.",
        404: "There is no such thing.",
        405: "Not with this method.",
        409: "Not now.",
        413: "Too large.",
        422: "A value that cannot be.",
        429: "Too much at once.",
    }.items()
}
_EVENTS = {
    "get": {
        "summary": "What changes, as server-sent events: entry, job, station, like, gone",
        "parameters": [{"name": "station", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"description": "A stream that does not end.", "content": {"text/event-stream": {}}}},
    }
}


_METRICS = {
    "get": {
        "summary": "Figures, as Prometheus reads them",
        "security": [{"token": []}, {}],
        "responses": {
            "200": {"description": "The figures.", "content": {"text/plain": {}}},
            "401": {"description": "The token is missing."},
        },
    }
}
_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token that the server was started with; one that only this machine reaches may have none.",
}
_HEADER = {
    "name": "X-Dusktape",
    "in": "header",
    "required": True,
    "description": "Shows that a change is meant: a form on a page elsewhere cannot send it.",
    "schema": {"type": "string", "enum": ["1"]},
}
_IN_OUR_WORDS = {
    "There was an error parsing the body": "the body is no JSON that we can read; mend it, or nest it less deeply",
    "Not Found": "there is no such page; /api/v1/openapi.json lists what there is",
    "Method Not Allowed": "there is no such method here; /api/v1/openapi.json lists those that there are",
}
"""What the frameworks say."""

_READING = ("get", "head", "options")


def application(radio: Radio) -> FastAPI:
    """Return the API of a radio."""
    web = FastAPI(
        title="Dusktape radio",
        version=__version__,
        description="Changes need the header X-Dusktape: 1, and a bearer token where the server has one.",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        responses=_REFUSALS,
        redirect_slashes=False,
    )
    shares = radio.shares
    for part in (
        stations.router(radio, shares),
        tracks.router(radio, shares),
        jobs.router(radio, shares),
        catalogue.router(),
        uploads.router(radio, shares),
    ):
        web.include_router(part, prefix=PREFIX)
    if find_spec("dusktape.server.api.songs"):
        songs = import_module("dusktape.server.api.songs")
        web.include_router(
            songs.router(radio.state, lambda request: admitted(radio, request)),
            dependencies=[Depends(_within(radio, shares))],
        )
    _say_errors_in_a_line(web)
    described = web.openapi()
    described["paths"] |= {f"{PREFIX}/events": _EVENTS, "/metrics": _METRICS}
    _say_what_changes_need(described)
    return web


def _say_what_changes_need(described: dict[str, Any]) -> None:
    """Add to what OpenAPI says the header and the token that the guard asks for, which FastAPI does not know of."""
    described.setdefault("components", {})["securitySchemes"] = {"token": _TOKEN}
    for path in described["paths"].values():
        for method, operation in path.items():
            if method not in _READING:
                operation["parameters"] = [*operation.get("parameters", ()), _HEADER]
                operation["security"] = [{"token": []}, {}]


def _within(radio: Radio, shares: Shares) -> Any:
    def counted(request: Request) -> None:
        """Count what changes something as a job, for routes that submit some themselves."""
        if request.method not in ("GET", "HEAD"):
            client = request.client.host if request.client else ""
            shares.room(radio.state, client)
            shares.jobs.take(client)

    return counted


def _say_errors_in_a_line(web: FastAPI) -> None:
    def line(status: int, what: str, headers: Any = None) -> JSONResponse:
        answer = JSONResponse(None, status, headers={"cache-control": "no-store", **(headers or {})})
        answer.body = error_body(what)
        answer.headers["content-length"] = str(len(answer.body))
        return answer

    @web.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        what = _IN_OUR_WORDS.get(str(error.detail), str(error.detail))
        return line(error.status_code, what, error.headers)

    @web.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        if isinstance(error.body, bytes) and error.body:  # FastAPI reads no JSON out of another type
            kind = request.headers.get("content-type", "")[:60]
            sent = f"was sent as {kind}" if kind else "has no type"
            return line(422, f"the body {sent}; send JSON with Content-Type: application/json")
        return line(422, mistakes.line(error.errors(), unnamed=jobs.KINDS))

    @web.exception_handler(DusktapeError)
    async def mistaken(request: Request, error: DusktapeError) -> JSONResponse:
        if isinstance(error, TooMuchError):
            return line(429, str(error), {"retry-after": "5"})
        if isinstance(error, NotFoundError):
            return line(404, mistakes.in_fields(str(error)))
        return line(507 if isinstance(error, OutputError) else 422, mistakes.in_fields(str(error)))
