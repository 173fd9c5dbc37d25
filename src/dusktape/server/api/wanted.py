"""What may be asked for over the network: everything that has a name, and nothing that has a path."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dusktape.core.errors import InputError, RecipeError, suggestion

if TYPE_CHECKING:
    from dusktape.radio.state import State
    from dusktape.server.api.schema import LofiSpec, TrackSpec
    from dusktape.studio.lofi import Treatment

_PATH_LIKE = re.compile(r"[/\\~]|^\s*[\"']?\.|\.(toml|json|mid|midi|wav|flac|sf2|sf3)\b", re.IGNORECASE)


def checked(state: State, spec: TrackSpec) -> None:
    """Refuse a track that cannot be made, before it waits in a queue.

    The command line lets recipes, kits and trainings be paths; here they are names that are looked up.

    Parameters
    ----------
    state
        Where the tracks and files are that it names.
    spec
        What is wanted.

    Raises
    ------
    DusktapeError
        Saying what is wrong, as `dusktape make` would: with its options, which `mistakes.in_fields` turns into fields.
    """
    from dusktape.core.plugins import names
    from dusktape.nn.run import ships
    from dusktape.radio.beforehand import check_track
    from dusktape.studio.wish import checked_seed

    for composer in spec.composer or ():
        if composer not in names("composers") and not ships(composer):
            raise RecipeError(f"there is no composer {composer!r}{suggestion(composer, names('composers'))}")
    _check_names(spec.recipe, spec.settings or ())
    _check_asked(spec)
    checked_seed(spec.seed or 0)
    check_track(state, spec.model_dump(mode="json", exclude_none=True))


def checked_lofi(spec: LofiSpec, kind: str) -> None:
    """Refuse what cannot be done to a file, before it waits in a queue.

    Parameters
    ----------
    spec
        What to do to it.
    kind
        `audio` or `midi`.

    Raises
    ------
    DusktapeError
        Saying what is wrong, as `dusktape lofi` would.
    """
    from dusktape.io import toml
    from dusktape.studio.lofi import LAYER, RECORDING
    from dusktape.studio.presets import resolve
    from dusktape.studio.wish import checked_seed

    kit = () if spec.kit is None else (f"kit={spec.kit}",)
    _check_names(spec.recipe, (*kit, *(spec.settings or ())))
    _check_motion(spec, kind)
    wanted = treatment(spec)
    wanted.check()
    table = wanted.table(wanted.bpm, layer=toml.read(LAYER) if kind == "audio" else None)
    parts = {name: part for name, part in table["parts"].items() if name != RECORDING}
    seed = checked_seed(spec.seed or 0)
    resolve({**table, "parts": parts}, seed, where=wanted.recipe, options=wanted.options(table))


def treatment(spec: LofiSpec) -> Treatment:
    """Return what to do to a file as the studio takes it."""
    from dusktape.studio.lofi import Treatment
    from dusktape.studio.wish import DEFAULT_RECIPE

    return Treatment(
        spec.recipe or DEFAULT_RECIPE,
        spec.speed,
        spec.pitch,
        spec.bpm,
        spec.key,
        spec.source_bpm,
        spec.downbeat,
        spec.drums,
        spec.kit,
        spec.weather,
        spec.loudness_lufs,
        spec.settings or (),
        spec.source_key,
    )


def _check_motion(spec: LofiSpec, kind: str) -> None:
    from dusktape.studio.recording import HIGHEST, LOWEST
    from dusktape.studio.words import hear

    if spec.speed is not None and spec.bpm is not None:
        raise InputError("--speed and --bpm both say how fast; leave one out")
    heard = hear(spec.recipe) if spec.recipe else None
    if heard is not None and heard.loop is not None:
        raise InputError("the recipe asks for a loop, but a file is as long as it is; leave that out")
    if kind == "audio":
        if spec.key is not None:
            raise InputError("--key is for MIDI files; move a recording with --pitch, in semitones")
        if spec.source_key is not None:
            raise InputError("--source-key is for MIDI files; leave it out")
        if spec.pitch is not None and not LOWEST <= spec.pitch <= HIGHEST:
            raise InputError(f"a pitch is {LOWEST:g} to {HIGHEST:g} semitones, got {spec.pitch:g}; -2 is usual")
        return
    if spec.source_bpm is not None or spec.downbeat is not None:
        raise InputError("--source-bpm and --downbeat are for recordings; a MIDI file says where its beats are")
    if spec.pitch is not None and spec.key is not None:
        raise InputError("--key and --pitch both move the notes; leave one out")
    if spec.pitch is not None and spec.pitch != int(spec.pitch):
        raise InputError(f"notes move by whole semitones, -24 to 24, got {spec.pitch:g}")


def _check_asked(spec: TrackSpec) -> None:
    asked = spec.asked
    if asked is None:
        return
    begins = {"origin": "--from", "loop": "--loop", "like": "--like", "onward": "--continue", "under": "--under"}
    starts = [option for name, option in begins.items() if getattr(asked, name) is not None]
    if len(starts) > 1:
        raise InputError(f"a track begins from one thing, not from {' and '.join(starts)}; leave one out")
    if asked.keep and asked.again:
        raise InputError("--keep says what stays, --again what is done again; give one of them")
    if (asked.keep or asked.again) and asked.origin is None:
        raise InputError("--keep and --again are about a track there is; name it: --from")
    if asked.bars is not None and not (asked.keep or asked.again):
        raise InputError("--bars say where; say what with them: --again, or --keep")
    if asked.loop is not None and spec.minutes is not None:
        raise InputError("a loop is as long as its bars; leave out --minutes")


def _check_names(recipe: str | None, settings: Sequence[str]) -> None:
    if recipe is not None:
        _check_recipe(recipe)
    for setting in settings:
        _check_setting(setting)


def _check_recipe(recipe: str) -> None:
    from dusktape.studio.presets import recipe_files, working_recipes
    from dusktape.studio.words import hear

    if not recipe.strip():
        raise InputError("the recipe's name is empty; leave it out for any")
    if recipe in recipe_files():
        return
    if _PATH_LIKE.search(recipe.split()[0]) or recipe.strip().endswith(".toml"):
        raise RecipeError(f"recipes are names or words here, not files: {recipe[:80]!r}")
    if hear(recipe) is None:
        raise RecipeError(f"there is no recipe {recipe[:80]!r}{suggestion(recipe, working_recipes())}")


def _check_setting(setting: str) -> None:
    from dusktape.studio.kits import characters, own_kits

    key, _, value = setting.partition("=")
    key, value = key.strip(), value.strip().strip("\"'")
    if key.partition(".")[0] in ("models", "name", "description"):
        raise RecipeError(f"{key[:40]!r} is not set here; name composers with --composer")
    if _PATH_LIKE.search(value):
        raise RecipeError(f"{setting[:80]!r}: a setting takes names and numbers here, no paths")
    if key.rpartition(".")[2] == "kit" and value not in (*characters(), *own_kits()):
        raise RecipeError(f"there is no kit {value[:40]!r}{suggestion(value, (*characters(), *own_kits()))}")
