"""`--instruments DIR`, for the commands that play a user's own sounds."""

from __future__ import annotations

from collections.abc import Callable

import click

from dusktape.cli.groups import F, option, path
from dusktape.core import home
from dusktape.core.errors import InputError


def instruments_option(group: str = "Options") -> Callable[[F], F]:
    """Return the option under a heading of the command's help. Commands are not told: what they look for is there."""
    return option(
        group,
        "--instruments",
        type=click.Path(),
        callback=_look_in,
        expose_value=False,
        is_eager=True,
        metavar="DIR",
        help="Look for SoundFonts and folders of samples here too. Default: what dusktape home shows.",
    )


def _look_in(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Look for instruments in this folder, too.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    found = path(ctx, parameter, value)
    if found is not None:
        if not found.is_dir():
            raise InputError(f"--instruments: there is no folder {value!r}; check the name")
        home.look_in(found)
