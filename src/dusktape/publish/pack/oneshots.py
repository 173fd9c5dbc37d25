"""One-shots: the drums of a song's kit through its chain, or what a model of sounds draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.roles import SoundWriter
from dusktape.core.score import TICKS_PER_BEAT, Note
from dusktape.core.seed import Seed
from dusktape.publish.pack.playing import play
from dusktape.publish.pack.songs import Songs
from dusktape.publish.pack.take import Missing, Series, Take

DRUMS: dict[str, tuple[int, ...]] = {
    "kick": (36,),
    "snare": (38,),
    "closed hat": (42,),
    "open hat": (46,),
    "rim": (37,),
    "clap": (39,),
    "shaker": (70,),
    "tom": (45, 47, 50),
    "ride": (51,),
    "tambourine": (54,),
    "crash": (49,),
}
"""Labels to keys of General MIDI percussion that a kit has for them; where there are several, songs take turns."""

_LONGEST_S = 3.0
_BATCH = 8


def chosen(labels: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return those of the labels asked for that are known, as they are known; all that are if none is asked for."""
    plain = {spelled(label): label for label in known}
    asked = (spelled(label) for label in labels)
    return tuple(dict.fromkeys(plain[label] for label in asked if label in plain)) if labels else tuple(known)


def spelled(label: str) -> str:
    """Return a label as people write it: `closed_hat` is `closed hat`."""
    return " ".join(label.lower().replace("_", " ").replace("-", " ").split())


def dealt(wanted: int, hands: int) -> list[int]:
    """Return how many of `wanted` each of so many gets, the first ones more."""
    return [wanted // hands + (k < wanted % hands) for k in range(hands)]


def of_kits(songs: Songs, labels: Sequence[str], wanted: int) -> list[Series]:
    """Return a series for each drum: song after song, its own kit struck once."""
    names = chosen(labels, tuple(DRUMS))
    return [
        Series("oneshots", name, _struck(songs, name), number)
        for name, number in zip(names, dealt(wanted, len(names)), strict=True)
        if number
    ]


def _struck(songs: Songs, label: str) -> Iterator[Take]:
    for k, song in enumerate(songs):
        here = song.seed.at("pack", "oneshots", label)
        pitch = DRUMS[label][k % len(DRUMS[label])]
        velocity = round(here.at("velocity").between(84.0, 124.0))
        hit = Note(0, TICKS_PER_BEAT // 2, pitch, velocity)
        address = {**song.address, "part": "drums", "pitch": pitch, "velocity": velocity}
        yield Take("oneshots", label, play(song, "drums", [hit], seconds=_LONGEST_S), SAMPLE_RATE, address)


def of_writer(writer: SoundWriter, labels: Sequence[str], wanted: int, seed: Seed, steps: int = 0) -> list[Series]:
    """Return a series for each label that a model knows, or one of whatever it makes if it knows none."""
    names = chosen(labels, writer.labels) or ("",)
    series = []
    for name, number in zip(names, dealt(wanted, len(names)), strict=True):
        if number:
            missing = Missing(number)
            takes = drawn(writer, "oneshots", name, seed, missing=missing, steps=steps)
            series.append(Series("oneshots", spelled(name) or "sound", takes, number, missing))
    return series


def named(series: Sequence[Series], label: str) -> list[Series]:
    """Return series whose sounds are called what all that a model learned from were."""
    group = spelled(label)
    return [replace(one, takes=(replace(take, group=group) for take in one.takes)) for one in series]


def drawn(
    writer: SoundWriter, kind: str, label: str, seed: Seed, *, missing: Missing, frames: int = 0, steps: int = 0
) -> Iterator[Take]:
    """Yield sounds of a model, endlessly: batch after batch, each from an address of its own.

    Parameters
    ----------
    writer, label, frames, steps
        Who draws, and what `write_sounds` is told.
    kind, seed
        Of the address.
    missing
        No more than these are drawn at once, and no more than eight.
    """
    for batch in count():
        here, at_once = seed.at("pack", kind, label, batch), max(1, min(_BATCH, missing.count))
        for number, sound in enumerate(
            writer.write_sounds(at_once, seed=here, label=label, frames=frames, steps=steps)
        ):
            address = {"seed": here.value, "at": list(here.path), "sound": number, "label": label}
            yield Take(kind, spelled(label) or "sound", sound, writer.sample_rate, address)
