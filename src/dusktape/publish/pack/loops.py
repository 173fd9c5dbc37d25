"""Loops in tempo and key: of songs we compose, cut from finished stems, or drawn by a model; exact to the frame."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.audio import SAMPLE_RATE, Block, Floats, Stems
from dusktape.core.errors import InputError
from dusktape.core.roles import SoundWriter
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.dsp.closing import crossfaded
from dusktape.publish.pack.finish import bar_frames
from dusktape.publish.pack.oneshots import drawn
from dusktape.publish.pack.resting import beat_powers, rests
from dusktape.publish.pack.songs import Song, Songs
from dusktape.publish.pack.take import Missing, Take
from dusktape.studio.loop import produced

MIX = "mix"
PARTS = (MIX, "drums", "keys", "bass", "lead", "pad", "guest")
"""What becomes a loop: the finished mix, then parts, in the order in which a song hands them out."""

_UNPITCHED = ("drums",)
_CUT_FADE_S, _DRAWN_FADE_S = 0.05, 0.25
_NOTHING: Block = np.zeros((1, 0), np.float32)


def of_songs(songs: Songs, bars: int, wanted: Sequence[str] = PARTS) -> Iterator[Take]:
    """Yield the loops of one song after the other: the finished mix, then each part. They fit together.

    Parameters
    ----------
    songs
        Which.
    bars
        Of each loop.
    wanted
        Some of `PARTS`. Songs that have none of them are passed over.
    """
    for song in songs:
        yield from _of_song(song, bars, wanted)


def _of_song(song: Song, bars: int, wanted: Sequence[str]) -> Iterator[Take]:
    outboard = (os.cpu_count() or 1) > 1
    production = produced(song.recipe, song.seed, control=Control(Loop(bars)), outboard=outboard)
    hops: list[Stems] = []
    sounds: dict[str, Block] = {}
    if MIX in wanted:
        sounds[MIX] = np.concatenate(list(production.master(hops.append)), axis=1)
    elif set(wanted) & set(production.parts):
        hops.extend(production.stems())
    for part in (part for part in wanted if part in production.parts):
        sounds[part] = np.concatenate([hop[part] for hop in hops], axis=1)
    hops.clear()
    for part, sound in sounds.items():
        yield _take(part, sound, song.key, song.recipe.tempo.bpm, bars, {**song.address, "bars": bars, "part": part})


def _take(part: str, sound: Block, key: Key, bpm: float, bars: int, address: Mapping[str, Any]) -> Take:
    pitched = None if part in _UNPITCHED else key
    return Take("loops", part, sound, SAMPLE_RATE, address, bpm=bpm, bars=bars, key=pitched)


def of_stems(
    tracks: Sequence[tuple[Path, Mapping[str, Any]]], bars: int, wanted: Sequence[str] = PARTS
) -> Iterator[Take]:
    """Yield loops cut from the stems of finished tracks: where a section begins, and on from there while it lasts.

    Where a part hardly plays, a take without sound says that it rests. The mix is cut from the master.

    Parameters
    ----------
    tracks
        The folder of each, with `stems/` and `master.flac`, and what its `track.json` says.
    bars
        Of each loop.
    wanted
        Some of `PARTS`.

    Raises
    ------
    InputError
        If a stem cannot be read.
    """
    for folder, told in tracks:
        report = told["report"]
        bpm, key = float(report["bpm"]), Key.parse(report["key"])
        powers: dict[str, Floats] = {}
        for name, bar in _places(report, bpm, bars):
            for part in there(folder, wanted):
                path = _file_of(folder, part)
                if part not in powers:
                    powers[part] = beat_powers(path, bpm)
                address = {"track": folder.name, "section": name, "bar": bar + 1, "bars": bars, "part": part}
                if rests(powers[part], bar, bars):
                    yield replace(_take(part, _NOTHING, key, bpm, bars, address), rests=True)
                else:
                    yield _take(part, _cut(path, bar, bars, bpm), key, bpm, bars, address)


def there(folder: Path, wanted: Sequence[str]) -> list[str]:
    """Return those of some `PARTS` that lie in the folder of a finished track."""
    return [part for part in wanted if _file_of(folder, part).is_file()]


def _file_of(folder: Path, part: str) -> Path:
    return folder / "master.flac" if part == MIX else folder / "stems" / f"{part}.flac"


def _places(report: Mapping[str, Any], bpm: float, bars: int) -> Iterator[tuple[str, int]]:
    """Yield section and bar (from 0) of each place where a loop can begin: something precedes it, its end is inside."""
    for section in report["sections"]:
        first, end = (round(float(section[at]) * bpm / 240.0) for at in ("start_s", "end_s"))
        for bar in range(max(first, 1), end - bars + 1, bars):
            yield str(section["name"]), bar


def _cut(path: Path, bar: int, bars: int, bpm: float) -> Block:
    start, frames = bar_frames(bar, bpm, SAMPLE_RATE), bar_frames(bars, bpm, SAMPLE_RATE)
    fade = min(round(_CUT_FADE_S * SAMPLE_RATE), start, frames // 8)
    try:
        sound, rate = soundfile.read(path, start=start - fade, frames=fade + frames, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}; make the track again") from error
    if rate != SAMPLE_RATE or len(sound) < fade + frames:
        raise InputError(
            f"{str(path)!r} is not as long as its track.json says, or of another rate; make the track again"
        )
    return closed(np.ascontiguousarray(sound.T), fade)


def of_writer(writer: SoundWriter, bpm: float, bars: int, seed: Seed, steps: int = 0) -> Iterator[Take]:
    """Yield loops that a model draws, cut to whole bars of a tempo. A model that can be told the tempo is.

    Raises
    ------
    InputError
        If it cannot make sounds of that length.
    """
    if takes_tempo(writer):
        writer = told_tempo(writer, bpm)
    frames, fade = bar_frames(bars, bpm, writer.sample_rate), round(_DRAWN_FADE_S * writer.sample_rate)
    # One at a time: a loop may take a minute, and whoever waits is told of each.
    for take in drawn(writer, "loops", "", seed, missing=Missing(1), frames=frames + fade, steps=steps):
        sound = closed(take.sound[:, : frames + fade], fade)
        yield replace(take, sound=sound, bpm=bpm, bars=bars, address={**take.address, "bars": bars, "bpm": bpm})


def takes_tempo(writer: SoundWriter) -> bool:
    """Return whether a model can be told which tempo it plays in."""
    return hasattr(writer, "drawn")


def told_tempo(writer: Any, bpm: float) -> SoundWriter:
    """Return a model that was told its tempo."""
    told: SoundWriter = writer.drawn(bpm=bpm)
    return told


def closed(sound: Block, fade: int) -> Block:
    """Return a loop of all but the first `fade` frames: its end is faded into these, and going round is going on."""
    if not fade:
        return sound
    frames = sound.shape[1] - fade
    end = crossfaded(sound[:, frames:], sound[:, :fade])
    return np.concatenate([sound[:, fade:frames], end], axis=1)
