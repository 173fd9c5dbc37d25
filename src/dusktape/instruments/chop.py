"""Chop: a phrase sampled, slowed, cut on the grid and played from the pads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.instruments.phrases import UNITS, Phrase, Slot, laid_out
from dusktape.instruments.sampling import Piece, PiecePlayer, Recorder, Take, renumbered, source_of

HIGHEST_PITCH = 103
"""Nothing is played higher before it is slowed; what lies high already is slowed less."""

RING_S = 4.0
"""How long the last chord of a song may ring."""

FADE_IN_S, FADE_OUT_S = 0.0015, 0.008
_EDGE = 2048


@dataclass(frozen=True, slots=True)
class Chop:
    """A loop off an old record: played higher and faster, slowed back into key and time, cut up and played from pads.

    Bars that hold the same chords share one take of their phrase. Slowing makes it duller and longer of breath than
    the instrument is. Slices only stand in for others of the same chord, and only where the part itself sounds, so
    that key, grid and rests are those of the notes. A section has one pattern of two bars, which returns. The last
    chord is left alone. Costs the source for each phrase that differs, and an FFT of its length; one note a slice.
    """

    source: str = param("rhodes", text="instrument that plays the phrase: any that plays notes")
    cut: str = param("eighth", choices=tuple(UNITS), text="length of the slices; loop plays the phrase as it is")
    phrase_bars: int = param(4, low=1, high=8, unit="bars", text="how much is sampled at once; 4 holds most loops")
    pitch_down: int = param(4, low=0, high=12, unit="semitones", text="how much is slowed: 2 is warm, 7 is murky")
    rate_hz: float = param(
        16_000.0, low=4_000.0, high=44_100.0, unit="Hz", text="at which it is sampled: 26000 is clear, 10000 dull"
    )
    off_cents: float = param(-6.0, low=-60.0, high=60.0, unit="cents", text="how far off the record runs")
    freedom: float = param(0.5, low=0.0, high=1.0, text="0 plays the slices in order, 1 seldom does")
    stutter: float = param(0.25, low=0.0, high=1.0, text="how often a slice is struck twice as fast")
    rests: float = param(0.2, low=0.0, high=1.0, text="how often a slice is left out")
    detune_cents: float = param(4.0, low=0.0, high=30.0, unit="cents", text="the source's, where it has it")
    decay_s: float = param(1.6, low=0.1, high=6.0, unit="s", text="the source's, where it has it")
    noise: float = param(0.4, low=0.0, high=1.0, text="the source's, where it has it")

    def __post_init__(self) -> None:
        check(self)
        source_of(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> PiecePlayer:
        """Return a player at frame 0, with as many channels as its source."""
        played = sorted(n for n in notes if n.length_frames > 0)
        phrases, slots = laid_out(played, cues, sample_rate, bars=self.phrase_bars, unit=UNITS[self.cut])
        pieces = [p for slot in slots for p in Pads(self, slot, phrases[slot.phrase], sample_rate, seed).pieces()]
        first = min((n.start_frame for n in played), default=0)
        last_off = max((n.start_frame + n.length_frames for n in played), default=0)
        pieces, order = renumbered([p for p in (_begun(p, first) for p in pieces) if p.frames > 0])
        top = max((n.pitch for n in played), default=60)
        up = max(0, min(self.pitch_down, HIGHEST_PITCH - top))
        speed = 2.0 ** (self.off_cents / 1200.0 - up / 12.0)
        lengths = [round(phrases[k].frames + RING_S * sample_rate * phrases[k].last) for k in order]
        sizes = [_sizes(length + 2 * _EDGE, speed) for length in lengths]
        takes = [
            Take(_raised(phrases[k].notes, up, speed), recorded) for k, (recorded, _) in zip(order, sizes, strict=True)
        ]
        bpm = cues.bpm / speed
        recorder = Recorder(source_of(self), takes, sample_rate=sample_rate, bpm=bpm, seed=seed.at("source"))

        def make(index: int) -> Block:
            slow = _stretched(recorder.record(index), sizes[index][1], self.rate_hz / sample_rate)
            return slow[:, _EDGE : _EDGE + lengths[index]]

        return PiecePlayer(pieces, make, channels=recorder.channels, last_off=last_off)


class Pads:
    """The hands on the pads in one slot: which slice is played when."""

    def __init__(self, chop: Chop, slot: Slot, phrase: Phrase, sample_rate: int, seed: Seed) -> None:
        self._chop, self._slot, self._phrase = chop, slot, phrase
        self._seed = seed.at("pads", slot.section)
        self._in, self._out, self._ring = (round(s * sample_rate) for s in (FADE_IN_S, FADE_OUT_S, RING_S))

    def pieces(self) -> list[Piece]:
        """Return what is played, in order. Slices that follow each other in the phrase are played in one go."""
        struck: list[tuple[int, int, int]] = []  # frame in the slot, frames, place in the phrase
        last = -1
        for k, (start, end) in enumerate(self._slot.cells):
            choice = self._chosen(k, last)
            if choice is None:
                last = -1
                continue
            last, times = choice
            place = self._slot.cells[last][0]
            if struck and times == 1 and sum(struck[-1][:2]) == start and sum(struck[-1][1:]) == place:
                struck[-1] = (struck[-1][0], end - struck[-1][0], struck[-1][2])
                continue
            edges = [start + (end - start) * t // times for t in range(times + 1)]
            struck += [(a, b - a, place) for a, b in pairwise(edges)]
        out = [self._piece(*s) for s in struck]
        if out and self._phrase.last and self._slot.last:
            out[-1] = self._ringing(out[-1])
        return out

    def _piece(self, start: int, frames: int, place: int) -> Piece:
        at, slot = self._slot.start + start, self._slot
        return Piece(at, frames + self._out, slot.phrase, place, fade_in=self._in, fade_out=self._out)

    def _ringing(self, piece: Piece) -> Piece:
        """Return the last piece of the song, which ends by itself."""
        left = self._slot.start + self._slot.cells[-1][1] - piece.start
        return replace(piece, frames=left + self._ring, fade_out=20 * self._out)

    def _chosen(self, k: int, last: int) -> tuple[int, int] | None:
        """Return the slice that is struck in a cell and how often, or None for a rest.

        Parameters
        ----------
        k
            Cell of the slot.
        last
            The slice before, -1 for none.
        """
        slot, chop = self._slot, self._chop
        if not slot.sounds[k]:
            return None
        if chop.cut == "loop" or k >= slot.leave_from:
            return k, 1
        per_bar = slot.cells_per_bar
        here = self._seed.at("step", k % (2 * per_bar))
        if k % per_bar == 0:
            return k, 1
        if k % 2 and here.at("rest").chance(0.6 * chop.rests):
            return None
        double = 2 if k % per_bar and here.at("stutter").chance(0.4 * chop.stutter) else 1
        following = last + 1 if last >= 0 else k
        alike = slot.alike[k]
        if here.at("jump").chance(0.7 * chop.freedom):
            return here.at("which").pick(alike), double
        return (following if following in alike else k), double


def _begun(piece: Piece, first: int) -> Piece:
    """Return a piece without what lies before the part's first note."""
    late = max(0, first - piece.start)
    return replace(piece, start=piece.start + late, frames=max(0, piece.frames - late), place=piece.place + late)


