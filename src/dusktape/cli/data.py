"""`dusktape data`: make data to learn from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from dusktape.data.midi.build import Built

_MOST_WORKERS = 256
_NAMED = 20
_SILENT = ("duplicate",)


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Make data to learn from out of your own files."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@command.command(short_help="Examine, clean and split MIDI files.")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="As in lofi.dataset.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the split; 0 or more.")
@click.option("--licence", metavar="SPDX", help="Licence of the files. Default: unknown.")
@click.option(
    "--licences",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Licences of single files or folders: a line each, 'path,licence'.",
)
@click.option("--no-normalise", is_flag=True, help="Keep tempo, time and velocity as they are.")
@click.option("--keep-tempo", is_flag=True, help="Keep each song's tempo; else 60 to 95 beats a minute.")
@click.option("--keep-time", is_flag=True, help="Keep the players' timing and swing; else all on sixteenths.")
@click.option("--keep-velocity", is_flag=True, help="Keep velocities; else each song has a median of 70.")
@click.option(
    "--drop-duplicates/--keep-duplicates", default=True, show_default=True, help="If kept, they share a split."
)
@click.option("--workers", type=int, metavar="N", help="Processes at once. Default: one for each core.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def midi(
    folders: tuple[Path, ...],
    out: Path,
    seed: int,
    licence: str | None,
    licences: Path | None,
    no_normalise: bool,
    keep_tempo: bool,
    keep_time: bool,
    keep_velocity: bool,
    drop_duplicates: bool,
    workers: int | None,
    force: bool,
    quiet: bool,
) -> None:
    """Examine, clean and split the MIDI files below DIR, and print the path of the dataset.

    Files that cannot be used are named with the reason and left out. A call that is stopped goes on where it was when
    it is given again.
    """
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise InputError(f"--workers is 1 to {_MOST_WORKERS}, got {workers}; leave it out for one on each core")
    if licence is not None and not licence.strip():
        raise InputError("--licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")
    from dusktape.data.licences import UNKNOWN, read_licences
    from dusktape.data.midi.build import build
    from dusktape.data.midi.normalise import Normalise
    from dusktape.data.midi.options import Options

    options = Options(
        seed=seed,
        normalise=Normalise(
            tempo=not (no_normalise or keep_tempo),
            grid=not (no_normalise or keep_time),
            velocity=not (no_normalise or keep_velocity),
        ),
        drop_duplicates=drop_duplicates,
        licence=licence or UNKNOWN,
        licences=read_licences(licences) if licences else {},
    )
    talk = Talk(quiet=quiet)
    try:
        built = build(folders, out, options, workers=workers, force=force, say=talk.say, progress=talk.progress)
    except KeyboardInterrupt as stop:
        stop.add_note("stopped; what was read so far is kept; the same command goes on with it")
        raise
    finally:
        talk.clear()
    _tell(built, talk)
    print(built.folder)


def _tell(built: Built, talk: Talk) -> None:
    """Name the files that are left out, but for duplicates, and count the rest."""
    dropped = [entry for entry in built.entries if entry.why and entry.why not in _SILENT]
    for entry in dropped[:_NAMED]:
        talk.say(f"left out {entry.found.file}: {entry.reason}")
    if len(dropped) > _NAMED:
        talk.say(f"left out {len(dropped) - _NAMED:,} more; manifest.json has the reasons")
    counts = built.counts
    splits = ", ".join(f"{number:,} {split}" for split, number in counts["songs"].items())
    why = Counter(entry.why for entry in built.entries if entry.why)
    rest = f"; left out: {', '.join(f'{number:,} {word}' for word, number in sorted(why.items()))}" if why else ""
    talk.say(f"{counts['kept']:,} of {counts['files']:,} files: {splits}{rest}")
    other = sum(entry.facts.get("beats_per_bar", 4) != 4 for entry in built.entries if not entry.why)
    if other:
        talk.say(f"{other:,} of them not in 4/4: kept, but networks that write melodies learn from 4/4 alone")
    copies = sum(bool(entry.twin) for entry in built.entries if not entry.why)
    if copies:
        talk.say(f"{copies:,} of them the same music as another; kept, each in the split of its twin")
    for split, number in counts["songs"].items():
        if not number:
            talk.say(f"no song landed in {split}; another --seed splits differently")
