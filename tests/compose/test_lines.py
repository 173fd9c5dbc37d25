from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from dusktape.compose.lines import LineMelody, rule, thinned
from dusktape.core.audio import Floats
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.nn.line import Line, PitchRule
from dusktape.nn.sampling import Sampling
from dusktape.theory.scale import clashes, in_scale, is_chord_tone

C, E_FLAT = Key(0, "major"), Key(3, "minor")
TURN = ((2, "m9"), (7, "13"), (0, "maj9"), (9, "m7"))


def chords(bars: int = 8, up: int = 0) -> tuple[Chord, ...]:
    return tuple(Chord(b * BAR, BAR, (TURN[b % 4][0] + up) % 12, TURN[b % 4][1]) for b in range(bars))


@dataclass
class Toy:
    """Plays anything that is allowed, a note every `step` sixteenths, and remembers what it was asked."""

    step: int = 2
    centre: int = 70
    asked: list[dict[str, object]] = field(default_factory=list)

    def bits(self, lines: Sequence[Line]) -> list[Floats]:
        raise AssertionError("nobody asked for bits")

    def generate(
        self,
        *,
        key: Key,
        seed: Seed,
        sampling: Sampling,
        notes: int | None = None,
        steps: int | None = None,
        given: Line | None = None,
        chords: Sequence[Chord] = (),
        allowed: PitchRule | None = None,
    ) -> Line:
        if notes is not None:
            return Line("toy", key, (), *(np.full(notes, n) for n in (self.centre, 2, 1, 5)))
        self.asked.append({"key": key, "sampling": sampling, "steps": steps, "given": given, "chords": chords})
        assert steps is not None
        assert allowed is not None
        old = [] if given is None else given.start.tolist()
        new = range(old[-1] + self.step if old else 0, steps, self.step)
        pitches = [seed.at(s).pick(np.flatnonzero(allowed(s)).tolist()) for s in new]
        start = np.array([*old, *new], np.int64)
        heard = np.zeros(0, np.int64) if given is None else given.pitch
        ones = np.ones(len(start), np.int64)
        pitch = np.concatenate([heard, np.array(pitches, np.int64)])
        return Line("toy", key, tuple(chords), pitch, np.diff(start, prepend=0), self.step * ones, 5 * ones)


def write(toy: Toy, seed: int = 0, **how: object) -> tuple[Note, ...]:
    asked = {"key": C, "chords": chords(), "bars": 8, "given": (), "given_bars": 0, "density": 1.0, "temperature": 0.9}
    return LineMelody(toy, Sampling(top_k=3)).write_melody(seed=Seed(seed), **{**asked, **how})  # type: ignore[arg-type]


def test_notes_keep_register_key_and_chord_and_do_not_rub_on_the_beat() -> None:
    for up, key in ((0, C), (3, E_FLAT)):
        notes = write(Toy(), key=key, chords=chords(8, up))
        assert len(notes) > 20
        for n in notes:
            chord = next(c for c in chords(8, up) if c.start <= n.start < c.start + c.length)
            names = ("major",) if key.mode == "major" else ("minor", "harmonic minor", "dorian")
            scale = any(in_scale(n.pitch, key.tonic, name) for name in names)
            assert 62 <= n.pitch <= 84
            assert scale or is_chord_tone(n.pitch, chord.root, chord.quality)
            if n.start % 960 == 0:
                assert not clashes(n.pitch, chord.root, chord.quality)
            assert 50 <= n.velocity <= 96


def test_leaps_are_of_an_octave_at_most() -> None:
    for seed in range(10):
        notes = write(Toy(), seed)
        assert all(abs(a.pitch - b.pitch) <= 12 for a, b in itertools.pairwise(notes))
    high = Note(0, 240, 84, 80)
    after = write(Toy(), given=(high,), given_bars=1)
    assert 84 - after[0].pitch <= 12


