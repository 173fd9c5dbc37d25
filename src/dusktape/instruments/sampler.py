"""A user's folder of notes, named by pitch, as an instrument."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.counting import counted
from dusktape.core.errors import InputError, PluginError
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.looping import seamless
from dusktape.dsp.voices import CachedPlayer, Voicing
from dusktape.instruments.folder import Stamp, read_folder, stamp
from dusktape.instruments.machine import hiss
from dusktape.instruments.naming import layer_at, layers, pitch_of
from dusktape.io.recording import read, respeed

LONGEST_S = 20.0
"""Of a longer sample, so much from its beginning is used."""

_RMS = 0.1
_BODY_S = 0.4
_SUSTAINED_DB = -18.0
_BOOST = 30.0
_PEAK = 0.9


@dataclass(frozen=True, slots=True)
class Sampler:
    """A folder of notes: each key plays the nearest sample, faster or slower, by velocity and in turn.

    A sample that still sounds at its end is looped for as long as its key is held; one that dies away is left to.
    Samples are brought to one loudness, and velocity does the rest.
    """

    hold: str = param(
        "auto", choices=("auto", "loop", "decay"), text="what a held note does where its sample ends; auto hears it"
    )
    release_ms: float = param(150.0, low=5.0, high=4000.0, unit="ms", text="fall to 1/e after a key is let go")
    detune_cents: float = param(3.0, low=0.0, high=30.0, unit="cents", text="how far single keys are out of tune")
    decay_s: float = param(3.0, low=0.1, high=12.0, unit="s", text="a key held four times as long is let go")
    noise: float = param(0.15, low=0.0, high=1.0, text="hiss of the machine that plays it; 0 is none")

    origin: ClassVar[Path] = Path()
    keys: ClassVar[Mapping[int, tuple[tuple[Path, ...], ...]]] = {}
    channels: ClassVar[int] = 1
    remark: ClassVar[str] = ""
    lies_over: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0."""
        deep = max(len(files) for files in self.keys.values())
        turns = max(len(files) for key in self.keys.values() for files in key)
        voicing = Voicing(
            channels=self.channels,
            layers=tuple((k + 0.5) / deep for k in range(deep)) if deep > 1 else (0.6,),
            variants=turns,
            release_ms=self.release_ms,
            ring_s=min(24.0, 4.0 * self.decay_s),
            choke_ms=8.0,
            cache_mb=64.0,
        )
        voice = SampleVoice(self, sample_rate, seed.at("tuning"))
        bed = hiss(self.noise, sample_rate, seed.at("hiss"))
        return CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed, bed=bed)


def part(folder: Path) -> type[Sampler]:
    """Return the instrument that a folder of notes is; what cannot be read, or is silent, is named in `remark`.

    Raises
    ------
    PluginError
        If no file of it can be played.
    """
    return _part(folder, stamp(folder))


@lru_cache(maxsize=64)
def _part(folder: Path, changed: Stamp) -> type[Sampler]:
    found = read_folder(folder, pitch_of, what="pitch", seconds=LONGEST_S)
    found.check_any(folder, "note")
    low, high = min(found.files), max(found.files)
    count = counted(len(found.files), "pitch", several="pitches")
    span = f"{low}" if low == high else f"from {low} to {high}"
    text = f"Folder {folder.name}: {count}, {span}, sampled.{found.left_out_too}"
    return dataclasses.make_dataclass(
        "Sampler",
        [],
        bases=(Sampler,),
        frozen=True,
        slots=True,
        namespace={
            "origin": folder,
            "keys": {pitch: layers(files) for pitch, files in sorted(found.files.items())},
            "channels": found.channels,
            "remark": found.left_out,
            "__doc__": text,
            "__module__": __name__,
        },
    )


class SampleVoice:
    """The keys of a `Sampler`, each made from the nearest sample."""

    def __init__(self, sampler: Sampler, sample_rate: int, seed: Seed) -> None:
        self._sampler, self._rate, self._seed = sampler, sample_rate, seed
        self._read = lru_cache(maxsize=12)(self._sample)

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the first frames of a tone, shape (channels, frames)."""
        keys = self._sampler.keys
        root = min(keys, key=lambda key: (abs(key - pitch), key))
        files = keys[root]
        turns = files[layer_at(len(files), velocity)]
        sound = self._read(turns[variant % len(turns)])
        cents = self._sampler.detune_cents * (2.0 * self._seed.at(pitch, variant).unit() - 1.0)
        speed = 2.0 ** ((pitch - root + cents / 100.0) / 12.0)
        needed = int(frames * speed) + 256
        if sound.shape[1] < needed and self._looped(sound):
            sound = _extended(sound, needed, self._rate)
        turned = respeed(sound[:, : needed + 4096], speed)[:, :frames]
        out = np.zeros((self._sampler.channels, frames), np.float32)
        out[:, : turned.shape[1]] = turned
        short = min(turned.shape[1], round(0.01 * self._rate))
        if turned.shape[1] < frames and short:
            out[:, turned.shape[1] - short : turned.shape[1]] *= np.linspace(1.0, 0.0, short, dtype=np.float32)
        return out

    def key_off(self, pitch: int, variant: int) -> Block:
        """Never asked for."""
        raise NotImplementedError

    def _looped(self, sound: Block) -> bool:
        if self._sampler.hold != "auto":
            return self._sampler.hold == "loop"
        step = max(1, sound.shape[1] // 10)
        power = np.square(sound[:, : 10 * step], dtype=np.float64).mean(axis=0).reshape(-1, step).mean(axis=1)
        return bool(power[-1] > 10.0 ** (_SUSTAINED_DB / 10.0) * power.max()) if power.size == 10 else False

    def _sample(self, path: Path) -> Block:
        """Return a sample from its first sound on, at one loudness, shape (channels, frames)."""
        try:
            sound = read(path, sample_rate=self._rate, seconds=LONGEST_S)
        except InputError as error:
            raise PluginError(str(error)) from error
        sound = sound - sound.mean(axis=1, keepdims=True)
        peak = np.abs(sound).max(axis=0)
        first = int(np.argmax(peak > 0.003 * peak.max())) if peak.max() > 0.0 else 0
        sound = sound[:, max(0, first - round(0.001 * self._rate)) :]
        body = sound[:, : round(_BODY_S * self._rate)]
        loud = float(np.sqrt(np.mean(np.square(body, dtype=np.float64))))
        top = float(np.abs(sound).max())
        gain = min(_BOOST, _RMS / max(loud, 1e-9), _PEAK / max(top, 1e-9))
        return np.ascontiguousarray(sound * np.float32(gain))


def _extended(sound: Block, frames: int, sample_rate: int) -> Block:
    """Return a sound that goes on: its later half, looped without a seam."""
    half = sound.shape[1] // 2
    loop = seamless(sound[:, half:], fade=round(0.15 * sample_rate), search=round(0.05 * sample_rate))
    # The loop ends where the sound does, faded into what comes before the loop's own beginning.
    begins = sound.shape[1] - loop.shape[1]
    repeats = -(-(frames - begins) // loop.shape[1])
    return np.concatenate([sound[:, :begins], np.tile(loop, repeats)], axis=1)[:, :frames]
