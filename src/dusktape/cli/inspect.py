"""`dusktape inspect`: look at a finished track, or measure many."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from dusktape.cli.talk import Talk
from dusktape.core.counting import counted
from dusktape.core.errors import InputError


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--summary", is_flag=True, help="No pages: a table of many tracks beside people's. Folders are searched.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the page. Default: NAME-report."
)
@click.option("--jobs", type=int, metavar="N", help="Tracks measured at once, for --summary. Default: up to 4.")
@click.option("--json", "as_json", is_flag=True, help="Print everything that was measured as JSON.")
@click.option("--force", is_flag=True, help="Replace a report that is there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    paths: tuple[Path, ...],
    summary: bool,
    out: Path | None,
    jobs: int | None,
    as_json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Draw and measure a finished track, ours or anybody's, beside finished tracks by people.

    PATH is a sound file, a bundle or its track.json. It becomes a page with waveform, spectrogram, loudness, stereo,
    notes and measures, in a folder with its pictures; the page's path is printed. With --summary, PATH may be a folder.
    """
    talk = Talk(quiet=quiet)
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs is 1 or more, got {jobs}; leave it out")
    if summary:
        if out is not None:
            raise InputError("--summary writes no page; leave out --out, or send the table to a file with >")
        _summary(list(paths), jobs, talk, as_json=as_json)
        return
    if out is not None and len(paths) > 1:
        raise InputError("--out is the folder of one report; name one track, or leave --out out")
    for path in paths:
        _inspect(path, out, talk, force=force, as_json=as_json)


def _inspect(path: Path, out: Path | None, talk: Talk, *, force: bool, as_json: bool) -> None:
    from dusktape.evaluate.sound import sheet, subject
    from dusktape.io import atomic
    from dusktape.publish.report import write

    track = subject.find(path)
    name = path.resolve().name if path.is_dir() else path.resolve().parent.name if _is_provenance(path) else path.stem
    folder = out or Path(f"{name}-report")
    atomic.check_folder_writable(folder, force=force)
    try:
        drawn = sheet.draw(track, talk.progress)
    finally:
        talk.clear()
    page = write(drawn, folder, force=force)
    talk.say(f"“{track.title}”: {drawn.lead}")
    for note in drawn.notes:
        talk.say(note)
    talk.say(drawn.verdict)
    print(json.dumps({"path": str(page), **drawn.table()}, ensure_ascii=False) if as_json else page, flush=True)


def _is_provenance(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _summary(paths: list[Path], jobs: int | None, talk: Talk, *, as_json: bool) -> None:
    from dusktape.evaluate.report import table
    from dusktape.evaluate.sound import subject
    from dusktape.evaluate.sound import summary as many

    found, skipped = many.measure_all(subject.tracks(paths), jobs=jobs, told=talk.progress)
    talk.clear()
    for reason in skipped.values():
        talk.say(f"skipped {reason}")
    if not found:
        raise InputError(
            f"none of {counted(len(skipped), 'sound file')} could be measured: {next(iter(skipped.values()))}"
        )
    rows = list(found.values())
    verdict = many.verdict(rows)
    if as_json:
        told = {"verdict": verdict, "measures": many.spread(rows), "tracks": found, "skipped": skipped}
        print(json.dumps(_finite(told), indent=1, ensure_ascii=False), flush=True)
        return
    low, high = many.WIDE_ENOUGH
    print(many.track_lines(found), table(many.spread_rows(rows)), sep="\n\n")
    print(
        f"\n{counted(len(found), 'track')}: in band {verdict['median_in_band']:.2f} at the median, "
        f"{verdict['lowest_in_band']:.2f} at the lowest; {verdict['wide_enough']:.0%} of the measures spread "
        f"{low:g} to {high:g} times as wide as people's",
        flush=True,
    )


def _finite(value: Any) -> Any:
    """Return the same with None for what is not finite, which JSON does not know."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