def test_something_is_always_allowed() -> None:
    everything = [Chord(k * SIXTEENTH, SIXTEENTH, k % 12, q) for k, q in enumerate(("13", "m11", "dim7", "aug7") * 9)]
    for low, high in ((62, 84), (61, 61), (127, 140)):
        for key in (C, E_FLAT):
            allowed = rule(key, everything, low, high)
            assert all(allowed(place).any() for place in range(64))
    assert np.flatnonzero(rule(C, (), 61, 61)(0)).tolist() == [61]


def test_a_gap_between_chords_leaves_the_key() -> None:
    allowed = rule(C, (Chord(0, SIXTEENTH, 0, "maj"),), 60, 71)
    assert not allowed(0)[65], "a fourth over a major third"
    assert allowed(4)[65]


def test_only_new_bars_are_written_and_the_old_ones_heard() -> None:
    toy = Toy()
    given = tuple(Note(k * 480, 480, 70, 80) for k in range(30))
    notes = write(toy, given=given, given_bars=4)
    assert all(4 * BAR <= n.start < 8 * BAR for n in notes)
    assert notes[-1].start + notes[-1].length <= 8 * BAR
    heard = toy.asked[0]["given"]
    assert isinstance(heard, Line)
    assert heard.start.tolist() == [2 * k for k in range(30)]
    assert toy.asked[0]["steps"] == 128


def test_what_rings_over_the_seam_rings_out() -> None:
    given = (Note(3 * BAR, BAR + 960, 70, 80),)
    assert write(Toy(), given=given, given_bars=4)[0].start >= 4 * BAR + 960


def test_with_nothing_given_the_model_begins_two_bars_early() -> None:
    toy = Toy()
    notes = write(toy, given_bars=4)
    assert notes[0].start == 4 * BAR
    assert toy.asked[0]["steps"] == 64 + 32
    assert toy.asked[0]["given"] is None
    assert toy.asked[0]["chords"] == tuple(replace(c, start=c.start - 2 * BAR) for c in chords()[2:])
    write(toy)
    assert toy.asked[1]["chords"] == tuple(replace(c, start=c.start + 2 * BAR) for c in chords())


def test_a_model_plays_in_its_own_octave_and_is_moved_to_ours() -> None:
    low, ours = Toy(centre=47), Toy(centre=73)
    given = (Note(0, 480, 70, 80), Note(480, 480, 72, 80))
    assert write(low, given=given, given_bars=1) == write(ours, given=given, given_bars=1)
    heard = low.asked[0]["given"]
    assert isinstance(heard, Line)
    assert heard.pitch.tolist() == [46, 48]


def test_the_temperature_asked_for_is_used() -> None:
    toy = Toy()
    write(toy, temperature=0.4)
    assert toy.asked[0]["sampling"] == Sampling(temperature=0.4, top_k=3)


def test_density_leaves_out_the_weak_notes() -> None:
    busy, calm = write(Toy(step=1), density=1.0), write(Toy(step=1), density=0.2)
    assert len(busy) == 4 * 11
    assert len(calm) == 4 * 4
    assert all(n.start % 960 == 0 for n in calm)
    slow = Toy(step=8)
    assert len(write(slow, density=0.2)) == len(write(slow, density=1.0)) == 16, "not far busier: all stay"


def test_a_note_sounds_on_where_its_follower_is_left_out() -> None:
    notes = [Note(k * SIXTEENTH, SIXTEENTH, 70, 80) for k in range(32)]
    out = thinned(notes, (), 0.0)
    assert [n.start for n in out] == [0, BAR]
    assert all(n.length == 8 * SIXTEENTH for n in out)
    short = thinned(notes, (Chord(0, 3 * SIXTEENTH, 0, "maj"),), 0.0)
    assert short[0].length == 3 * SIXTEENTH, "to the end of its chord"
    apart = [replace(n, length=100) for n in notes]
    assert thinned(apart, (), 0.0)[0].length == 100, "what was short stays short"


@pytest.mark.parametrize("bars", [1, 8])
def test_the_seed_decides(bars: int) -> None:
    assert write(Toy(), 1, bars=bars) == write(Toy(), 1, bars=bars)
    assert write(Toy(), 1, bars=bars) != write(Toy(), 2, bars=bars)
