"""`python -m dusktape.server`: the server of a radio, as the house starts it. `dusktape radio` is for people."""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path

from dusktape.core.errors import DusktapeError

TOKEN = "DUSKTAPE_TOKEN"
"""Environment variable with the token: a process's arguments can be read by everybody on a machine."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dusktape.server", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, metavar="DIR")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fd", type=int, help="a listening socket that is open already, in place of --port")
    parser.add_argument("--station", action="append", default=[], metavar="NAME")
    parser.add_argument("--name", action="append", default=[], metavar="HOST", help="a further name of this server")
    return parser.parse_args()


def _listening(options: argparse.Namespace) -> socket.socket:
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    from dusktape.server.door import bound

    return bound(options.host, options.port)


def main() -> int:
    """Serve until told to stop, or until the house is gone; return the exit code."""
    options = _arguments()
    from dusktape.radio.lifeline import end_with_parent

    if not sys.stdin.isatty():
        end_with_parent()
    try:
        _serve(options)
    except DusktapeError as error:
        print(f"dusktape: {error}", file=sys.stderr)
        return 2
    return 0


def _serve(options: argparse.Namespace) -> None:
    door_socket = _listening(options)
    import uvicorn

    from dusktape.core import home
    from dusktape.radio.state import State
    from dusktape.server.app import app
    from dusktape.server.guard import Door
    from dusktape.server.limits import Limits, raise_open_files
    from dusktape.server.wire import protocol

    usual = Limits()
    limits = replace(usual, connections=min(usual.connections, max(64, raise_open_files() - 256)))
    names = frozenset(name.lower() for name in options.name)
    door = Door(options.host, os.environ.pop(TOKEN, ""), names)
    home.look_in(options.state / "instruments")  # SoundFonts that were uploaded
    with State.open(options.state) as state:
        config = uvicorn.Config(
            app(state, options.station or ["main"], door=door, limits=limits),
            http=protocol(limits),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=1,
        )
        gc.set_threshold(50_000)
        gc.freeze()
        print(f"http://{options.host}:{door_socket.getsockname()[1]}/", flush=True)
        uvicorn.Server(config).run(sockets=[door_socket])


if __name__ == "__main__":
    sys.exit(main())
