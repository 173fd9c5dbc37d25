import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.models.melody import corpus
from dusktape.models.melody.corpus import Line, example, examples
from dusktape.models.melody.memory import COPY_COLUMNS, FORGOTTEN, MEMORY_COLUMNS
from dusktape.models.melody.tokens import FIRST_PITCH, PLAN_SIZES, chord_number, decode

CHORDS = [(4.0 * bar, 4.0, (0, 9, 5, 7)[bar % 4], ("maj7", "m7", "maj7", "7")[bar % 4]) for bar in range(14)]


def _line(song: str = "toy/0", source: str = "melody", up: int = 0) -> Line:
    """A four-bar tune, three times over, from bar 2 on."""
    bar = [(0.0, 1.0, 72), (1.0, 0.5, 74), (1.5, 0.5, 76), (2.0, 1.5, 79)]
    start, length, pitch = zip(
        *[(8.0 + 4 * b + s, n, p - b % 4 + up) for b in range(12) for s, n, p in bar], strict=True
    )
    chords = [(s, n, (root + up) % 12, quality) for s, n, root, quality in CHORDS]
    return Line(song, source, [(0.0, up % 12, "major")], chords, np.array(start), np.array(length), np.array(pitch))


def test_a_song_is_cut_to_its_melody() -> None:
    e = example(_line(), 3)
    assert len(e["token"]) == len(e["x"]) == len(e["song"]) == 14 * 16
    assert (e["token"][:16] < FIRST_PITCH).all()
    assert e["token"][16] >= FIRST_PITCH
    assert e["x"][16, 0] == chord_number(5, "maj7")
    assert set(e["song"]) == {3}


def test_every_key_and_register_reads_the_same() -> None:
    here, there = example(_line(), 0), example(_line(up=-14), 0)
    assert (here["token"] == there["token"]).all()
    assert (here["x"] == there["x"]).all()


def test_half_time_doubles_every_note() -> None:
    whole, half = example(_line(), 0), example(_line().slower(), 0)
    a, b = decode(whole["token"].tolist(), 60), decode(half["token"].tolist(), 60)
    assert [pitch for *_, pitch in a] == [pitch for *_, pitch in b]
    assert [2 * (y[0] - x[0]) for x, y in itertools.pairwise(a)] == [y[0] - x[0] for x, y in itertools.pairwise(b)]
    assert half["x"][0, 5] < whole["x"][0, 5]


def test_a_key_change_moves_the_reference() -> None:
    line = _line()
    moved = Line(line.song, line.source, [(0.0, 0, "major"), (24.0, 2, "major")], *(
        line.chords, line.start, line.length, line.pitch + 2 * (line.start >= 24.0)
    ))  # fmt: skip
    assert (example(moved, 0)["token"] == example(line, 0)["token"]).all()


def test_melody_and_bridge_of_a_song_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [_line(f"toy/{i}", source) for i in range(30) for source in ("melody", "bridge")]
    monkeypatch.setattr(corpus, "lines", lambda data: iter(lines))
    parts = examples(Path())
    songs = {name: {int(e["song"][0]) for e in part} for name, part in parts.items()}
    assert not songs["train"] & (songs["valid"] | songs["test"])
    assert sum(map(len, songs.values())) == 30
    assert len(parts["train"]) == 4 * len(songs["train"])
    assert len(parts["test"]) == 2 * len(songs["test"])


def test_holes_in_the_memory_leave_the_rest_alone() -> None:
    net = pytest.importorskip("dusktape.models.melody.net", reason="needs torch", exc_type=ImportError)
    e = example(_line(), 0)
    first = len(PLAN_SIZES) + MEMORY_COLUMNS[0]
    hidden = 0
    for seed in range(20):
        cut = net.augment(e, np.random.default_rng(seed))
        assert (cut["x"][:, :first] == e["x"][:, :first]).all()
        changed = cut["x"][:, first:] != e["x"][:, first:]
        assert (cut["x"][:, first:][changed] == np.broadcast_to(FORGOTTEN, changed.shape)[changed]).all()
        hidden += int(changed.any())
    assert hidden > 10


def test_a_small_network_learns_the_tune_and_memory_helps() -> None:
    torch: Any = pytest.importorskip("torch", reason="needs torch; pip install 'dusktape[train]'")
    from dusktape.models.melody import net
    from dusktape.nn.ngram import baselines
    from dusktape.nn.training import Splits
    from dusktape.train.loop import Run, bits, fit

    torch.set_num_threads(1)
    songs = [example(_line(up=up), up) for up in range(4)]
    splits = Splits(songs, songs[:1], songs[:1], net.notes)
    found = {}
    for memory in (True, False):
        run = Run(epochs=12, batch_size=2, learning_rate=2e-2, warmup_steps=4)
        trained = fit(net.build(0, width=16, hidden=16, dropout=0.0, memory=memory), splits, run)
        found[memory] = bits(trained, songs[:1], run) / net.notes(songs[0])
    counted = baselines(
        [net.flat_tokens(e) for e in songs[1:]],
        [net.flat_tokens(songs[0])],
        vocabulary=net.FLAT_VOCABULARY,
        events=net.notes(songs[0]),
    )
    assert found[True] < counted["unigram"]
    assert found[True] < found[False]


def test_the_network_points_at_tokens_only() -> None:
    from dusktape.models.melody.memory import PAST_SIZES
    from dusktape.models.melody.tokens import VOCABULARY

    assert all(PAST_SIZES[c] == VOCABULARY + 1 for c in COPY_COLUMNS)
