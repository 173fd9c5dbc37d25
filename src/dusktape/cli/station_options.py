"""Options of what runs a station, or reads what one left."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from dusktape.cli.groups import option, path
from dusktape.cli.numbers import Number, Whole

F = TypeVar("F", bound=Callable[..., Any])

PORT = 3875
"""DUSK on a telephone's keys."""

TOKEN = "DUSKTAPE_TOKEN"
WORKERS = "Make so many tracks at once, 0 to 64. With 0 no track is made: what the library holds plays."
"""What `--workers` means."""

_PLACES, _STATION, _KEPT = "Where it is reached", "What plays", "What is kept"


def state_option(command: F) -> F:
    """Add `--state`."""
    return option(
        _KEPT,
        "--state",
        type=click.Path(),
        callback=path,
        metavar="DIR",
        help="Library, queue and programme. Default: radio/ in the folder that dusktape home names.",
    )(command)


def on_state(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a subcommand the folder first: that of its own `--state`, or of the one before its name."""

    @state_option
    @click.pass_context
    @wraps(command)
    def told(ctx: click.Context, /, *arguments: Any, state: Path | None, **options: Any) -> Any:
        return command(state or ctx.obj, *arguments, **options)

    return told


def shared_options(command: F) -> F:
    """Add what `radio` and `studio` have in common."""
    for decorate in reversed(
        (
            option(_STATION, "--station", "stations", multiple=True, metavar="NAME", help="Default: main. Repeatable."),
            option(
                _STATION,
                "--workers",
                type=Whole(),
                default=1,
                show_default=True,
                metavar="N",
                help=WORKERS,
            ),
            option(
                _STATION,
                "--out",
                "outputs",
                multiple=True,
                metavar="URL",
                help="Send the first station on, to icecast://... or rtmp://...; repeatable.",
            ),
            option(
                _PLACES,
                "--host",
                default="127.0.0.1",
                show_default=True,
                metavar="HOST",
                help="0.0.0.0 lets other machines listen.",
            ),
            option(
                _PLACES, "--port", type=Whole(), metavar="N", help=f"Default: {PORT}, or the next one that is free."
            ),
            option(
                _PLACES,
                "--token",
                envvar=TOKEN,
                metavar="T",
                help=f"What changes need, from anywhere; also {TOKEN}. With --host: a random one by default.",
            ),
            option(
                _PLACES,
                "--name",
                "names",
                multiple=True,
                metavar="HOST",
                help="A name that it is called by, as behind a proxy; repeatable.",
            ),
            option(_PLACES, "--open/--no-open", "opened", default=True, help="Open the page in a browser."),
            state_option,
            option(
                _KEPT,
                "--library-gb",
                type=Number(0.1, 10_000.0),
                metavar="GB",
                help="The least liked, oldest tracks give way at this size. Default: 4.",
            ),
            option("What is said", "--quiet", is_flag=True, help="Print nothing but the address."),
        )
    ):
        command = decorate(command)
    return command
