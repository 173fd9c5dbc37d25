"""`dusktape listen`: which of two folders people prefer."""

from __future__ import annotations

import socket
import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from dusktape.cli.talk import Talk
from dusktape.core.counting import counted
from dusktape.core.errors import InputError


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("listen.json"), show_default=True, help="Keeps the answers."
)
@click.option("--seconds", type=float, default=30.0, show_default=True, metavar="S", help="Length of an excerpt.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of pairs, order and sides.")
@click.option("--port", type=int, default=0, metavar="N", help="Default: a free one.")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option("--quiet", is_flag=True, help="Print nothing but the address.")
def command(a: Path, b: Path, out: Path, seconds: float, seed: int, port: int, no_open: bool, quiet: bool) -> None:
    """Serve a blind comparison of the tracks in folders A and B on this machine, until Ctrl-C.

    Everything plays at one loudness. Tracks of the same name are compared with each other, the others as drawn.
    """
    import uvicorn

    from dusktape.evaluate.listening import summary
    from dusktape.server.blind import Comparison
    from dusktape.server.listening import app
    from dusktape.studio.wish import checked_seed

    talk = Talk(quiet=quiet)
    if not 0 <= port <= 65_535:
        raise InputError(f"a port is 0 to 65535, got {port}; leave it out for a free one")
    comparison = Comparison(a, b, out, seconds, checked_seed(seed))
    with tempfile.TemporaryDirectory(prefix="dusktape-") as folder, socket.socket() as door:
        comparison.prepare(Path(folder), talk.progress)
        talk.clear()
        try:
            door.bind(("127.0.0.1", port))
        except OSError as error:
            raise InputError(f"port {port} is taken; leave --port out for a free one") from error
        address = f"http://127.0.0.1:{door.getsockname()[1]}/"
        print(address, flush=True)
        talk.say(f"{counted(len(comparison.trials), 'pair')}; answers go to {out}; Ctrl-C ends")
        if not no_open:
            webbrowser.open(address)
        server = uvicorn.Server(uvicorn.Config(app(comparison, Path(folder)), log_level="warning"))
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
            server.run(sockets=[door])
    if comparison.answers:
        talk.say(_told(summary(comparison.answers), a.name, b.name))


def _told(found: dict[str, Any], a: str, b: str) -> str:
    counts = found["preferred"]
    text = f"{a} {counts['A']}, {b} {counts['B']}, neither {counts['neither']}"
    if found["share_a"] is None:
        return text
    low, high = found["share_a_interval"]
    return (
        f"{text}; share for {a} {found['share_a']:.0%} ({low:.0%} to {high:.0%}), sign test p = {found['p_value']:.2g}"
    )
