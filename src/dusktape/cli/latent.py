"""`dusktape latent`: the space of songs. Its sliders, the way between two songs, who lives next door."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dusktape.cli.talk import Talk
from dusktape.core.errors import DusktapeError, InputError

if TYPE_CHECKING:
    from dusktape.core.score import Score
    from dusktape.models.latent.infer import Latent
    from dusktape.models.latent.space import Slider

_MODEL = "latent"
_ENDINGS = (".mid", ".midi")
_PROVENANCE = "track.json"
_MOST_STEPS = 100
_WORTH_TELLING = 0.3

_UNITS = {
    "tempo": "beats a minute",
    "density": "notes a bar",
    "silence": "of the time",
    "leaps": "semitones from note to note",
    "height": "semitones above the tonic",
    "offbeat": "of the notes between the eighths",
    "changes": "chords a bar",
    "richness": "of 3: triads 0, sevenths 1, ninths 2",
    "loudness": "of full velocity",
}

_run = click.option("--run", type=click.Path(path_type=Path), metavar="RUN", help="A training of your own.")
_seed = click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of all draws; 0 or more.")
_temperature = click.option(
    "--temperature", type=float, default=0.7, show_default=True, metavar="T", help="1 as learned, lower is safer."
)
_key = click.option("--key", metavar="KEY", help="As in 'F# minor'. Default: that of the first song.")
_force = click.option("--force", is_flag=True, help="Replace files that are there.")
_quiet = click.option("--quiet", is_flag=True, help="Print nothing but the result.")


@click.group(invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Move in a space of songs. SONG, A and B are a track.json, a bundle's folder or a MIDI file."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


@command.command(short_help="List the sliders, and where a song lies on them.")
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option("--song", type=click.Path(path_type=Path), metavar="SONG", help="Say where this one lies.")
@click.option("--json", "as_json", is_flag=True, help="Print a table as JSON.")
def sliders(run: Path | None, song: Path | None, as_json: bool) -> None:
    """List the sliders of the space, of the training RUN or of what ships.

    One for each thing that can be heard, then the strongest directions beside them; how far each goes along with what
    it is named after, and what it goes along with beside that (correlations, -1 to 1).
    """
    latent = _opened(run)
    z = latent.encode(_song(song)) if song else None
    rows = [_row(slider, z) for slider in latent.sliders]
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        beside = ", ".join(f"{name} {r:+.2f}" for name, r in row["beside"].items())
        at = f"{row['at']:+6.2f}  " if "at" in row else ""
        told = "     " if row["told"] is None else f"{row['told']:+.2f}"
        print(f"{row['name']:10s}{at}{told}  {row['unit'] or 'has no name':38s} {beside}".rstrip())


def _row(slider: Slider, z: Any) -> dict[str, Any]:
    told = {name: round(float(r), 2) for name, r in zip(_UNITS, slider.told, strict=True)}
    row = {
        "name": slider.name,
        "unit": _UNITS.get(slider.name, ""),
        "told": told.get(slider.name),
        "beside": {name: r for name, r in told.items() if name != slider.name and abs(r) >= _WORTH_TELLING},
    }
    return row if z is None else {**row, "at": round(slider.at(z), 2)}


@command.command(short_help="Write the songs on the way between two.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--steps", type=int, default=5, show_default=True, metavar="N", help="How many, both ends included.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A folder to make.")
@_key
@_seed
@_temperature
@_run
@_force
@_quiet
def between(
    a: Path,
    b: Path,
    steps: int,
    out: Path,
    key: str | None,
    seed: int,
    temperature: float,
    run: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Write eight bars at each of some points on the way from A to B, as MIDI, and print their paths.

    What stands at both ends is what the space has kept of the songs, not the songs. All are in A's key; the mode is
    that of the nearer song.
    """
    from dusktape.core.score import Key
    from dusktape.io import atomic
    from dusktape.io.midi import to_midi
    from dusktape.models.latent.song import written

    if not 2 <= steps <= _MOST_STEPS:
        raise InputError(f"--steps is 2 to {_MOST_STEPS}, got {steps}; leave it out for 5")
    how, home = _how(seed, temperature), Key.parse(key) if key else None
    atomic.check_folder_writable(out, force=force)
    latent = _opened(run)
    first, last = _song(a), _song(b)
    ends = latent.encode(first), latent.encode(last)
    with atomic.replacing_folder(out, force=force) as folder:
        for step in range(steps):
            mix = step / (steps - 1)
            where = home or Key(first.key.tonic, (first if mix < 0.5 else last).key.mode)
            bpm = round(first.bpm ** (1.0 - mix) * last.bpm**mix, 1)
            song = written(latent, latent.blend(*ends, mix), key=where, bpm=bpm, **how)
            to_midi(song, folder / f"{step:02d}.mid", title=f"{mix:.0%} of the way")
            Talk(quiet=quiet).say(f"{mix:4.0%}  {where.name}, {bpm:g}  {' '.join(c.name for c in song.chords)}")
    for step in range(steps):
        print(out / f"{step:02d}.mid")


