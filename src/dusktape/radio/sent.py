"""Files that somebody sent, looked into by a process of their own, which may take so long and so much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from dusktape.core import home
from dusktape.core.errors import DusktapeError, InputError
from dusktape.radio.task import Task

LIMIT_S = 60.0
LIMIT_BYTES = 2 << 30
"""Of address space, where the system can hold a process to it; a large file is read piece by piece."""

MOST_MINUTES = 20.0
"""The longest recording that is taken."""

SHOWN_PRESETS = 300

_EVERY_S = 0.2
_REFUSED = 3


def sent(task: Task) -> None:
    """Look into an upload: `upload`, its id; `kind`, `audio`, `midi` or `soundfont`; `name`, as it is shown."""
    from dusktape.radio.asking import upload

    path = upload(task, task.spec.get("upload"))
    facts = look_into(path, str(task.spec.get("kind")), name=str(task.spec.get("name") or "the file"), task=task)
    if facts["kind"] == "soundfont":
        facts["instrument"] = _seat(task, path)
    task.finish(result=facts)


def look_into(path: Path, kind: str, *, name: str = "the file", task: Task | None = None) -> dict[str, Any]:
    """Return what a file is, found out by another process.

    Parameters
    ----------
    path
        The file.
    kind
        What it should be: `audio`, `midi` or `soundfont`.
    name
        What it is called in messages; where it lies is nobody's business.
    task
        Told now and then that we are alive.

    Raises
    ------
    InputError
        If it is something else, broken, or takes too long or too much memory.
    """
    command = [sys.executable, "-m", "dusktape.radio.sent", str(path), kind]
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    last = time.monotonic() + LIMIT_S
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    out, _ = process.communicate(timeout=_EVERY_S)
                    break
                if time.monotonic() > last:
                    raise InputError(f"{name!r} takes more than {LIMIT_S:g} s to read; send a smaller file")
                if task is not None:
                    task.progress("reading", 1.0 - (last - time.monotonic()) / LIMIT_S)
        finally:
            process.kill()
    if process.returncode not in (0, _REFUSED):
        raise InputError(f"{name!r} cannot be read: whoever tries crashes, or needs too much memory; send another copy")
    told: dict[str, Any] = json.loads(out)
    if process.returncode == _REFUSED:
        raise InputError(told["error"].replace(str(path), name).replace(path.name, name))
    return told


def _seat(task: Task, path: Path) -> str:
    """Lay a SoundFont where workers look for instruments, and return the name it has there."""
    place = seat(task.state.folder, path.name)
    place.parent.mkdir(exist_ok=True)
    if not place.exists():
        try:
            place.hardlink_to(path)
        except OSError:
            place.write_bytes(path.read_bytes())
    return place.stem


def nickname(upload: str) -> str:
    """Return what an upload's file is called where it lies as a sound, by the file's name among the uploads."""
    file = Path(upload)
    return f"up_{file.stem[:10]}{file.suffix}"


def seat(state: Path, upload: str) -> Path:
    """Return where the SoundFont of an upload lies as an instrument.

    Parameters
    ----------
    state
        The folder of the state.
    upload
        The file's name among the uploads.
    """
    return state / "instruments" / nickname(upload)


def shelved(upload: str) -> Path:
    """Return where the recording of an upload lies as an effect, by the file's name among the uploads."""
    return home.folder("effects") / nickname(upload)


def facts_of(path: Path, kind: str) -> dict[str, Any]:
    """Return what a file is, found out here: what the other process does.

    Raises
    ------
    InputError
        If it is something else, broken or too long.
    """
    if kind == "audio":
        from dusktape.io.sound import SoundReader

        with SoundReader(path) as file:
            facts = {"channels": file.channels, "sample_rate": file.sample_rate}
            most = MOST_MINUTES * 60.0 * file.sample_rate
            frames, peak = 0, 0.0
            for block in file.blocks():
                frames += block.shape[1]
                peak = max(peak, float(abs(block).max(initial=0.0)))
                if frames > most:
                    raise InputError(f"{path} lasts more than {MOST_MINUTES:g} minutes; send a shorter one")
        return {**facts, "seconds": round(frames / facts["sample_rate"], 3), "peak": round(peak, 4)}
    if kind == "midi":
        from dusktape.core.score import BAR
        from dusktape.studio.theirs import read_song

        found = read_song(path)
        score = found.score
        bars = -(-score.length // BAR)
        return {
            "bars": bars,
            "bpm": score.bpm,
            "key": score.key.name,
            "parts": {p: len(n) for p, n in score.parts.items()},
        }
    if kind == "soundfont":
        from dusktape.io.soundfont import presets

        listed = presets(path)
        return {"presets": [preset.name for preset in listed[:SHOWN_PRESETS]], "count": len(listed)}
    raise InputError(f"{kind!r} is no kind of file that can be sent; there is audio, midi, soundfont")


def _hold_to_limits() -> None:
    if sys.platform != "win32":
        import resource

        for what, limit in (
            (resource.RLIMIT_AS, LIMIT_BYTES),
            (resource.RLIMIT_CPU, round(LIMIT_S)),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ValueError, OSError):
                resource.setrlimit(what, (limit, limit))


def main(path: Path, kind: str) -> int:
    """Be the other process."""
    _hold_to_limits()
    try:
        print(json.dumps({"kind": kind, **facts_of(path, kind)}, ensure_ascii=False))
    except DusktapeError as error:
        print(json.dumps({"error": str(error)}, ensure_ascii=False))
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
