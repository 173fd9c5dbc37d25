"""`dusktape tune`: what a station plays, and where it goes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dusktape.cli import complete
from dusktape.cli.choices import OneOf
from dusktape.cli.groups import GroupedCommand, option
from dusktape.cli.library import opened, the_track
from dusktape.cli.numbers import Number, Whole
from dusktape.cli.station_options import state_option
from dusktape.cli.stationed import running, starting
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError, suggestion

if TYPE_CHECKING:
    from dusktape.radio.state import Entry, State

_WEATHER = ("clear", "rain", "snow", "fog")
_PATIENCE_S = 0.6
"""So long the playout's answer to a skip is waited for: it carries one out within half a second, or has nothing yet."""

_LOOK_S = 0.05
_GO, _NEXT = "Where it goes", "What comes next"


@click.command(cls=GroupedCommand)
@click.argument("station", default="main")
@option(
    _GO,
    "--mood",
    metavar="MOOD",
    shell_complete=complete.moods,
    help="wistful, warm, dreamy, dark, hopeful, sleepy; any.",
)
@option(_GO, "--energy", type=Number(-1.0, 1.0), metavar="-1..1", help="Calmer or livelier; 0 as it comes.")
@option(_GO, "--weather", type=OneOf((*_WEATHER, "any"), what="weather"), help="What is outside.")
@option(_GO, "--recipes", metavar="NAMES", help="Only these, comma between them; any.")
@option(_NEXT, "--skip", is_flag=True, help="Leave what plays.")
@option(_NEXT, "--play", "play", metavar="ID", help="Play a track of the library next.")
@option(_NEXT, "--queue", "queue", metavar="ID", multiple=True, help="Play it when its turn comes; repeatable.")
@option("What is said", "--history", type=Whole(1, 1000), metavar="N", help="What it played last, in its order.")
@state_option
@option("What is said", "--json", "as_json", is_flag=True, help="As JSON.")
def command(
    station: str,
    mood: str | None,
    energy: float | None,
    weather: str | None,
    recipes: str | None,
    skip: bool,
    play: str | None,
    queue: tuple[str, ...],
    history: int | None,
    state: Path | None,
    as_json: bool,
) -> None:
    """Say what STATION plays, and change where it goes: what the page's dial does."""
    with opened(state) as radio:
        known = [one.name for one in radio.stations()]
        if station not in known:
            raise InputError(f"there is no station {station!r}{suggestion(station, known)}")
        tracks = [(kind, the_track(radio, name).id) for kind, name in _wanted(play, queue)]
        if given := _given(mood, energy, weather, recipes):
            radio.settle(station, **given, beyond=None)  # that was said of the old ones
            radio.order(station, "steer", given)
        for kind, track in tracks:
            radio.order(station, kind, {"track": track})
        led = _skip(radio, station) if skip else None
        on_air = led is not None or running(radio.folder) is not None
        if not on_air and not skip:
            Talk(quiet=False).say(f"no radio runs on this folder; this starts one: {starting(radio.folder)}")
        _tell(radio, station, history, led=led, on_air=on_air, as_json=as_json)


def _skip(radio: State, station: str) -> Entry | None:
    """Order a skip, and say what came of it: where it led, that it waits, or that nobody plays here.

    Return the entry that it led to, which is heard in a moment.
    """
    since, order = _heard(radio, station, _frame(radio, station)), radio.order(station, "skip", {})
    talk, ends = Talk(quiet=False), time.monotonic() + _PATIENCE_S
    while (led := _led_to(radio, station, since, order)) is None and time.monotonic() < ends:
        time.sleep(_LOOK_S)
    if led is not None:
        talk.say(f"skipped to {led.title!r}")
    elif running(radio.folder) is None:
        talk.say("no radio runs on this folder; it skips when one does")
    else:
        talk.say("nothing else is ready yet; it skips as soon as something is")
    return led


def _led_to(radio: State, station: str, since: int, order: int) -> Entry | None:
    """Return the entry that an order to skip brought; None if none came by now."""
    new = radio.entries(station, since=since, limit=20)
    return next((entry for entry in new if entry.spec.get("order") == order), None)


def _wanted(play: str | None, queue: tuple[str, ...]) -> list[tuple[str, str]]:
    return [*([("play", play)] if play else []), *(("queue", name) for name in queue)]


def _given(mood: str | None, energy: float | None, weather: str | None, recipes: str | None) -> dict[str, Any]:
    from dusktape.core.roles import MOODS

    if mood is not None and mood not in (*MOODS, "any"):
        raise InputError(f"there is no mood {mood!r}{suggestion(mood, MOODS)}")
    given: dict[str, Any] = {}
    for name, value in (("mood", mood), ("weather", weather)):
        if value is not None:
            given[name] = None if value == "any" else value
    if energy is not None:
        given["energy"] = energy
    if recipes is not None:
        given["recipes"] = None if recipes == "any" else _recipes(recipes)
    return given


def _recipes(text: str) -> list[str]:
    from dusktape.radio.taste import check_recipes

    names = [name.strip() for name in text.split(",") if name.strip()]
    check_recipes(names)
    if not names:
        raise InputError("--recipes names none; give some, as in rainy,dusk, or any")
    return names


def _tell(radio: State, station: str, history: int | None, *, led: Entry | None, on_air: bool, as_json: bool) -> None:
    from dusktape.server import shown

    found = radio.station(station)
    left = led.start if led else 0  # what began before was left
    heard = left or _heard(radio, station, _frame(radio, station))
    coming = radio.entries(station, limit=history) if history else radio.entries(station, since=heard, limit=5)
    coming = coming if history else [entry for entry in coming if entry.start >= left][:4]
    settings = {name: found.settings[name] for name in shown.SETTINGS if name in found.settings}
    if as_json:
        beyond = bool(found.settings.get("beyond"))
        told = {"station": station, "settings": settings, "beyond": beyond}
        told["entries"] = [shown.entry(e, state=radio) for e in coming]
        print(json.dumps(told, ensure_ascii=False))
        return
    for entry in coming:
        heard_now = entry.end > heard and entry.start >= left
        when = "then" if entry.start > heard else "past" if not heard_now else "now " if on_air else "last"
        print(f"{when}  {entry.track or '-':12}  {entry.title}")
    if settings:
        print("      " + ", ".join(f"{name} {value}" for name, value in settings.items()))
    if found.settings.get("beyond"):
        print("      the recipes do not reach this; the nearest plays")


def _frame(radio: State, station: str) -> int:
    """Return the frame that is heard by the clock on the wall."""
    return max(0, round((time.time() - radio.station(station).epoch) * 44_100))


def _heard(radio: State, station: str, frame: int) -> int:
    """Return a frame that is heard about now: the clock may be ahead of the wall's after a skip."""
    last: list[Entry] = radio.entries(station, limit=1)
    try:
        from dusktape.radio.ring import RingReader

        ring = RingReader(radio.folder / "run" / station / "mp3.ring")
        slot = ring.read(ring.newest())
        ring.close()
        if slot is not None:
            return max(0, slot.end - 12 * 44_100)
    except OSError:
        pass
    return min(frame, last[-1].start) if last else frame
