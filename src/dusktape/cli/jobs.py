"""`dusktape jobs`: the queue of a radio."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dusktape.cli import complete
from dusktape.cli.choices import OneOf
from dusktape.cli.groups import path
from dusktape.cli.library import YOU, opened, the_track
from dusktape.cli.numbers import Number, Whole
from dusktape.cli.ordering import accepted, brought, discard, faders, handed_in, read, rows_of, uploads_of
from dusktape.cli.station_options import on_state, state_option
from dusktape.cli.stationed import running, starting
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from dusktape.radio.state import Job, State

_EXPORTS = ("bundle", "loop", "flac", "wav", "mp3", "ogg")
_ACTIVE = ("queued", "running")
_PRIORITY = 10
_LOOK_S = 0.3


@click.group(invoke_without_command=True)
@state_option
@click.option("--all", "ended", is_flag=True, help="Those that have ended, too.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, a line a job.")
@click.pass_context
def command(ctx: click.Context, state: Path | None, ended: bool, as_json: bool) -> None:
    """List what waits and what is being made; or add to it, or call something off. A running radio does the work."""
    ctx.obj = state
    if ctx.invoked_subcommand is not None:
        return
    with opened(state) as radio:
        for job in radio.jobs(states=None if ended else _ACTIVE):
            _print(job, radio, as_json=as_json)


def _print(job: Job, radio: State, *, as_json: bool) -> None:
    from dusktape.server import shown

    if as_json:
        print(json.dumps(shown.job(job), ensure_ascii=False), flush=True)
        return
    where = f"place {job.position}" if job.position else f"{job.progress:4.0%}" if job.state == "running" else ""
    what = _what(job, radio)
    print(f"{job.id}  {job.state:9}  {where:9}  {job.kind:7}  {what}  {job.error or job.track or ''}".rstrip())


def _what(job: Job, radio: State) -> str:
    """Return what a job is about: the file or the title, and what is done to it."""
    told = job.spec
    made = radio.track(str(told["track"]), gone=True) if told.get("track") else None
    about = made.title if made is not None else told.get("name")
    lists = ("again", "keep", "settings", "effects")
    done = [f"{name} {' '.join(map(str, told[name]))}" for name in lists if told.get(name)]
    words = (about, told.get("recipe"), told.get("what"), *done, told.get("track"))
    return ", ".join(str(word) for word in words if word)


@command.command()
@click.argument("recipe", required=False, shell_complete=complete.recipes)
@click.option("--seed", type=Whole(min=0), metavar="N", help="Default: new ones.")
@click.option("-n", "--variants", type=Whole(1, 100), default=1, metavar="N", help="So many, with seeds apart.")
@click.option("--minutes", type=Number(0.5, 60.0), metavar="M", help="Length.")
@click.option("--loop", type=Whole(2, 64), metavar="BARS", help="A loop in place of a track.")
@click.option("--bpm", type=Number(40.0, 160.0), metavar="BPM", help="Tempo.")
@click.option("--key", metavar="KEY", help="As in 'F# minor'.")
@click.option("--mood", metavar="MOOD", shell_complete=complete.moods, help="As dusktape make takes it.")
@click.option(
    "--loudness", type=Number(-40.0, -5.0), metavar="LUFS", help="Integrated loudness. Default: the recipe's."
)
@click.option("--set", "settings", multiple=True, metavar="PART.PARAM=VALUE", help="Any recipe key.")
@click.option("--effect", "effects", multiple=True, metavar="NAME", help="A recording of yours, laid over; repeatable.")
@click.option("--composer", "composers", multiple=True, metavar="NAME", help="Who composes; repeatable.")
@click.option("--like", nargs=2, metavar="ID ID", help="Between two tracks of the library.")
@click.option("--mix", type=Number(0.0, 1.0), metavar="0..1", help="... nearer to the first (0) or to the second (1).")
@click.option("--continue", "onward", type=click.Path(), callback=path, metavar="MIDI", help="Go on from these notes.")
@click.option("--under", type=click.Path(), callback=path, metavar="MIDI", help="Play under this melody.")
@click.option("--title", help="Default: one from the seed.")
@click.option("--licence", metavar="SPDX", help="What the files' tags say.")
@click.option("--stems", is_flag=True, help="Keep the parts, too.")
@click.option("--station", metavar="NAME", help="For the reserve of this station.")
@click.option("--wait", is_flag=True, help="Until they are made; print their ids then.")
@click.option("--quiet", is_flag=True, help="Print nothing but the ids.")
@on_state
def add(
    folder: Path | None,
    recipe: str | None,
    variants: int,
    loudness: float | None,
    settings: tuple[str, ...],
    effects: tuple[str, ...],
    composers: tuple[str, ...],
    onward: Path | None,
    under: Path | None,
    wait: bool,
    quiet: bool,
    **told: Any,
) -> int:
    """Have tracks made: RECIPE is a name, or a wish in words. Prints the jobs' ids."""
    from dusktape.server.api.jobs import track_spec
    from dusktape.server.api.schema import Asked, TrackSpec

    how = "dusktape jobs add"
    asked = {name: told.pop(name) for name in ("loop", "like", "mix")}
    listed = {"settings": list(settings), "effects": list(effects), "composer": list(composers)}
    told |= {"recipe": recipe, "loudness_lufs": loudness, **{name: words or None for name, words in listed.items()}}
    with opened(folder) as radio:
        files = {"onward": onward, "under": under}
        sent = {name: brought(radio, file, ("midi",))[0] for name, file in files.items() if file is not None}
        try:
            asked |= {name: one.id for name, one in sent.items()}
            about = read(Asked, asked, command=how) if any(one is not None for one in asked.values()) else None
            spec = track_spec(radio, uploads_of(radio), read(TrackSpec, {**told, "asked": about}, command=how))
            jobs = accepted(radio, "track", spec, variants)
        except BaseException:
            discard(radio, sent.values())
            raise
        return _followed(radio, jobs, Talk(quiet=quiet), wait=wait)


