"""Where a pack's sounds come from: a model of sounds, songs of a recipe, or finished tracks in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import InputError, RecipeError
from dusktape.core.plugins import find, names
from dusktape.core.roles import MOODS, SoundWriter
from dusktape.core.score import Key
from dusktape.data.licences import UNKNOWN
from dusktape.nn.run import FACTS, SOUND
from dusktape.publish import makers, provenance
from dusktape.publish.makers import Maker
from dusktape.publish.pack import loops, oneshots, stabs, textures
from dusktape.publish.pack.licence import Material
from dusktape.publish.pack.order import Order
from dusktape.publish.pack.songs import Song, Songs, wished
from dusktape.publish.pack.take import KINDS, Missing, Series
from dusktape.studio import yours
from dusktape.studio.presets import recipe_files
from dusktape.studio.wish import Wish

TRACK = "track.json"
_SHORT_S = 4.0
_LOOKED_AT = 8
_UNTOLD = "no tempo; say to which one its loops are cut"


class Source(Protocol):
    """What gives candidates for a pack."""

    @property
    def sample_rate(self) -> int:
        """Of what it gives, in Hz."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it makes if nobody says which kinds."""
        ...

    @property
    def mood(self) -> tuple[str, str]:
        """Mood and weather, for the cover."""
        ...

    @property
    def materials(self) -> tuple[Material, ...]:
        """What it was made from, for the licence."""
        ...

    @property
    def credits(self) -> tuple[Material, ...]:
        """What else is named beside it, without a say in the licence."""
        ...

    @property
    def statement(self) -> str:
        """Plain words on what made the sounds."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        ...

    def labels(self, kind: str) -> tuple[str, ...]:
        """Return what --label may name among a kind."""
        ...

    def series(self, kind: str, order: Order) -> list[Series]:
        """Return the candidates of a kind.

        Raises
        ------
        InputError
            If it makes none of that kind.
        """
        ...


@dataclass(frozen=True)
class FromSongs:
    """Songs of a recipe, composed and rendered for the pack."""

    order: Order
    songs: Songs = field(repr=False)
    first: Song

    sample_rate = SAMPLE_RATE
    kinds = KINDS

    @property
    def mood(self) -> tuple[str, str]:
        """Of the first song."""
        return self.first.recipe.mood, self.first.recipe.weather

    @cached_property
    def models(self) -> list[dict[str, Any]]:
        """The networks that compose."""
        return provenance.models_of(self.first.recipe)

    @cached_property
    def materials(self) -> tuple[Material, ...]:
        """The user's own recordings, where a song plays some; what we synthesise owes nothing to anybody."""
        if not yours.names():
            return ()
        songs = filter(None, map(self.songs.number, range(_LOOKED_AT)))
        found = {entry["file"]: None for song in songs for entry in yours.files_of(song.recipe)}
        return tuple(Material(file, "unknown") for file in found)

    @property
    def credits(self) -> tuple[Material, ...]:
        """What the networks learned from that compose."""
        told = [source for model in self.models for source in model["trained_on"]]
        return tuple(dict.fromkeys(Material(s["name"], s["licence"], s["attribution"]) for s in told))

    @property
    def statement(self) -> str:
        """What made the sounds."""
        who = "composed by neural networks" if self.models else "composed by software from rules"
        rest = "" if self.materials else " No recording of anybody is in them."
        return f"These sounds were made by AI: {who} and synthesised by Dusktape.{rest}"

    def facts(self) -> dict[str, Any]:
        """Return recipe, first song and networks."""
        return {"kind": "recipe", "recipe": self.order.source, "first": self.first.address, "models": self.models}

    def labels(self, kind: str) -> tuple[str, ...]:
        """Return the drums of a kit, and the parts of a song."""
        return {"oneshots": tuple(oneshots.DRUMS), "loops": loops.PARTS}.get(kind, ())

    def series(self, kind: str, order: Order) -> list[Series]:
        """Return the candidates of a kind, song after song."""
        if kind == "oneshots":
            return oneshots.of_kits(self.songs, order.labels, order.count)
        takes = {
            "loops": lambda: loops.of_songs(self.songs, order.bars, oneshots.chosen(order.labels, loops.PARTS)),
            "stabs": lambda: stabs.of_songs(self.songs),
            "textures": lambda: textures.of_songs(self.songs),
        }[kind]()
        return [Series(kind, kind, takes, order.count)]


