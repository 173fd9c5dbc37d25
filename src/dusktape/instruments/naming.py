"""What the name of a sound file says: a pitch, a drum, how hard it was struck."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dusktape.data.drum_words import DRUM_WORDS
from dusktape.io.recording import SUFFIXES

__all__ = [
    "DRUM_WORDS",
    "MOST_FILES",
    "Struck",
    "drum_of",
    "layer_at",
    "layers",
    "pitch_of",
    "sound_files",
    "strength_of",
]

MOST_FILES = 4000
"""Files looked at in one folder."""

_SUITS = ("pedal hat", "open hat", "closed hat", "low tom", "high tom", "mid tom", "rim", "ride", "clap", "shaker")
_ORDER = (*_SUITS, "tambourine", "snare", "kick", "crash")
_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_NOTE = re.compile(r"(?:^|[^A-Za-z0-9#♯♭])([A-Ga-g])(#|♯|s|b|♭)?(-?[0-9])(?![0-9A-Za-z#])")
_NUMBER = re.compile(r"^\d{1,3}$")
_STRENGTH = re.compile(r"(?:^|[^A-Za-z])(?:v|vel|velocity|l|layer)[ _-]?(\d{1,3})(?![0-9])", re.IGNORECASE)
_WORDS = {"ppp": 10, "pp": 25, "p": 40, "soft": 40, "mp": 55, "medium": 64, "mf": 75, "f": 95, "hard": 95, "ff": 112}


@dataclass(frozen=True, slots=True, order=True)
class Struck:
    """A sound file and how hard it was struck, against others of its kind; 64 where the name does not say."""

    strength: int
    path: Path


def sound_files(folder: Path) -> list[Path]:
    """Return the sound files of a folder, by name; those that begin with a dot are left out."""
    return sorted(
        (f for f, _ in zip(folder.iterdir(), range(MOST_FILES), strict=False) if _is_sound(f)), key=lambda f: f.name
    )


def _is_sound(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def pitch_of(stem: str) -> int | None:
    """Return the MIDI pitch that a name says: 60 for `C4`, `piano_C4_v2` and `60`; None if it says none."""
    if _NUMBER.match(stem) and int(stem) < 128:
        return int(stem)
    found = _NOTE.findall(stem)
    if not found:
        return None
    letter, accidental, octave = found[-1]
    shift = {"#": 1, "♯": 1, "s": 1, "b": -1, "♭": -1, "": 0}[accidental]
    pitch = 12 * (int(octave) + 1) + _LETTERS[letter.lower()] + shift
    return pitch if 0 <= pitch < 128 else None


def drum_of(stem: str) -> str | None:
    """Return the drum that a name says: `snare` for `Snare 02`, `SD_hard`, `my-snare`; None if it says none."""
    words = _words(stem)
    for drum in _ORDER:
        if any(set(word.split()) <= words for word in DRUM_WORDS[drum]):
            return drum
    return None


def _words(stem: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    return {word.lower() for word in re.findall(r"[A-Za-z]+", apart)}


def strength_of(stem: str) -> int:
    """Return how hard a name says it was struck: 2 for `v2`, 95 for `hard`; only the order counts."""
    if found := _STRENGTH.findall(stem):
        return int(found[-1])
    words = _words(_NOTE.sub(" ", stem))  # an F is a pitch before it is forte
    return next((_WORDS[word] for word in sorted(words) if word in _WORDS), 64)


def layers(files: Iterable[Struck]) -> tuple[tuple[Path, ...], ...]:
    """Return the files of one drum or pitch from soft to hard; those of one strength take turns."""
    told: dict[int, list[Path]] = {}
    for one in sorted(files):
        told.setdefault(one.strength, []).append(one.path)
    return tuple(tuple(paths) for _, paths in sorted(told.items()))


def layer_at(count: int, velocity: float) -> int:
    """Return which of so many layers a velocity in (0, 1] takes: they share the range evenly, the hardest from .9."""
    return min(count - 1, int(velocity / 0.9 * (count - 1) + 0.5)) if count > 1 else 0
