"""The drum kit: every song has its own, tuned, worn and placed by its parameters and its seed."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.grains import CellPlayer, Event, GrainTrack
from dusktape.instruments.drums.clap import clap
from dusktape.instruments.drums.cymbals import crash, ride
from dusktape.instruments.drums.hats import closed_hat, open_hat, pedal_hat
from dusktape.instruments.drums.kick import kick
from dusktape.instruments.drums.rim import rim
from dusktape.instruments.drums.shaker import shaker
from dusktape.instruments.drums.shaping import Stroke, Tuning, noise, seconds, whole
from dusktape.instruments.drums.snare import snare
from dusktape.instruments.drums.tambourine import tambourine
from dusktape.instruments.drums.toms import high_tom, low_tom, mid_tom

CELL_FRAMES = 1 << 14
LAYERS = (0.12, 0.27, 0.43, 0.6, 0.78, 0.96)
"""Velocities at which each drum is rendered; in between only the level moves."""

_EDGES = tuple((a + b) / 2.0 for a, b in pairwise(LAYERS))
REFERENCE_VELOCITY = 0.8
CHOKE_S = 0.010


@dataclass(frozen=True, slots=True)
class Drum:
    """One drum of the kit: how it sounds, how loud at velocity 0.8, where it stands, how much room it gets."""

    name: str
    strike: Callable[[Tuning, Stroke], Floats]
    peak_db: float
    place: float
    room: float
    variants: int


_KICK = Drum("kick", kick, -6.0, 0.0, 0.25, 2)
_SNARE = Drum("snare", snare, -8.0, 0.06, 1.0, 4)
_CLOSED = Drum("closed hat", closed_hat, -21.0, 0.55, 0.9, 4)
_PEDAL = Drum("pedal hat", pedal_hat, -24.0, 0.55, 0.9, 3)
_OPEN = Drum("open hat", open_hat, -23.0, 0.55, 0.7, 2)

DRUMS: dict[int, Drum] = {
    35: _KICK,
    36: _KICK,
    37: Drum("rim", rim, -9.0, 0.1, 1.1, 3),
    38: _SNARE,
    39: Drum("clap", clap, -8.5, -0.1, 1.1, 3),
    40: _SNARE,
    42: _CLOSED,
    44: _PEDAL,
    45: Drum("low tom", low_tom, -10.0, -0.6, 0.8, 2),
    46: _OPEN,
    47: Drum("mid tom", mid_tom, -10.0, -0.15, 0.8, 2),
    49: Drum("crash", crash, -20.0, -0.7, 0.5, 2),
    50: Drum("high tom", high_tom, -10.0, 0.35, 0.8, 2),
    51: Drum("ride", ride, -24.0, -0.75, 0.5, 3),
    54: Drum("tambourine", tambourine, -24.0, -0.45, 0.9, 3),
    70: Drum("shaker", shaker, -24.5, -0.5, 0.9, 4),
}
"""General MIDI percussion keys to drums. Places are the drummer's: positive is left, 1 is hard aside."""

_CYMBALS = frozenset(DRUMS[key].name for key in (42, 44, 46, 49, 51, 54, 70))


@dataclass(frozen=True, slots=True)
class Character:
    """What a word like `dusty` does to the numbers."""

    top_hz: float
    decay: float = 1.0
    click: float = 1.0
    drive: float = 1.0
    attack: float = 1.0
    spread: float = 1.0
    room: float = 1.0
    brush: float = 0.0
    machine: float = 0.0


CHARACTERS = {
    "dusty": Character(top_hz=8500.0, drive=1.25, room=1.2),
    "tight": Character(top_hz=13000.0, decay=0.78, click=1.2, attack=0.7, room=0.6),
    "soft": Character(top_hz=6500.0, decay=1.1, click=0.5, drive=0.75, attack=1.8),
    "brushes": Character(top_hz=9500.0, decay=1.15, click=0.45, drive=0.7, brush=1.0, room=1.2, spread=1.3),
    "machine": Character(top_hz=14000.0, decay=1.1, click=0.8, drive=1.1, spread=0.12, room=0.35, machine=1.0),
}


