"""`dusktape jobs`: the queue of a radio."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dusktape.cli import complete
from dusktape.cli.library import YOU, opened, the_track
from dusktape.cli.stationed import on_state, state_option
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from dusktape.radio.state import Job, State

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
            _print(job, as_json=as_json)


def _print(job: Job, *, as_json: bool) -> None:
    from dusktape.server import shown

    if as_json:
        print(json.dumps(shown.job(job), ensure_ascii=False), flush=True)
        return
    where = f"place {job.position}" if job.position else f"{job.progress:4.0%}" if job.state == "running" else ""
    what = job.spec.get("recipe") or job.spec.get("track") or job.spec.get("name") or ""
    print(f"{job.id}  {job.state:9}  {where:9}  {job.kind:7}  {what}  {job.error or job.track or ''}".rstrip())


@command.command()
@click.argument("recipe", required=False, shell_complete=complete.recipes)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Default: new ones.")
@click.option(
    "-n", "--variants", type=click.IntRange(1, 100), default=1, metavar="N", help="So many, with seeds apart."
)
@click.option("--minutes", type=click.FloatRange(0.5, 60.0), metavar="M", help="Length.")
@click.option("--bpm", type=click.FloatRange(40.0, 160.0), metavar="BPM", help="Tempo.")
@click.option("--key", metavar="KEY", help="As in 'F# minor'.")
@click.option("--mood", metavar="MOOD", shell_complete=complete.moods, help="As dusktape make takes it.")
@click.option("--set", "settings", multiple=True, metavar="PART.PARAM=VALUE", help="Any recipe key.")
@click.option("--station", metavar="NAME", help="For the reserve of this station.")
@click.option("--wait", is_flag=True, help="Until they are made; print their ids then.")
@click.option("--quiet", is_flag=True, help="Print nothing but the ids.")
@on_state
def add(
    folder: Path | None,
    recipe: str | None,
    seed: int | None,
    variants: int,
    minutes: float | None,
    bpm: float | None,
    key: str | None,
    mood: str | None,
    settings: tuple[str, ...],
    station: str | None,
    wait: bool,
    quiet: bool,
) -> int:
    """Have tracks made: RECIPE is a name, or a wish in words. Prints the jobs' ids."""
    from pydantic import ValidationError

    from dusktape.radio.state import new_id
    from dusktape.server.api.schema import TrackSpec
    from dusktape.server.api.wanted import checked

    told: dict[str, Any] = {"recipe": recipe, "seed": seed, "minutes": minutes, "bpm": bpm, "key": key, "mood": mood}
    told |= {"settings": list(settings) or None, "station": station}
    try:
        spec = TrackSpec.model_validate({k: v for k, v in told.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"--{first['loc'][0]}: {first['msg']}; see dusktape jobs add --help") from error
    checked(spec)
    plain = spec.model_dump(mode="json", exclude_none=True)
    specs = [plain if seed is None else {**plain, "seed": seed + k} for k in range(variants)]
    with opened(folder) as radio:
        group = new_id() if variants > 1 else ""
        jobs = [radio.submit("track", one, priority=_PRIORITY, client=YOU, group=group) for one in specs]
        return _followed(radio, jobs, Talk(quiet=quiet), wait=wait)


@command.command()
@click.argument("tracks", nargs=-1, required=True)
@click.option("--wait", is_flag=True, help="Until they are there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the ids.")
@on_state
def stems(folder: Path | None, tracks: tuple[str, ...], wait: bool, quiet: bool) -> int:
    """Have the parts of tracks rendered, each for itself; dusktape library export copies them out."""
    with opened(folder) as radio:
        found = [the_track(radio, name) for name in tracks]
        jobs = [
            radio.submit("stems", {"track": made.id}, priority=_PRIORITY, client=YOU, group=made.song) for made in found
        ]
        return _followed(radio, jobs, Talk(quiet=quiet), wait=wait)


@command.command()
@click.argument("jobs", nargs=-1, required=True)
@on_state
def cancel(folder: Path | None, jobs: tuple[str, ...]) -> None:
    """Call jobs off."""
    with opened(folder) as radio:
        for name in jobs:
            if radio.job(name) is None:
                raise InputError(f"there is no job {name[:40]!r}; dusktape jobs lists them")
        for name in jobs:
            radio.cancel(name)


def _followed(radio: State, jobs: list[Job], talk: Talk, *, wait: bool) -> int:
    """Print the jobs' ids; or wait, show how far they are, and print what they made."""
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
