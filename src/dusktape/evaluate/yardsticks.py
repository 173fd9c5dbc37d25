"""What counting alone makes of held-out melodies and chords: the code lengths that a network must beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT
from dusktape.nn.line import LONGEST_STEPS, VELOCITY_BINS, Ints, Line
from dusktape.theory.chord import QUALITIES

ORDERS = 6
"""N-grams of one to so many symbols."""

_PITCHES = 128 + 2 * 6
"""MIDI numbers, and the six semitones by which `Line.in_c` may move them."""

_LONGEST_CHORD = 64
_QUALITIES = tuple(QUALITIES)

Column = tuple[str, int]
"""A field, and how many events back it is read."""


def witten_bell(
    contexts: Sequence[Ints], target: Ints, asked_contexts: Sequence[Ints], asked: Ints, vocabulary: int
) -> Floats:
    """Return the probability of each asked symbol under n-grams of order 1, 2, ...; (contexts + 1, asked).

    The interpolated model of `nn.ngram.BackoffNgram`, counted in arrays, with contexts that need not be what directly
    went before.

    Parameters
    ----------
    contexts
        Of each training symbol, nearest first, each (N,); -1 where there is none, which ends the context.
    target
        The training symbols, 0 to vocabulary - 1; (N,).
    asked_contexts, asked
        The same of the symbols asked about.
    vocabulary
        How many symbols there are.

    Source
    ------
    Witten and Bell 1991, as in Chen and Goodman 1998, section 2.5.
    """
    p = np.full(len(asked), 1.0 / vocabulary)
    here, there = np.zeros(len(target), np.int64), np.zeros(len(asked), np.int64)
    out = [p := _sharpened(p, here, target, there, asked, vocabulary)]
    for context, asked_context in zip(contexts, asked_contexts, strict=True):
        before = np.concatenate([here, there])
        column = np.concatenate([context, asked_context])
        _, number = np.unique(before * (int(column.max(initial=0)) + 2) + column, return_inverse=True)
        number = np.where((before < 0) | (column < 0), -1, number)
        here, there = number[: len(here)], number[len(here) :]
        out.append(p := _sharpened(p, here, target, there, asked, vocabulary))
    return np.array(out)


def _sharpened(p: Floats, here: Ints, target: Ints, there: Ints, asked: Ints, vocabulary: int) -> Floats:
    """Return p mixed with what followed in the same, longer context."""
    inside = here >= 0
    pairs, counts = np.unique(here[inside] * vocabulary + target[inside], return_counts=True)
    size = 1 + max(int(here.max(initial=0)), int(there.max(initial=0)))
    total = np.bincount(here[inside], minlength=size)[there]
    kinds = np.bincount(pairs // vocabulary, minlength=size)[there]
    wanted = there * vocabulary + asked
    place = np.minimum(np.searchsorted(pairs, wanted), max(0, len(pairs) - 1))
    seen = np.where(pairs[place] == wanted, counts[place], 0) if len(pairs) else np.zeros(len(asked), np.int64)
    known = (there >= 0) & (total > 0)
    return np.where(known, (seen + kinds * p) / np.maximum(total + kinds, 1), p)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Sequences of events with several fields, laid end to end.

    Parameters
    ----------
    fields
        Name to numbers; each (N,).
    sizes
        Events in each sequence.
    """

    fields: Mapping[str, Ints]
    sizes: tuple[int, ...]

    def column(self, column: Column) -> Ints:
        """Return a field so many events back; -1 before a sequence's start."""
        name, back = column
        values = self.fields[name]
        place = np.concatenate([np.zeros(0, np.int64), *(np.arange(size) for size in self.sizes)])
        return np.where(place >= back, np.roll(values, back), -1)

    def parted(self, values: Floats) -> list[Floats]:
        """Return one array per sequence."""
        return np.split(values, np.cumsum(self.sizes)[:-1]) if self.sizes else []


@dataclass(frozen=True, slots=True)
class Symbol:
    """What is predicted: a field, how many values it has, and what stands nearest to it, nearest first."""

    field: str
    vocabulary: int
    contexts: tuple[Column, ...]


def _back(*fields: str) -> tuple[Column, ...]:
    return tuple((field, back) for back in range(1, ORDERS) for field in fields)[: ORDERS - 1]


WHOLE = (Symbol("event", _PITCHES * (LONGEST_STEPS + 1) ** 2, _back("event")),)
"""A note as one word."""