@dataclass(frozen=True)
class FromTracks:
    """Finished tracks with their stems: loops are cut from these, the rest is rendered as their recipes say."""

    order: Order
    tracks: Sequence[tuple[Path, Mapping[str, Any]]] = field(repr=False)

    sample_rate = SAMPLE_RATE
    kinds = KINDS

    @property
    def mood(self) -> tuple[str, str]:
        """Of the first track."""
        recipe = self.tracks[0][1]["recipe"]
        return str(recipe.get("mood", "wistful")), str(recipe.get("weather", "clear"))

    @property
    def materials(self) -> tuple[Material, ...]:
        """The tracks, under their own licences."""
        return tuple(Material(f"“{told['title']}”", str(told["licence"])) for _, told in self.tracks)

    @property
    def credits(self) -> tuple[Material, ...]:
        """Their own track.json says it."""
        return ()

    @property
    def statement(self) -> str:
        """What made the sounds."""
        return "These sounds were made by AI: they are from tracks that Dusktape composed and synthesised."

    def facts(self) -> dict[str, Any]:
        """Return the tracks."""
        told = [
            {k: t[k] for k in ("title", "licence", "seed", "models")} | {"recipe": t["recipe"]["name"]}
            for _, t in self.tracks
        ]
        return {"kind": "tracks", "tracks": told}

    def labels(self, kind: str) -> tuple[str, ...]:
        """Return the drums of a kit, and the parts of a song."""
        return {"oneshots": tuple(oneshots.DRUMS), "loops": loops.PARTS}.get(kind, ())

    def series(self, kind: str, order: Order) -> list[Series]:
        """Return the candidates of a kind, track after track, and no more than the tracks have."""
        if order.bpm is not None or order.key is not None:
            raise InputError("finished tracks have their tempo and key; leave out --bpm and --key")
        if kind == "loops":
            wanted = oneshots.chosen(order.labels, loops.PARTS)
            if not any(loops.there(folder, wanted) for folder, _ in self.tracks):
                has = {part for folder, _ in self.tracks for part in loops.there(folder, loops.PARTS)}
                told = ", ".join(part for part in loops.PARTS if part in has) or "none"
                raise InputError(f"{order.source} has no stem of {', '.join(wanted)}; it has {told}")
            return [Series(kind, kind, loops.of_stems(self.tracks, order.bars, wanted), order.count)]
        return _of_their_recipes(self, order, kind)


def _of_their_recipes(tracks: FromTracks, order: Order, kind: str) -> list[Series]:
    """Return candidates that are rendered as finished tracks' recipes say."""

    @lru_cache(maxsize=32)
    def number(k: int) -> Song | None:
        if k >= len(tracks.tracks):
            return None
        origin = provenance.read(tracks.tracks[k][0] / TRACK)
        return Song(origin.recipe, origin.seed)

    first = number(0)
    assert first is not None
    return FromSongs(order, Songs(number), first).series(kind, order)


@dataclass(frozen=True)
class FromModel:
    """A model of sounds: a run of the user's own, one whose weights ship, or a checkpoint of somebody else's."""

    order: Order
    maker: Maker

    @cached_property
    def writer(self) -> SoundWriter:
        """Who draws, as the order says."""
        return self.order.drawing.writer(self.maker)

    @property
    def sample_rate(self) -> int:
        """The model's."""
        return self.writer.sample_rate

    @property
    def kinds(self) -> tuple[str, ...]:
        """One-shots, or textures of a model that draws long sounds and knows no labels."""
        long = self.writer.frames / self.writer.sample_rate > _SHORT_S
        return ("textures",) if long and not self.writer.labels else ("oneshots",)

    @property
    def mood(self) -> tuple[str, str]:
        """Whatever the seed says."""
        here = self.order.seed.at("pack", "mood")
        return here.pick(MOODS), here.at("weather").pick(("clear", "clear", "rain", "fog", "snow"))

    @property
    def data(self) -> Mapping[str, Any]:
        """What the run says of what it learned from."""
        return self.maker.data

    @property
    def materials(self) -> tuple[Material, ...]:
        """What the model learned from, by its run, else by its card; and the weights that it began with."""
        return (*self._learned, *_begun_with(self.maker.begun))

    @property
    def _learned(self) -> tuple[Material, ...]:
        licences = self.data.get("licences")
        if isinstance(licences, Mapping) and licences:
            data = str(self.data.get("name", "its data"))
            return tuple(Material(data, str(licence)) for licence in sorted(licences))
        if self.maker.ships:
            return tuple(Material(s.name, s.licence, s.attribution) for s in self.maker.model.sources)
        return (Material(str(self.data.get("name", "its data")), "unknown"),)

    @property
    def credits(self) -> tuple[Material, ...]:
        """None beside the material."""
        return ()

    @property
    def statement(self) -> str:
        """What made the sounds."""
        before = f", fine-tuned from {self.maker.begun.get('name')}" if self.maker.begun else ""
        return (
            f"These sounds were made by AI: a neural network ({self.maker.model.name}{before}) drew "
            "them. None is a recording."
        )

    def facts(self) -> dict[str, Any]:
        """Return model, weights and data."""
        about: dict[str, Any] = {"kind": "model", "model": self.maker.model.name, "sha256": self.maker.sha256}
        about |= {"from": dict(self.maker.begun)} if self.maker.begun else {}
        said = {name: value for name, value in self.order.drawing.said.items() if name != "device"}
        about |= {"drawn": said} if said else {}
        return {**about, "data": dict(self.data) or None, "labels": list(self.writer.labels)}

    def labels(self, kind: str) -> tuple[str, ...]:
        """Return what the model knows."""
        return self.writer.labels if kind == "oneshots" else ()

    def series(self, kind: str, order: Order) -> list[Series]:
        """Return the candidates of a kind."""
        steps, missing = order.drawing.steps or 0, Missing(order.count)
        if kind == "oneshots":
            takes = oneshots.of_writer(self.writer, order.labels, order.count, order.seed, steps)
            only = self.data.get("label")
            return takes if self.writer.labels or not isinstance(only, str) else oneshots.named(takes, only)
        if kind == "stabs":
            way_out = "stabs come from recipes, as in: dusktape pack rainy --kind stabs"
            raise InputError(f"{self.maker.word} does not know chords; {way_out}")
        if kind == "textures":
            found = textures.of_writer(self.writer, order.seed, missing, steps)
            return [Series(kind, kind, found, order.count, missing)]
        if order.bpm is None:
            told = "the tempo of its loops; say which" if loops.takes_tempo(self.writer) else _UNTOLD
            raise InputError(f"{self.maker.word} is told {told}: --bpm 80")
        found = loops.of_writer(self.writer, order.bpm, order.bars, order.seed, steps)
        return [Series(kind, kind, found, order.count)]


