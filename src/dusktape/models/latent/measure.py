"""How much of eight bars comes back from their point, beside what comes back from somebody else's."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.latent.network import Network, greedy, likeliest
from dusktape.models.latent.tokens import FIRST_PITCH, NO_DEGREE, PITCHES, Window, chord_number, past
from dusktape.nn.line import Ints
from dusktape.nn.training import Example


def reconstruction(network: Network, windows: list[Window]) -> dict[str, float]:
    """Return shares of windows that come back from their means, the likeliest choice taken at every place.

    Nothing of the original is heard but its mode: the melody plays over the chords that came back.

    Returns
    -------
    `chords`: half bars with the right degree; `rhythm`: F1 of onsets in their sixteenth; `pitch`: onsets of the
    original met with the right pitch class; `sounding`: sixteenths in which the same pitch sounds, or none; and the
    same against another window's original, as `chance_...`.
    """
    z = network.encode(windows)
    modes = np.array([w.mode for w in windows])
    degree, quality = network.chords(z, modes, greedy, greedy)
    context = network.context(z, modes, chord_number(degree, quality))
    tokens = network.melody(context, degree, likeliest)
    others = np.roll(np.arange(len(windows)), max(1, len(windows) // 2))
    wanted = _stacked(windows)
    ours = _compared(degree, tokens, *wanted)
    chance = _compared(degree, tokens, *(array[others] for array in wanted))
    return {**ours, **{f"chance_{name}": value for name, value in chance.items()}}


def _stacked(windows: list[Window]) -> tuple[Ints, Ints]:
    return np.stack([w.degree for w in windows]), np.stack([w.tokens.ravel() for w in windows])


def _compared(degree: Ints, tokens: Ints, true_degree: Ints, true_tokens: Ints) -> dict[str, float]:
    stands = true_degree != NO_DEGREE
    written, wanted = tokens >= FIRST_PITCH, true_tokens >= FIRST_PITCH
    both = written & wanted
    same = both & ((tokens - true_tokens) % 12 == 0)
    return {
        "chords": float((degree == true_degree)[stands].mean()),
        "rhythm": float(2.0 * both.sum() / max(1, written.sum() + wanted.sum())),
        "pitch": float(same.sum() / max(1, wanted.sum())),
        "sounding": float((sounding(tokens) == sounding(true_tokens)).mean()),
    }


def sounding(tokens: Ints) -> Ints:
    """Return the pitch that sounds in each sixteenth, 1 to 37, or 0; (B, T) both."""
    rows = [past(np.append(row, 0))[0][1:] for row in tokens]
    return np.stack([np.where(row > PITCHES, 0, row) for row in rows])


def window_of(example: Example) -> Window:
    """Return a training example as the window that it was."""
    controls: Floats = example["controls"][0].astype(np.float64)
    return Window(example["tokens"], example["degree"], example["quality"], int(example["mode"][0]), controls)
