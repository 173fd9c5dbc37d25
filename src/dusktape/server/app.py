"""The server of a radio: live sound, pages and events at once, the API as soon as it has loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError, OutputError, PluginError
from dusktape.radio.state import State, Station
from dusktape.server import onair, shown, skips
from dusktape.server.asgi import App, Receive, Scope, Send, client_of
from dusktape.server.delivery import Live
from dusktape.server.events import News
from dusktape.server.guard import Door, Guard
from dusktape.server.headers import answer, refuse, say
from dusktape.server.hls import Hls
from dusktape.server.limits import Held, Limits, TooMuchError
from dusktape.server.logs import Journal
from dusktape.server.metrics import Figures, exposition
from dusktape.server.pages import PERMALINK, Pages
from dusktape.server.shares import Shares
from dusktape.server.uploads import Uploads

EVENTS = "/api/v1/events"
_SOUND_FIRST_S = 3.0
"""The API is loaded after so long, or when somebody listens or asks for it: who waits for sound goes first."""

_KEPT_OUT = (401, 403, 408, 413, 421, 429)
_METRICS = b"text/plain; version=0.0.4; charset=utf-8"


class Radio:
    """Everything that one server process holds.

    Parameters
    ----------
    state
        What the processes share.
    stations
        Names; the first is the one that plays when none is named.
    door, limits
        Who may come in, and with how much.
    """

    def __init__(self, state: State, stations: Sequence[str], *, door: Door, limits: Limits) -> None:
        self.state = state
        self.stations = tuple(stations)
        self.door = door
        self.limits = limits
        self.shares = Shares(limits)
        self.uploads = Uploads(state.folder / "uploads", limits.upload_bytes)
        self.journal = Journal(state.folder / "logs" / "server.jsonl")
        run = state.folder / "run"
        self._epochs = {name: _epoch(state.station(name)) for name in stations}
        streams = Held(limits.streams_each, limits.streams, "streams of events")
        self.live = Live(run, stations, Held(limits.listeners_each, limits.listeners, "listeners"), title=self._title)
        self.hls = Hls(run, stations, epoch=lambda name: self._epochs[name])
        self.news = News(state, self.live, streams, self.station, named=not door.token)
        self.figures = Figures(self.live, self.hls, streams)

    def _title(self, station: str, frame: int) -> str:
        return self.news.title(station, frame)

    def station(self, name: str) -> dict[str, Any]:
        """Return a station as the API shows it."""
        found = self.state.station(name)
        self._epochs[name] = _epoch(found)
        return shown.station(
            name,
            epoch=self._epochs[name],
            head=self.live.feeds[name].head,
            settings=found.settings,
            listeners=self.live.listening[name],
            encodings=("mp3", "hls") if self.hls.has(name) else ("mp3",),
        )

    def seen(self, scope: Scope, status: int) -> None:
        """Count a request; write down those that change something, and those that were kept out."""
        self.figures.count(status)
        if scope["method"] not in ("GET", "HEAD", "OPTIONS") or status in _KEPT_OUT:
            told = {"method": scope["method"][:20], "path": scope["path"][:200], "status": status}
            self.journal.note("request", **told, client=client_of(scope))

    async def watch(self) -> None:
        """Do, for ever, what is done without being asked."""
        jobs = {"live": self.live.watch, "hls": self.hls.watch, "news": self.news.watch}
        await asyncio.gather(*(self._again(name, job) for name, job in jobs.items()))

    async def _again(self, name: str, job: Any) -> None:
        while True:
            try:
                await job()
            except Exception as error:  # sound goes on, whatever broke beside it
                self.journal.broken(f"({name})", error)
                await asyncio.sleep(1.0)


def _epoch(station: Station) -> float:
    """Return when frame 0 was heard, by the station's clock as it stands: skips move it ahead of the wall's."""
    clock: Any = station.settings.get("clock")
    try:
        return float(clock["time"]) - float(clock["frame"]) / SAMPLE_RATE
    except (TypeError, KeyError, ValueError):
        return station.epoch


class Front:
    """Answers from memory what must be quick, and hands the rest to FastAPI, which is loaded meanwhile.

    Parameters
    ----------
    radio
        What is served.
    web
        Folder of the pages.
    """

    def __init__(self, radio: Radio, web: Path | None = None) -> None:
        self._radio = radio
        self._pages = Pages(web) if web else Pages()
        self._api: asyncio.Future[App] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            await self._live_through(receive, send)
            return
        try:
            await self._route(scope, receive, send)
        except TooMuchError as error:
            await refuse(send, 429, str(error), (b"retry-after", b"5"))

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith("/hls/"):
            await self._radio.hls(scope, receive, send)
        elif path == "/live.mp3" or path.startswith("/live/"):
            await self._radio.live(scope, receive, send)
        elif path == EVENTS:
            await self._radio.news(scope, receive, send)
        elif path.startswith("/api/"):
            if not self._loaded and await self._early(scope, send):
                return
            await (await self.api())(scope, receive, send)
        elif path in ("/healthz", "/metrics"):
            await self._tell(scope, send)
        elif (found := PERMALINK.match(path)) and not self._is_there(found[1]):
            await self._pages.lost(scope, send)
        else:
            await self._pages(scope, receive, send)

    def _is_there(self, track: str) -> bool:
        """Return whether a track is in the library; if that cannot be said now, its page will."""
        try:
            return self._radio.state.track(track) is not None
        except DusktapeError:
            return True

    async def _tell(self, scope: Scope, send: Send) -> None:
        head = scope["method"] == "HEAD"
        if scope["method"] not in ("GET", "HEAD"):
            await refuse(send, 405, "this is read with GET", (b"allow", b"GET, HEAD"))
        elif scope["path"] == "/healthz":
            well, told = self._radio.figures.health()
            if not well:
                told["error"] = {"what": "a station is silent"}
            await say(send, told, head=head, status=200 if well else 503)
        else:
            loop = asyncio.get_running_loop()
            try:
                text = await loop.run_in_executor(None, exposition, self._radio.figures, self._radio.state)
            except PluginError as error:
                await refuse(send, 404, str(error))
                return
            await answer(send, 200, text, _METRICS, (b"cache-control", b"no-store"), head=head)

    async def _early(self, scope: Scope, send: Send) -> bool:
        """Answer what the first page asks, or skips, if it is that; so neither waits for the API to load."""
        if scope["method"] == "POST" and (found := skips.PATH.fullmatch(scope["path"])):
            if found[1] not in self._radio.live.feeds:
                return False
            status, done = await skips.skip(self._radio, found[1], client_of(scope))
            await say(send, done, status=status)
            return True
        if scope["method"] != "GET":
            return False
        # In this thread: another one would wait for the import, which seldom lets go of the interpreter.
        told = onair.early(self._radio, scope["path"], client_of(scope))
        if told is not None:
            await say(send, told)
        return told is not None

    @property
    def _loaded(self) -> bool:
        return self._api is not None and self._api.done() and not self._failed

    @property
    def _failed(self) -> bool:
        it = self._api
        return it is not None and it.done() and (it.cancelled() or it.exception() is not None)

    async def api(self) -> App:
        """Return the API, once it is there; what failed to load is loaded again for who asks next."""
        if self._api is None or self._failed:
            # A thread of its own: importing FastAPI takes as long as all else together, and sound is due now.
            loop = asyncio.get_running_loop()
            self._api = asyncio.ensure_future(loop.run_in_executor(ThreadPoolExecutor(1, "api"), self._load))
        return await asyncio.shield(self._api)

    def _load(self) -> App:
        from dusktape.server.api import application

        found: App = application(self._radio)
        return found

    async def _live_through(self, receive: Receive, send: Send) -> None:
        await receive()
        for job in (self._radio.watch(), self._warm()):
            self._tasks.append(asyncio.ensure_future(job))
        self._radio.journal.note("started", stations=list(self._radio.stations), host=self._radio.door.host)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
        with suppress(OSError, DusktapeError):
            self._radio.news.close()
        self._radio.journal.note("stopped")
        self._radio.journal.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _warm(self) -> None:
        ends = asyncio.get_running_loop().time() + _SOUND_FIRST_S
        while asyncio.get_running_loop().time() < ends and not self._radio.live.heard.starts:
            await asyncio.sleep(0.1)
        try:
            await self.api()
            await asyncio.to_thread(self._radio.uploads.let_go, self._radio.state)
        except Exception as error:
            self._radio.journal.broken("(api)", error)


def app(
    state: State,
    stations: Sequence[str] = ("main",),
    *,
    door: Door | None = None,
    limits: Limits | None = None,
    web: Path | None = None,
) -> App:
    """Return the server as an ASGI application.

    Parameters
    ----------
    state
        What the processes of a radio share.
    stations
        Names of those that it serves.
    door, limits
        Who may come in, and with how much. By default only this machine.
    web
        Folder of the pages; by default those of the package.

    Raises
    ------
    OutputError
        If no station is named.
    """
    if not stations:
        raise OutputError("a radio needs a station; name one with --station")
    door, limits = door or Door(), limits or Limits()
    radio = Radio(state, stations, door=door, limits=limits)
    return Guard(Front(radio, web), door=door, limits=limits, broken=radio.journal.broken, seen=radio.seen)
