"""The key of a song, by which of 24 profiles its pitch classes look most like.

Measured on 745 songs of POP909 with the corrected keys of POP909-CL (the key that holds longest, all parts, weighted
by duration): Albrecht and Shanahan's profiles name 87.2 % of the keys exactly, 7.0 % as the relative, 2.7 % a fifth
away, 0.9 % as the parallel key. Krumhansl and Kessler's name 81.5 %, Temperley's (Kostka-Payne) 80.4 %, Aarden's
85.6 %, Bellman's 77.7 %. More weight on the bass or on the last chord did not help.

Source
------
Krumhansl, Cognitive Foundations of Musical Pitch (1990), for the method: correlation with profiles of the keys.
Albrecht and Shanahan, The use of large corpora to train a new type of key-finding algorithm, Music Perception 31
(2013), for the profiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import Key
from dusktape.data.dataset import Notes
from dusktape.data.midi.chroma import pitch_classes

PROFILES = {
    "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
    "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
}
"""How much of a key's time falls on each semitone above its tonic."""

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_STRAY = 0.01
"""Share of the time below which a note that is foreign to a scale is passing."""

KEYS = tuple(Key(tonic, mode) for mode in PROFILES for tonic in range(12))

SIGNATURE_BONUS = 0.1
"""Correlation that a key signature is worth: it decides between near keys and loses against the notes."""

_DEFAULT = Key(0, "major")


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and how sure it is.

    Parameters
    ----------
    key
        The likeliest.
    fit
        Correlation of the song with its profile, -1 to 1. Below about 0.6 there is hardly a key.
    lead
        How much less well the next key fits; below 0.05 they can be confused.
    """

    key: Key
    fit: float
    lead: float


def find_key(notes: Notes, signatures: Sequence[tuple[int, Key]] = (), *, by_scale: bool = False) -> FoundKey:
    """Return the key of pitched notes (no drums).

    Parameters
    ----------
    notes
        Of the whole song.
    signatures
        (tick, key) as the file says. The first counts a little, unless it is C major, which many programs write
        when nobody chose a key.
    by_scale
        Whether notes that are just the seven of a scale leave its two keys alone to choose from. Where a few chords go
        round, the profiles prefer the key of the chord that sounds longest: Am7 Fmaj7 Dm7 G7 would be F major. Not for
        datasets, whose figures above are without it.
    """
    weights = pitch_classes(notes)
    scores = correlations(weights)
    fits = scores.copy()
    if by_scale:
        scores = np.where(_of_scale(weights), scores, scores - 2.0)
    if signatures and signatures[0][1] != _DEFAULT and signatures[0][1] in KEYS:
        scores[KEYS.index(signatures[0][1])] += SIGNATURE_BONUS
    best = int(scores.argmax())
    others = np.delete(scores, best)
    return FoundKey(KEYS[best], float(fits[best]), float(scores[best] - others.max()))


def _of_scale(weights: Floats) -> NDArray[np.bool_]:
    """Return which of `KEYS` have just the notes that are heard, (24,); all of them, if none has."""
    heard = {int(one) for one in np.flatnonzero(weights > _STRAY * weights.sum())}
    fitting = np.array([heard == {(key.tonic + step) % 12 for step in _SCALES[key.mode]} for key in KEYS])
    return fitting if fitting.any() else np.ones(len(KEYS), bool)


def correlations(weights: Floats) -> Floats:
    """Return how well pitch-class weights (12,) fit each of `KEYS`: Pearson's correlation, shape (24,)."""
    spread = weights - weights.mean()
    size = float(np.linalg.norm(spread))
    return _TEMPLATES @ (spread / size) if size > 0 else np.zeros(len(KEYS))


def _templates() -> Floats:
    table = np.array([np.roll(profile, tonic) for profile in PROFILES.values() for tonic in range(12)])
    table = table - table.mean(axis=1, keepdims=True)
    return np.asarray(table / np.linalg.norm(table, axis=1, keepdims=True))


_TEMPLATES = _templates()
