"""What a line costs under the network, in bits: the length of a message from which its notes could be read back."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.melody.network import Network
from dusktape.models.melody.song import Told, tell
from dusktape.models.melody.tokens import DENSITY_EDGES, REACH, Ints, offset_of
from dusktape.models.melody.touch import Touch, features
from dusktape.nn.line import LONGEST_STEPS, VELOCITY_BINS, Line

SOURCE = "melody"
"""Every line is read as a song's voice."""

_BATCH = 16
_OCTAVES = 11
_FOLDED = 2.0**-10
"""Share of far pitches that we set aside for those beyond reach, which fold into the same tokens."""

SONG_BITS = math.log2(len(DENSITY_EDGES) + 1) + math.log2(_OCTAVES) + 1.0
"""What is told of a song before its first note, and counted with it: density, octave of the reference, whether it
starts after its second bar. Key and chords are given, as they are to any model; the source is always the same."""


def bits(network: Network, touch: Touch | None, lines: Sequence[Line]) -> list[Floats]:
    """Return for each line (N, 2): what each note costs, without and with its velocity.

    Every token is counted up to the one that ends the last note. What stands while a note sounds, and the rest that
    ends it, belongs to that note; silence and the onset that ends it to the next one. Velocities are told after all
    notes.

    Parameters
    ----------
    network, touch
        What learned; without `touch`, each velocity costs 3 bits.
    lines
        Any.
    """
    out = [np.zeros((len(line), 2)) for line in lines]
    by_length = sorted((i for i, line in enumerate(lines) if len(line)), key=lambda i: int(lines[i].start[-1]))
    for at in range(0, len(by_length), _BATCH):
        chosen = by_length[at : at + _BATCH]
        told = [tell(lines[i], SOURCE) for i in chosen]
        for i, song, cost in zip(chosen, told, _token_bits(network, told), strict=True):
            notes = _by_note(lines[i], song, cost)
            velocity = np.full(len(notes), math.log2(VELOCITY_BINS))
            if touch is not None:
                velocity = _surprise(touch(features(lines[i])), lines[i].velocity)
            out[i] = np.stack([notes, notes + velocity], axis=1)
    return out


def _token_bits(network: Network, told: Sequence[Told]) -> list[Floats]:
    """Return what each token costs, an array (T,) a song; all songs go through the network side by side."""
    longest = max(len(song.tokens) for song in told)
    x = np.zeros((len(told), longest, told[0].x.shape[1]), np.int64)
    tokens = np.zeros((len(told), longest), np.int64)
    for row, song in enumerate(told):
        x[row, : len(song.tokens)], tokens[row, : len(song.tokens)] = song.x, song.tokens
    cost, state = np.empty(tokens.shape), network.start(len(told))
    for t in range(longest):
        state = network.listen(x[:, t], state)
        cost[:, t] = _surprise(network.logits(x[:, t], state), tokens[:, t])
    return [row[: len(song.tokens)] for row, song in zip(cost, told, strict=True)]


def _surprise(logits: Floats, token: Ints) -> Floats:
    """Return -log2 p(token), (B,), from logits (B, V)."""
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return np.asarray((total - logits[np.arange(len(token)), token]) / math.log(2.0))


def _by_note(line: Line, told: Told, cost: Floats) -> Floats:
    """Return what each note costs, (N,)."""
    onset = line.start - told.first
    end = onset + line.duration
    owner = np.searchsorted(onset, np.arange(len(cost)), side="right") - 1
    silent = (owner >= 0) & (np.arange(len(cost)) > end[owner])
    owner = np.where((owner < 0) | silent, owner + 1, owner)
    last = int(onset[-1] + min(int(line.duration[-1]), LONGEST_STEPS - 1))  # the rest, or it is known to be long
    notes = np.bincount(owner[: last + 1], weights=cost[: last + 1], minlength=len(line))
    notes[0] += SONG_BITS
    return np.asarray(notes + _reach_bits(line, told, onset))


def _reach_bits(line: Line, told: Told, onset: Ints) -> Floats:
    """Return what it costs to say which octave is meant, for each note whose token more than one pitch has."""
    offset = np.array([offset_of(int(token)) for token in told.tokens[onset]])
    folded = offset != line.pitch - told.reference[onset]
    far = np.abs(offset) > REACH - 12
    plain = np.where(far, -math.log2(1.0 - _FOLDED), 0.0)
    return np.asarray(np.where(folded, math.log2(_OCTAVES) - math.log2(_FOLDED), plain))