PARTED = (
    Symbol("step", LONGEST_STEPS + 1, _back("duration", "step")),
    Symbol("pitch", _PITCHES, (*_back("pitch")[:2], ("step", 0), *_back("pitch")[2:4])),
    Symbol("duration", LONGEST_STEPS + 1, (("step", 0), *_back("step")[:2], *_back("duration")[:2])),
)
"""A note field by field. A duration that reaches the next note tells its step, so that stands nearest."""

VELOCITY = (Symbol("velocity", VELOCITY_BINS, _back("velocity")),)

CHORDS = (
    Symbol("degree", 12, _back("degree")),
    Symbol("quality", len(_QUALITIES), (("degree", 0), *_back("quality")[:2], *_back("degree")[:2])),
    Symbol("length", _LONGEST_CHORD + 1, _back("length")),
)
"""A chord field by field; its length in sixteenths, four bars at most."""


def note_events(lines: Sequence[Line]) -> Events:
    """Return `Line.classes` of songs moved to C major or A minor: the key is given to whoever predicts."""
    classes = np.concatenate([np.zeros((0, 4), np.int64), *(line.in_c().classes for line in lines)])
    pitch, step, duration, velocity = classes.T
    pitch = pitch + 6
    event = (pitch * (LONGEST_STEPS + 1) + step) * (LONGEST_STEPS + 1) + duration
    fields = {"pitch": pitch, "step": step, "duration": duration, "velocity": velocity, "event": event}
    return Events(fields, tuple(map(len, lines)))


def chord_events(lines: Sequence[Line]) -> Events:
    """Return the chords under each line, above its tonic."""
    chords = [(line.key.tonic, chord) for line in lines for chord in line.chords]
    sixteenth = TICKS_PER_BEAT // 4
    fields = {
        "degree": np.array([(c.root - tonic) % 12 for tonic, c in chords], np.int64),
        "quality": np.array([_QUALITIES.index(c.quality) for _, c in chords], np.int64),
        "length": np.array([min(_LONGEST_CHORD, round(c.length / sixteenth)) for _, c in chords], np.int64),
    }
    return Events(fields, tuple(len(line.chords) for line in lines))


def code_lengths(symbol: Symbol, train: Events, asked: Events) -> Floats:
    """Return what each asked symbol costs in bits under n-grams of order 1 to `ORDERS`; (orders, N)."""
    p = witten_bell(
        [train.column(c) for c in symbol.contexts],
        train.fields[symbol.field],
        [asked.column(c) for c in symbol.contexts],
        asked.fields[symbol.field],
        symbol.vocabulary,
    )
    return np.asarray(-np.log2(p))


def tuned(symbols: Sequence[Symbol], train: Events, valid: Events, asked: Events) -> Floats:
    """Return what each event costs in bits, every symbol at the order that is best on `valid`; (N,)."""
    total = np.zeros(sum(asked.sizes))
    for symbol in symbols:
        on_valid = code_lengths(symbol, train, valid).sum(axis=1)
        total += code_lengths(symbol, train, asked)[int(on_valid.argmin())]
    return total


def yardsticks(train: Sequence[Line], valid: Sequence[Line], lines: Sequence[Line]) -> dict[str, list[Floats]]:
    """Return what counting models make of the lines: by name a list as from `nn.line.LineModel.bits`, each (N, 2).

    `unigram` knows how often each note, as one word in the song's key, and each velocity occurs. `n-gram` is the best
    on `valid` of order 1 to 6 (Witten-Bell), with a note as one word or told field by field.

    Parameters
    ----------
    train
        What the models learned from.
    valid
        What decides on orders.
    lines
        What is coded.
    """
    learned, tuning, asked = (note_events(songs) for songs in (train, valid, lines))
    unigram = code_lengths(WHOLE[0], learned, asked)[0]
    touch = code_lengths(VELOCITY[0], learned, asked)[0]
    forms = (WHOLE, PARTED)
    best = min(forms, key=lambda form: float(tuned(form, learned, tuning, tuning).sum()))
    notes, velocity = tuned(best, learned, tuning, asked), tuned(VELOCITY, learned, tuning, asked)

    def parted(note: Floats, touch: Floats) -> list[Floats]:
        return asked.parted(np.stack([note, note + touch], axis=1))

    return {"unigram": parted(unigram, touch), "n-gram": parted(notes, velocity)}


def chord_bits(train: Sequence[Line], valid: Sequence[Line], lines: Sequence[Line]) -> Floats:
    """Return what each line's chords cost in all, in bits, under n-grams of changes tuned on `valid`; (lines,)."""
    learned, tuning, asked = (chord_events(songs) for songs in (train, valid, lines))
    each = tuned(CHORDS, learned, tuning, asked)
    return np.array([part.sum() for part in asked.parted(each)])
