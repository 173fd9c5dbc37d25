"""`--instruments DIR`, for the commands that play a user's own sounds."""

from __future__ import annotations

import click

from dusktape.cli.groups import path
from dusktape.core import home
from dusktape.core.errors import InputError

INSTRUMENTS_HELP = "Look for SoundFonts and folders of samples here too. Default: what dusktape home shows."


def instruments(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
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