def _raised(notes: Sequence[PlayedNote], up: int, speed: float) -> tuple[PlayedNote, ...]:
    """Return notes as they are played before they are slowed: higher by `up`, and faster by 1 / `speed`."""
    return tuple(
        PlayedNote(
            round((n.start_frame + _EDGE) * speed), max(1, round(n.length_frames * speed)), n.pitch + up, n.velocity
        )
        for n in notes
    )


def _sizes(frames: int, speed: float) -> tuple[int, int]:
    """Return how many frames to record so that at least `frames` come out, and how many: sizes an FFT is quick at."""
    least = -(-round(frames * speed + 1) // 512) * 512
    recorded = min(range(least, least + 16 * 512, 512), key=lambda n: _largest_prime(round(n / speed)))
    return recorded, round(recorded / speed)


def _largest_prime(number: int) -> int:
    largest, factor = 1, 2
    while factor * factor <= number:
        while number % factor == 0:
            largest, number = factor, number // factor
        factor += 1
    return max(largest, number)


def _stretched(block: Block, frames: int, bandwidth: float) -> Block:
    """Return a block played slower, so that it lasts `frames`: the ideal interpolation, by its spectrum.

    Parameters
    ----------
    block
        Shape (channels, frames before).
    frames
        Frames after.
    bandwidth
        Share of its spectrum that the sampler records; the top tenth of that falls away.
    """
    size = block.shape[1]
    spectrum = np.fft.rfft(block, axis=1)
    top = min(spectrum.shape[1], int(bandwidth * spectrum.shape[1]))
    shelf = top // 10
    spectrum[:, top - shelf : top] *= np.linspace(1.0, 0.0, shelf, dtype=np.float32)
    spectrum[:, top:] = 0.0
    spectrum *= np.float32(frames / size)
    return np.asarray(np.fft.irfft(spectrum, frames, axis=1), dtype=np.float32)
