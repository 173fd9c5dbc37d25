"""Stations: what plays, where it goes, and what comes next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from dusktape.radio.taste import check_recipes
from dusktape.server import onair, skips
from dusktape.server.api import schema
from dusktape.server.api.finding import NotFoundError, check_station, client_of, the_track
from dusktape.server.shares import Shares

if TYPE_CHECKING:
    from dusktape.server.app import Radio

_Frame = Annotated[int, Query(ge=0, le=schema.FRAME)]


def router(radio: Radio, shares: Shares) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["stations"])
    state = radio.state

    def known(name: str) -> str:
        check_station(name, radio.live.feeds)
        return name

    @routes.get("/stations", response_model=list[schema.Station])
    def stations() -> Any:
        """List the stations."""
        return [radio.station(name) for name in radio.stations]

    @routes.get("/stations/{station}", response_model=schema.StationNow)
    def station(station: str, request: Request) -> Any:
        """Return a station with what it plays now, where a new listener begins, and next."""
        return onair.now(radio, known(station), client_of(request))

    @routes.get("/stations/{station}/entries", response_model=list[schema.Entry])
    def programme(
        station: str, request: Request, since: _Frame = 0, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> Any:
        """Return what ends after a frame, in its order."""
        return onair.entries(radio, known(station), since, limit, client_of(request))

    @routes.get("/stations/{station}/history", response_model=list[schema.Entry])
    def history(station: str, request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Any:
        """Return what was planned last, oldest first."""
        likes, client = state.likes(), client_of(request)
        return [onair.entry(radio, e, likes, client) for e in state.entries(known(station), limit=limit)]

    @routes.get("/stations/{station}/listeners/{listener}", response_model=schema.Frame)
    def listener(station: str, listener: str) -> Any:
        """Return the first frame that `/live.mp3?listener=ID` got: its time 0."""
        frame = radio.live.first_frame(known(station), listener)
        if frame is None:
            raise NotFoundError("nobody of this name listened here lately")
        return {"frame": frame}

    @routes.post(
        "/stations/{station}/skip",
        response_model=schema.Skipped,
        responses={202: {"model": schema.Skipped, "description": "As soon as the next piece is ready."}},
    )
    async def skip(station: str, request: Request, response: Response) -> Any:
        """Leave what plays for what comes next, now or as soon as that is ready; listen again from what is returned."""
        response.status_code, told = await skips.skip(radio, known(station), client_of(request))
        return told

    @routes.post("/stations/{station}/steer", response_model=schema.Station)
    def steer(station: str, wanted: schema.Steer, request: Request) -> Any:
        """Change mood, energy, weather or recipes from the next section on. What is not named stays as it is."""
        shares.orders.take(client_of(request))
        check_recipes(wanted.recipes or ())
        given = {name: getattr(wanted, name) for name in wanted.model_fields_set}
        state.settle(known(station), **given, **({"beyond": None} if given else {}))
        state.order(station, "steer", given)
        return radio.station(station)

    @routes.post("/stations/{station}/queue", response_model=schema.Accepted)
    def queue(station: str, wanted: schema.Queue, request: Request) -> Any:
        """Play a track of the library: next, or when its turn comes."""
        shares.orders.take(client_of(request))
        track = the_track(state, wanted.track)
        state.order(known(station), "play" if wanted.next else "queue", {"track": track.id})
        return {"ok": True}

    @routes.get("/entries/{entry}/timeline", response_model=dict[str, Any])
    def timeline(entry: Annotated[int, Path(ge=0, le=schema.FRAME)]) -> Any:
        """Return beats, bars, chords, sections and level of an entry; frames count from its track's start."""
        found = state.entry(entry)
        if found is None or found.timeline is None:
            raise NotFoundError("there is no timeline of this entry")
        return _read(radio, found.timeline)

    return routes


def _read(radio: Radio, blob: str) -> Any:
    try:
        return json.loads(radio.state.blob(blob).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError("this timeline made room for newer ones") from error
