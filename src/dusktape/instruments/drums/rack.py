"""The samples of one song's kit, and which of them each note strikes."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Block, Floats, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp.fourier import spectrum
from dusktape.dsp.grains import Event
from dusktape.instruments.drums.kinds import BACKBEATS, CYMBALS, DRUMS, STIR, Drum, Kind
from dusktape.instruments.drums.room import small_room
from dusktape.instruments.drums.shaping import Stroke, Tuning, noise, seconds, whole

CELL_FRAMES = 1 << 14
LAYERS = (0.12, 0.27, 0.43, 0.6, 0.78, 0.96)
"""Velocities at which each drum is rendered; in between only the level moves."""

_EDGES = tuple((a + b) / 2.0 for a, b in pairwise(LAYERS))
REFERENCE_VELOCITY = 0.8
CHOKE_S = 0.010
STIR_BEATS = 2.0
"""The hand stirs on for so long after the last stroke, and not before the first."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How the kit stands in the sound: the parameters that have nothing to do with striking it."""

    dust_db: float
    snare_db: float
    cymbals_db: float
    room_bleed: float
    looseness: float
    stereo: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A stroke that is decided: which sample, how loud, and where it is choked (None: it rings)."""

    frame: int
    drum: Drum
    layer: int
    variant: int
    velocity: float
    choke_frame: int | None


def strokes(notes: Sequence[PlayedNote], seed: Seed) -> list[Hit]:
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
        hits.append(Hit(note.start_frame, drum, layer, variant, note.velocity, choke))
    return hits


def stirring(hits: Sequence[Hit], beat_frames: float) -> list[Hit]:
    """Return the circles of the left hand: one a beat from the first stroke on, resting where the drums rest.

    Strokes within one beat keep no time: a drum that is struck alone is heard alone.
    """
    starts = np.asarray([hit.frame for hit in hits], dtype=np.int64)
    if starts.size == 0 or starts[-1] - starts[0] < beat_frames:
        return []
    circles = []
    for beat in range(int((starts[-1] - starts[0]) / beat_frames) + 1):
        frame = int(starts[0] + beat * beat_frames)
        before = int(np.searchsorted(starts, frame, side="right")) - 1
        if frame - starts[before] < STIR_BEATS * beat_frames:
            accent = 0.8 if beat % 2 else 0.68
            circles.append(Hit(frame, STIR, len(LAYERS) // 2, beat % STIR.variants, accent, None))
    return circles


class Rack:
    """The samples of one song's kit, rendered when first asked for."""

    def __init__(self, kind: Kind, tuning: Tuning, placing: Placing, seed: Seed) -> None:
        """Set the kit up; nothing is struck yet.

        Parameters
        ----------
        kind, tuning, placing
            What stands there, how it is tuned, and where.
        seed
            Of the kit: rooms, round robins, noises.
        """
        self._kind, self._tuning, self._placing, self._seed = kind, tuning, placing, seed
        self._rate = tuning.sample_rate
        self._room = small_room(self._rate, seed.at("room").rng()).astype(np.float32)
        self._dust = noise(seconds(2.8, self._rate), *kind.dust_hz, seed.at("dust").rng(), order=2)
        self._room_spectra: dict[int, np.ndarray] = {}
        self._samples: dict[tuple[str, int, int], Block] = {}
        self._choke = int(CHOKE_S * self._rate)

    def events(self, hits: Sequence[Hit]) -> Callable[[int], Iterable[Event]]:
        """Return what `GrainTrack` asks: the hits of a cell as grains. Hits in order of frame."""
        frames = np.asarray([h.frame for h in hits], dtype=np.int64)

        def cell(index: int) -> Iterable[Event]:
            first, last = np.searchsorted(frames, [index * CELL_FRAMES, (index + 1) * CELL_FRAMES])
            return [self._event(hit, index * CELL_FRAMES) for hit in hits[int(first) : int(last)]]

        return cell

    def _event(self, hit: Hit, cell_start: int) -> Event:
        sound = self.sample(hit.drum, hit.layer, hit.variant)
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
        spread = self._placing.looseness * self._kind.spread
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
        mono = self._kind.strikes[drum.name](self._tuning, stroke)
        if self._kind.wear is not None:
            mono = self._kind.wear(mono, self._tuning, stroke.rng)
        mono *= 1.0 / np.max(np.abs(mono))
        mono += self._dusting(mono.size, stroke.rng)
        own_db = self._kind.trims.get(drum.name, 0.0) + self._trim_db(drum.name)
        mono *= 10.0 ** ((drum.peak_db + own_db + 0.5 * db) / 20.0)
        side = drum.place * self._placing.stereo * self._kind.width
        pan = np.array([[1.0 + min(side, 0.0)], [1.0 - max(side, 0.0)]])
        return self._in_room(mono, pan, drum.room)

    def _trim_db(self, drum: str) -> float:
        if drum in BACKBEATS:
            return self._placing.snare_db
        return self._placing.cymbals_db if drum in CYMBALS else 0.0

    def _dusting(self, frames: int, rng: np.random.Generator) -> Floats:
        """Return the noise that came along with a sample: there at once, let go over its second half."""
        source = self._dust if frames < self._dust.size else np.resize(self._dust, frames + self._rate)
        start = int(rng.integers(0, source.size - frames))
        dust = source[start : start + frames] * 10.0 ** ((self._placing.dust_db + self._kind.dust_db) / 20.0)
        half = frames // 2
        dust[-half:] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(half) + 1.0) / half)
        return np.asarray(dust * np.minimum(np.arange(frames) / 60.0, 1.0), dtype=np.float64)

    def _in_room(self, mono: Floats, pan: Floats, room: float) -> Block:
        amount = self._placing.room_bleed * self._kind.room * room
        frames = mono.size + self._room.shape[1]
        dry = (mono * pan).astype(np.float32)
        if amount <= 0.0:
            return dry
        size = whole(frames, 4096)
        if size not in self._room_spectra:
            self._room_spectra[size] = spectrum(self._room, size)
        wet = np.fft.irfft(spectrum(mono, size) * self._room_spectra[size], n=size, axis=1)
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
