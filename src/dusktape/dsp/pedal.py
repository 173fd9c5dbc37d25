"""The right pedal: chords that ring over into the next one, and the noise of a foot now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Block, PlayedNote, Player
from dusktape.core.seed import Seed
from dusktape.dsp.oscillator import add, burst, decibels, modes
from dusktape.dsp.together import Together
from dusktape.dsp.voices import Bed, CachedPlayer, Voice, Voicing

DOWN, UP = 0, 1
"""Which noise: felt that leaves the strings, felt that falls back on them."""

_CHORD_NOTES = 3
_CHORD_S = 0.08
_LONGEST_S = 4.0
_NOISE_MS = 650.0


@dataclass(frozen=True, slots=True)
class Press:
    """One use of the pedal, in frames: it goes down shortly after a chord and up with the next one."""

    down_frame: int
    up_frame: int


def presses(notes: Sequence[PlayedNote], share: float, *, sample_rate: int, seed: Seed) -> list[Press]:
    """Return when the pedal is used: in `share` of the chords that another follows within four seconds.

    A chord is three or more notes within 80 ms. Single lines and arpeggios are played without.
    """
    starts = sorted(n.start_frame for n in notes)
    chords: list[int] = []
    near = round(_CHORD_S * sample_rate)
    for i, start in enumerate(starts):
        last = i + _CHORD_NOTES - 1
        if last < len(starts) and starts[last] - start <= near and (not chords or start - chords[-1] > near):
            chords.append(start)
    used = []
    for i, (start, following) in enumerate(pairwise(chords)):
        here = seed.at("pedal", i)
        down = start + round(here.at("late").between(0.12, 0.22) * sample_rate)
        if following - start <= _LONGEST_S * sample_rate and following > down and here.chance(share):
            used.append(Press(down, following + round(here.at("lift").between(0.0, 0.05) * sample_rate)))
    return used


def held(notes: Sequence[PlayedNote], used: Sequence[Press]) -> list[PlayedNote]:
    """Return the notes as the dampers hear them: what sounds while the pedal is down goes on until it comes up."""
    ups = np.array([p.up_frame for p in used], dtype=np.int64)
    longer = []
    for note in notes:
        off = note.start_frame + note.length_frames
        i = int(np.searchsorted(ups, off, side="right"))
        if i < len(used) and used[i].down_frame < off and note.start_frame < used[i].up_frame:
            note = replace(note, length_frames=used[i].up_frame - note.start_frame)
        longer.append(note)
    return longer


def pedalled(
    voice: Voice,
    notes: Sequence[PlayedNote],
    voicing: Voicing,
    *,
    share: float,
    noise: float,
    noise_db: float,
    strings: float = 0.0,
    bed: Bed | None = None,
    sample_rate: int,
    seed: Seed,
) -> Player:
    """Return a player of an instrument and its pedal.

    Parameters
    ----------
    voice, notes, voicing, bed, sample_rate, seed
        The instrument's, as for `CachedPlayer`; notes as they were written.
    share
        Of the chords that ring over, as for `presses`.
    noise
        How noisy the instrument is: 0 has a silent pedal, each tenth beside 0.5 is 1.2 dB.
    noise_db
        RMS level of the pedal's noises at a noise of 0.5.
    strings
        How much the strings whisper when the dampers leave them: 0 for an instrument without strings, up to 1.
    """
    used = presses(notes, share, sample_rate=sample_rate, seed=seed)
    longer = held(notes, used)
    player = CachedPlayer(voice, longer, voicing, sample_rate=sample_rate, seed=seed, bed=bed)
    if not used:
        return player
    players: list[tuple[Player, Sequence[PlayedNote]]] = [(player, longer)]
    if noise > 0.0:
        steps = _steps(used, sample_rate)
        of_a_foot = Voicing(layers=(0.6,), variants=4, strike_db=2.5, release_ms=20.0, choke="none")
        foot = _Foot(noise_db + 12.0 * (noise - 0.5), strings, sample_rate, seed.at("foot"))
        players.append((CachedPlayer(foot, steps, of_a_foot, sample_rate=sample_rate, seed=seed.at("foot")), steps))
    ends = [_last_off(given) + each.tail_frames for each, given in players if given]
    return Together([each for each, _ in players], tail_frames=max(0, max(ends, default=0) - _last_off(notes)))


def _steps(used: Sequence[Press], sample_rate: int) -> list[PlayedNote]:
    length = round(_NOISE_MS / 1e3 * sample_rate)
    steps = [PlayedNote(p.down_frame, length, DOWN, 0.6) for p in used]
    return steps + [PlayedNote(p.up_frame, length, UP, 0.6) for p in used]


class _Foot:
    """Makes the noises of a pedal."""

    def __init__(self, noise_db: float, strings: float, sample_rate: int, seed: Seed) -> None:
        self._gain, self._strings, self._rate, self._seed = decibels(noise_db), strings, sample_rate, seed

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the thump of a pedal, shape (1, frames)."""
        rate, rng = self._rate, self._seed.at(pitch, variant).rng()
        sound = np.zeros(frames, dtype=np.float32)
        thump = burst(rng, low_hz=50.0, high_hz=180.0, decay_s=0.03, sample_rate=rate, attack_s=0.008)
        felt = burst(rng, low_hz=250.0, high_hz=1800.0, decay_s=0.045, sample_rate=rate, attack_s=0.02)
        add(sound, thump, self._gain * (2.2 if pitch == UP else 1.4), int(rng.uniform(0.0, 0.02) * rate))
        add(sound, felt, self._gain * (0.35 if pitch == UP else 0.5))
        if pitch == DOWN and self._strings > 0.0:
            count = 24
            hz = np.exp(rng.uniform(np.log(70.0), np.log(1400.0), count))
            height = self._gain * self._strings * 0.16 * rng.uniform(0.2, 1.0, count) * (hz / 200.0) ** -0.4
            phase = rng.uniform(-3.0, 3.0, count)
            whisper = modes(hz, 0.5, height, phase, frames, rate) - modes(hz, 0.05, height, phase, frames, rate)
            sound += whisper
        return sound[None]

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return nothing: the noises end by themselves."""
        return np.zeros((1, 1), dtype=np.float32)


def _last_off(notes: Sequence[PlayedNote]) -> int:
    return max((n.start_frame + n.length_frames for n in notes if n.length_frames > 0), default=0)
