"""`dusktape lofi`: a recording or a MIDI file of one's own, as lo-fi."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from dusktape.cli import complete, folders
from dusktape.cli.groups import GroupedCommand, option, path
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError
from dusktape.io.audiofile import FORMATS
from dusktape.io.sound import kind_of
from dusktape.publish import lofi as published
from dusktape.publish import provenance
from dusktape.publish.deliver import title_of
from dusktape.studio import yours
from dusktape.studio.lofi import USUAL_SPEED, WEATHERS, Treatment, Work, remixed
from dusktape.studio.revoice import revoiced
from dusktape.studio.wish import DEFAULT_RECIPE, checked_seed
from dusktape.studio.words import Heard, hear

_MOVE, _BEAT, _ROOM, _FILES, _TALK = (
    "How it runs",
    "Its beat, our drums",
    "What it sounds like",
    "Which files",
    "What is said",
)


@click.command(cls=GroupedCommand)
@click.argument("source", metavar="INPUT", type=click.Path())
@option(_MOVE, "--speed", type=float, metavar="S", help="0.4 to 1.6; pitch follows. Default: 0.88.")
@option(
    _MOVE,
    "--pitch",
    type=float,
    metavar="ST",
    help="Semitones; alone, the tempo follows. With --speed or --bpm, each as said.",
)
@option(_MOVE, "--bpm", type=float, metavar="BPM", help="Tempo of the result, in place of --speed.")
@option(_MOVE, "--key", metavar="KEY", help="MIDI: key of the result, as in 'F# minor'.")
@option(_MOVE, "--source-key", metavar="KEY", help="Key of a MIDI file, where it is heard wrongly.")
@option(_BEAT, "--no-drums", is_flag=True, help="Add none; of a MIDI file, leave them out.")
@option(
    _BEAT,
    "--kit",
    metavar="KIT",
    help="dusty, brushes, 808 ...: see kit in dusktape parts instruments; or one of yours, by name or path.",
)
@option(_BEAT, "--downbeat", type=int, metavar="N", help="Which of the first four beats begins a bar, 1 to 4.")
@option(_BEAT, "--source-bpm", type=float, metavar="BPM", help="Tempo of a recording, where it is hard to hear.")
@option(_ROOM, "--recipe", metavar="RECIPE", shell_complete=complete.recipes, help="A recipe or a wish in words.")
@option(
    _ROOM,
    "--weather",
    metavar="WEATHER",
    help=f"{', '.join(WEATHERS[:-1])} or {WEATHERS[-1]}. Default: the recipe's.",
)
@option(_ROOM, "--set", "settings", multiple=True, metavar="PART.PARAM=VALUE", help="As in recording.cassette.age=0.8.")
@option(
    _ROOM, "--effect", "effects", multiple=True, metavar="NAME", help="Lay a recording of yours over it; repeatable."
)
@folders.instruments_option(_ROOM)
@option(_ROOM, "--loudness", type=float, metavar="LUFS", help="Integrated loudness. Default: the recipe's.")
@option(_ROOM, "--seed", type=int, metavar="N", help="0 or more. Default: a new one.")
@option(_ROOM, "--title", help="Default: the file's name.")
@option(
    _FILES,
    "-o",
    "--output",
    type=click.Path(),
    callback=path,
    metavar="PATH",
    help="Default: ./INPUT-lofi-SEED.flac; .wav, .mp3 and .ogg too.",
)
@option(_FILES, "--licence", metavar="SPDX", help="What the tags say. Default: that it is the source's.")
@option(_FILES, "--force", is_flag=True, help="Replace files that are there.")
@option(_TALK, "--json", "as_json", is_flag=True, help="Print path and provenance as JSON.")
@option(_TALK, "--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    source: str,
    speed: float | None,
    pitch: float | None,
    bpm: float | None,
    key: str | None,
    source_key: str | None,
    no_drums: bool,
    kit: str | None,
    downbeat: int | None,
    source_bpm: float | None,
    recipe: str | None,
    weather: str | None,
    settings: tuple[str, ...],
    effects: tuple[str, ...],
    loudness: float | None,
    seed: int | None,
    title: str | None,
    output: Path | None,
    licence: str | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Turn a recording or a MIDI file into lo-fi, and print the path of the result.

    INPUT is a WAV, FLAC, MP3, OGG or MIDI file of yours. A recording runs slower, through tape and vinyl, with our
    drums on its beat; a MIDI file is played by our instruments. Beside the track a .json says where it comes from.
    """
    talk = Talk(quiet=quiet)
    if licence is not None and not licence.strip():
        raise InputError("--licence is empty; name one, as in CC-BY-4.0, or leave it out")
    file = Path(source)
    midi = kind_of(file) == "midi"
    wanted = Treatment(
        recipe or DEFAULT_RECIPE,
        speed,
        pitch,
        bpm,
        key,
        source_bpm,
        downbeat,
        not no_drums,
        kit,
        weather,
        loudness,
        settings,
        source_key=source_key,
        effects=effects,
    )
    song = checked_seed(seed)
    place = _place(output, published.name_from(file, song.value))
    published.check(file, place, force=force)
    heard = hear(wanted.recipe)
    named_here = (recipe or "", kit or "", *(setting.partition("=")[2] for setting in settings))
    for line in (*(heard.lines() if heard else ()), *_unheard(heard, wanted, midi=midi), *yours.remarks(named_here)):
        talk.say(line)
    started = time.perf_counter()
    try:
        work = revoiced(file, wanted, song) if midi else remixed(file, wanted, song, progress=talk.progress)
        facts = _made(work, file, place, talk, title=title, licence=licence, force=force)
    finally:
        talk.clear()
    report = facts["report"]
    seconds = time.perf_counter() - started
    talk.say(f"“{facts['title']}”: {provenance.loudness_line(report)}, licence: {facts['licence']}")
    talk.say(f"{report['duration_s']:.1f} s of music in {seconds:.1f} s")
    print(json.dumps({"path": str(place), **facts}, ensure_ascii=False) if as_json else place, flush=True)


def _unheard(heard: Heard | None, wanted: Treatment, *, midi: bool) -> tuple[str, ...]:
    """Return that what a wish says of the tempo gives way to the speed of a file that has its own."""
    if heard is None or not heard.tempo:
        return ()
    if wanted.bpm is not None:
        rules = f"--bpm {wanted.bpm:g}"
    elif wanted.speed is not None:
        rules = f"--speed {wanted.speed:g}"
    elif wanted.pitch is not None and not midi:
        rules = f"--pitch {wanted.pitch:+g}"
    else:
        rules = f"the usual speed, {USUAL_SPEED:g} of the file's; say --speed or --bpm"
    return (f"{', '.join(heard.tempo)} gives way to {rules}",)


def _made(
    work: Work, file: Path, place: Path, talk: Talk, *, title: str | None, licence: str | None, force: bool
) -> dict[str, Any]:
    made = work.production
    for line in (*work.said, *yours.said(work.players)):
        talk.say(line)
    talk.say(f"recipe {made.recipe.name}, seed {made.seed.value}")
    made.progress = talk.progress
    named = title_of(made.recipe, made.seed, title or published.title_from(file))
    return published.deliver(work, file, place, title=named, licence=licence, force=force)


def _place(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(f"{name}.flac")
    if output.is_dir():
        return output / f"{name}.flac"
    if not output.suffix:
        raise InputError(f"{str(output)!r} has no ending; add {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    return output
