"""What the one-shots are learned from: people's recordings, split by author, and our own kit with random parameters."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Cues, Floats, PlayedNote
from dusktape.core.errors import InputError
from dusktape.core.params import parameters
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.data.dataset import MANIFEST
from dusktape.data.sounds import SoundDataset
from dusktape.data.split import fold
from dusktape.data.unreadable import ERRORS, unreadable
from dusktape.io.recording import read, respeed
from dusktape.models.oneshot.analyse import aligned, analyse
from dusktape.models.oneshot.classes import CLASSES, KEYS, PERC_SPEED, RECORDED, class_of, class_of_label
from dusktape.models.oneshot.typical import typical
from dusktape.models.oneshot.vector import FRAMES, SAMPLE_RATE
from dusktape.nn.training import Example

FOLDER = "oneshots_cc0"
LIST = "files.tsv"

HELD_OUT = frozenset({"menegass", "looppool", "Snapper4298", "zgump", "n1ghthawk", "cubix", "Peram", "AlaskaRobotics"})
"""Authors whose sounds judge and teach nothing: a third of the recordings, some of each class that has ten."""

KIT_SEED = 511
LONGEST_S = 3.0
_SPACING = FRAMES + 4096
_HEARD = 6615
_NO_DUST_DB = -100.0
_CHARACTERS = ("dusty", "tight", "soft", "machine", "boombap", "808", "cassette", "foley", "found")
"""Of our kit. Brushes are none of them: the hand that stirs is heard through every stroke."""

_TWICE = frozenset({("found", "rim"), ("found", "shaker"), ("foley", "closed hat")})
"""Characters that strike a class twice: a pen that bounces, a key that is pressed and let go."""

_VARIED = {"character", "view", "stereo", "room_bleed", "dust_db", "snare_db", "cymbals_db"}


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A recording: its name, class, author, side (`train`, `valid` or `test`) and stroke as `aligned` returns it."""

    name: str
    kind: str
    author: str
    side: str
    stroke: Floats


def recordings(data: Path) -> list[Recorded]:
    """Return the strokes of a folder of sources or of a dataset of sounds; what is none of our drums is left out.

    Raises
    ------
    InputError
        If they cannot be read.
    """
    return list(_of_dataset(data) if (data / MANIFEST).is_file() else _of_sources(data))


def _of_dataset(data: Path) -> Iterator[Recorded]:
    found = SoundDataset.read(data)
    for clip in found.clips:
        kind = class_of_label(clip.label)
        mono = found.load(clip).mean(axis=0, dtype=np.float32)
        if kind and np.abs(mono).max(initial=0.0) > 1e-5:
            mono = respeed(mono[None], found.sample_rate / SAMPLE_RATE)[0]
            yield Recorded(clip.name, kind, clip.file, clip.split, aligned(mono))


def _of_sources(data: Path) -> Iterator[Recorded]:
    path = data / FOLDER / LIST
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        listed = [(row["file"], class_of(row["class"], Path(row["file"]).stem), author(row["author"])) for row in rows]
    except ERRORS as error:
        raise unreadable("the one-shots", path, error) from error
    for name, kind, who in listed:
        if kind:
            sound = read(data / FOLDER / name, sample_rate=SAMPLE_RATE, seconds=LONGEST_S).mean(axis=0)
            yield Recorded(name, kind, who, "test" if who in HELD_OUT else "train", aligned(sound))


def author(told: str) -> str:
    """Return who made a sound, without the year that stands before it."""
    first, _, rest = told.strip().partition(" ")
    return rest.strip() if first.isdigit() and len(first) == 4 and rest else told.strip()


def varied(stroke: Floats, seed: Seed) -> Floats:
    """Return a stroke of the same drum, tuned, damped and coloured otherwise: a recording becomes a family.

    Up to 5 semitones higher or lower, up to 1.5 dB an octave brighter or duller, sometimes damped or driven. What damps
    it does so from its peak on: its attack stays.
    """
    sound = respeed(stroke[None].astype(np.float32), 2.0 ** seed.at("speed").between(-0.4, 0.4))[0].astype(np.float64)
    spectrum = np.fft.rfft(sound)
    hz = np.maximum(np.fft.rfftfreq(sound.size, 1.0 / SAMPLE_RATE), 30.0)
    sound = np.fft.irfft(spectrum * (hz / 1000.0) ** seed.at("tilt").between(-0.25, 0.25), sound.size)
    if seed.at("damped").chance(0.5):
        later = np.maximum(0, np.arange(sound.size) - int(np.argmax(np.abs(sound[:_HEARD]))))
        sound *= np.exp(-later / (SAMPLE_RATE * 0.05 * 2.0 ** seed.at("damp").between(0.0, 4.0)))
    if seed.at("driven").chance(0.3):
        sound = np.tanh(sound * seed.at("drive").between(0.5, 2.5) / np.max(np.abs(sound)))
    return aligned(sound)


