"""One of the processes that measure and cut sound files: orders on stdin, findings on stdout."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dusktape.core.errors import DusktapeError, OutputError
from dusktape.core.seed import Seed
from dusktape.data import pool
from dusktape.data.audio.cut import Plan, pieces
from dusktape.data.audio.finding import Finding
from dusktape.data.audio.measure import measure
from dusktape.data.audio.source import FileError
from dusktape.data.find import hash_of
from dusktape.io.audiofile import AudioWriter

COMMAND = (sys.executable, "-m", "dusktape.data.audio.worker")


def finding(place: Path, sha256: str) -> Finding:
    """Measure one file. Nothing is raised: whatever is wrong with it is said in the finding."""
    try:
        found = measure(place)
        if hash_of(place) != sha256:
            return Finding({}, {}, "broken", "it changed while it was read")
        return found
    except FileError as error:
        return Finding({}, {}, error.why, str(error))
    except OSError as error:
        return Finding({}, {}, "unreadable", f"it cannot be opened: {error.strerror or error}")
    except Exception as error:  # one odd file of ten thousand may not stop the others; its name and reason are kept
        return Finding({}, {}, "failed", f"examining it failed: {type(error).__name__}: {error}")


def clips(place: Path, plan: Plan, folder: Path, stem: str) -> dict[str, Any]:
    """Cut one file and write its clips as FLAC into a folder.

    Returns
    -------
    `clips` (name, frames, sha256, start_s, bpm) and `left_out` (why to how many); `why` and `reason` if nothing came of
    it; `stop` with a line for the user if nothing can come of any file.
    """
    made: list[dict[str, Any]] = []
    left_out: Counter[str] = Counter()
    try:
        for piece in pieces(place, plan):
            if piece.left_out:
                left_out[piece.left_out] += 1
                continue
            name = f"{stem}-{len(made) + 1:04d}"
            path = folder / f"{name}.flac"
            # The seed is for dither, which 24 bits do not have.
            with AudioWriter(path, plan.rate, plan.channels, seed=Seed(0), force=True) as file:
                file.write(piece.sound)
            facts = {"frames": piece.sound.shape[1], "sha256": hash_of(path)}
            made.append({"name": name, **facts, "start_s": piece.start_s, "bpm": piece.bpm})
    except FileError as error:
        return {"why": error.why, "reason": str(error)}
    except OutputError as error:
        return {"stop": str(error)}
    except DusktapeError as error:
        return {"stop": str(error)}
    except OSError as error:
        return {"why": "unreadable", "reason": f"it cannot be opened: {error.strerror or error}"}
    return {"clips": made, "left_out": dict(sorted(left_out.items()))}


def answer(order: Mapping[str, Any]) -> bytes:
    """Return what came of one order: to measure a file, or to cut it."""
    place = Path(order["place"])
    if "plan" not in order:
        return finding(place, order["sha256"]).encoded()
    return json.dumps(clips(place, Plan(**order["plan"]), Path(order["folder"]), order["stem"])).encode()


def main() -> None:
    """Serve whoever started this process."""
    pool.work(answer)


if __name__ == "__main__":
    main()