@dataclass(frozen=True, slots=True)
class Kit:
    """A close, dry, worn drum kit: round kick, papery snare, small dark hats, a breath of the room.

    Everything is synthesised. Each drum is rendered once per velocity layer and round-robin variant that the
    notes use (about 1 ms each), then placed: two thousand hits cost less than a tenth of a second.
    Pitches follow General MIDI percussion (35-54 as far as a lo-fi kit has them, 70 is the shaker); others
    are silent. Closed and pedal hat choke the open one.
    """

    character: str = param("dusty", choices=tuple(CHARACTERS), text="what kind of kit stands there")
    kick_tune_hz: float = param(
        50.0, low=36.0, high=72.0, unit="Hz", text="where the kick comes to rest; 43 is deep, 57 is firm"
    )
    kick_decay_ms: float = param(
        95.0, low=30.0, high=400.0, unit="ms", text="how long the kick rings; 60 is a thud, 140 hums"
    )
    kick_sweep_hz: float = param(
        125.0, low=0.0, high=400.0, unit="Hz", text="how far above its note the kick starts; 70 is round, 190 punches"
    )
    kick_click: float = param(0.3, low=0.0, high=1.0, text="beater against head; 0 is all felt")
    snare_tune_hz: float = param(188.0, low=120.0, high=300.0, unit="Hz", text="the head; 165 is loose, 215 is cranked")
    snare_decay_ms: float = param(48.0, low=15.0, high=160.0, unit="ms", text="the wires' tail; 28 is dry, 75 is washy")
    snare_noise: float = param(0.6, low=0.0, high=1.0, text="wires against head; 0.3 is a tom, 0.9 is paper")
    snare_attack_ms: float = param(1.2, low=0.2, high=8.0, unit="ms", text="0.5 cracks, 3 is sampled off a worn record")
    hat_decay_ms: float = param(15.0, low=4.0, high=60.0, unit="ms", text="closed hat; 10 ticks, 22 breathes")
    hat_tone_hz: float = param(
        6500.0, low=3000.0, high=10000.0, unit="Hz", text="where the hats' metal lies; lower is trashier"
    )
    dust_db: float = param(
        -50.0,
        low=-100.0,
        high=-25.0,
        unit="dB",
        text="noise of the record each sample was taken from, under its peak; -40 is plain to hear, -100 is none",
    )
    cymbals_db: float = param(
        0.0,
        low=-18.0,
        high=12.0,
        unit="dB",
        text="hats, cymbals and shakers against the drums; -4 sits back, 4 ticks in front",
    )
    room_bleed: float = param(0.3, low=0.0, high=1.0, text="how much of the room the microphones hear")
    looseness: float = param(
        0.5, low=0.0, high=1.0, text="how much strokes differ from each other; 0 is a loop of one sample"
    )
    stereo: float = param(0.35, low=0.0, high=1.0, text="how wide the kit stands; kick and snare stay in the middle")
    view: str = param("audience", choices=("audience", "drummer"), text="from where: the hats are right or left")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0."""
        rack = Rack(self, sample_rate, seed)
        hits = _hits(notes, seed)
        track = GrainTrack(rack.events(hits), cell_frames=CELL_FRAMES)
        return CellPlayer(track.cell, cell_frames=CELL_FRAMES, tail_frames=int(2.6 * sample_rate))


@dataclass(frozen=True, slots=True)
class Hit:
    """A stroke that is decided: which sample, how loud, and where it is choked (None: it rings)."""

    frame: int
    pitch: int
    layer: int
    variant: int
    velocity: float
    choke_frame: int | None


def _hits(notes: Sequence[PlayedNote], seed: Seed) -> list[Hit]:
    """Choose a variant for every note, never the same twice running, and find what chokes the open hats."""
    ordered = sorted((n for n in notes if n.pitch in DRUMS), key=lambda n: (n.start_frame, n.pitch, n.velocity))
    hats = [n.start_frame for n in ordered if n.pitch in (42, 44, 46)]
    after = np.asarray(hats, dtype=np.int64)
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    draws: dict[str, Floats] = {}
    hits = []
    for note in ordered:
        drum = DRUMS[note.pitch]
        if drum.name not in draws:
            draws[drum.name] = seed.at("variant", drum.name).rng().random(len(ordered))
        index = counts.get(drum.name, 0)
        counts[drum.name] = index + 1
        step = 1 + int(draws[drum.name][index] * (drum.variants - 1))
        variant = (last.get(drum.name, 0) + step) % drum.variants
        last[drum.name] = variant
        choke = None
        if note.pitch == 46:
            later = int(np.searchsorted(after, note.start_frame, side="right"))
            choke = hats[later] if later < len(hats) else None
        layer = bisect(_EDGES, note.velocity)
        hits.append(Hit(note.start_frame, note.pitch, layer, variant, note.velocity, choke))
    return hits


class Rack:
    """The samples of one song's kit, rendered when first asked for."""

    def __init__(self, kit: Kit, sample_rate: int, seed: Seed) -> None:
        self._kit, self._seed, self._rate = kit, seed, sample_rate
        self._character = CHARACTERS[kit.character]
        self._tuning = _tuning(kit, self._character, sample_rate, seed.at("tuning"))
        self._room = _room(sample_rate, seed.at("room").rng()).astype(np.float32)
        self._dust = noise(seconds(2.8, sample_rate), 150.0, 7000.0, seed.at("dust").rng(), order=2)
        self._room_spectra: dict[int, np.ndarray] = {}
        self._samples: dict[tuple[str, int, int], Block] = {}
        self._choke = int(CHOKE_S * sample_rate)

    def events(self, hits: Sequence[Hit]) -> Callable[[int], Iterable[Event]]:
        """Return what `GrainTrack` asks: the hits of a cell as grains."""
        frames = np.asarray([h.frame for h in hits], dtype=np.int64)

        def cell(index: int) -> Iterable[Event]:
            first, last = np.searchsorted(frames, [index * CELL_FRAMES, (index + 1) * CELL_FRAMES])
            return [self._event(hit, index * CELL_FRAMES) for hit in hits[int(first) : int(last)]]

        return cell

    def _event(self, hit: Hit, cell_start: int) -> Event:
        sound = self.sample(DRUMS[hit.pitch], hit.layer, hit.variant)
        if hit.choke_frame is not None and hit.choke_frame - hit.frame < sound.shape[1]:
            sound = _choked(sound, hit.choke_frame - hit.frame, self._choke)
        gain = level(hit.velocity)
        return hit.frame - cell_start, sound, gain, gain

    def sample(self, drum: Drum, layer: int, variant: int) -> Block:
        """Return one rendered stroke in stereo, at the level of velocity 0.8. Shape (2, frames)."""
        key = (drum.name, layer, variant)
        if key not in self._samples:
            self._samples[key] = self._render(drum, layer, variant)
        return self._samples[key]

    def _render(self, drum: Drum, layer: int, variant: int) -> Block:
        spread = self._kit.looseness * self._character.spread
        rng = self._seed.at("sample", drum.name, variant).rng()
        pitch, decay, tone, db = rng.standard_normal(4).clip(-2.0, 2.0) * spread
        stroke = Stroke(
            velocity=LAYERS[layer],
            pitch=2.0 ** (pitch * 0.008),
            decay=2.0 ** (decay * 0.07),
            tone=2.0 ** (tone * 0.06),
            # With no looseness every variant is the same stroke.
            rng=self._seed.at("noise", drum.name, variant if spread > 0.0 else 0, layer).rng(),
        )
        mono = drum.strike(self._tuning, stroke)
        mono *= 1.0 / np.max(np.abs(mono))
        mono += self._dusting(mono.size, stroke.rng)
        own_db = self._kit.cymbals_db if drum.name in _CYMBALS else 0.0
        mono *= 10.0 ** ((drum.peak_db + own_db + 0.5 * db) / 20.0)
        side = drum.place * self._kit.stereo * (1.0 if self._kit.view == "drummer" else -1.0)
        pan = np.array([[1.0 + min(side, 0.0)], [1.0 - max(side, 0.0)]])
        return self._in_room(mono, pan, drum.room)

    def _dusting(self, frames: int, rng: np.random.Generator) -> Floats:
        """Return the noise that came along with a sample: there at once, let go over its second half."""
        start = int(rng.integers(0, self._dust.size - frames))
        dust = self._dust[start : start + frames] * 10.0 ** (self._kit.dust_db / 20.0)
        half = frames // 2
        dust[-half:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(half) + 1.0) / half)
        return np.asarray(dust * np.minimum(np.arange(frames) / 60.0, 1.0), dtype=np.float64)

    def _in_room(self, mono: Floats, pan: Floats, room: float) -> Block:
        amount = self._kit.room_bleed * self._character.room * room
        frames = mono.size + self._room.shape[1]
        dry = (mono * pan).astype(np.float32)
        if amount <= 0.0:
            return dry
        size = whole(frames, 4096)
        if size not in self._room_spectra:
            self._room_spectra[size] = np.fft.rfft(self._room, n=size, axis=1)
        wet = np.fft.irfft(np.fft.rfft(mono.astype(np.float32), n=size) * self._room_spectra[size], n=size, axis=1)
        sound = np.asarray(wet[:, :frames] * np.float32(amount), dtype=np.float32)
        sound[:, : mono.size] += dry
        return sound