@command.command()
@click.argument("source", metavar="INPUT", type=click.Path())
@click.option("--seed", type=Whole(min=0), metavar="N", help="Default: new ones.")
@click.option("-n", "--variants", type=Whole(1, 100), default=1, metavar="N", help="So many, with seeds apart.")
@click.option("--recipe", metavar="RECIPE", shell_complete=complete.recipes, help="A recipe or a wish in words.")
@click.option("--speed", type=Number(0.4, 1.6), metavar="S", help="0.4 to 1.6; pitch follows. Default: 0.88.")
@click.option("--pitch", type=Number(-24.0, 24.0), metavar="ST", help="Semitones.")
@click.option("--bpm", type=Number(30.0, 200.0), metavar="BPM", help="Tempo of the result, in place of --speed.")
@click.option("--key", metavar="KEY", help="MIDI: key of the result.")
@click.option(
    "--source-bpm", type=Number(30.0, 300.0), metavar="BPM", help="Tempo of a recording, where it is hard to hear."
)
@click.option("--downbeat", type=Whole(1, 4), metavar="N", help="Which of the first four beats begins a bar, 1 to 4.")
@click.option("--no-drums", is_flag=True, help="Add none; of a MIDI file, leave them out.")
@click.option("--kit", metavar="KIT", help="A kit of ours, or one of yours by its name.")
@click.option("--weather", metavar="WEATHER", help="As dusktape lofi takes it.")
@click.option(
    "--loudness", type=Number(-40.0, -5.0), metavar="LUFS", help="Integrated loudness. Default: the recipe's."
)
@click.option("--set", "settings", multiple=True, metavar="PART.PARAM=VALUE", help="Any recipe key.")
@click.option("--title", help="Default: the file's name.")
@click.option("--licence", metavar="SPDX", help="What the files' tags say.")
@click.option("--station", metavar="NAME", help="For the reserve of this station.")
@click.option("--wait", is_flag=True, help="Until it is made; print its id then.")
@click.option("--quiet", is_flag=True, help="Print nothing but the ids.")
@on_state
def lofi(
    folder: Path | None,
    source: str,
    variants: int,
    no_drums: bool,
    loudness: float | None,
    settings: tuple[str, ...],
    wait: bool,
    quiet: bool,
    **told: Any,
) -> int:
    """Have a recording or a MIDI file of yours made lo-fi, as dusktape lofi does, into the library."""
    from dusktape.server.api.jobs import lofi_spec
    from dusktape.server.api.schema import LofiSpec

    told |= {"drums": not no_drums, "loudness_lufs": loudness, "settings": list(settings) or None}
    with opened(folder) as radio:
        sent, facts = brought(radio, Path(source), ("audio", "midi"))
        try:
            wanted = read(LofiSpec, {**told, "upload": sent.id}, command="dusktape jobs lofi")
            jobs = accepted(radio, "lofi", lofi_spec(sent, facts, wanted), variants)
        except BaseException:
            discard(radio, [sent])
            raise
        return _followed(radio, jobs, Talk(quiet=quiet), wait=wait)


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@click.option("--wait", is_flag=True, help="Until they are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the ids.")
@on_state
def stems(folder: Path | None, tracks: tuple[str, ...], wait: bool, quiet: bool) -> int:
    """Have the parts of tracks rendered, each for itself; dusktape library export copies them out."""
    from dusktape.radio.beforehand import check_stems

    with opened(folder) as radio:
        found = [the_track(radio, name) for name in tracks]
        for made in found:
            check_stems(radio, made)
        jobs = [
            radio.submit("stems", {"track": made.id}, priority=_PRIORITY, client=YOU, group=made.song) for made in found
        ]
        return _followed(radio, jobs, Talk(quiet=quiet), wait=wait)


