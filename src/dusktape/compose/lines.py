"""Lets any model of lines play the lead of a song: rules choose among its pitches, and thin it where it is too busy."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dusktape.core.score import BAR, TICKS_PER_BEAT, Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.nn.line import STEPS_PER_BAR, STEPS_PER_BEAT, Line, LineModel, PitchRule
from dusktape.nn.sampling import Sampling
from dusktape.theory.scale import clashes, in_scale, is_chord_tone

_TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
_PITCHES = 128
_OCTAVE = 12

_LEAD_IN_BARS = 2
_PROBE_NOTES = 32

_BLOCK_BARS = 2
_FAR_BUSIER = 1.5
_LONGEST_STEPS = 8

_SCALES = {"major": ("major",), "minor": ("minor", "harmonic minor", "dorian")}


@dataclass(frozen=True, slots=True)
class LineMelody:
    """Plays what a model of lines writes. Implements `core.roles.MelodyWriter`.

    The model plays in its own octave and is moved to ours. Pitches keep to the register, and to the key or the chord;
    on the beat none lies a semitone above a chord tone. What leaps further than an octave comes back by one. Where two
    bars hold half as many notes again as were asked for, the weakest are left out: those off the beat first, and the
    short ones.

    Parameters
    ----------
    model
        Of lines, as `nn.run.Run.open` returns it.
    sampling
        How it draws; the temperature comes with each request.
    low, high
        Of the register, MIDI pitches.
    """

    model: LineModel
    sampling: Sampling
    low: int = 62
    high: int = 84

    def write_melody(
        self,
        *,
        key: Key,
        chords: Sequence[Chord],
        bars: int,
        given: Sequence[Note],
        given_bars: int,
        density: float,
        seed: Seed,
        temperature: float,
    ) -> tuple[Note, ...]:
        """See `core.roles.MelodyWriter`. What the model puts before the seam is not played.

        With nothing given the model begins two bars before the seam: songs that it learned from begin with a rest.
        """
        seam, end = given_bars * BAR, bars * BAR
        heard = sorted(n for n in given if n.start < seam)
        begin = 0 if heard else seam - _LEAD_IN_BARS * BAR
        here = tuple(replace(c, start=c.start - begin) for c in chords if c.start + c.length > max(begin, 0))
        up = self._octaves(key)
        line = self.model.generate(
            key=key,
            seed=seed,
            sampling=replace(self.sampling, temperature=temperature),
            steps=(end - begin) // _TICKS_PER_STEP,
            given=_line(key, here, [replace(n, pitch=n.pitch - up) for n in heard]) if heard else None,
            chords=here,
            allowed=rule(key, here, self.low - up, self.high - up),
        )
        rung_out = max([seam, *(n.start + n.length for n in heard)])
        notes = [replace(n, start=n.start + begin, pitch=n.pitch + up) for n in _notes(line, seed)]
        fresh = [replace(n, length=min(n.length, end - n.start)) for n in notes if rung_out <= n.start < end]
        return tuple(self._within_reach(thinned(fresh, chords, density), heard[-1:]))

    def _octaves(self, key: Key) -> int:
        """Return by how many semitones, in octaves, the model's own register lies below ours in this key."""
        alone = self.model.generate(key=key, seed=Seed(0), sampling=Sampling(), notes=_PROBE_NOTES)
        return _OCTAVE * round(((self.low + self.high) / 2.0 - float(np.median(alone.pitch))) / _OCTAVE)

    def _within_reach(self, notes: Sequence[Note], before: Sequence[Note]) -> list[Note]:
        """Return the notes with leaps of more than an octave taken back by one, inside the register."""
        out = list(before)
        for note in notes:
            leap = note.pitch - out[-1].pitch if out else 0
            pitch = note.pitch - _OCTAVE * (leap > _OCTAVE) + _OCTAVE * (leap < -_OCTAVE)
            out.append(replace(note, pitch=pitch) if self.low <= pitch <= self.high else note)
        return out[len(before) :]


