"""A MIDI file as it was found: every time in exact beats, nothing judged yet."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.score import Key
from dusktape.data.dataset import Notes


@dataclass(frozen=True, slots=True, eq=False)
class RawTrack:
    """What one instrument plays.

    Parameters
    ----------
    name
        As written in the file; may be empty, may say anything.
    program
        General MIDI, 0 to 127.
    channel
        0 to 15, or -1 where the file does not say which.
    is_drum
        Whether it lies on the channel of percussion.
    notes
        By start; ticks of 1/960 beat.
    """

    name: str
    program: int
    channel: int
    is_drum: bool
    notes: Notes


@dataclass(frozen=True, slots=True, eq=False)
class RawSong:
    """What one file says, times in ticks of 1/960 beat from its beginning.

    Parameters
    ----------
    path
        The file, relative to the folder that was given, `/` between folders.
    name
        Unique among all files; the split goes by it.
    sha256
        Of the file.
    tempi
        (tick, beats a minute) of every change, by tick; empty where the file has none.
    meters
        (tick, beats in a bar, unit of the beat as 4 or 8) of every change, by tick; empty where the file has none.
    keys
        (tick, key) of every key signature, by tick; often empty, sometimes wrong.
    tracks
        Those that have notes, in the order of the file.
    """

    path: str
    name: str
    sha256: str
    tempi: tuple[tuple[int, float], ...]
    meters: tuple[tuple[int, int, int], ...]
    keys: tuple[tuple[int, Key], ...]
    tracks: tuple[RawTrack, ...]
