from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import Chord
from dusktape.core.seed import Seed
from dusktape.data.pop909 import Notes, Song
from dusktape.models.comping import MODEL
from dusktape.models.comping.infer import Comping, Touch, chain_from
from dusktape.models.comping.net import bits, chain_of, count, events, export, raw_bars, weigh
from dusktape.models.comping.tokens import NONE, Bar, Chain, change_kind, mask, nearest, steps
from dusktape.nn.weights import load, save

BAR = 3840
LOOP = (Chord(0, BAR, 0, "maj7"), Chord(BAR, BAR, 9, "m7"), Chord(2 * BAR, BAR // 2, 2, "m7"), Chord(
    2 * BAR + BAR // 2, BAR // 2, 7, "7"), Chord(3 * BAR, BAR, 0, "maj9"))  # fmt: skip


@pytest.fixture(scope="module")
def pianist() -> Comping:
    opened = MODEL.open()
    assert isinstance(opened, Comping)
    return opened


def chords(bars: int) -> tuple[Chord, ...]:
    turns = range(bars // 4)
    return tuple(Chord(c.start + 4 * BAR * k, c.length, c.root, c.quality) for k in turns for c in LOOP)


def write(pianist: Comping, seed: int = 1, bars: int = 8, **how: Any) -> tuple[tuple[int, int], ...]:
    given = {"chords": chords(bars), "density": 0.4, "temperature": 1.0, **how}
    return pianist.write_rhythm(bars=bars, seed=Seed(seed), **given)


def toy(weights: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)) -> Chain:
    tables = [{(): Counter({0: 6, 1: 3})}, {(0,): Counter({1: 2})}, {}, {}]
    return chain_of((mask([0]), mask([0, 8]), mask([4, 12])), tables, weights, np.eye(16))


def test_masks_and_steps_are_inverse() -> None:
    assert steps(mask([0, 6, 15])) == (0, 6, 15)
    assert nearest((mask([0, 8]), mask([4, 12])), mask([0, 9])) == 0


def test_kinds_of_change_tell_where_chords_begin() -> None:
    assert [change_kind(p) for p in ([], [0], [0, 8], [8], [4], [4, 8])] == [0, 1, 2, 3, 4, 4]


def test_probabilities_sum_to_one_and_unseen_patterns_keep_a_chance() -> None:
    for history in ([], [0], [0, 1], [NONE, 2, 0, 1]):
        p = toy((0.7, 0.1, 0.1, 0.1)).probabilities(history, 1)
        assert p.sum() == pytest.approx(1.0) and (p > 0).all()


def test_a_bar_like_the_last_is_likelier_with_copies() -> None:
    without, copying = toy().probabilities([2], 0), toy((0.5, 0.5, 0.0, 0.0)).probabilities([2], 0)
    assert copying[2] == pytest.approx(0.5 * without[2] + 0.5)


def test_counting_beats_guessing_and_copies_help_those_who_repeat() -> None:
    songs = [[Bar(k % 2 if s % 2 else 2, 1) for k in range(8)] for s in range(6)]
    patterns = toy().patterns
    chain = count(patterns, songs, np.eye(16))
    assert bits(chain, songs) < 1.2 < np.log2(3)
    assert bits(weigh(chain, songs), songs) < bits(chain, songs)
    assert sum(1 for _ in events(songs)) == 48


def test_two_notes_of_the_right_hand_are_a_strike_and_busy_bars_are_not_learned() -> None:
    onsets = [(0.0, 60), (0.0, 64), (1.0, 72), (2.5, 60), (2.5, 67), (3.0, 40), (3.0, 43)]
    onsets += [(4 + 0.25 * k, p) for k in range(8) for p in (60, 64)]
    start, pitch = (np.array(column) for column in zip(*sorted(onsets), strict=True))
    notes = Notes(start, np.full(len(start), 0.5), pitch.astype(np.int64), np.full(len(start), 80))
    song = Song("pop909/x", 90.0, ((0.0, 4, 4),), (), ((0.0, 2.0, 0, "maj"), (2.0, 2.0, 5, "maj")), {"piano": notes})
    assert raw_bars(song) == [(mask([0, 10]), 2), (NONE, 0)]


def test_the_chain_survives_storage(tmp_path: Path) -> None:
    chain = toy((0.625, 0.125, 0.125, 0.125))
    save(
        tmp_path / "w.safetensors", export(Chain(chain.patterns, _without_empty(chain), chain.weights, chain.gaps)), {}
    )
    again = chain_from(load(tmp_path / "w.safetensors"))
    assert again.patterns == chain.patterns and again.weights == chain.weights
    assert np.array_equal(again.probabilities([0], 1), chain.probabilities([0], 1))


def _without_empty(chain: Chain) -> tuple[Any, ...]:
    one = (np.array([0]), np.array([1.0]))
    return (*chain.followers[:2], {(9, 9): one}, {(9, 9, 9): one})


@pytest.mark.parametrize("density", [0.0, 0.4, 1.0])
def test_every_chord_is_struck_near_its_beginning(pianist: Comping, density: float) -> None:
    for seed in range(6):
        starts = [s for s, _ in write(pianist, seed, density=density)]
        for chord in chords(8):
            assert any(chord.start <= s <= chord.start + 3 * 240 for s in starts)


def test_no_strike_rings_into_another_chord_or_strike(pianist: Comping) -> None:
    for seed in range(6):
        strikes = write(pianist, seed, density=0.7)
        ends = [*(s for s, _ in strikes[1:]), 8 * BAR]
        for (start, length), after in zip(strikes, ends, strict=True):
            chord = max(c for c in chords(8) if c.start <= start)
            assert 0 < length <= min(after, chord.start + chord.length) - start


def test_density_asks_for_more_strikes(pianist: Comping) -> None:
    few, some, many = (sum(len(write(pianist, s, density=d)) for s in range(6)) for d in (0.0, 0.5, 1.0))
    assert few < some < many
    assert few / 48 < 2.2 and many / 48 > 2.8


def test_the_rhythm_comes_back(pianist: Comping) -> None:
    strikes = write(pianist, 3, 16, touch=Touch(cell_bars=4, hold=1.0))
    bars = [tuple(s % BAR for s, _ in strikes if s // BAR == b) for b in range(16)]
    assert bars[:4] == bars[4:8] == bars[8:12]
    changed = write(pianist, 3, 16, touch=Touch(cell_bars=4, hold=0.0, push=0.5))
    bars = [tuple(s % BAR for s, _ in changed if s // BAR == b) for b in range(16)]
    assert bars[:4] != bars[4:8]


def test_not_every_chord_falls_on_a_beat(pianist: Comping) -> None:
    off = [s % 960 != 0 for seed in range(12) for s, _ in write(pianist, seed, touch=Touch(push=0.5))]
    assert 0.1 < np.mean(off) < 0.7


def test_early_strikes_come_before_their_chord_and_ring_into_it(pianist: Comping) -> None:
    strikes = write(pianist, 5, 8, touch=Touch(early=1.0, push=0.0, legato=1.0))
    early = [(s, n) for s, n in strikes if s % 1920 in (1440, 1680)]
    assert early
    assert all(s + n > -(-s // 1920) * 1920 for s, n in early)


def test_one_seed_one_rhythm(pianist: Comping) -> None:
    assert write(pianist, 4, 16) == write(pianist, 4, 16)
    assert len({write(pianist, s, 16) for s in range(6)}) > 3


def test_a_chord_that_lasts_may_ring_on(pianist: Comping) -> None:
    long = tuple(Chord(2 * BAR * k, 2 * BAR, 0, "maj7") for k in range(4))
    struck = [{s // BAR for s, _ in write(pianist, seed, chords=long, density=0.0)} for seed in range(8)]
    assert min(len(bars) for bars in struck) < 8
    assert all({0, 2, 4, 6} <= bars for bars in struck)


def test_nothing_to_strike_is_refused(pianist: Comping) -> None:
    with pytest.raises(InputError, match="no chords"):
        write(pianist, chords=())


def test_the_card_says_what_was_measured() -> None:
    card = (MODEL.folder / "card.md").read_text(encoding="utf-8")
    facts = MODEL.facts
    assert hashlib.sha256(MODEL.weights.read_bytes()).hexdigest() == facts["sha256"]
    printed = {
        k: float(v.replace(",", "")) for k, v in re.findall(r"^\| `([\w.]+)` \|[^|]*\| ([\d.,]+) \|$", card, re.M)
    }
    assert len(printed) >= 9
    for key, value in printed.items():
        fact: Any = facts
        for part in key.split("."):
            fact = fact[part]
        assert value == pytest.approx(float(fact), abs=0.0051), key
    assert all(source.attribution in card for source in MODEL.sources)