def kit_strokes(number: int) -> list[tuple[str, Floats]]:
    """Return one stroke of each class by our own kit, its character and all its parameters drawn at random.

    Without dust: that belongs to the kit, which adds its own. A class that the character strikes twice is left out.
    """
    seed = Seed(KIT_SEED).at("kit", number)
    kit = find("instruments", "kit")
    drawn: dict[str, Any] = {
        p.name: seed.at(p.name).between(p.low, p.high)
        for p in parameters(kit)
        if p.name not in _VARIED and p.low is not None and p.high is not None
    }
    drawn["hat_decay_ms"] = seed.at("hat").between(4.0, 34.0)
    drawn["character"] = _CHARACTERS[number % len(_CHARACTERS)]
    drawn["room_bleed"] = max(0.0, seed.at("room").between(-0.2, 0.6))
    drawn["dust_db"] = _NO_DUST_DB
    keys = {kind: seed.at("key", kind).pick(KEYS[kind]) for kind in CLASSES}
    notes = [
        PlayedNote(i * _SPACING, SAMPLE_RATE // 20, keys[kind], seed.at("velocity", kind).between(0.35, 1.0))
        for i, kind in enumerate(CLASSES)
    ]
    player = kit(stereo=0.0, **drawn).open(SAMPLE_RATE, notes, cues=Cues(frames=0), seed=seed)
    sound = player.render(len(notes) * _SPACING).mean(axis=0)
    strokes = []
    for i, kind in enumerate(CLASSES):
        if (drawn["character"], kind) in _TWICE:
            continue
        stroke = sound[i * _SPACING : (i + 1) * _SPACING]
        if kind == "perc":
            speed = seed.at("speed").between(*PERC_SPEED[keys[kind]])
            stroke = respeed(stroke[None], speed)[0]
        strokes.append((kind, aligned(stroke)))
    return strokes


def examples(data: Path, *, kits: int, variations: int) -> dict[str, list[Example]]:
    """Return the examples of each side.

    Parameters
    ----------
    data
        A folder that holds `oneshots_cc0`, or a dataset of sounds.
    kits
        How many kits of ours to draw; a stroke of each class from each.
    variations
        How many strokes of each class that recordings teach are made of them.
    """
    sides: dict[str, list[Example]] = {"train": [], "valid": [], "test": []}
    found = recordings(data)
    for other in (f for f in found if f.side != "train"):
        sides[other.side].append(_example(_number(other.name), other.kind, other.stroke, recorded=True))
    taught = {kind: [f for f in found if f.side == "train" and f.kind == kind] for kind in CLASSES if kind in RECORDED}
    if not any(taught.values()):
        raise InputError(f"{data} has no drum to learn from; label its sounds {', '.join(sorted(RECORDED))}")
    for kind, those in taught.items():
        sides["train"] += _families(kind, those, max(variations, len(those)) if those else 0)
    for kit in range(kits):
        side = fold(f"dusktape/kit/{kit}")
        for called, stroke in kit_strokes(kit):
            sides[side].append(_example(-1 - kit, called, stroke, recorded=False))
    sides["train"] = weighed(sides["train"], {_number(f.name): f.author for f in found})
    return sides


def _families(kind: str, those: Sequence[Recorded], count: int) -> list[Example]:
    """Return `count` strokes that people's recordings of a class are varied into, each as it is among them."""
    out = []
    for i, one in enumerate(_taken(those, count)):
        stroke = varied(one.stroke, Seed(KIT_SEED).at("varied", kind, i)) if i >= len(those) else one.stroke
        out.append(_example(_number(one.name), kind, stroke, recorded=True))
    return out


def weighed(strokes: Sequence[Example], authors: Mapping[int, str]) -> list[Example]:
    """Return as many strokes, the recorded of a class taken as often as they are typical of it, each recording once.

    Parameters
    ----------
    strokes
        To learn from; of each recording first as it is, then varied.
    authors
        Number of a recording to who made it.
    """
    vectors = np.concatenate([e["vector"] for e in strokes])
    songs, kinds, recorded = (np.concatenate([e[name] for e in strokes]) for name in ("song", "label", "recorded"))
    _, who = np.unique([authors.get(song, str(song)) for song in songs.tolist()], return_inverse=True)
    weights = np.zeros(len(strokes))
    weights[recorded == 1] = typical(vectors, kinds, recorded == 1, who)
    taken: list[int] = []
    for kind in np.unique(kinds[recorded == 1]):
        those = np.flatnonzero((recorded == 1) & (kinds == kind))
        firsts = np.sort(those[np.unique(songs[those], return_index=True)[1]])
        more = len(those) - len(firsts)
        share = np.cumsum(weights[those])
        at = np.searchsorted(share, (np.arange(more) + 0.5) / max(1, more) * share[-1])
        taken += [*firsts.tolist(), *those[at].tolist()]
    return [strokes[i] for i in [*taken, *np.flatnonzero(recorded == 0).tolist()]]


def _taken(those: Sequence[Recorded], count: int) -> list[Recorded]:
    """Return `count` of them, all at least once: of an author of four times as many, twice as many."""
    if not those:
        return []
    by = Counter(one.author for one in those)
    share = np.cumsum([by[one.author] ** -0.5 for one in those])
    at = np.searchsorted(share, (np.arange(count - len(those)) + 0.5) / max(1, count - len(those)) * share[-1])
    return [*those, *(those[i] for i in at)]


def _number(name: str) -> int:
    return Seed(0).at(name).key >> 66


def _example(song: int, kind: str, stroke: Floats, *, recorded: bool) -> Example:
    return {
        "song": np.array([song], np.int64),
        "label": np.array([CLASSES.index(kind)], np.int64),
        "recorded": np.array([int(recorded)], np.int64),
        "vector": analyse(stroke)[None].astype(np.float32),
    }
