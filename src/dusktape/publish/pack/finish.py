"""From a take to a sample: trimmed, faded, at its rate, at its level. What was done is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.dsp.envelope import rise
from dusktape.dsp.loudness import LoudnessMeter, true_peak_db
from dusktape.dsp.varispeed import Varispeed
from dusktape.publish.pack.take import Take

CEILING_DBTP = -1.0
"""No sample's true peak is higher."""

LOUDNESS_LUFS = {"oneshots": -14.0, "loops": -18.0, "stabs": -16.0, "textures": -26.0}
"""What each kind is matched to: the loudest 400 ms of what is struck, all of what goes round. The ceiling wins."""

FULL_MIX_LUFS = -14.0

_SILENT_DB, _BEFORE_S = -60.0, 0.001
_FADE_IN_S, _FADE_OUT_S = 0.0005, 0.03
_STEP_S = 0.005
_FLOOR_SHARE, _STEADY_DB, _OVER_FLOOR_DB, _MOST_FLOOR_DB = 0.1, 1.5, 6.0, -12.0
_ROUNDED_DB, _HARDEST_DB, _ROUNDS = -8.0, -2.0, 4
_HEARD_S = 12.0
_MOMENTARY_S = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A sound as it goes into the pack.

    Parameters
    ----------
    take
        What it was made of.
    sound
        Shape (channels, frames), at `sample_rate`.
    sample_rate
        In Hz.
    lufs
        Of a loop, of all of it going round; of the others, of their loudest 400 ms.
    peak_dbtp
        True peak.
    edge_db
        The larger of the first and last sample, in dB below full scale; of a loop, where it goes round, of none.
    """

    take: Take
    sound: Block = field(repr=False)
    sample_rate: int
    lufs: float
    peak_dbtp: float
    edge_db: float

    @property
    def frames(self) -> int:
        """Length."""
        return int(self.sound.shape[1])


def finished(take: Take, sample_rate: int) -> Sample | None:
    """Return the sample that a take becomes; None if it is silent.

    What goes round keeps every frame, or is brought to the rate exactly as a periodic signal. What is struck is
    trimmed to where it is heard, rises over half a millisecond and falls over
    30 ms, so that its first and last samples are 0.
    """
    sound = take.sound
    if not np.isfinite(sound).all() or not np.abs(sound).max(initial=0.0) > 1e-5:
        return None
    if take.loops:
        sound = _going_round(sound, take, sample_rate)
    else:
        sound = faded(resampled(trimmed(sound, take.sample_rate), take.sample_rate, sample_rate), sample_rate)
    loudness, peak = _loudness(sound, sample_rate, loops=take.loops), true_peak_db(sound)
    if not math.isfinite(loudness) or not math.isfinite(peak):
        return None
    for _ in range(_ROUNDS if take.kind == "textures" else 0):
        if peak + target(take) - loudness <= CEILING_DBTP:
            break
        sound = rounded(sound * np.float32(10.0 ** ((target(take) - loudness) / 20.0)))
        loudness, peak = _loudness(sound, sample_rate, loops=take.loops), true_peak_db(sound)
    gain_db = min(target(take) - loudness, CEILING_DBTP - peak)
    sound = np.asarray(sound * np.float32(10.0 ** (gain_db / 20.0)), dtype=np.float32)
    edge = 0.0 if take.loops else float(np.abs(sound[:, [0, -1]]).max())
    edge_db = 20.0 * math.log10(edge) if edge > 0.0 else -math.inf
    return Sample(take, sound, sample_rate, loudness + gain_db, peak + gain_db, edge_db)


def target(take: Take) -> float:
    """Return the loudness that a take is matched to, in LUFS."""
    return FULL_MIX_LUFS if (take.kind, take.group) == ("loops", "mix") else LOUDNESS_LUFS[take.kind]


def trimmed(sound: Block, sample_rate: int) -> Block:
    """Return the sound from a millisecond before it is heard to where it is heard no more.

    Heard is what lies above -60 dB of its loudest 5 ms, and 6 dB above the steady noise that it ends in, if it ends in
    one: a worn converter hisses for ever.
    """
    step = max(1, round(_STEP_S * sample_rate))
    power = np.square(sound.astype(np.float64)).mean(axis=0)
    steps = np.add.reduceat(power, np.arange(0, power.size, step)) / step
    least = float(steps.max()) * 10.0 ** (_SILENT_DB / 10.0)
    steady = _hiss(steps)
    heard = np.flatnonzero(steps > max(least, steady))
    level = np.abs(sound).max(axis=0)
    above = np.flatnonzero(level > max(level.max() * 10.0 ** (_SILENT_DB / 20.0), 2.0 * math.sqrt(steady)))
    first = max(0, int(above[0]) - round(_BEFORE_S * sample_rate))
    return sound[:, first : min(sound.shape[1], (int(heard[-1]) + 2) * step)]


def _hiss(steps: Floats) -> float:
    """Return the power that a sound is heard above if it ends in a steady noise: 6 dB over it; 0 if it does not."""
    tail = max(1, round(_FLOOR_SHARE * steps.size))
    last, before = float(np.median(steps[-tail:])), float(np.median(steps[-2 * tail : -tail] if tail else steps))
    over = last * 10.0 ** (_OVER_FLOOR_DB / 10.0)
    is_steady = steps.size > 3 * tail and last > 0.0 and abs(10.0 * math.log10(before / last)) < _STEADY_DB
    return over if is_steady and over < steps.max() * 10.0 ** (_MOST_FLOOR_DB / 10.0) else 0.0


def faded(sound: Block, sample_rate: int) -> Block:
    """Return the sound with a first and a last sample of 0: up over half a millisecond, down over at most 30 ms."""
    out = np.array(sound, dtype=np.float32)
    frames = out.shape[1]
    up = min(max(2, round(_FADE_IN_S * sample_rate)), frames // 2)
    down = min(max(2, round(_FADE_OUT_S * sample_rate)), frames // 2)
    if up:
        out[:, :up] *= rise(up)
        out[:, frames - down :] *= rise(down)[::-1]
        out[:, [0, -1]] = 0.0
    return out


def resampled(sound: Block, source: int, target: int) -> Block:
    """Return a sound at another rate, by a windowed sinc."""
    if source == target:
        return sound
    machine = Varispeed(sound.shape[0], Fraction(source, target))
    return np.concatenate([machine.push(sound), machine.finish()], axis=1)


def rounded(sound: Block) -> Block:
    """Return the sound with its peaks bent between -8 and -2 dB: a pop of vinyl stays one, and the rest can be heard.

    Sample by sample, so that what goes round still does.
    """
    knee, top = (10.0 ** (db / 20.0) for db in (_ROUNDED_DB, _HARDEST_DB))
    level = np.abs(sound)
    bent = knee + (top - knee) * np.tanh((level - knee) / (top - knee))
    return np.asarray(np.where(level > knee, np.sign(sound) * bent, sound), dtype=np.float32)


def _going_round(sound: Block, take: Take, sample_rate: int) -> Block:
    """Return a loop at another rate: a periodic signal has finitely many harmonics, so nothing is lost but the top."""
    frames = loop_frames(take, sample_rate)
    if frames == sound.shape[1]:
        return sound
    spectrum = np.fft.rfft(sound.astype(np.float64), axis=1)
    again = np.fft.irfft(spectrum, frames, axis=1) * (frames / sound.shape[1])
    return np.asarray(again, dtype=np.float32)


def loop_frames(take: Take, sample_rate: int) -> int:
    """Return how many frames a take that goes round has at a rate: that of its bars, rounded once."""
    if take.bars:
        return bar_frames(take.bars, take.bpm, sample_rate)
    frames: int = take.sound.shape[1]
    return round(frames * sample_rate / take.sample_rate)


def bar_frames(bars: int, bpm: float, sample_rate: int) -> int:
    """Return the frames of so many bars of four beats."""
    return round(bars * 4 * 60.0 / bpm * sample_rate)


def _loudness(sound: Block, sample_rate: int, *, loops: bool) -> float:
    """Return the loudness in LUFS: of a loop going round, of the loudest 400 ms of what is struck; of mono, twice."""
    sound = np.broadcast_to(sound, (2, sound.shape[1]))
    if loops:
        meter = LoudnessMeter(sample_rate, sound.shape[0], with_true_peak=False)
        for _ in range(max(2, math.ceil(_HEARD_S * sample_rate / sound.shape[1]))):
            meter.process(sound)
        return float(meter.integrated_lufs)
    window, hop = round(_MOMENTARY_S * sample_rate), round(0.1 * sample_rate)
    padded = np.pad(sound, ((0, 0), (0, max(0, window + hop - sound.shape[1]))))
    meter = LoudnessMeter(sample_rate, sound.shape[0], with_true_peak=False)
    meter.process(padded)
    steps = meter.energies
    blocks = np.convolve(steps, np.full(4, 0.25), mode="valid")
    loudest = float(blocks.max(initial=0.0))
    return -0.691 + 10.0 * math.log10(loudest) if loudest > 0.0 else -math.inf