def level(velocity: float) -> float:
    """Return the gain of a stroke over one at velocity 0.8: a little steeper than a straight line."""
    return float((velocity / REFERENCE_VELOCITY) ** 1.35)


def _choked(sound: Block, at: int, fade: int) -> Block:
    cut = sound[:, : at + fade].copy()
    n = cut.shape[1] - at
    cut[:, at:] *= (0.5 + 0.5 * np.cos(np.pi * (np.arange(n) + 1.0) / fade)).astype(np.float32)
    return cut


def _tuning(kit: Kit, character: Character, sample_rate: int, seed: Seed) -> Tuning:
    """Resolve the parameters, the character's word and a few per cent of the song's own."""

    def own(name: str, spread: float) -> float:
        return float(2.0 ** (spread * (2.0 * seed.at(name).unit() - 1.0)))

    return Tuning(
        sample_rate=sample_rate,
        kick_hz=kit.kick_tune_hz * own("kick", 0.04),
        kick_sweep_hz=kit.kick_sweep_hz * own("sweep", 0.3),
        kick_sweep_s=0.026 * own("fall", 0.6),
        kick_decay_s=kit.kick_decay_ms / 1000.0 * character.decay * own("ring", 0.1),
        kick_click=kit.kick_click * character.click,
        kick_drive=1.6 * character.drive * own("drive", 0.35),
        snare_hz=kit.snare_tune_hz * own("snare", 0.04),
        snare_decay_s=kit.snare_decay_ms / 1000.0 * character.decay * own("wires", 0.12),
        snare_noise=kit.snare_noise,
        snare_attack_s=kit.snare_attack_ms / 1000.0 * character.attack,
        snare_top_hz=character.top_hz * own("top", 0.15),
        hat_decay_s=kit.hat_decay_ms / 1000.0 * character.decay,
        hat_hz=kit.hat_tone_hz * own("hat", 0.08),
        wood=own("wood", 0.12),
        metal=own("metal", 0.1),
        brush=character.brush,
        machine=character.machine,
    )


