"""A user's SoundFont: its tones rendered by FluidSynth, once each, and played like any other instrument's."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import io
import math
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.counting import counted
from dusktape.core.errors import InputError, PluginError, RecipeError, suggestion
from dusktape.core.params import check, param, parameters
from dusktape.core.seed import Seed
from dusktape.dsp.voices import NEUTRAL_VELOCITY, CachedPlayer, Voicing
from dusktape.instruments.machine import hiss
from dusktape.io.soundfont import PERCUSSION, Preset, presets

BLOCK_FRAMES = 64
"""FluidSynth renders so many frames at a time; we always ask for a multiple."""

SUFFIXES = (".sf2", ".sf3")

_HOW = (
    "install FluidSynth (Debian: apt install libfluidsynth3; macOS: brew install fluid-synth; "
    "Windows: choco install fluidsynth) and then: pip install 'dusktape[sf2]'"
)
_LAYERS = (0.25, 0.45, 0.65, 0.85)
_DRUM_RING_S = 2.5
_HATS = (42, 44, 46)
_GAIN = 0.6
_PROBE_S = 0.4
_CHANNELS = 9
"""Channels in use; the tenth is for drums by default."""
_TOLD = 5
_EFFECTS = 120
"""First program of sound effects (General MIDI System Level 1, 1991: 121 to 128, counted from 1)."""
_SETTINGS = {
    "synth.reverb.active": 0,
    "synth.chorus.active": 0,
    "synth.dynamic-sample-loading": 1,
    "synth.polyphony": 32,
}


@dataclass(frozen=True, slots=True)
class SoundFont:
    """A SoundFont: any of its presets, without FluidSynth's own reverb and chorus.

    Each tone is rendered once per pitch and velocity layer (about 1 ms a second of sound) and mixed from memory. In a
    preset of bank 128, pitches are drums that ring out, and the hats choke each other.
    """

    preset: str = param("", text="its name, or bank:program as in 0:4")
    detune_cents: float = param(3.0, low=0.0, high=30.0, unit="cents", text="how far single keys are out of tune")
    decay_s: float = param(3.0, low=0.1, high=12.0, unit="s", text="a key held four times as long is let go")
    release_ms: float = param(
        0.0, low=0.0, high=4000.0, unit="ms", text="fall to 1/e after a key is let go; 0 is as the font has it"
    )
    noise: float = param(0.15, low=0.0, high=1.0, text="hiss of the machine that plays it; 0 is none")

    origin: ClassVar[Path] = Path()
    sounds: ClassVar[tuple[Preset, ...]] = ()
    remark: ClassVar[str] = ""
    lies_over: ClassVar[bool] = False

    @staticmethod
    def missing() -> str:
        """Return how to install what plays it, where that is not there; else nothing."""
        try:
            api()
        except PluginError as error:
            return str(error)
        return ""

    @classmethod
    def starts_with(cls, part: str) -> dict[str, str]:
        """Return what it begins with in a part when nobody says more: in the drums, its first kit."""
        kit = next((p for p in cls.sounds if p.bank == PERCUSSION), None) if part == "drums" else None
        return {"preset": f"{kit.bank}:{kit.program}"} if kit else {}

    @classmethod
    def is_kit(cls, preset: Any = None) -> bool | None:
        """Return whether a preset plays drums, or the one that it comes with; None if there is none of that name."""
        if preset is None:
            preset = next(p.default for p in parameters(cls) if p.name == "preset")
        found = _called(preset, cls.sounds)
        return None if found is None else found.bank == PERCUSSION

    def __post_init__(self) -> None:
        names = {preset: name for name, preset in named(self.sounds).items()}
        object.__setattr__(self, "preset", names[self.chosen()])
        check(self)

    def chosen(self) -> Preset:
        """Return the preset that plays.

        Raises
        ------
        RecipeError
            If the font has no such preset; with a suggestion.
        """
        if not isinstance(self.preset, str):
            raise RecipeError(f"preset is text, got {self.preset!r}; write it in quotes")
        found = _called(self.preset, self.sounds)
        if found is None:
            raise RecipeError(
                f"{self.origin.name} has no preset {self.preset!r}{_near(self.preset, named(self.sounds))}"
            )
        return found

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0.

        Raises
        ------
        PluginError
            If FluidSynth is not installed, or will not have the font.
        """
        preset = self.chosen()
        voice = FontVoice(self, preset, sample_rate, seed)
        drums = preset.bank == PERCUSSION
        if drums:
            notes = _rung(notes, round(_DRUM_RING_S * sample_rate))
        voicing = Voicing(
            channels=2,
            layers=_LAYERS,
            variants=1,
            release_ms=60.0 if drums else self.release_ms or voice.own_release_ms(notes),
            ring_s=_DRUM_RING_S if drums else min(24.0, 4.0 * self.decay_s),
            choke="none" if drums else "key",
            choke_ms=8.0,
            cache_mb=64.0,
        )
        bed = hiss(self.noise, sample_rate, seed.at("hiss"))
        return CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed, bed=bed)


