"""`dusktape stretch`: any sound as a slow texture."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from dusktape.cli.groups import path
from dusktape.cli.talk import EVERY_S, Talk
from dusktape.core.errors import InputError
from dusktape.io.audiofile import FORMATS
from dusktape.publish import stretch as published
from dusktape.studio.wish import checked_seed


@click.command()
@click.argument("source", metavar="FILE", type=click.Path())
@click.option("--times", type=float, default=8.0, show_default=True, metavar="X", help="How much longer, 1 to 1000.")
@click.option(
    "--window",
    "window_s",
    type=float,
    default=published.WINDOW_S,
    show_default=True,
    metavar="S",
    help="0.01 to 10 s: short is grainy, long is smooth.",
)
@click.option("--seed", type=int, metavar="N", help="0 or more. Default: a new one.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    callback=path,
    metavar="PATH",
    help="Default: ./FILE-xTIMES.flac; .wav, .mp3 and .ogg too.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print path and measures as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    source: str,
    times: float,
    window_s: float,
    seed: int | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Play FILE many times slower at its pitch, and print the path of the result.

    What strikes is smeared into a cloud (paulstretch); the level stays. For pads and textures, not for songs: dusktape
    lofi slows those.
    """
    talk = Talk(quiet=quiet, every_s=EVERY_S)
    file, song = Path(source), checked_seed(seed)
    place = _place(output, f"{file.stem}-x{times:g}")
    started = time.perf_counter()
    try:
        facts = published.deliver(
            file,
            place,
            times=times,
            window_s=window_s,
            seed=song,
            force=force,
            progress=lambda share: talk.status("stretching", share),
        )
    finally:
        talk.clear()
    after, before = (_said(facts[when]) for when in ("after", "before"))
    talk.say(f"{after}, from {before}; seed {song.value}")
    if (lost := (facts["before"]["rms_db"] or 0.0) - (facts["after"]["rms_db"] or 0.0)) > 0.5:
        talk.say(f"{lost:.1f} dB quieter than {file.name}, which leaves too little room for peaks")
    talk.say(f"{facts['seconds']:.1f} s of sound in {time.perf_counter() - started:.1f} s")
    print(json.dumps({"path": str(place), **facts}, ensure_ascii=False) if as_json else place, flush=True)


def _said(level: dict[str, float | None]) -> str:
    if level["rms_db"] is None:
        return "silence"
    lufs = "" if level["integrated_lufs"] is None else f" ({level['integrated_lufs']:.1f} LUFS)"
    return f"{level['rms_db']:.1f} dB RMS{lufs}"


def _place(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(f"{name}.flac")
    if output.is_dir():
        return output / f"{name}.flac"
    if not output.suffix:
        raise InputError(f"{str(output)!r} has no ending; add {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return output
