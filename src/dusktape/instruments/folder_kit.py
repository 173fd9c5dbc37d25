"""A user's folder of one-shots, named by kind, as a kit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, Floats, PlayedNote
from dusktape.core.errors import InputError, PluginError
from dusktape.core.seed import Seed
from dusktape.dsp.envelope import fall
from dusktape.dsp.grains import CellPlayer, GrainTrack
from dusktape.instruments.drums.kinds import Drum, Kind, Strike
from dusktape.instruments.drums.rack import CELL_FRAMES, Rack, strokes
from dusktape.instruments.drums.shaping import Stroke, Tuning
from dusktape.instruments.folder import Stamp, read_folder, stamp
from dusktape.instruments.kit import Kit, rack_of
from dusktape.instruments.naming import DRUM_WORDS, drum_of, layer_at, layers
from dusktape.io.recording import read, respeed

LONGEST_S = 2.2
"""Of a longer one-shot, so much is used, and faded."""

_SILENT = 0.003
_SOFT_HZ = 1500.0
_FULL_VELOCITY = 0.8


@dataclass(frozen=True, slots=True)
class FolderKit(Kit):
    """A kit of your own one-shots; drums that the folder lacks are played by the kit of its `character`.

    Several files of a drum take turns; `soft` and `hard`, or `v1`, `v2`, are layers of velocity. Where there is one
    layer, soft strokes are duller. Dust, room, stereo, looseness and levels are the kit's own.
    """

    origin: ClassVar[Path] = Path()
    drums: ClassVar[Mapping[str, tuple[tuple[Path, ...], ...]]] = {}
    remark: ClassVar[str] = ""
    lies_over: ClassVar[bool] = False

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0.

        Raises
        ------
        PluginError
            If a file of the folder is not there any more.
        """
        rack = FolderRack(self, rack_of(self, sample_rate, seed), sample_rate)
        track = GrainTrack(rack.events(strokes(notes, seed)), cell_frames=CELL_FRAMES)
        return CellPlayer(track.cell, cell_frames=CELL_FRAMES, tail_frames=int(2.6 * sample_rate))


def part(folder: Path) -> type[FolderKit]:
    """Return the kit that a folder is; files that cannot be read, or are silent, are left out and named in `remark`.

    Raises
    ------
    PluginError
        If no file of it can be played.
    """
    return _part(folder, stamp(folder))


@lru_cache(maxsize=64)
def _part(folder: Path, changed: Stamp) -> type[FolderKit]:
    found = read_folder(folder, drum_of, what="drum", seconds=LONGEST_S + 1.0)
    found.check_any(folder, "drum")
    told = ", ".join(f"{len(found.files[drum])} {drum}" for drum in DRUM_WORDS if drum in found.files)
    text = f"Kit {folder.name}: {told}; the rest is played by the kit of its character.{found.left_out_too}"
    return dataclasses.make_dataclass(
        "FolderKit",
        [],
        bases=(FolderKit,),
        frozen=True,
        slots=True,
        namespace={
            "origin": folder,
            "drums": {drum: layers(files) for drum, files in found.files.items()},
            "remark": found.left_out,
            "__doc__": text,
            "__module__": __name__,
        },
    )


class FolderRack(Rack):
    """A kit's rack in which some drums are recordings."""

    def __init__(self, kit: FolderKit, rack: Rack, sample_rate: int) -> None:
        super().__init__(rack._kind, rack._tuning, rack._placing, rack._seed)
        self._files, self._sample_rate = kit.drums, sample_rate
        self._own = rack._kind

    def _render(self, drum: Drum, layer: int, variant: int) -> Block:
        files = self._files.get(drum.name)
        if files is None:
            self._kind = self._own
        else:
            self._kind = _played_from(self._own, drum.name, files, variant, self._sample_rate)
        return super()._render(drum, layer, variant)


def _played_from(kind: Kind, drum: str, files: Sequence[Sequence[Path]], variant: int, sample_rate: int) -> Kind:
    def strike(tuning: Tuning, stroke: Stroke) -> Floats:
        turns = files[layer_at(len(files), stroke.velocity)]
        path = turns[variant % len(turns)]
        facts = path.stat()
        sound = one_shot(path, facts.st_mtime_ns, facts.st_size, sample_rate)
        # With one recording, its turns differ a little in pitch; with several they differ by themselves.
        sound = respeed(sound[None], stroke.pitch)[0] if len(turns) == 1 else sound
        mono = sound.astype(np.float64)
        return _softened(mono, stroke.velocity, sample_rate) if len(files) == 1 else mono

    strikes: dict[str, Strike] = {**kind.strikes, drum: strike}
    return replace(kind, strikes=strikes, wear=None)


def _softened(mono: Floats, velocity: float, sample_rate: int) -> Floats:
    """Return a stroke as dull as a soft one is: a gentle slope above 1.5 kHz that grows below full velocity."""
    if velocity >= _FULL_VELOCITY:
        return mono.copy()
    size = 1 << (mono.size - 1).bit_length()
    hz = np.fft.rfftfreq(size, 1.0 / sample_rate)
    slope = 0.5 * (_FULL_VELOCITY - velocity) / _FULL_VELOCITY
    gain = (1.0 + np.square(hz / _SOFT_HZ)) ** -slope
    return np.asarray(np.fft.irfft(np.fft.rfft(mono, size) * gain, size)[: mono.size])


@lru_cache(maxsize=96)
def one_shot(path: Path, changed: int, size: int, sample_rate: int = SAMPLE_RATE) -> Block:
    """Return a recording of one stroke in mono, from its first sound to its last. Shape (frames,), peak 1.

    Raises
    ------
    PluginError
        If it cannot be read, or holds only silence.
    """
    try:
        sound = read(path, sample_rate=sample_rate, seconds=LONGEST_S + 1.0).mean(axis=0, dtype=np.float32)
    except InputError as error:
        raise PluginError(str(error)) from error
    sound = sound - sound.mean()
    top = float(np.abs(sound).max(initial=0.0))
    if top < 1e-5:
        raise PluginError(f"{str(path)!r} holds only silence; take it out of the kit")
    heard = np.nonzero(np.abs(sound) > _SILENT * top)[0]
    first = max(0, int(heard[0]) - 32)
    sound = sound[first : min(int(heard[-1]) + 64, first + round(LONGEST_S * sample_rate))] / np.float32(top)
    edge = min(sound.size, round(0.02 * sample_rate) + sound.size // 8)
    sound[-edge:] *= fall(edge)
    start = min(sound.size, 16)
    sound[:start] *= fall(start)[::-1]
    return np.asarray(sound, dtype=np.float32)
