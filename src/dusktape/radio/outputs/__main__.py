"""An output as a process: `python -m dusktape.radio.outputs --state DIR --station NAME URL`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dusktape.core.errors import DusktapeError
from dusktape.radio.lifeline import end_with_parent
from dusktape.radio.outputs.address import URL, address
from dusktape.radio.outputs.follow import Follower
from dusktape.radio.outputs.retry import tell
from dusktape.radio.outputs.titles import Titles
from dusktape.radio.state import State


def main(arguments: Sequence[str] | None = None) -> int:
    """Send until the parent is gone; return 2 for an address that can never work."""
    parser = argparse.ArgumentParser(prog="python -m dusktape.radio.outputs")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--station", required=True)
    parser.add_argument("url", help=f"or - for the one in {URL}")
    asked = parser.parse_args(arguments)
    end_with_parent()
    try:
        to = address(os.environ.get(URL, "") if asked.url == "-" else asked.url)
        state = State.open(asked.state)
        follower = Follower(asked.state / "run" / asked.station / "pcm.ring")
        if to.scheme.startswith("icecast"):
            from dusktape.radio.outputs.icecast import send

            send(to, follower.paced(), Titles(state, asked.station))
        else:
            from dusktape.radio.outputs.rtmp import send as publish
            from dusktape.radio.outputs.stage import Stage

            publish(to, follower.paced(), Stage(state, asked.station, to))
    except DusktapeError as error:
        tell(str(error))
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
