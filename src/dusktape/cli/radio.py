"""`dusktape radio`: a station that never runs out, and its page."""

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
    """Play music that is made while you listen, for as long as you like, and open its page; until Ctrl-C.

    Only this machine reaches it. --host 0.0.0.0 lets others listen; what changes something then needs a token.
    What it made stays in a library, and it goes on where it was when it is started again.
    """
    return run(Wanted(**asked), "?play", Talk(quiet=quiet), opened=opened)