@command.command(short_help="Name the songs that lie nearest to one.")
@click.argument("song", type=click.Path(path_type=Path))
@click.option("--among", required=True, type=click.Path(path_type=Path), metavar="DIR", help="A dataset, or songs.")
@click.option("-n", "count", type=int, default=5, show_default=True, metavar="N", help="How many.")
@click.option("--json", "as_json", is_flag=True, help="Print a table as JSON.")
@_run
@_quiet
def neighbours(song: Path, among: Path, count: int, as_json: bool, run: Path | None, quiet: bool) -> None:
    """Name the nearest songs of a dataset, or of a folder with track.json and MIDI files, nearest first.

    Key and octave count for nothing. Distances are in standard deviations over all axes: 0 is the same, songs that have
    nothing to do with each other lie about 8 apart.
    """
    if count < 1:
        raise InputError(f"-n is 1 or more, got {count}; leave it out for 5")
    latent, talk = _opened(run), Talk(quiet=quiet)
    z = latent.encode(_song(song))
    names, points = [], []
    for name, score in _among(among, talk):
        try:
            points.append(latent.encode(score))
            names.append(name)
        except InputError as error:
            talk.say(f"skipped {name}: {error}")
    talk.clear()
    if not points:
        raise InputError(f"{among} has no song with a melody or chords; give a dataset, or a folder of MIDI files")
    found = [{"song": names[i], "distance": round(d, 3)} for i, d in latent.neighbours(z, points, count)]
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(f"{row['distance']:7.3f}  {row['song']}" for row in found))


@command.command(short_help="Move a song along sliders.")
@click.argument("song", type=click.Path(path_type=Path))
@click.option("--set", "settings", multiple=True, required=True, metavar="SLIDER=AMOUNT", help="As in density=+1.5.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="MIDI", help="As in busier.mid.")
@_key
@_seed
@_temperature
@_run
@_force
@_quiet
def move(
    song: Path,
    settings: tuple[str, ...],
    out: Path,
    key: str | None,
    seed: int,
    temperature: float,
    run: Path | None,
    force: bool,
    quiet: bool,
) -> None:
    """Write eight bars of what SONG is after moving along sliders, as MIDI, and print the path.

    Amounts are in standard deviations of people's music: 1 is noticeable, 3 is far out. `dusktape latent sliders` lists
    the sliders.
    """
    from dusktape.core.score import Key
    from dusktape.io import atomic
    from dusktape.io.midi import to_midi
    from dusktape.models.latent.song import written

    amounts, how = _amounts(settings), _how(seed, temperature)
    home = Key.parse(key) if key else None
    atomic.check_writable(out, force=force)
    latent, talk = _opened(run), Talk(quiet=quiet)
    score = _song(song)
    z = latent.encode(score)
    moved = latent.move(z, amounts)
    before, after = latent.controls(z), latent.controls(moved)
    for name in amounts:
        if name in _UNITS:
            talk.say(f"{name}: {before[name]:.2f} becomes {after[name]:.2f} {_UNITS[name]}")
    bpm = round(min(300.0, max(20.0, score.bpm * after["tempo"] / before["tempo"])), 1)
    found = written(latent, moved, key=home or score.key, bpm=bpm, **how)
    to_midi(found, out, title=out.stem, force=force)
    print(out)


def _opened(run: Path | None) -> Latent:
    from dusktape.core.plugins import find
    from dusktape.nn.run import Run

    if run is None:
        latent: Latent = find("models", _MODEL).open()
        return latent
    found = Run.read(run)
    if found.model.name != _MODEL:
        raise InputError(
            f"{run} is a training of {found.model.name!r}, which has no space of songs; give one of latent"
        )
    opened: Latent = found.open()
    return opened


def _song(path: Path) -> Score:
    """Return a song as it is written; a MIDI file with its key and chords as they are heard, where it does not say."""
    from dataclasses import replace

    from dusktape.io.midi import from_midi
    from dusktape.publish import provenance
    from dusktape.studio.theirs import read_song

    if path.is_dir() and (path / _PROVENANCE).is_file():
        path = path / _PROVENANCE
    if path.suffix.lower() in _ENDINGS:
        said = from_midi(path)
        # A file that names its chords, as ours do, knows its key.
        found = read_song(path, key=said.key if said.chords else None)
        return replace(found.score, sections=said.sections)
    if path.suffix.lower() == ".json":
        origin = provenance.read(path)
        return origin.control.take(origin.recipe, origin.seed).written
    raise InputError(f"{path} is no song that we can read; give a track.json, a bundle's folder or a MIDI file")


def _among(path: Path, talk: Talk) -> Iterator[tuple[str, Score]]:
    """Yield name and score of each song that can be read."""
    from dusktape.data.dataset import MANIFEST, Dataset
    from dusktape.evaluate.gather import of_song

    if (path / MANIFEST).is_file():
        dataset = Dataset.read(path)
        for number, song in enumerate(dataset.songs()):
            talk.progress("encoding", number / len(dataset))
            yield song.name, of_song(song)
        return
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give a dataset, or a folder of track.json and MIDI files")
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() in _ENDINGS or p.name == _PROVENANCE)
    for number, file in enumerate(files):
        talk.progress("encoding", number / len(files))
        name = str(file.relative_to(path))
        try:
            score = _song(file)
        except DusktapeError as error:
            talk.say(f"skipped {name}: {error}")
            continue
        yield name, score


def _how(seed: int, temperature: float) -> dict[str, Any]:
    from dusktape.studio.wish import checked_seed

    if not 0.0 < temperature <= 2.0:
        raise InputError(f"--temperature is above 0 and at most 2, got {temperature:g}; 1 draws as learned")
    return {"seed": checked_seed(seed), "temperature": temperature}


def _amounts(settings: tuple[str, ...]) -> dict[str, float]:
    amounts: dict[str, float] = {}
    for setting in settings:
        found = re.fullmatch(r"\s*([a-z0-9]+)\s*=\s*([+-]?\d*\.?\d+)\s*", setting)
        if found is None:
            raise InputError(f"{setting!r} moves nothing; write a slider and an amount, as in density=+1.5")
        amounts[found[1]] = amounts.get(found[1], 0.0) + float(found[2])
    if far := next((n for n, a in amounts.items() if abs(a) > 5.0), None):
        raise InputError(f"{far} is moved by {amounts[far]:g}; nothing is left beyond 5: stay between -5 and 5")
    return amounts