def rule(key: Key, chords: Sequence[Chord], low: int, high: int) -> PitchRule:
    """Return which pitches may start at a place in sixteenths: something always may.

    Parameters
    ----------
    key, chords
        Of the song; chords in ticks from bar 0. Where none stands, the key alone counts.
    low, high
        Of the register, both included.
    """
    starts = [round(c.start / _TICKS_PER_STEP) for c in chords]
    known: dict[tuple[int, bool], NDArray[np.bool_]] = {}

    def allowed(place: int) -> NDArray[np.bool_]:
        i, beat = bisect_right(starts, place) - 1, place % STEPS_PER_BEAT == 0
        if i >= 0 and place * _TICKS_PER_STEP >= chords[i].start + chords[i].length:
            i = -1
        if (i, beat) not in known:
            known[i, beat] = _offered(key, chords[i] if i >= 0 else None, low, high, on_beat=beat)
        return known[i, beat]

    return allowed


def _offered(key: Key, chord: Chord | None, low: int, high: int, *, on_beat: bool) -> NDArray[np.bool_]:
    out = np.zeros(_PITCHES, np.bool_)
    for pitch in range(max(low, 0), min(high, _PITCHES - 1) + 1):
        ours = any(in_scale(pitch, key.tonic, name) for name in _SCALES[key.mode])
        if chord is not None:
            ours = ours or is_chord_tone(pitch, chord.root, chord.quality)
            ours = ours and not (on_beat and clashes(pitch, chord.root, chord.quality))
        out[pitch] = ours
    if not out.any():
        out[max(low, 0) : high + 1] = True
    return out


def thinned(notes: Sequence[Note], chords: Sequence[Chord], density: float) -> list[Note]:
    """Return the notes with the weakest left out of every two bars that are far busier than asked for.

    A note whose follower was left out sounds on through it, for at most half a bar and to the end of its chord.

    Parameters
    ----------
    notes
        In order; in ticks.
    chords
        Under them.
    density
        0 asks for one note a bar, 1 for five or six.
    """
    budget = round(_BLOCK_BARS * (1.0 + 4.5 * density))
    block_ticks = _BLOCK_BARS * BAR
    kept: set[Note] = set()
    for block in sorted({n.start // block_ticks for n in notes}):
        here = [n for n in notes if n.start // block_ticks == block]
        busy = len(here) > _FAR_BUSIER * budget
        kept |= set(sorted(here, key=_weakness)[:budget] if busy else here)
    out: list[Note] = []
    for note in notes:
        if note in kept:
            out.append(note)
        elif out and out[-1].start + out[-1].length == note.start:
            out[-1] = replace(out[-1], length=_through(out[-1], note, chords))
    return out


def _weakness(note: Note) -> tuple[float, int]:
    """Order of notes, the ones that matter first: metre, then length."""
    step = note.start // _TICKS_PER_STEP
    metre = sum(step % n == 0 for n in (16, 8, 4, 2))
    return -metre - min(note.length / _TICKS_PER_STEP, _LONGEST_STEPS) / 4.0, note.start


def _through(note: Note, left_out: Note, chords: Sequence[Chord]) -> int:
    """Return how long a note sounds that takes over the time of the next one."""
    ends = [c.start + c.length for c in chords if c.start <= note.start < c.start + c.length]
    wanted = min(left_out.start + left_out.length - note.start, _LONGEST_STEPS * _TICKS_PER_STEP)
    return max(note.length, min([wanted, *(end - note.start for end in ends)]))


def _line(key: Key, chords: Sequence[Chord], notes: Sequence[Note]) -> Line:
    return Line.of_notes(
        "given",
        key,
        chords,
        np.array([n.start for n in notes]) / TICKS_PER_BEAT,
        np.array([n.length for n in notes]) / TICKS_PER_BEAT,
        np.array([n.pitch for n in notes], np.int64),
        np.array([n.velocity for n in notes], np.int64),
    )


def _notes(line: Line, seed: Seed) -> list[Note]:
    columns = (line.start.tolist(), line.duration.tolist(), line.pitch.tolist(), line.velocity.tolist())
    return [
        Note(s * _TICKS_PER_STEP, n * _TICKS_PER_STEP, p, _velocity(s, v, seed))
        for s, n, p, v in zip(*columns, strict=True)
    ]


def _velocity(step: int, velocity_bin: int, seed: Seed) -> int:
    """Return how hard a note is played, 50 to 96: the model's bin on a calmer scale, metre, a little chance."""
    accent = 5 if step % STEPS_PER_BAR == 0 else 3 if step % 8 == 0 else 1 if step % 4 == 0 else -2
    chance = seed.at("velocity", step).between(-2.5, 2.5)
    return round(min(96.0, max(50.0, 52.0 + 5.0 * velocity_bin + accent + chance)))
