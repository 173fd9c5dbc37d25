"""A point written out as eight bars that can be played: the melody, and the chords under one hand."""

from __future__ import annotations

from dusktape.core.audio import Floats
from dusktape.core.score import BAR, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.models.latent.infer import Latent, placed
from dusktape.models.latent.tokens import BARS
from dusktape.theory.voicing import voice

_HAND = 62


def written(latent: Latent, z: Floats, *, key: Key, bpm: float, seed: Seed, temperature: float) -> Score:
    """Return the eight bars of a point as a score with the parts `lead` and `keys`. Arguments as `Latent.decode`."""
    loop, lead = latent.decode(z, key=key, loop_bars=BARS, bars=BARS, seed=seed, temperature=temperature)
    chords = placed(loop, key, BARS)
    keys = [
        Note(chord.start, chord.length, pitch, _HAND)
        for chord, hand in zip(chords, voice(chords, rootless=False), strict=True)
        for pitch in hand
    ]
    return Score(bpm, key, (Section("A", 0, BARS * BAR),), chords, {"lead": lead, "keys": tuple(keys)})
