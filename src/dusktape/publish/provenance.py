"""Where a track comes from, in full: enough to make it again and to say what it is made of."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.compose.byhand import ByHand
from dusktape.compose.control import Control
from dusktape.compose.networks import runs_of
from dusktape.compose.under import Under
from dusktape.core.errors import InputError, WeightsError
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.core.version import __version__
from dusktape.evaluate.certificate import certificate
from dusktape.nn.run import Run
from dusktape.studio import yours
from dusktape.studio.production import Production

FORMAT = 1


def models_of(recipe: Recipe) -> list[dict[str, Any]]:
    """Return name, SHA-256, data and licences of every network the recipe's composer uses.

    A training of the user's own has its folder as `run` and what it learned from as `data` beside these.

    Raises
    ------
    WeightsError
        If such a training is not there.
    """
    roles = getattr(find("composers", recipe.composer), "models", ())
    runs = runs_of(recipe) if roles else {}
    own = {*runs, *(("harmony", "melody") if "song" in runs else ())}
    described = []
    for name in roles:
        if name not in own:
            model = find("models", name)
            sources = [{"name": s.name, "licence": s.licence, "attribution": s.attribution} for s in model.sources]
            described.append({"name": name, "sha256": model.sha256, "trained_on": sources})
    return described + [_run(role, run) for role, run in runs.items()]


def _run(role: str, run: Run) -> dict[str, Any]:
    data = run.facts.get("data")
    told = data if isinstance(data, Mapping) else {}
    licences = told.get("licences") or {}
    source = {"name": str(told.get("name", data)), "licence": ", ".join(licences) or "not said", "attribution": ""}
    about = {"name": run.model.name, "role": role, "run": str(run.folder), "sha256": run.sha256}
    return {**about, "trained_on": [source], "data": data}


def models_in(production: Production) -> list[dict[str, Any]]:
    """Return the networks that wrote this song, as `models_of`; none if its score was given."""
    return [] if production.given is not None else models_of(production.recipe)


_THEIRS = {
    "under": " under a melody that was given to it",
    "onward": ", going on from a beginning that was given to it,",
}


def statement(production: Production) -> str:
    """Return plain words on what made this song: networks, rules, or somebody else."""
    start = production.control.start
    if production.given is not None:
        return (
            "The sound of this music is computer-generated: synthesised, mixed and mastered by Dusktape, an AI studio, "
            "from a score that was given to it." + given_sounds(production.recipe)
        )
    theirs = _THEIRS.get(str(start.table().get("kind")), "")
    if models_of(production.recipe):
        said = f"This music was made by AI: composed by neural networks{theirs} and synthesised by Dusktape."
    else:
        said = (
            "This music was made by AI in the wide sense: computer-generated, composed by software from rules, "
            f"without neural networks,{theirs} and synthesised by Dusktape."
        )
    hands = sorted({part for e in production.control.edits if isinstance(e, ByHand) for part in e.parts})
    if hands:
        said = f"{said} Somebody wrote notes of {', '.join(hands)} by hand."
    return said + given_sounds(production.recipe)


def given_sounds(recipe: Recipe) -> str:
    """Return a sentence, after a space, on the user's own sounds that play; nothing where none does."""
    own = yours.origins(recipe)
    return f" Some of its sounds are not synthesised but were given to Dusktape: {', '.join(own)}." if own else ""


def provenance(production: Production, *, title: str, licence: str, seconds: float) -> dict[str, Any]:
    """Return what `track.json` holds.

    Parameters
    ----------
    production
        What the track was made by, once it has been heard.
    title, licence
        As in its tags.
    seconds
        Its length.
    """
    recipe, score, measured = production.recipe, production.score, production.measured
    sections = [
        {
            "name": s.name,
            "start_s": round(score.seconds(s.start), 3),
            "end_s": round(score.seconds(s.start + s.length), 3),
        }
        for s in score.sections
    ]
    return {
        "format": FORMAT,
        "dusktape": __version__,
        "title": title,
        "licence": licence,
        "statement": statement(production),
        "seed": production.seed.value,
        "recipe": recipe.model_dump(mode="json"),
        "models": models_in(production),
        **({"files": files} if (files := yours.files_of(recipe)) else {}),
        "copying": None if _melody_is_given(production) else certificate(score, recipe),
        **({"control": production.control.table()} if production.control else {}),
        "score": {
            "given": production.given is not None,
            "sha256": hashlib.sha256(score.to_json().encode()).hexdigest(),
        },
        "report": {
            "duration_s": round(seconds, 3),
            "lufs": _figure(measured.lufs),
            "lra": _figure(measured.lra),
            "true_peak_dbtp": _figure(measured.true_peak_dbtp),
            "bpm": score.bpm,
            "key": score.key.name,
            "sections": sections,
        },
    }


