import numpy as np
import pytest

from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.evaluate.yardsticks import (
    CHORDS,
    PARTED,
    VELOCITY,
    WHOLE,
    Events,
    Symbol,
    chord_bits,
    code_lengths,
    note_events,
    tuned,
    yardsticks,
)
from dusktape.nn.ngram import BackoffNgram

from .lines import chords_of, line_of, walk


def test_counting_in_arrays_is_counting_in_dictionaries() -> None:
    rng = Seed(1).rng()
    train = [rng.integers(0, 5, n).tolist() for n in (40, 3, 60)]
    asked = [rng.integers(0, 6, n).tolist() for n in (30, 1, 25)]
    ngram = BackoffNgram(4, 6).fit(train)
    symbol = Symbol("x", 6, (("x", 1), ("x", 2), ("x", 3)))
    events = [
        Events({"x": np.concatenate([np.array(song, np.int64) for song in s])}, tuple(map(len, s)))
        for s in (train, asked)
    ]
    found = code_lengths(symbol, *events)
    for order in range(1, 5):
        expected = [
            -np.log2(ngram.probability(song[max(0, i - order + 1) : i], token))
            for song in asked
            for i, token in enumerate(song)
        ]
        assert found[order - 1].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("symbol", [*PARTED, *VELOCITY])
def test_a_note_field_by_field_is_a_distribution(symbol: Symbol) -> None:
    train = note_events([walk(f"song{k}", 50) for k in range(4)])
    one = note_events([walk("new", 12)])
    probability = np.zeros(6)
    for value in range(symbol.vocabulary):
        fields = {**one.fields, symbol.field: one.fields[symbol.field].copy()}
        fields[symbol.field][-1] = value
        probability += 2.0 ** -code_lengths(symbol, train, Events(fields, one.sizes))[:, -1]
    assert probability.tolist() == pytest.approx([1.0] * 6)


def test_contexts_do_not_reach_into_the_song_before() -> None:
    events = Events({"x": np.arange(5, dtype=np.int64)}, (2, 3))
    assert events.column(("x", 0)).tolist() == [0, 1, 2, 3, 4]
    assert events.column(("x", 1)).tolist() == [-1, 0, -1, 2, 3]
    assert events.column(("x", 2)).tolist() == [-1, -1, -1, -1, 2]


def test_symbols_look_back_only() -> None:
    told: dict[tuple[Symbol, ...], list[str]] = {WHOLE: [], PARTED: [], VELOCITY: [], CHORDS: []}
    for form, before in told.items():
        for symbol in form:
            assert len(symbol.contexts) == len(set(symbol.contexts)) == 5
            assert all(back > 0 or field in before for field, back in symbol.contexts)
            before.append(symbol.field)


def test_the_order_is_the_one_that_is_best_on_valid() -> None:
    train = [line_of([60, 67, 64, 72] * 10, name=f"{k}") for k in range(3)]
    events = note_events(train)
    for symbol in PARTED:
        by_order = code_lengths(symbol, events, events)
        best = by_order.sum(axis=1).min()
        assert tuned([symbol], events, events, events).sum() == pytest.approx(best)
    assert code_lengths(PARTED[1], events, events)[0].mean() == pytest.approx(2.0, abs=0.3)
    assert tuned(PARTED, events, events, events).mean() < 0.5


def test_yardsticks_code_every_note_of_every_line_without_and_with_velocity() -> None:
    songs = [line_of([60, 62, 64, 65, 67] * 8, name=f"{k}") for k in range(4)]
    lines = [line_of([60, 62, 64, 65, 67] * 4), walk("new", 20), line_of([1, 127, 3], [0, 999, 40], [50, 40, 99])]
    found = yardsticks(songs, songs[:1], lines)
    assert set(found) == {"unigram", "n-gram"}
    for costs in found.values():
        assert [c.shape for c in costs] == [(20, 2), (20, 2), (3, 2)]
        assert all(np.isfinite(c).all() and (c[:, 1] > c[:, 0]).all() for c in costs)
    assert found["n-gram"][0].mean() < found["unigram"][0].mean()
    assert found["n-gram"][1].mean() > found["n-gram"][0].mean()


def test_the_key_of_a_song_is_given() -> None:
    songs = [line_of([60, 62, 64, 65, 67] * 8, name=f"{k}") for k in range(4)]
    moved = line_of([65, 67, 69, 70, 72] * 4, key=Key(5, "major"))
    same = line_of([60, 62, 64, 65, 67] * 4)
    found = yardsticks(songs, songs[:1], [same, moved])["n-gram"]
    assert found[0].tolist() == found[1].tolist()


def test_chords_cost_less_where_they_turn_as_they_always_did() -> None:
    loop = [(0, "maj7"), (9, "m7"), (2, "m7"), (7, "7")]
    songs = [line_of([60, 62], chords=chords_of(*loop * 4), name=f"{k}") for k in range(4)]
    other = chords_of(*[(1, "dim7"), (6, "maj"), (3, "aug"), (8, "m6")] * 4)
    usual, strange, none = chord_bits(
        songs, songs[:1], [songs[0], line_of([60, 62], chords=other), line_of([60, 62])]
    ).tolist()
    assert 0.0 < usual < strange / 4
    assert none == 0.0
