"""`dusktape evaluate`: how good is it, and how much of it was copied."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dusktape.cli import complete
from dusktape.cli.choices import OneOf
from dusktape.cli.talk import Talk
from dusktape.core.errors import InputError

if TYPE_CHECKING:
    from dusktape.data.dataset import Dataset
    from dusktape.evaluate.subjects import Subject


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--songs", type=int, default=50, show_default=True, metavar="N", help="Songs to compose, lines to write.")
@click.option("--notes", type=int, default=200, show_default=True, metavar="N", help="Of each line of a training.")
@click.option("--seed", type=int, default=900, show_default=True, metavar="N", help="Of the first song.")
@click.option("--recipe", "recipes", multiple=True, shell_complete=complete.recipes, help="Default: all in turn.")
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Of lines of a training.")
@click.option(
    "--rule", type=OneOf(("draw", "argmax"), what="rule"), default="draw", help="How a training's lines are drawn."
)
@click.option("--data", type=click.Path(path_type=Path), metavar="DATASET", help="Held-out songs, for bits per note.")
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="A training that our own network must beat on --data.",
)
@click.option("--report", type=click.Path(path_type=Path), metavar="HTML", help="A page with plots.")
@click.option("--json", "as_json", is_flag=True, help="Print everything that was found as JSON.")
@click.option("--force", is_flag=True, help="Replace the report that is there.")
@click.option("--quiet", is_flag=True, help="Print nothing but the result.")
def command(
    paths: tuple[Path, ...],
    songs: int,
    notes: int,
    seed: int,
    recipes: tuple[str, ...],
    temperature: float,
    rule: str,
    data: Path | None,
    against: tuple[Path, ...],
    report: Path | None,
    as_json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Measure songs beside people's: repetition, copying, music, diversity, held-out bits.

    PATH is a MIDI file, a folder that holds some (a bundle, or many), or the folder of a training. Songs are composed
    with a training, as make --composer does; one of melodies also writes bare lines. Without a PATH, our own composer
    writes fresh songs and is held against what it must reach.
    """
    from dusktape.core.seed import Seed
    from dusktape.data.dataset import MANIFEST, Dataset
    from dusktape.evaluate import subjects
    from dusktape.io import atomic
    from dusktape.nn.sampling import Sampling

    talk = Talk(quiet=quiet)
    _check(songs, notes, seed, temperature)
    if report is not None:
        atomic.check_writable(report, force=force)
    dataset = Dataset.read(data) if data else None
    under = dataset.lines("test") if dataset else []
    sampling = Sampling(temperature=temperature, rule=rule)  # type: ignore[arg-type]
    found: list[Subject] = []
    models: dict[str, Any] = {}
    if against and dataset is None:
        raise InputError("--against holds our network against others on held-out songs; name some with --data DATASET")
    for path in paths:
        if (path / MANIFEST).is_file():
            raise InputError(f"{path} is a dataset; name it with --data {path}")
    runs = [p for p in paths if subjects.is_run(p)]
    others = [p for p in paths if p not in runs]
    if not paths:
        found.append(subjects.composer(songs, seed, recipes, talk.progress))
    if others:
        found.append(subjects.midi(others, talk.progress))
    for folder in runs:
        subject, model = subjects.training(
            folder,
            songs=songs,
            notes=notes,
            seed=Seed(seed),
            sampling=sampling,
            under=under,
            recipes=recipes,
            told=talk.progress,
        )
        found.append(subject)
        if model is not None:
            models[subject.name] = folder, model
        elif dataset is not None:
            talk.say(f"{folder} writes no lines of notes: it has no bits per note")
    bits = _bits(dataset, models, against, seed, talk) if dataset is not None else None
    for subject in found:
        if bits and subject.kind == "composer":
            subject.found["figures"] |= subjects.saved(bits)
    talk.clear()
    for path, reason in (item for s in found for item in s.found.get("skipped", {}).items()):
        talk.say(f"skipped {path}: {reason}")
    for reason in (s.found["not_looked_up"] for s in found if "not_looked_up" in s.found):
        talk.say(f"not looked up: {reason}")
    if report is not None:
        from dusktape.evaluate.report import document

        atomic.write_bytes(report, document(found, bits).encode(), force=force)
    if as_json:
        table = {"subjects": {s.name: {"kind": s.kind, **s.found} for s in found}, "bits": bits}
        print(json.dumps(_finite(table), indent=1, ensure_ascii=False))
    else:
        _print(found, bits)
    if report is not None:
        talk.say(f"report: {report}")


def _bits(
    dataset: Dataset, models: dict[str, Any], against: tuple[Path, ...], seed: int, talk: Talk
) -> dict[str, Any] | None:
    """Return bits per note of ours, the trainings and those `against`; None where no song is there to ask about."""
    from dusktape.core.plugins import find
    from dusktape.core.seed import Seed
    from dusktape.evaluate import subjects

    everybody = {subjects.OURS: find("models", "melody").open(), **{name: model for name, (_, model) in models.items()}}
    everybody |= {folder.name: subjects.opened(folder) for folder in against}
    folders = [*(folder for folder, _ in models.values()), *against]
    learned = {folder.name: index for folder in folders if (index := subjects.index_of(folder))}
    learned[subjects.OURS] = subjects.shipped_phrases()
    asked, left_out = subjects.fair(everybody, learned, dataset.lines("test"))
    try:
        known = [learned[name] for name in asked if name in learned]
        bits = subjects.held_out_bits(asked, dataset, known, seed=Seed(seed), told=talk.progress)
    except InputError as error:
        talk.clear()
        talk.say(f"no bits a note: {error}")
        return None
    talk.clear()
    for name, reason in left_out.items():
        talk.say(f"no bits a note of {name}: {reason}; a dataset of other songs would tell")
    if bits["left_out"]:
        many = "s" if bits["left_out"] > 1 else ""
        talk.say(f"left out {bits['left_out']} test song{many} that one of the models learned from")
    return {**bits, "models_left_out": left_out}


def _check(songs: int, notes: int, seed: int, temperature: float) -> None:
    if songs < 1:
        raise InputError(f"--songs is 1 or more, got {songs}; leave it out for 50")
    if notes < 20:
        raise InputError(f"--notes is 20 or more, got {notes}; leave it out for 200")
    if seed < 0:
        raise InputError(f"a seed is 0 or more, got {seed}; drop the minus sign")
    if not 0.0 < temperature <= 2.0:
        raise InputError(f"--temperature is above 0 and at most 2, got {temperature:g}; 1 draws as learned")


def _print(found: list[Subject], bits: dict[str, Any] | None) -> None:
    from dusktape.evaluate import report
    from dusktape.evaluate.limits import judge
    from dusktape.evaluate.song import people

    blocks = []
    for subject in found:
        if "measures" in subject.found:
            rows = report.measure_rows(subject.found["measures"], people()["measures"])
            rows[0][0] = f"music of {subject.name}"
            blocks.append(report.table(rows))
    blocks.append(report.table(report.line_rows(found))) if found else None
    for subject in found:
        if subject.kind == "composer":
            blocks.append(report.table(report.verdict_rows(judge(subject.found["figures"]))))
    if bits is not None:
        blocks.append(report.table(report.bits_rows(bits)))
    print("\n\n".join(blocks), flush=True)


def _finite(value: Any) -> Any:
    """Return the same with None for what is not finite, which JSON does not know."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