def _melody_is_given(production: Production) -> bool:
    return production.given is not None or isinstance(production.control.start, Under)


def _figure(value: float) -> float | None:
    # JSON knows neither infinities (silence has a loudness of minus that) nor what was never measured.
    return round(value, 2) if math.isfinite(value) else None


def loudness_line(report: Mapping[str, Any]) -> str:
    """Return the loudness and true peak of a report, as people read them."""
    lufs, peak = report["lufs"], report["true_peak_dbtp"]
    return "silent" if lufs is None or peak is None else f"{lufs:.1f} LUFS, {peak:.1f} dBTP"


@dataclass(frozen=True, slots=True)
class Origin:
    """What `track.json` says a track is made from."""

    recipe: Recipe
    seed: Seed
    title: str
    licence: str
    control: Control


def read(path: Path) -> Origin:
    """Read a `track.json`, refusing one that this version would turn into another track.

    Raises
    ------
    InputError
        If the file cannot be read, is no provenance, was written by another version, names other weights, or tells of
        a score that was given.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give the track.json of a bundle") from error
    except (ValueError, RecursionError) as error:
        place = f" from line {error.lineno} on" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path} is no JSON{place}; give the track.json of a bundle") from error
    if amiss := _amiss(data):
        raise InputError(f"{path} is no dusktape provenance: {amiss}; give the track.json of a bundle")
    version, seed, title, licence, table = (data[k] for k in ("dusktape", "seed", "title", "licence", "recipe"))
    weights = {m["name"]: m["sha256"] for m in data["models"]}
    score = data["score"]["sha256"]
    if data["score"]["given"]:
        raise InputError(
            f"{path} tells of a score that was given (sha256 {score[:12]}): recipe and seed do not make it again; "
            "play that score with dusktape.make(score=...)"
        )
    if version != __version__:
        raise InputError(
            f"{path} was made by dusktape {version}, this is {__version__}: it would be another track; "
            f"install dusktape=={version}, or make a new one with --seed {seed}"
        )
    recipe = Recipe.of(table, where=str(path))
    try:
        control = Control.of(data.get("control", {}))
    except InputError as error:
        raise InputError(f"{path} is no dusktape provenance: {error}; give the track.json of a bundle") from error
    _check_weights(path, recipe, weights)
    files = data.get("files", [])
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise InputError(f"{path} is no dusktape provenance: its files are no list; give the track.json of a bundle")
    yours.check_files(files, where=str(path))
    return Origin(recipe, Seed(seed), title, licence, control)


_KINDS = {
    "dusktape": (str, "text"),
    "title": (str, "text"),
    "licence": (str, "text"),
    "seed": (int, "a whole number"),
    "recipe": (dict, "a table"),
    "models": (list, "a list"),
    "score": (dict, "a table"),
}


def _amiss(data: Any) -> str:
    """Return what keeps data from being a provenance of ours; nothing if it is one."""
    if not isinstance(data, dict):
        return "it is no table"
    if data.get("format") != FORMAT or isinstance(data.get("format"), bool):
        return f"its format is {data['format']!r}, not {FORMAT}" if "format" in data else "it has no format"
    for field, (kind, told) in _KINDS.items():
        if field not in data:
            return f"it has no {field}"
        if not isinstance(data[field], kind) or isinstance(data[field], bool):
            return f"its {field} is not {told}"
    if data["seed"] < 0:
        return "its seed is below 0"
    score = data["score"]
    if not isinstance(score.get("given"), bool) or not isinstance(score.get("sha256"), str):
        return "its score says not whether it was given, or has no sha256"
    if not all(
        isinstance(m, dict) and all(isinstance(m.get(k), str) for k in ("name", "sha256")) for m in data["models"]
    ):
        return "one of its models has no name or no sha256"
    return ""


def _check_weights(path: Path, recipe: Recipe, weights: Mapping[str, str]) -> None:
    try:
        described = models_of(recipe)
    except WeightsError as error:
        raise InputError(f"{path} was made with a training that is not there now: {error}") from error
    for model in described:
        named = weights.get(model["name"], "")
        if named != model["sha256"] and "run" in model:
            raise InputError(
                f"{path} was made with other weights ({named[:12] or 'unnamed'}) than those that are in {model['run']} "
                f"now ({model['sha256'][:12]}): it would be another track; bring that training back"
            )
        if named != model["sha256"]:
            raise InputError(
                f"{path} was made with {model['name']} weights {named[:12] or 'unnamed'}, here are "
                f"{model['sha256'][:12]}: it would be another track; install the dusktape that made it"
            )


def dump(data: Mapping[str, Any]) -> str:
    """Return provenance as it is written: indented, in the order of its making."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
