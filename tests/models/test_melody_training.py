import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.score import Chord, Key
from dusktape.data.dataset import Notes, Song, write
from dusktape.data.split import fold
from dusktape.models.melody import corpus
from dusktape.models.melody.corpus import examples
from dusktape.models.melody.memory import COPY_COLUMNS, FORGOTTEN, MEMORY_COLUMNS
from dusktape.models.melody.song import Melody, count_notes, example
from dusktape.models.melody.tokens import FIRST_PITCH, PLAN_SIZES, chord_number, decode

CHORDS = [(4.0 * bar, 4.0, (0, 9, 5, 7)[bar % 4], ("maj7", "m7", "maj7", "7")[bar % 4]) for bar in range(14)]


def _line(song: str = "toy/0", source: str = "melody", up: int = 0) -> Melody:
    """A four-bar tune, three times over, from bar 2 on."""
    bar = [(0.0, 1.0, 72), (1.0, 0.5, 74), (1.5, 0.5, 76), (2.0, 1.5, 79)]
    start, length, pitch = zip(
        *[(8.0 + 4 * b + s, n, p - b % 4 + up) for b in range(12) for s, n, p in bar], strict=True
    )
    chords = [(s, n, (root + up) % 12, quality) for s, n, root, quality in CHORDS]
    velocity = np.array([(80, 60, 70, 100)[i % 4] for i in range(len(pitch))])
    return Melody(
        song, source, [(0.0, up % 12, "major")], chords, np.array(start), np.array(length), np.array(pitch), velocity
    )


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
    moved = Melody(line.song, line.source, [(0.0, 0, "major"), (24.0, 2, "major")], *(
        line.chords, line.start, line.length, line.pitch + 2 * (line.start >= 24.0)
    ))  # fmt: skip
    assert (example(moved, 0)["token"] == example(line, 0)["token"]).all()


def test_melody_and_bridge_of_a_song_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [_line(f"toy/{i}", source) for i in range(30) for source in ("melody", "bridge")]
    monkeypatch.setattr(corpus, "melodies", lambda data: ((fold(line.song), line) for line in lines))
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


def _batch(songs: list[Any]) -> dict[str, Any]:
    torch: Any = pytest.importorskip("torch", reason="needs torch; pip install 'dusktape[train]'")
    batch = {name: torch.from_numpy(np.stack([e[name] for e in songs])) for name in songs[0]}
    return {**batch, "mask": torch.ones(batch["token"].shape)}


def _learn(net: Any, songs: list[Any], steps: int) -> Any:
    torch: Any = pytest.importorskip("torch", reason="needs torch; pip install 'dusktape[train]'")
    optimiser, batch = torch.optim.AdamW(net.parameters(), lr=2e-2), _batch(songs)
    for _ in range(steps):
        optimiser.zero_grad()
        (net.loss(batch) / batch["mask"].sum()).backward()
        optimiser.step()
    return net.eval()


def test_a_small_network_learns_the_tune_its_velocities_and_memory_helps() -> None:
    torch: Any = pytest.importorskip("torch", reason="needs torch; pip install 'dusktape[train]'")
    from dusktape.models.melody import net
    from dusktape.nn.ngram import baselines
    from dusktape.nn.training import Splits

    torch.set_num_threads(1)
    songs = [example(_line(up=up), up) for up in range(4)]
    splits = Splits(songs, songs[:1], songs[:1], count_notes)
    found, dynamics = {}, {}
    for memory in (True, False):
        options = {"width": 16, "hidden": 16, "dropout": 0.0, "memory": memory}
        trained = _learn(net.build(0, splits, options), songs, 24)
        with torch.no_grad():
            found[memory] = float(trained.nats(_batch(songs[:1]))) / np.log(2.0) / count_notes(songs[0])
        dynamics[memory] = net.details(trained, splits, lambda e: _batch([e]))["velocity"]
    counted = baselines(
        [net.flat_tokens(e) for e in songs[1:]],
        [net.flat_tokens(songs[0])],
        vocabulary=net.FLAT_VOCABULARY,
        events=count_notes(songs[0]),
    )
    assert found[True] < counted["unigram"]
    assert found[True] < found[False]
    assert max(dynamics.values()) < 0.5


def test_nobody_learns_velocities_from_a_lead_sheet() -> None:
    net = pytest.importorskip("dusktape.models.melody.net", reason="needs torch", exc_type=ImportError)
    played, sheet = _line(), replace(_line(), velocity=None)
    trained = net.build(0)
    loss, notes = (float(f(_batch([example(sheet, 0)])).detach()) for f in (trained.eval().loss, trained.nats))
    assert loss == notes
    assert float(trained.loss(_batch([example(played, 0)])).detach()) > notes + 40


def test_a_dataset_and_the_sources_give_the_same_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = replace(_line(), keys=[(0.0, 0, "major")])
    n = Notes(*(np.rint(a * b).astype(np.int64) for a, b in _columns(line)))
    chords = tuple(Chord(round(a * 960), round(b * 960), root, q) for a, b, root, q in line.chords)
    song = Song("toy/0", "valid", 80.0, 4, Key(0, "major"), chords, n, np.zeros(len(n), np.int64))
    write(tmp_path, [song, replace(song, name="toy/1", split="train")], {})
    parts = examples(tmp_path)
    assert [len(parts[split]) for split in ("train", "valid", "test")] == [2, 1, 0]
    expected = example(line, int(parts["valid"][0]["song"][0]))
    assert expected.keys() == parts["valid"][0].keys()
    for name, array in parts["valid"][0].items():
        assert (array == expected[name]).all(), name


def _columns(line: Melody) -> list[tuple[Any, int]]:
    return [(line.start, 960), (line.length, 960), (line.pitch, 1), (line.velocity, 1)]


def test_the_network_points_at_tokens_only() -> None:
    from dusktape.models.melody.memory import PAST_SIZES
    from dusktape.models.melody.tokens import VOCABULARY

    assert all(PAST_SIZES[c] == VOCABULARY + 1 for c in COPY_COLUMNS)


def test_lines_are_either_learned_from_or_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")
    from dusktape.models.melody import net

    sides = ("train", "valid", "train", "test")
    found = [(side, _line(f"toy/{k}")) for k, side in enumerate(sides)]
    monkeypatch.setattr(net, "melodies", lambda data: iter(found))
    assert [line.name for line in net.lines(Path())] == ["toy/0", "toy/2"]
    assert [line.name for line in net.held_out_lines(Path())] == ["toy/1", "toy/3"]
