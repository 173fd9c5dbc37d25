"""Names as producers expect them: a folder for each sort, then what it is, its tempo, its key, a number."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from dusktape.core.score import PITCH_NAMES, Chord, Key
from dusktape.io.tags import short_key
from dusktape.publish.pack.take import Take

PREFIX = "DT"

_DRUMS = {
    "kick": "Kicks",
    "snare": "Snares",
    "rim": "Rims",
    "clap": "Claps",
    "closed hat": "Closed Hats",
    "open hat": "Open Hats",
    "hat": "Hats",
    "shaker": "Shakers",
    "tom": "Toms",
    "ride": "Rides",
    "crash": "Crashes",
    "cymbal": "Cymbals",
    "tambourine": "Tambourines",
    "percussion": "Percussion",
    "perc": "Percussion",
}
_MIX = "Full Mix"

_FLATS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_KEYS, _SHARP_KEYS = (5, 10, 3, 8), (7, 2, 9, 4, 11, 6, 1)
_MAJOR = (0, 2, 4, 5, 7, 9, 11)


@dataclass
class Names:
    """Gives each sample of a pack its path, numbered from 1 among those that are called alike.

    Parameters
    ----------
    count
        How many sounds a kind may have: what decides on the number of digits.
    suffix
        Of the files: `wav`.
    """

    count: int
    suffix: str
    _given: Counter[str] = field(default_factory=Counter)

    def name(self, take: Take) -> str:
        """Return the path within the pack, with `/` between folders."""
        folder, words = folder_of(take), [PREFIX, *words_of(take)]
        stem = "_".join(words)
        number = self._given[f"{folder}/{stem}".lower()] = self._given[f"{folder}/{stem}".lower()] + 1
        return f"{folder}/{stem}_{number:0{max(2, len(str(self.count)))}d}.{self.suffix}"


def folder_of(take: Take) -> str:
    """Return the folder that a take belongs to: `Drums/Kicks`, `Loops/Keys`, `Stabs`, `Textures`."""
    if take.kind == "oneshots":
        return f"Drums/{_DRUMS[take.group]}" if take.group in _DRUMS else f"One Shots/{titled(take.group, ' ')}"
    if take.kind == "loops":
        return f"Loops/{_MIX if take.group == 'mix' else titled(take.group, ' ')}"
    return "Stabs" if take.kind == "stabs" else "Textures"


def words_of(take: Take) -> list[str]:
    """Return what a name says beside its number: what it is, tempo, key or chord."""
    words = ["Mix" if (take.kind, take.group) == ("loops", "mix") else titled(take.group, "")]
    words += [f"{take.bpm:.2f}".rstrip("0").rstrip(".") + "bpm"] if take.bpm else []
    if take.chord:
        return [*words, re.sub(r"[^\w#+-]", "", re.sub("min$", "m", take.chord))]
    return words + ([short_key(take.key)] if take.key and take.bpm else [])


def chord_name(chord: Chord, key: Key) -> str:
    """Return a chord as players of its key write it: `Db` in F minor, `G#m` in E major.

    Keys of flats have flats, but for diminished chords, which lead upwards; keys of sharps have those of their scale.
    """
    major = (key.tonic + (3 if key.mode == "minor" else 0)) % 12
    names = PITCH_NAMES
    if major in _FLAT_KEYS and "dim" not in chord.quality:
        names = _FLATS
    elif major in _SHARP_KEYS and (chord.root - major) % 12 in _MAJOR:
        names = _SHARPS
    return names[chord.root % 12] + ("" if chord.quality == "maj" else chord.quality)


def titled(word: str, between: str) -> str:
    """Return a name with capitals, of characters that every disk takes: `felt_piano` is `FeltPiano`."""
    parts = re.findall(r"[^\W_]+", word)
    return between.join(part[:1].upper() + part[1:] for part in parts)[:40] or "Sound"
