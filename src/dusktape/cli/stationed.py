"""What `radio`, `studio` and `play` share: one house on a folder, the page that is opened."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dusktape.cli.station_options import PORT, TOKEN
from dusktape.cli.talk import Talk
from dusktape.core.errors import DusktapeError, InputError, OutputError, suggestion
from dusktape.core.home import home

if TYPE_CHECKING:
    import socket

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
"""What a browser can ask for by name (RFC 1123, 2.1); underscores, which that does not allow, are in use."""

_AGAIN_S = 2.5
_ASKED_S = 1.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a radio shall be.

    Parameters
    ----------
    state
        Folder; None for the one in the home.
    stations, workers, outputs, library_gb
        What plays, who makes it, where else it goes, and how much is kept.
    host, port, token, names
        Where it is reached; a port of None takes a free one, a token of None draws one if it is needed.
    """

    state: Path | None = None
    stations: tuple[str, ...] = ()
    workers: int = 1
    outputs: tuple[str, ...] = ()
    library_gb: float | None = None
    host: str = "127.0.0.1"
    port: int | None = None
    token: str | None = None
    names: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder with everything."""
        return (self.state or home() / "radio").absolute()

    @property
    def names_of_stations(self) -> tuple[str, ...]:
        """The stations, once each."""
        return tuple(dict.fromkeys(self.stations)) or ("main",)

    @property
    def told(self) -> dict[str, Any]:
        """What is written down of a radio that runs, by option; of an output, which holds a password, only a digest."""
        return {
            "--station": list(self.names_of_stations),
            "--workers": self.workers,
            "--out": [hashlib.sha256(url.encode("utf-8", "surrogateescape")).hexdigest() for url in self.outputs],
            "--host": self.host,
            "--name": list(self.names),
            "--library-gb": self.library_gb,
        }

    def unlike(self, place: Place) -> list[str]:
        """Return the options by which this differs from a radio that runs. One at its default asks for nothing."""
        usual = Wanted().told
        runs = {**usual, **place.told}
        ignored = [name for name, value in self.told.items() if value not in (usual[name], runs[name])]
        port = urlsplit(place.url).port
        return [
            *ignored,
            *(["--port"] if self.port not in (None, 0, port) else []),
            *(["--token"] if self.token not in (None, place.token) else []),
        ]

    def check(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        InputError
            Naming the option.
        """
        for name in self.names_of_stations:
            if not _NAME.match(name):
                raise InputError(
                    f"a station's name is small letters, digits and dashes, got {name!r}; as in late-night"
                )
        if not 0 <= self.workers <= 64:
            raise InputError(f"--workers is 0 to 64, got {self.workers}; 1 keeps a station going")
        if self.token is not None and len(self.token) < 8:
            raise InputError("--token is shorter than 8 letters; leave it out for a good one")
        for name in self.names:
            if not _HOST.fullmatch(name):
                raise InputError(
                    f"--name is the host in the radio's address, no more, as in radio.example; got {name[:80]!r}"
                )
        for url in self.outputs:
            _check_output(url)


def _check_output(url: str) -> None:
    from dusktape.radio.outputs.address import address
    from dusktape.radio.outputs.options import check_installed

    try:
        found = address(url)
        check_installed(found.scheme, found.options)
    except DusktapeError as error:
        raise type(error)(f"--out: {error}") from error


@dataclass(frozen=True, slots=True)
class Place:
    """Where a radio is reached.

    Parameters
    ----------
    url
        Of its page, with a slash at the end.
    token
        What changes need; empty where they need nothing.
    stations
        What it plays, the first one first; none where it does not say.
    told
        What it was started with, as `Wanted.told`; nothing where that was not written down.
    """

    url: str
    token: str = ""
    stations: tuple[str, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)

    def page(self, name: str) -> str:
        """Return the address of a page of it, for its owner; that of live sound is for any player: no token."""
        needed = self.token and not name.endswith(".mp3")
        return f"{self.url}{name}{f'#token={self.token}' if needed else ''}"

    def live(self, station: str | None) -> str:
        """Return the address of a station's sound; None is the first one.

        Raises
        ------
        InputError
            If it plays no such station.
        """
        if station is None:
            return self.page("live.mp3")
        if self.stations and station not in self.stations:
            raise InputError(f"the radio that runs has no station {station!r}{suggestion(station, self.stations)}")
        return self.page(f"live/{station}.mp3")


def starting(folder: Path) -> str:
    """Return the command that starts a radio on a folder."""
    if folder == Wanted().folder:
        return "dusktape radio"
    quoted = f'"{folder}"' if sys.platform == "win32" else shlex.quote(str(folder))
    return f"dusktape radio --state {quoted}"


def running(folder: Path) -> Place | None:
    """Return where a radio on this folder is reached, if one runs."""
    try:
        told = json.loads((folder / "run" / "radio.json").read_text(encoding="utf-8"))
        place = Place(str(told["url"]), str(told["token"]), told=dict(told.get("told") or {}))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    stations = _stations(place.url) if place.url.startswith("http://") else None
    return None if stations is None else replace(place, stations=stations)