@command.command()
@click.argument("track")
@click.option("--again", metavar="PARTS", help="These parts anew, the rest as it is: melody.")
@click.option("--keep", metavar="PARTS", help="These parts as they are, the rest anew: drums,harmony.")
@click.option("--bars", metavar="A-B", help="... and only in these bars, counted from 1.")
@click.option("--seed", type=Whole(min=0), metavar="N", help="... with this seed. Default: a new one.")
@click.option("-n", "--variants", type=Whole(1, 8), default=1, metavar="N", help="... so often.")
@click.option("--notes", type=click.Path(), callback=path, metavar="FILE", help="Notes that you edited: MIDI or JSON.")
@click.option("--set", "settings", multiple=True, metavar="PART.PARAM=VALUE", help="Any recipe key.")
@click.option("--effect", "effects", multiple=True, metavar="NAME", help="A recording of yours, laid over; repeatable.")
@click.option("--gain", "gains", multiple=True, metavar="PART=DB", help="Turn a part up or down; repeatable.")
@click.option("--mute", metavar="PARTS", help="Leave these parts out of the mix: pad,vinyl.")
@click.option("--solo", metavar="PARTS", help="Leave all others out.")
@click.option("--title", help="Default: the track's.")
@click.option("--wait", is_flag=True, help="Until they are made; print their ids then.")
@click.option("--quiet", is_flag=True, help="Print nothing but the ids.")
@on_state
def edit(
    folder: Path | None,
    track: str,
    again: str | None,
    keep: str | None,
    bars: str | None,
    seed: int | None,
    notes: Path | None,
    settings: tuple[str, ...],
    effects: tuple[str, ...],
    gains: tuple[str, ...],
    mute: str | None,
    solo: str | None,
    wait: bool,
    quiet: bool,
    **told: Any,
) -> int:
    """Have a new version of a track made: what the studio does. Prints the jobs' ids."""
    from dusktape.publish.asked import parse_bars, parse_parts
    from dusktape.server.api.songs import Edit, edits

    told |= {"again": parse_parts(again, "--again"), "keep": parse_parts(keep, "--keep"), "bars": parse_bars(bars)}
    told |= {"seed": None if seed is None else str(seed), "settings": list(settings), "effects": list(effects)}
    told |= {"notes": rows_of(notes), "mix": faders(gains, parse_parts(mute, "--mute"), parse_parts(solo, "--solo"))}
    _check_edit(told)
    with opened(folder) as radio:
        kind, specs = edits(radio, the_track(radio, track), read(Edit, told, command="dusktape jobs edit"))
        return _followed(radio, handed_in(radio, kind, specs), Talk(quiet=quiet), wait=wait)