def _near(asked: str, names: dict[str, Preset]) -> str:
    told = suggestion(asked, names)
    if "did you mean" in told:
        return told
    like = [name for name in names if asked.lower() in name.lower()][:_TOLD] if asked else []
    more = 0 if like else len(names) - _TOLD
    return f"; there is {', '.join(like or list(names)[:_TOLD])}{f' and {more} more' if more > 0 else ''}"


def _called(asked: Any, sounds: Sequence[Preset]) -> Preset | None:
    """Return the preset of a name, or of a bank and program as in `0:4`; None if there is none."""
    if not isinstance(asked, str):
        return None
    names = named(sounds)
    by_place = {f"{p.bank}:{p.program}": p for p in sounds}
    by_name = {name.lower(): p for name, p in names.items()}
    return names.get(asked) or by_place.get(asked) or by_name.get(asked.lower())


def named(sounds: Sequence[Preset]) -> dict[str, Preset]:
    """Return presets by name; one that shares its name has bank and program behind it."""
    told: dict[str, Preset] = {}
    for p in sounds:
        told[p.name if p.name not in told else f"{p.name} ({p.bank}:{p.program})"] = p
    return told


def part(path: Path) -> type[SoundFont]:
    """Return the instrument that a font is.

    Raises
    ------
    PluginError
        If the font cannot be played.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise PluginError(f"{str(path)!r} cannot be read: {error.strerror}; check the file") from error
    if not stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for whoever writes into it
        raise PluginError(f"{str(path)!r} is a pipe or device, no SoundFont; give a .sf2 or .sf3")
    return _part(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=64)
def _part(path: Path, changed: int, size: int) -> type[SoundFont]:
    try:
        sounds = presets(path)
    except InputError as error:
        raise PluginError(str(error)) from error
    names = tuple(named(sounds))
    remark = _effects_only(sounds)
    text = f"SoundFont {path.name}: {counted(len(names), 'preset')}{f'; {remark}' if remark else ''}."
    field = param(names[0], choices=names, text="its name, or bank:program as in 0:4")
    return dataclasses.make_dataclass(
        "SoundFont",
        [("preset", str, field)],
        bases=(SoundFont,),
        frozen=True,
        slots=True,
        namespace={
            "origin": path,
            "sounds": sounds,
            "remark": remark,
            "__doc__": text,
            "__module__": __name__,
        },
    )


def _effects_only(sounds: Sequence[Preset]) -> str:
    """Return what to say of a font whose presets all lie where General MIDI has sound effects; else nothing."""
    keyed = [p for p in sounds if p.bank != PERCUSSION]
    if not keyed or any(p.program < _EFFECTS for p in keyed):
        return ""
    return f"it holds sound effects ({keyed[0].name} is the first), which may play no pitches"


class FontVoice:
    """One preset, tone by tone."""

    def __init__(self, font: SoundFont, preset: Preset, sample_rate: int, seed: Seed) -> None:
        facts = font.origin.stat()
        self._engine = engine(font.origin, facts.st_mtime_ns, facts.st_size, sample_rate)
        self._preset, self._rate, self._seed = preset, sample_rate, seed.at("tuning")
        self._cents = font.detune_cents if preset.bank != PERCUSSION else 0.0

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the first frames of a tone, shape (2, frames), at the level of neutral velocity."""
        cents = self._cents * (2.0 * self._seed.at(pitch).unit() - 1.0)
        sound = self._engine.tone(self._preset, pitch, round(127 * velocity), cents, frames)
        # Fonts follow the square of velocity (specification, 8.4.1); the engine under us has a law of its own.
        sound *= np.float32((NEUTRAL_VELOCITY / velocity) ** 2)
        return sound

    def key_off(self, pitch: int, variant: int) -> Block:
        """Never asked for."""
        raise NotImplementedError

    def own_release_ms(self, notes: Sequence[PlayedNote]) -> float:
        """Return how fast the font lets go: the time to 1/e after a key is let go, between 20 ms and 2 s."""
        pitches = sorted(n.pitch for n in notes) or [60]
        held = round(_PROBE_S * self._rate)
        sound = self._engine.tone(self._preset, pitches[len(pitches) // 2], 76, 0.0, 8 * held, off=held)
        step = self._rate // 100
        tail = sound[:, held : held + 7 * held // step * step]
        power = (
            np.square(tail.astype(np.float64)).sum(axis=0)[: tail.shape[1] // step * step].reshape(-1, step).sum(axis=1)
        )
        # Schroeder's integral: the whole of what is left, so that beating does not matter.
        left = np.cumsum(power[::-1])[::-1]
        if left[0] <= 0.0:
            return 60.0
        below = np.nonzero(left < left[0] * math.exp(-2.0))[0]
        return float(np.clip(10.0 * (below[0] if below.size else len(left)), 20.0, 2000.0))


class Engine:
    """A font inside FluidSynth, asked for one tone at a time.

    A voice of FluidSynth begins at the gain at which it last ended, so that the first 64 frames would depend on what
    sounded before. Each tone is therefore struck twice: unheard at gain 0, and then.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self._api = api()
        self._lock = Lock()
        self._synth = self._api.module.Synth(_GAIN, float(sample_rate), 16, **_SETTINGS)
        self._number = self._synth.sfload(str(path))
        self._channels: list[Preset] = []
        if self._number < 0:
            raise PluginError(f"FluidSynth will not have {str(path)!r}; take another copy of the font")

    def tone(
        self, preset: Preset, pitch: int, velocity: int, cents: float, frames: int, off: int | None = None
    ) -> Block:
        """Return the first frames of a tone, shape (2, frames); `off` is the frame at which its key is let go."""
        cut = frames if off is None else min(frames, -(-off // BLOCK_FRAMES) * BLOCK_FRAMES)
        with self._lock:
            channel = self._channel(preset)
            self._synth.pitch_bend(channel, round(cents * 40.96))
            for gain in (0.0, _GAIN):
                self._api.set_gain(self._synth.synth, gain)
                self._synth.noteon(channel, pitch, max(1, min(127, velocity)))
                sound = self._write(cut if gain else BLOCK_FRAMES)
                if gain and cut < frames:
                    self._synth.noteoff(channel, pitch)
                    sound = np.concatenate([sound, self._write(frames - cut)], axis=1)
                self._synth.all_sounds_off(channel)
                self._write(2 * BLOCK_FRAMES)
        return np.ascontiguousarray(sound[:, :frames])

    def _channel(self, preset: Preset) -> int:
        """Return the channel that has the preset; the samples of the presets used last stay in memory."""
        if preset not in self._channels:
            at = len(self._channels) if len(self._channels) < _CHANNELS else 0
            self._channels[at : at + 1] = [preset]
            self._synth.program_select(at, self._number, preset.bank, preset.program)
        return self._channels.index(preset)

    def _write(self, frames: int) -> Block:
        whole = -(-frames // BLOCK_FRAMES) * BLOCK_FRAMES
        sound = np.zeros((2, whole), np.float32)
        if whole:
            left = sound.ctypes.data
            self._api.write(self._synth.synth, whole, left, 0, 1, left + 4 * whole, 0, 1)
        return sound


@lru_cache(maxsize=4)
def engine(path: Path, changed: int, size: int, sample_rate: int) -> Engine:
    """Return a font inside FluidSynth, loaded once."""
    return Engine(path, sample_rate)


@dataclass(frozen=True, slots=True)
class Api:
    """The calls of FluidSynth's library that pyfluidsynth has no method for, and the module itself."""

    module: Any
    write: Any
    set_gain: Any


@lru_cache(maxsize=1)
def api() -> Api:
    """Return FluidSynth's library.

    Raises
    ------
    PluginError
        If pyfluidsynth or the library is not there, with how to install them.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it may tell where it found the library
            import fluidsynth
    except (ImportError, OSError, AttributeError) as error:
        raise PluginError(f"SoundFonts are played by FluidSynth, which is not there; {_HOW}") from error
    pointer, number = ctypes.c_void_p, ctypes.c_int

    def call(name: str, result: Any, *arguments: Any) -> Any:
        found = fluidsynth.cfunc(name, result, *((f"a{k}", kind, 1) for k, kind in enumerate(arguments)))
        if found is None:
            raise PluginError(f"the FluidSynth that is installed is too old to be asked for {name}; {_HOW}")
        return found

    silence = call("fluid_set_log_function", pointer, number, pointer, pointer)
    for level in range(5):
        silence(level, None, None)
    buffer = (pointer, number, number)
    return Api(
        fluidsynth,
        call("fluid_synth_write_float", number, pointer, number, *buffer, *buffer),
        call("fluid_synth_set_gain", None, pointer, ctypes.c_float),
    )


def _rung(notes: Sequence[PlayedNote], ring: int) -> list[PlayedNote]:
    """Return drums as long as they ring; a hat ends the one before it."""
    ordered = sorted(notes)
    hats = [n.start_frame for n in ordered if n.pitch in _HATS]
    after = dict(pairwise(hats))
    return [
        replace(
            n, length_frames=min(ring, after.get(n.start_frame, 1 << 60) - n.start_frame if n.pitch in _HATS else ring)
        )
        for n in ordered
    ]
