"""Whom an evaluation is about: songs that are there, our composer, or trainings of any model that we play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.core.plugins import find
from dusktape.core.score import Key, Score
from dusktape.core.seed import Seed
from dusktape.data.dataset import Dataset
from dusktape.evaluate import gather, judgement
from dusktape.evaluate.bits import Figure, saving, table
from dusktape.evaluate.yardsticks import chord_bits, yardsticks
from dusktape.nn.line import Line, LineModel
from dusktape.nn.phrases import FILE, Phrases
from dusktape.nn.run import FACTS, SOUND, Run, no_notes
from dusktape.nn.sampling import Sampling

Told = Callable[[str, float], None]
"""Called with what is going on and how much of it is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who writes, and what was found.

    Parameters
    ----------
    name
        As the report calls it.
    kind
        `songs`, `composer` or `training`.
    found
        From `judgement`; with `bits` where held-out songs were given.
    """

    name: str
    kind: str
    found: dict[str, Any]


def is_run(path: Path) -> bool:
    """Return whether a path is the folder of a training."""
    return (path / FACTS).is_file()


def composer(count: int, seed: int, recipes: Sequence[str], told: Told) -> Subject:
    """Return our composer, judged by so many fresh songs.

    Raises
    ------
    RecipeError
        If there is no such recipe.
    """
    return Subject("dusktape", "composer", judgement.of_songs(_composed(count, seed, recipes, told), shipped_phrases()))


def _composed(
    count: int, seed: int, recipes: Sequence[str], told: Told, folder: Path | None = None
) -> list[tuple[str, Score]]:
    songs = []
    for song in gather.fresh(count, seed, recipes, [str(folder)] if folder else []):
        songs.append(song)
        told(f"composing with {folder.name}" if folder else "composing", len(songs) / count)
    return songs


def midi(paths: Sequence[Path], told: Told) -> Subject:
    """Return songs that lie there as MIDI, judged. What cannot be read is named in `skipped`, with the reason.

    Raises
    ------
    InputError
        If there is none that can be read.
    """
    files, skipped = gather.midi_files(paths)
    songs = []
    for k, path in enumerate(files):
        told("reading", k / len(files))
        try:
            songs.append((path.stem, gather.read(path)))
        except InputError as error:
            skipped[str(path)] = _alone(str(error), path)
    if not songs:
        first, reason = next(iter(skipped.items()))
        others = f"; {len(skipped) - 1} more cannot be measured either" if len(skipped) > 1 else ""
        raise InputError(f"{first}: {reason}{others}")
    found = judgement.of_songs(songs, shipped_phrases())
    return Subject(paths[0].name if len(paths) == 1 else _songs(len(songs)), "songs", {**found, "skipped": skipped})


def _songs(count: int) -> str:
    return f"{count} song{'' if count == 1 else 's'}"


def _alone(reason: str, path: Path) -> str:
    """Return a reason without the path that it begins with."""
    for named in (repr(str(path)), str(path)):
        reason = reason.removeprefix(named).removeprefix(":").lstrip()
    return reason.removesuffix("; leave it out")


def shipped_phrases() -> Phrases:
    """Return the index of what our own melodies learned from."""
    return Phrases.load(find("models", "melody").folder / FILE)


def training(
    folder: Path,
    *,
    songs: int,
    notes: int,
    seed: Seed,
    sampling: Sampling,
    under: Sequence[Line],
    recipes: Sequence[str] = (),
    told: Told,
) -> tuple[Subject, LineModel | None]:
    """Return a training, judged by fresh songs that it takes part in, and the model if it is one of lines.

    Music is measured in the songs: as they are played, everybody else as usual. Of a model of lines, repetition,
    copying and diversity are those of its bare lines, as it writes them when nobody holds it back; of one that writes
    whole songs, of its melodies. Of others there is no copying, since the melodies are not theirs; where the index of
    what was learned from is missing, `not_looked_up` says so.

    Parameters
    ----------
    folder
        What `dusktape train` wrote.
    songs
        How many to compose; as many lines are written.
    notes
        Of each line.
    seed
        Of the first song, and of the lines.
    sampling
        How lines are drawn; songs, as their recipe says.
    under
        Songs by people that lend the lines their keys and chords in turn; C major without chords if there are none.
    recipes
        Of the songs; all in turn if empty.
    told
        Told how far things are.

    Raises
    ------
    WeightsError
        If the folder is no finished training.
    RecipeError
        If there is no such recipe.
    InputError
        If the model writes nothing that is played.
    """
    run = Run.read(folder)
    if run.model.role == SOUND:
        raise InputError(no_notes(str(folder), run))
    model = run.open()
    if not run.model.role:
        raise InputError(
            f"{folder} is a training of {run.model.name!r}, which writes nothing that we play; leave it out"
        )
    phrases = index_of(folder) if run.model.role in _SINGERS else None
    found = judgement.of_songs(_composed(songs, seed.value, recipes, told, folder), phrases)
    if phrases is None and run.model.role in _SINGERS:
        found["not_looked_up"] = f"{folder} has no {FILE}, the index of what was learned from"
    if not hasattr(model, "generate"):
        return Subject(folder.name, "training", found), None
    written = generated(model, lines=songs, notes=notes, seed=seed, sampling=sampling, under=under, told=told)
    bare = judgement.of_lines([replace(line, chords=()) for line in written], phrases)  # the chords are not its own
    figures, others = ({**found[key], **bare[key]} for key in ("figures", "people"))
    return Subject(folder.name, "training", {**found, **bare, "figures": figures, "people": others}), model


_SINGERS = ("melody", "song")
"""Roles that write the melody."""


def index_of(folder: Path) -> Phrases | None:
    """Return the index of what a training learned from; None where it left none."""
    return Phrases.load(folder / FILE) if (folder / FILE).is_file() else None


def opened(folder: Path) -> LineModel:
    """Return the model of melodies that was trained in a folder.

    Raises
    ------
    WeightsError
        If the folder is no finished training.
    InputError
        If the model writes no melodies.
    """
    run = Run.read(folder)
    model: LineModel = run.open()
    if not hasattr(model, "generate"):
        raise InputError(
            f"{folder} is a training of {run.model.name!r}, which writes no lines of notes: it has no bits per note; "
            "leave it out of --against"
        )
    return model


def generated(
    model: LineModel, *, lines: int, notes: int, seed: Seed, sampling: Sampling, under: Sequence[Line], told: Told
) -> list[Line]:
    """Return fresh lines of a model, as it writes them when nobody holds it back."""
    out = []
    for k in range(lines):
        lent = under[k % len(under)] if under else None
        key, chords = (lent.key, lent.chords) if lent else (Key(0, "major"), ())
        out.append(model.generate(key=key, chords=chords, seed=seed.at("line", k), sampling=sampling, notes=notes))
        told("writing", (k + 1) / lines)
    return out


KNOWN_NOTES = 30
"""A test song that shares so long a phrase with what somebody learned from was learned from."""


def unheard(lines: Sequence[Line], learned: Sequence[Phrases]) -> list[Line]:
    """Return the songs that nobody learned from, as the indexes of what was learned tell.

    Held-out songs share phrases of up to 16 notes with rhythm; a song that was learned from, all of itself.
    """
    return [line for line in lines if all(p.longest(line, "rhythm").length < KNOWN_NOTES for p in learned)]


FEWEST = 0.1
"""Where fewer of the test songs than this are new to everybody, who learned from most of them is not asked."""

OURS = "dusktape"
"""What our own melody network is called among models."""


def fair(
    models: Mapping[str, LineModel], learned: Mapping[str, Phrases], lines: Sequence[Line]
) -> tuple[dict[str, LineModel], dict[str, str]]:
    """Return who can be asked about some songs, and who cannot because it learned from them, with the reason.

    Parameters
    ----------
    models, learned
        By name; an index for each whose songs are known.
    lines
        The songs.
    """
    new = {name: {line.name for line in unheard(lines, [learned[name]])} for name in models if name in learned}
    asked, left_out = dict(models), {}
    while new and len(set.intersection(*new.values())) < max(1, FEWEST * len(lines)):
        most = min(new, key=lambda name: len(new[name]))
        known = len(lines) - len(new.pop(most))
        left_out[most] = f"it learned from {known} of the {len(lines)} test songs"
        del asked[most]
    return asked, left_out


def held_out_bits(
    models: Mapping[str, LineModel], data: Dataset, learned: Sequence[Phrases], *, seed: Seed, told: Told
) -> dict[str, Any]:
    """Return bits per note on a dataset's test songs: `table` by model, and `saving` of ours over the others.

    Songs that any of the models learned from are left out, and counted in `left_out`.

    Parameters
    ----------
    models
        By name; `OURS`, if it is there, is held against all others.
    data
        Its test songs are asked about; counting models learn from its training songs.
    learned
        Indexes of what the models learned from.
    seed, told
        Of the bootstrap; told how far things are.

    Raises
    ------
    InputError
        If the dataset has no test songs, or the models learned from all of them.
    """
    train, valid, every = (data.lines(split) for split in ("train", "valid", "test"))
    if not every or not train:
        raise InputError(
            f"{data.folder} has no songs to test on; it needs melodies of 16 notes and more in every split"
        )
    test = unheard(every, learned)
    if not test:
        raise InputError(f"{data.folder} has no test song that these models did not learn from; give other songs")
    told("counting", 0.0)
    costs = yardsticks(train, valid or train, test)
    for k, (name, model) in enumerate(models.items()):
        told(f"asking {name}", k / len(models))
        costs[name] = model.bits(test)
    figures = table(costs, test, chord_bits(train, valid or train, test), seed=seed)
    savings = {
        other: {
            f"{kind}{'_velocity' if velocity else ''}": _plain(
                saving(costs[OURS], costs[other], test, kind=kind, velocity=velocity, seed=seed)
            )
            for kind in ("all", "new", "repeated")
            for velocity in (False, True)
        }
        for other in models
        if OURS in models and other != OURS
    }
    return {
        "songs": len(test),
        "notes": sum(map(len, test)),
        "left_out": len(every) - len(test),
        "table": {name: {column: _plain(f) for column, f in row.items()} for name, row in figures.items()},
        "saving": savings,
    }


def _plain(figure: Figure) -> dict[str, float]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def saved(bits: Mapping[str, Any]) -> dict[str, float]:
    """Return `bits.saving.all` and so on: by how much ours stays below the best of the other networks."""
    savings: Sequence[Mapping[str, Mapping[str, float]]] = list(bits["saving"].values())
    if not savings:
        return {}
    return {f"bits.saving.{kind}": min(s[kind]["value"] for s in savings) for kind in savings[0]}