def _room(sample_rate: int, rng: np.random.Generator) -> Floats:
    """Return a small room as two microphones hear it: energy 1 each, shape (2, frames), first sound after 3 ms."""
    frames = int(0.28 * sample_rate)
    t = np.arange(frames) / sample_rate
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    shared = rng.standard_normal(frames)
    out = np.zeros((2, frames))
    for row in out:
        white = 0.75 * rng.standard_normal(frames) + 0.66 * shared
        spectrum = np.fft.rfft(white)
        low = np.fft.irfft(
            spectrum / np.sqrt((1 + (180.0 / np.maximum(hz, 1)) ** 2) * (1 + (hz / 2500.0) ** 2)), n=frames
        )
        high = np.fft.irfft(
            spectrum / np.sqrt((1 + (2500.0 / np.maximum(hz, 1)) ** 2) * (1 + (hz / 9000.0) ** 2)), n=frames
        )
        row += low * np.exp(-t / 0.055) + 0.7 * high * np.exp(-t / 0.06)
        late = np.minimum(np.maximum(t - 0.003, 0.0) / 0.008, 1.0)
        row *= late * np.minimum((t[-1] - t) / 0.02, 1.0)
    return np.asarray(out * (0.22 / np.sqrt(np.sum(out**2, axis=1, keepdims=True))), dtype=np.float64)
