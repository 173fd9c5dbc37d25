"""`dusktape play`: a station on this machine's speakers, without a page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from dusktape.cli.groups import GroupedCommand, option
from dusktape.cli.numbers import Number, Whole
from dusktape.cli.station_options import WORKERS, state_option
from dusktape.cli.stationed import Wanted, run, running, tell_it_runs
from dusktape.cli.talk import Talk
from dusktape.core.errors import DusktapeError, InputError, PluginError

_STATION = "What plays"


@click.command(cls=GroupedCommand)
@option(
    _STATION, "--station", metavar="NAME", help="Which one. Default: the first of a radio that runs, otherwise main."
)
@option(_STATION, "--workers", type=Whole(), default=1, show_default=True, metavar="N", help=WORKERS)
@option("Where it sounds", "--sound/--no-sound", default=True, help="Play here, or only print an address for a player.")
@option("Where it sounds", "--device", metavar="NAME", help="Number of a sound device, or part of its name.")
@option(
    "Where it sounds",
    "--volume",
    type=Number(0.0, 1.0),
    default=1.0,
    show_default=True,
    metavar="0..1",
    help="How loud.",
)
@option("Where it sounds", "--port", type=Whole(), metavar="N", help="Of the address. Default: a free one.")
@state_option
@option("What is said", "--quiet", is_flag=True, help="Print nothing but the address.")
def command(
    station: str | None,
    workers: int,
    sound: bool,
    device: str | None,
    volume: float,
    port: int | None,
    state: Path | None,
    quiet: bool,
) -> int:
    """Play a station on this machine, without a page; until Ctrl-C.

    It sounds through PortAudio, where that is; the address that is printed can be opened by any player.
    """
    talk = Talk(quiet=quiet)
    wanted = Wanted(state, () if station is None else (station,), workers, port=port)
    wanted.check()
    if device is not None and not sound:
        raise InputError("--device says where it sounds, and with --no-sound nothing does; leave one out")
    place = running(wanted.folder)
    address = None if place is None else place.live(station)
    audible = sound and _can_sound(talk)
    until = threading.Event()
    chosen = int(device) if device is not None and device.isdigit() else device
    if audible and chosen is not None:
        _check_device(chosen)
    if place is not None:
        tell_it_runs(replace(wanted, stations=()), place, talk, "what it plays")  # any of its stations can be heard
        print(address, flush=True)
        if audible:
            heard = station or next(iter(place.stations), wanted.names_of_stations[0])
            try:
                _sound(wanted.folder, heard, chosen, volume, talk, until)
            except DusktapeError as error:  # as below: the address still works
                talk.say(_elsewhere(error))
        return 0

    def beside(stop: Callable[[], None]) -> None:
        try:
            _sound(wanted.folder, wanted.names_of_stations[0], chosen, volume, talk, until)
        except DusktapeError as error:  # the address still works
            talk.say(_elsewhere(error))

    try:
        return run(wanted, "live.mp3", talk, opened=False, beside=beside if audible else None)
    finally:
        until.set()


def _check_device(device: str | int) -> None:
    """Refuse a device that is not there, before anything runs."""
    from dusktape.radio.outputs.speakers import devices

    known = list(devices())
    if not any(
        device == number if isinstance(device, int) else device.lower() in name.lower() for number, name in known
    ):
        has = ", ".join(f"{number} {name}" for number, name in known)
        has = f"there is {has}" if has else "this machine has none; --no-sound prints an address for a player"
        raise InputError(f"--device: there is no sound device {str(device)[:40]!r}; {has}")


def _elsewhere(error: DusktapeError) -> str:
    return str(error).partition("; or listen")[0] + "; a player can open the address above meanwhile"


def _can_sound(talk: Talk) -> bool:
    from dusktape.radio.outputs.speakers import portaudio

    try:
        portaudio()
    except PluginError as error:
        talk.say(_elsewhere(error).replace("above", "below"))
        return False
    return True


def _sound(
    folder: Path, station: str, device: str | int | None, volume: float, talk: Talk, until: threading.Event
) -> None:
    from dusktape.radio.outputs.speakers import play
    from dusktape.radio.state import State

    with State.open(folder) as state:
        play(state, station, device=device, volume=volume, title=lambda title: talk.say(f"now: {title}"), until=until)
