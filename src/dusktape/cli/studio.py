"""`dusktape studio`: the radio's server, opened at the workbench."""

from __future__ import annotations

from typing import Any

import click

from dusktape.cli.groups import GroupedCommand
from dusktape.cli.station_options import shared_options
from dusktape.cli.stationed import Wanted, run
from dusktape.cli.talk import Talk


@click.command(cls=GroupedCommand)
@shared_options
def command(*, opened: bool, quiet: bool, **asked: Any) -> int:
    """Open the workbench: make tracks, do parts again, edit notes, export; until Ctrl-C.

    It is the same server and library as dusktape radio; if one runs on the folder, its workbench is opened.
    """
    return run(Wanted(**asked), "studio", Talk(quiet=quiet), opened=opened)