def _check_edit(told: Mapping[str, Any]) -> None:
    """Say in the words of the options what no edit is."""
    if not told["again"] and not told["keep"] and (told["bars"] or told["seed"] or told["variants"] > 1):
        raise InputError(
            "--bars, --seed and --variants say where, from what and how often; say what with them: "
            "--again melody, or --keep drums"
        )
    ways = [told["again"], told["keep"], told["settings"] or told["effects"], told["notes"]]
    if sum(map(bool, ways)) > 1:
        raise InputError(
            "one version is one of --again, --keep, --set with --effect, and --notes; order one after the other"
        )
    if not any(ways) and told["mix"] is None:
        raise InputError(
            "say what to change: --again or --keep, --notes, --set, --effect, or --gain, --mute, --solo; "
            "see dusktape jobs edit --help"
        )


@command.command()
@click.argument("track")
@click.argument("what", type=OneOf(_EXPORTS, what="export"), default=_EXPORTS[0])
@click.option("--bars", type=Whole(), metavar="N", help="Length of a loop: an even number, 2 to 64. Default: 8.")
@click.option("--wait", is_flag=True, help="Until it is there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the id.")
@on_state
def export(folder: Path | None, track: str, what: str, bars: int | None, wait: bool, quiet: bool) -> int:
    """Have a file made to take away: WHAT is a bundle, a loop or a format; dusktape library export copies it out."""
    from dusktape.server.api.songs import Export, export_of

    with opened(folder) as radio:
        if bars is not None and what != "loop":
            raise InputError(f"--bars is the length of a loop, and {what} has none; leave it out, or export loop")
        if bars is not None and bars not in range(2, 65, 2):
            raise InputError(f"--bars is an even number from 2 to 64, got {bars}; 8 is usual")
        wanted = read(Export, {"what": what, "bars": bars}, command="dusktape jobs export")
        jobs = handed_in(radio, "export", [export_of(radio, the_track(radio, track), wanted)])
        return _followed(radio, jobs, Talk(quiet=quiet), wait=wait)


@command.command()
@click.argument("jobs", nargs=-1, required=True)
@on_state
def cancel(folder: Path | None, jobs: tuple[str, ...]) -> None:
    """Call jobs off. One that has ended stays as it is."""
    with opened(folder) as radio:
        for name in jobs:
            if radio.job(name) is None:
                raise InputError(f"there is no job {name[:40]!r}; dusktape jobs lists them")
        talk = Talk(quiet=False)
        for name in jobs:
            job = radio.job(name)
            if job is not None and job.state not in _ACTIVE:
                talk.say(f"job {name} has ended already: {job.state}")
            radio.cancel(name)


def _followed(radio: State, jobs: list[Job], talk: Talk, *, wait: bool) -> int:
    """Print the jobs' ids; or wait, show how far they are, and print what they made. Say it if nobody makes them."""
    if jobs and running(radio.folder) is None:
        waits = "this waits for one, and so does the queue after Ctrl-C" if wait else "the queue waits for one"
        talk.say(f"no radio runs on this folder; {waits}: {starting(radio.folder)}")
    if not wait:
        for job in jobs:
            print(job.id, flush=True)
        return 0
    failed = 0
    for first in jobs:
        job = _ended(radio, first.id, talk)
        talk.clear()
        if job.state == "done":
            print(job.track or job.id, flush=True)
        else:
            failed += 1
            talk.say(f"{job.id}: {job.error or job.state}")
    return 1 if failed else 0


def _ended(radio: State, name: str, talk: Talk) -> Any:
    while True:
        job = radio.job(name)
        if job is None or job.state not in _ACTIVE:
            if job is None:
                raise InputError(f"job {name} is not there any more")
            return job
        talk.status(job.stage or f"place {job.position}", job.progress)
        time.sleep(_LOOK_S)