def _stations(url: str) -> tuple[str, ...] | None:
    """Return the stations of the radio that answers there, if one does; one that is not well is one, too."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    request = Request(f"{url}healthz", headers={"Accept": "application/json"})
    with suppress(OSError, ValueError, TypeError):
        try:
            answer = urlopen(request, timeout=_ASKED_S)
        except HTTPError as error:
            answer = error
        with answer:
            told = json.load(answer)
            return tuple(told["stations"]) if "stations" in told else None
    return None


def needs_token(wanted: Wanted) -> bool:
    """Return whether other machines can reach it."""
    from dusktape.server.guard import Door

    return Door(wanted.host, names=frozenset(wanted.names)).public


def run(
    wanted: Wanted, page: str, talk: Talk, *, opened: bool, beside: Callable[[Callable[[], None]], None] | None = None
) -> int:
    """Start a radio, open its page, and keep it going until it is stopped; return the exit code.

    Parameters
    ----------
    wanted
        What it shall be.
    page
        Which page is opened and printed.
    talk
        Who tells.
    opened
        Whether a browser is told.
    beside
        Runs in a thread while the radio does, and is given what stops it.

    Raises
    ------
    DusktapeError
        If it cannot start.
    """
    wanted.check()
    if place := running(wanted.folder):
        tell_it_runs(wanted, place, talk, "its page" if page != "live.mp3" else "what it plays")
        print(place.page(page), flush=True)
        _open(place.page(page), wanted=opened)
        return 0
    token = wanted.token or ""
    if not token and needs_token(wanted):
        from dusktape.server.guard import fresh_token

        token = fresh_token()
    from dusktape.cli import reach

    door = _bound(wanted)
    try:
        place = Place(f"http://{reach.here(wanted.host)}:{door.getsockname()[1]}/", token)
        with _noted(wanted, place):
            print(place.page(page), flush=True)
            _tell(wanted, place, talk)
            _open(place.page(page), wanted=opened)
            return _keep_house(wanted, door, token, talk, beside)
    finally:
        door.close()


def tell_it_runs(wanted: Wanted, place: Place, talk: Talk, what: str) -> None:
    """Say that a radio runs already, what the address of it is that follows, and what is not as wanted."""
    talk.say(f"a radio on this folder runs already; this is {what}")
    if ignored := wanted.unlike(place):
        talk.say(f"ignored: {', '.join(ignored)}; end that radio first, and start it again with what you want")


def _keep_house(
    wanted: Wanted,
    door: socket.socket,
    token: str,
    talk: Talk,
    beside: Callable[[Callable[[], None]], None] | None,
) -> int:
    from dusktape.radio.house import House

    server = [sys.executable, "-m", "dusktape.server", "--state", str(wanted.folder), "--host", wanted.host]
    fds: tuple[int, ...] = ()
    if sys.platform == "win32":  # a socket is not handed on there: the server binds the port itself
        server += ["--port", str(door.getsockname()[1])]
        door.close()
    else:
        fds = (door.fileno(),)
        server += ["--fd", str(door.fileno())]
    server += [word for name in wanted.names_of_stations for word in ("--station", name)]
    server += [word for name in wanted.names for word in ("--name", name)]
    first = wanted.names_of_stations[0]
    house = House(
        wanted.folder,
        server=server,
        fds=fds,
        stations=wanted.names_of_stations,
        workers=wanted.workers,
        outputs=[(first, url) for url in wanted.outputs],
        library_bytes=None if wanted.library_gb is None else round(1e9 * wanted.library_gb),
        env={TOKEN: token},
        say=talk.say,
    )
    if beside is not None:
        threading.Thread(target=beside, args=(house.stop,), daemon=True).start()
    return int(house.run())


def _bound(wanted: Wanted) -> socket.socket:
    """Return the listening socket. One that a killed radio held is free a moment later."""
    from dusktape.server.door import bound

    port = PORT if wanted.port is None else wanted.port
    ends = time.monotonic() + _AGAIN_S
    while True:
        try:
            return bound(wanted.host, port, next_free=wanted.port is None)
        except InputError as error:
            if "is taken" not in str(error) or time.monotonic() > ends:
                raise
            time.sleep(0.1)


def _tell(wanted: Wanted, place: Place, talk: Talk) -> None:
    from dusktape.cli import reach

    stations = wanted.names_of_stations
    streams = ["live.mp3"] if len(stations) == 1 else [f"live/{name}.mp3" for name in stations]
    here = " ".join(f"{place.url}{stream}" for stream in streams)
    talk.say(f"{', '.join(stations)} on the air; a player can open {here} ; Ctrl-C ends")
    if not needs_token(wanted):
        return
    port = place.url.rstrip("/").rpartition(":")[2]
    pages = [f"http://{host}:{port}/" for host in reach.by_others(wanted.host)]
    if pages:
        players = " ".join(f"{pages[-1]}{stream}" for stream in streams)
        talk.say(f"others listen at {' or '.join(pages)} ; their players open {players}")
    else:
        talk.say(f"others listen at {', '.join(wanted.names)}, through a proxy to port {port}")
    talk.say("changes need the token in the first line")


@contextmanager
def _said_of_state() -> Iterator[None]:
    try:
        yield
    except OutputError as error:
        raise OutputError(f"--state: {error}") from error


@contextmanager
def _noted(wanted: Wanted, place: Place) -> Iterator[None]:
    """Write down where the radio is reached, for our own eyes: the token is in it."""
    from dusktape.io import atomic

    file = wanted.folder / "run" / "radio.json"
    told = {"url": place.url, "token": place.token, "pid": os.getpid(), "told": wanted.told}
    with _said_of_state(), atomic.writing(wanted.folder):
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            json.dump(told, stream)
        part.replace(file)
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            if json.loads(file.read_text(encoding="utf-8")).get("pid") == os.getpid():
                file.unlink()


def _open(page: str, *, wanted: bool) -> None:
    """Show a page in a browser, if there is one that shows windows; never wait for it."""
    if not wanted or not _has_windows(os.environ):
        return

    def show() -> None:
        import webbrowser

        with suppress(webbrowser.Error, OSError):
            webbrowser.open(page)

    threading.Thread(target=show, daemon=True).start()


def _has_windows(environment: Mapping[str, str]) -> bool:
    if sys.platform in ("win32", "darwin") or environment.get("BROWSER"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
