"""The page of `dusktape listen`: pairs of sounds without names, one question, two ratings."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

from dusktape.core.version import __version__
from dusktape.evaluate.listening import summary
from dusktape.server import mistakes
from dusktape.server.blind import Comparison

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; connect-src 'self'; img-src data:"
_KINDS = {"listen.js": "text/javascript", "listen.css": "text/css"}


class Judgement(BaseModel):
    """What a listener says of one pair."""

    trial: int = Field(ge=0)
    listener: str = Field(min_length=1, max_length=60)
    preferred: Literal["first", "second", "neither"]
    ratings: tuple[int, int]


def app(comparison: Comparison, excerpts: Path) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    comparison
        What is asked.
    excerpts
        Folder that `comparison.prepare` filled.
    """
    page = files("dusktape.server") / "listen"
    web = FastAPI(title="Dusktape listening test", version=__version__, docs_url=None, redoc_url=None)

    @web.middleware("http")
    async def guarded(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = _POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response

    @web.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": mistakes.line(error.errors())}, 422)

    @web.get("/", response_class=HTMLResponse)
    def index() -> str:
        return (page / "listen.html").read_text(encoding="utf-8")

    @web.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _KINDS:
            raise HTTPException(404)
        return Response((page / name).read_bytes(), media_type=_KINDS[name])

    @web.get("/api/v1/trials")
    def trials(listener: str) -> dict[str, Any]:
        """Return the trials that this listener has not answered; nothing tells which side a sound comes from."""
        waiting = comparison.open_trials(listener)
        return {
            "all": len(comparison.trials),
            "open": [
                {"trial": t.number, "sounds": [f"/api/v1/sounds/{t.number}/{k}" for k in (0, 1)]} for t in waiting
            ],
        }

    @web.get("/api/v1/sounds/{trial}/{place}")
    def sound(trial: int, place: int) -> FileResponse:
        if not 0 <= trial < len(comparison.trials) or place not in (0, 1):
            raise HTTPException(404)
        return FileResponse(excerpts / f"{trial}-{place}.wav", media_type="audio/wav")

    @web.post("/api/v1/answers", status_code=201)
    def answer(said: Judgement) -> dict[str, int]:
        if said.trial >= len(comparison.trials) or not all(1 <= r <= 5 for r in said.ratings):
            raise HTTPException(422, "there is no such trial, or a rating is not 1 to 5")
        comparison.take(said.trial, said.listener, said.preferred, said.ratings)
        return {"answers": len(comparison.answers)}

    @web.get("/api/v1/results")
    def results(listener: str) -> dict[str, Any]:
        """Return what all answers amount to, once this listener has answered everything."""
        if comparison.open_trials(listener):
            raise HTTPException(403, "the answers are shown when all pairs are judged")
        return {"a": comparison.a.name, "b": comparison.b.name, **summary(comparison.answers)}

    return web
