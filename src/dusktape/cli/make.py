"""`dusktape make`: one command, one finished track. Its options; what it does is in `making`."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from dusktape.cli import complete, folders
from dusktape.cli.groups import F, GroupedCommand, option, path, paths
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError
from dusktape.studio.second import Second

_TRACK, _LIKE, _AGAIN, _MIDI, _FILES, _TALK = (
    "Which track",
    "What it is like",
    "From a track there is",
    "From your own MIDI",
    "Which files",
    "What is said",
)


def _output(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    found = path(ctx, parameter, value)
    if value and found and not found.is_dir():
        if value.endswith(("/", os.sep)):
            raise InputError(f"there is no folder {value!r}; make it, or name a file")
        if not found.suffix:
            from dusktape.io.audiofile import FORMATS

            raise InputError(f"{value!r} has no ending; add {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return found


def _file(group: str, *names: str, **settings: Any) -> Callable[[F], F]:
    return option(group, *names, type=click.Path(), callback=path, **settings)


@click.command(cls=GroupedCommand)
@click.argument("recipe", required=False, shell_complete=complete.recipes)
@option(_TRACK, "--ask", is_flag=True, help="Be asked, in a terminal, and be told the command that says the same.")
@option(
    _TRACK, "--seed", type=int, metavar="N", help="0 or more; the same seed makes the same track. Default: a new one."
)
@option(_TRACK, "-n", "--count", type=int, default=1, metavar="N", help="Make so many, with the seeds that follow.")
@option(
    _TRACK,
    "--recipes",
    metavar="NAMES",
    help="These take turns, comma between them, or all; keys, tempi and sounds are spread over the tracks.",
)
@option(
    _TRACK,
    "--composer",
    "composers",
    multiple=True,
    metavar="NAME|RUN",
    help="networks or rules, or the folder of a training of yours, which takes over what it learned; repeatable.",
)
@option(_LIKE, "--minutes", type=float, metavar="M", help="Length, 0.5 to 60. Default: 100 to 200 s, from the seed.")
@option(
    _LIKE, "--loop", type=int, metavar="BARS", help="In place of a track, a loop that closes on itself; 2 to 64 bars."
)
@option(_LIKE, "--bpm", type=float, metavar="BPM", help="Tempo, 40 to 160.")
@option(_LIKE, "--key", metavar="KEY", help="As in 'F# minor'.")
@option(
    _LIKE, "--mood", metavar="MOOD", shell_complete=complete.moods, help="wistful, warm, dreamy, dark, hopeful, sleepy."
)
@option(
    _LIKE,
    "--set",
    "settings",
    multiple=True,
    metavar="PART.PARAM=VALUE",
    help="Any recipe key: keys.lowpass.cutoff_hz=2500.",
)
@option(
    _LIKE, "--effect", "effects", multiple=True, metavar="NAME", help="Lay a recording of yours over it; repeatable."
)
@folders.instruments_option(_LIKE)
@option(_LIKE, "--gain", "gains", multiple=True, metavar="PART=DB", help="Turn a part up or down; repeatable.")
@option(_LIKE, "--mute", metavar="PARTS", help="Leave these parts out of the mix: pad,vinyl.")
@option(_LIKE, "--solo", metavar="PARTS", help="Leave all others out.")
@option(_LIKE, "--loudness", type=float, metavar="LUFS", help="Integrated loudness. Default: the recipe's.")
@option(_LIKE, "--title", help="Default: one from the seed.")
@_file(_AGAIN, "--from", "origin", metavar="JSON", help="Make the track of a track.json again.")
@option(_AGAIN, "--keep", metavar="PARTS", help="... these parts as they are, the rest anew: drums,harmony.")
@option(_AGAIN, "--again", metavar="PARTS", help="... these parts anew, the rest as it is: melody.")
@option(_AGAIN, "--bars", metavar="A-B", help="... and only in these bars, counted from 1.")
@_file(_AGAIN, "--notes", metavar="FILE", help="... with notes that you edited: its score.mid, or JSON.")
@option(
    _AGAIN,
    "--like",
    nargs=2,
    type=click.Path(),
    callback=paths,
    metavar="A.JSON B.JSON",
    help="A new track between two track.json.",
)
@option(_AGAIN, "--mix", type=float, metavar="0..1", help="... nearer to A (0) or to B (1). Default: 0.5.")
@_file(_MIDI, "--continue", "onward", metavar="MIDI", help="Begin with these notes and compose on.")
@_file(_MIDI, "--under", metavar="MIDI", help="Harmony, bass, hands and drums under this melody.")
@option(
    _FILES,
    "-o",
    "--output",
    type=click.Path(),
    callback=_output,
    metavar="PATH",
    help="Default: ./RECIPE-SEED.flac; .wav, .mp3 and .ogg too.",
)
@_file(_FILES, "--out", "folder", metavar="DIR", help="A folder for the tracks; made if it is not there.")
@option(_FILES, "--stems", is_flag=True, help="One file per part beside the track; they sum to the unmastered mix.")
@option(_FILES, "--midi", is_flag=True, help="The performance as a MIDI file beside the track.")
@_file(_FILES, "--bundle", metavar="DIR", help="A folder with master, stems, MIDI, cover and track.json.")
@option(_FILES, "--report", is_flag=True, help="A page with pictures and measures, in a folder beside the track.")
@option(_FILES, "--licence", metavar="SPDX", help="What the files' tags say. Default: CC0-1.0.")
@option(_FILES, "--force", is_flag=True, help="Replace files that are there.")
@option(_TALK, "--json", "as_json", is_flag=True, help="Print path and provenance as JSON, a line a track.")
@option(_TALK, "--quiet", is_flag=True, help="Print nothing but the result.")
def command(ask: bool, **options: Any) -> None:
    """Compose, perform, mix and master a track, and print its path.

    RECIPE is a name from `dusktape recipes`, a TOML file, or a wish in words: "slow rainy night, felt piano, no drums".
    Without one, `dusk` lets the seed decide.
    """
    if ask:
        _asked(click.get_current_context(), Talk(quiet=options["quiet"]))
        return
    with ExitStack() as stack:
        # It wakes up while we import what is needed to tell it anything: nothing of that may be imported above.
        second = Second.wake() if (os.cpu_count() or 1) > 1 else None
        if second is not None:
            stack.enter_context(second)
        from dusktape.cli.making import make

        make(**options, second=second)


def _asked(ctx: click.Context, talk: Talk) -> None:
    from dusktape.cli.ask import as_command, ask

    arguments = ask(ctx)
    talk.say(as_command(arguments))
    with command.make_context("make", arguments, parent=ctx.parent) as context:
        command.invoke(context)
