"""The chords of a song, from whatever source, in one form: four beats a bar, one key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dusktape.data.harte import POWER
from dusktape.theory.chord import family

TimedChord = tuple[int, int, int, str]
"""Start and length in beats, root as a pitch class, quality."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Chord changes of one song.

    Parameters
    ----------
    id
        The same in every source that holds the song.
    source
        `pop`, `jazz`, `charts`, `rock` or `loops`.
    tonic, mode
        Of the whole song: sections in another key are moved into this one.
    chords
        In order, four beats a bar, neighbours differ.
    sections
        Beats at which a section starts, as far as the source says.
    moods
        Words from `core.roles.MOODS`; empty where nobody tagged the song.
    """

    id: str
    source: str
    tonic: int
    mode: str
    chords: tuple[TimedChord, ...]
    sections: tuple[int, ...] = ()
    moods: tuple[str, ...] = ()


def mode_of(tonic: int, chords: Iterable[tuple[float, float, int, str]]) -> str:
    """Return `minor` where more time is spent on minor tonic chords than on major ones, and minor thirds agree."""
    weight = 0.0
    for _, length, root, quality in chords:
        degree = (root - tonic) % 12
        kind = family(quality) if quality != POWER else ""
        if degree == 0:
            weight += {"minor": 2.0, "major": -2.0, "dominant": -2.0}.get(kind, 0.0) * length
        elif degree in (3, 8) or (degree == 5 and kind == "minor"):
            weight += 0.5 * length
        elif degree in (4, 9) or (degree == 5 and kind == "major"):
            weight -= 0.5 * length
    return "minor" if weight > 0 else "major"


def settled(chords: Iterable[tuple[float, float, int, str]], tonic: int, mode: str) -> tuple[TimedChord, ...]:
    """Return chords on whole beats, bare fifths given the key's third, equal neighbours joined."""
    out: list[TimedChord] = []
    minor = (0, 2, 4, 5, 7, 9) if mode == "minor" else (2, 4, 9)
    for start, length, root, quality in chords:
        begin, end = round(start), round(start + length)
        if quality == POWER:
            quality = "min" if (root - tonic) % 12 in minor else "maj"
        if end <= begin:
            continue
        if out and out[-1][2:] == (root, quality) and out[-1][0] + out[-1][1] == begin:
            out[-1] = (out[-1][0], out[-1][1] + end - begin, root, quality)
        else:
            out.append((begin, end - begin, root, quality))
    return tuple(out)