def _begun_with(begun: Any) -> list[Material]:
    """Return the weights that a training began with, those that these began with, and so on."""
    if not isinstance(begun, Mapping) or not begun:
        return []
    name, licences = str(begun.get("name", "a checkpoint")), begun.get("licences")
    known = sorted(map(str, licences)) if isinstance(licences, Mapping) and licences else [UNKNOWN]
    told = f"It was fine-tuned from these weights, SHA-256 {begun.get('sha256')}."
    return [*(Material(name, licence, told) for licence in known), *_begun_with(begun.get("from"))]


def source_of(order: Order) -> Source:
    """Return what an order's source is.

    Raises
    ------
    InputError, RecipeError, WeightsError, PluginError
        If it is nothing that sounds can be taken from, or is damaged.
    """
    word = order.source
    if not word.strip():
        raise InputError("the source is empty; give a run, a model, a recipe or a folder of tracks")
    folder = Path(word)
    if folder.is_dir() and (found := _in_folder(order, folder)):
        return found
    if (word in names("models") and find("models", word).role == SOUND) or makers.foreign(word):
        return _model(order, word)
    key = None if order.key is None else Key.parse(order.key).name
    try:
        songs = wished(Wish(word, bpm=order.bpm, key=key), order.seed)
    except RecipeError as error:
        if Path(word).suffix or "/" in word:
            raise InputError(
                f"{word!r} is no folder and no recipe; give a run, a recipe or a folder of tracks"
            ) from error
        if str(error).startswith(f"there is no recipe {word!r}"):
            raise InputError(f"{word!r} is no folder, so no run or bundle either, and no model; {error}") from error
        raise
    order.drawing.check_unsaid(order.source)
    first = songs.number(0)
    assert first is not None
    return FromSongs(order, songs, first)


def _in_folder(order: Order, folder: Path) -> Source | None:
    """Return what a folder holds; None if it holds nothing of ours, but is called like a recipe or model."""
    if (folder / FACTS).is_file() or makers.foreign(order.source):
        return _model(order, order.source)
    found = [path.parent for path in (folder / TRACK, *sorted(folder.glob(f"*/{TRACK}"))) if path.is_file()]
    if found:
        order.drawing.check_unsaid(order.source)
        return FromTracks(order, [(path, _told(path / TRACK)) for path in found])
    if order.source in (*recipe_files(), "all"):
        return None
    raise InputError(
        f"{folder} is no finished training and holds no {TRACK} with stems; give what dusktape train "
        "or dusktape make --bundle wrote"
    )


def _told(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for key in ("title", "licence", "seed", "models"):
            told[key]
        Key.parse(told["report"]["key"])
        if not 0.0 < float(told["report"]["bpm"]) < 1000.0 or not isinstance(told["recipe"]["name"], str):
            raise ValueError("it has no tempo or no recipe")
        for section in told["report"]["sections"]:
            float(section["start_s"]), float(section["end_s"]), section["name"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{path} does not describe a track: {error!r}; give what dusktape make --bundle wrote"
        ) from error
    return told


def _model(order: Order, word: str) -> FromModel:
    maker = makers.called(word)
    if order.key is not None:
        raise InputError(f"{word} does not know keys; leave out --key")
    return FromModel(order, maker)
