"""`dusktape studio`: the radio's server, opened at the workbench."""

from __future__ import annotations

from pathlib import Path

import click

from dusktape.cli.groups import GroupedCommand
from dusktape.cli.stationed import Wanted, run, shared_options
from dusktape.cli.talk import Talk


@click.command(cls=GroupedCommand)
@shared_options
def command(
    stations: tuple[str, ...],
    workers: int,
    outputs: tuple[str, ...],
    host: str,
    port: int | None,
    token: str | None,
    names: tuple[str, ...],
    opened: bool,
    state: Path | None,
    library_gb: float | None,
    quiet: bool,
) -> int:
    """Open the workbench: make tracks, do parts again, edit notes, export; until Ctrl-C.

    It is the same server and library as dusktape radio; if one runs on the folder, its workbench is opened.
    """
    wanted = Wanted(state, stations, workers, outputs, library_gb, host, port, token, names)
    return run(wanted, "studio", Talk(quiet=quiet), opened=opened)
