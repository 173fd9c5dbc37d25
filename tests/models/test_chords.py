from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.core.seed import Seed
from dusktape.data.dataset import Notes, Song, write
from dusktape.models.chords import MODEL
from dusktape.models.chords.infer import ChordLSTM
from dusktape.models.chords.tokens import ALL_WORDS, FIRST_WORD, UNKNOWN, Options, Vocabulary, Word, windows
from dusktape.nn.sampling import Sampling
from dusktape.nn.weights import save

C = Key(0, "major")
TURN = ((2, "m7", 4), (7, "7", 2), (7, "9", 2), (0, "maj7", 4), (9, "m7", 4), (5, "maj", 3), (4, "min", 1))


def chords(turns: int = 4, key: Key = C) -> tuple[Chord, ...]:
    out, now = [], 0
    for root, quality, beats in TURN * turns:
        out.append(Chord(now, beats * TICKS_PER_BEAT, (root + key.tonic) % 12, quality))
        now += beats * TICKS_PER_BEAT
    return tuple(out)


def a_model(words: tuple[Word, ...] = (), hidden: int = 10, width: int = 6) -> ChordLSTM:
    vocabulary = Vocabulary(words or tuple(sorted({Word(*w) for w in (*TURN, (9, "m7", 2), (5, "maj7", 2))})))
    return ChordLSTM.of(some_weights(vocabulary, hidden, width), vocabulary)


def some_weights(vocabulary: Vocabulary, hidden: int, width: int) -> dict[str, np.ndarray]:
    size, rng = len(vocabulary), np.random.default_rng(5)
    shapes = {
        "embed.weight": (size, width),
        "lstm.weight_ih_l0": (4 * hidden, width),
        "lstm.weight_hh_l0": (4 * hidden, hidden),
        "lstm.bias_ih_l0": (4 * hidden,),
        "lstm.bias_hh_l0": (4 * hidden,),
        "out.weight": (size, hidden),
        "out.bias": (size,),
    }
    return {name: np.rint(4096 * 0.5 * rng.standard_normal(shape)) / 4096 for name, shape in shapes.items()}


def loop(model: ChordLSTM, seed: int = 0, **how: Any) -> list[tuple[int, str, int]]:
    asked = {"mode": "major", "mood": "warm", "bars": 4, "temperature": 1.0, "max_chords": 4, **how}
    return [(c.degree, c.quality, c.length_beats) for c in model.write_loop(seed=Seed(seed), **asked)]


# -- words


def test_a_word_is_a_chord_in_its_key_with_a_class_of_length() -> None:
    assert Word.of(Chord(0, 2 * TICKS_PER_BEAT, 9, "m7"), Key(2, "minor")) == Word(7, "m7", 2)
    beats = {0.5: 1, 1.4: 1, 2.5: 2, 5.0: 4, 5.1: 6, 7.2: 8, 30.0: 8}
    for length, nearest in beats.items():
        assert Word.of(Chord(0, int(length * TICKS_PER_BEAT), 0, "maj"), C).beats == nearest


def test_words_that_came_once_have_no_token_of_their_own() -> None:
    twice, once = Word(0, "maj", 4), Word(1, "dim", 2)
    vocabulary = Vocabulary.found([[twice, once], [twice]])
    assert vocabulary.token(twice) == FIRST_WORD
    assert vocabulary.token(once) == UNKNOWN
    assert vocabulary.unnamed == ALL_WORDS - 1
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


def test_songs_read_the_same_in_every_key() -> None:
    vocabulary = a_model().vocabulary
    assert vocabulary.read(C, chords()) == vocabulary.read(Key(5, "major"), chords(key=Key(5, "major")))
    assert vocabulary.read(Key(0, "minor"), chords())[0] != vocabulary.read(C, chords())[0]


def test_every_chord_is_asked_for_once_after_at_most_four() -> None:
    tokens = np.array([1, *range(10, 21)])
    read, after, asked = windows(tokens)
    assert (asked.sum(axis=1) == 1).all()
    assert (after[asked] == tokens[1:]).all()
    for i, (row, place) in enumerate(zip(read, asked.argmax(axis=1), strict=True)):
        before = tokens[1 : 1 + i][-4:]
        assert row[: place + 1].tolist() == [1, *before]
    assert (after[:, :-1] == read[:, 1:]).all()


def test_a_vocabulary_that_holds_no_chords_is_refused() -> None:
    with pytest.raises(ValueError, match="no chord"):
        Vocabulary.from_json({"words": [[0, "maj", 5]]})


@pytest.mark.parametrize("values", [{"hidden": 0}, {"width": 1.5}, {"dropout": 1.0}, {"layers": 2}])
def test_options_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(values))):
        Options.of(values)


# -- what chords cost


def test_bits_are_those_of_a_distribution_over_all_chords() -> None:
    """Over all words, and all chords without one, the probability of the last chord adds up to one."""
    model, song = a_model(), chords(2)
    total = 0.0
    for word in model.vocabulary.words:
        last = Chord(song[-1].start, word.beats * TICKS_PER_BEAT, word.degree, word.quality)
        total += 2.0 ** -model.bits([(C, (*song[:-1], last))])[0][-1]
    unknown = 2.0 ** -model.bits([(C, (*song[:-1], replace(song[-1], quality="13")))])[0][-1]
    modes = model.out(model.hidden(np.array([[0, *model.vocabulary.read(C, song)[-5:-1]]]))[:, -1])[0]
    p = np.exp(modes - modes.max()) / np.exp(modes - modes.max()).sum()
    assert total + unknown * model.vocabulary.unnamed == pytest.approx(1.0 - p[:UNKNOWN].sum())


def test_a_chord_does_not_cost_more_for_what_lies_five_before() -> None:
    model, song = a_model(), chords(2)
    other = (replace(song[0], root=6), *song[1:])
    mine, theirs = model.bits([(C, song), (C, other)])
    assert np.flatnonzero(mine != theirs).max() <= 4
    assert (mine[:2] != theirs[:2]).any()
    assert model.bits([(C, ())])[0].shape == (0,)


# -- loops


@pytest.mark.parametrize(("bars", "max_chords"), [(2, 2), (2, 4), (4, 2), (4, 6), (8, 4), (8, 8)])
def test_loops_fill_their_bars(bars: int, max_chords: int) -> None:
    model, ways = a_model(), set()
    for seed in range(25):
        written = loop(model, seed, bars=bars, max_chords=max_chords, mode=("major", "minor")[seed % 2])
        assert sum(beats for *_, beats in written) == bars * 4
        assert 2 <= len(written) <= max_chords
        assert all(beats % 2 == 0 for *_, beats in written)
        assert all(a[:2] != b[:2] for a, b in itertools.pairwise(written))
        ways.add(tuple(written))
    assert len(ways) > 5


def test_a_loop_does_not_end_on_the_root_it_begins_with() -> None:
    assert all(first[0] != last[0] for first, *_, last in (loop(a_model(), s) for s in range(25)))


def test_a_poor_vocabulary_still_fills_bars() -> None:
    odd = a_model((Word(0, "maj", 3), Word(5, "maj", 1)))
    one = a_model((Word(0, "maj", 8),))
    for model in (odd, one):
        for bars in (2, 4, 8):
            assert sum(beats for *_, beats in loop(model, bars=bars, max_chords=5)) == bars * 4


def test_loops_come_from_the_seed_and_the_mode() -> None:
    model = a_model()
    assert loop(model, 3, max_chords=6) == loop(model, 3, max_chords=6)
    assert any(loop(model, s, mode="minor") != loop(model, s) for s in range(10))


def test_the_published_rule_is_certain_after_any_first_chord() -> None:
    model = replace(a_model(), sampling=Sampling(rule="argmax"))
    loops = [tuple(loop(model, s, bars=8, max_chords=8)) for s in range(40)]
    assert len(set(loops)) <= len({written[0] for written in loops}) + 2
    assert len({written[0] for written in loops}) > 2


@pytest.mark.parametrize("asked", [{"bars": 3}, {"temperature": 0.0}, {"max_chords": 1}, {"mode": "dorian"}])
def test_what_cannot_be_written_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        loop(a_model(), **asked)


# -- weights and training


def test_weights_open_from_the_file_alone(tmp_path: Path) -> None:
    model, path = a_model(), tmp_path / "weights.safetensors"
    told = {"model": "chords", "options": "{}", "vocabulary": json.dumps(model.vocabulary.to_json())}
    sha256 = save(path, some_weights(model.vocabulary, 10, 6), told)
    assert loop(MODEL.open(path, sha256), 4) == loop(model, 4)


@pytest.mark.parametrize("words", [[], [[0, "maj", 5]], None])
def test_weights_of_another_vocabulary_are_refused(tmp_path: Path, words: Any) -> None:
    path = tmp_path / "weights.safetensors"
    told = {} if words is None else {"vocabulary": json.dumps({"words": words})}
    save(path, some_weights(a_model().vocabulary, 10, 6), {"model": "chords", **told})
    with pytest.raises(WeightsError, match="are not those of chords"):
        MODEL.open(path)


def a_dataset(folder: Path) -> Path:
    folder.mkdir()
    none = np.zeros(0, np.int64)
    songs = [
        Song(f"toy/{i}", ("train", "train", "valid", "test")[i % 4], 80.0, 4, key, chords(2 + i % 3, key),
             Notes(none, none, none, none), none)
        for i, key in enumerate(Key(k, ("major", "minor")[k % 2]) for k in range(12))
    ]  # fmt: skip
    write(folder, songs, {})
    return folder


def trainer() -> Any:
    return pytest.importorskip("dusktape.models.chords.net", reason="needs torch", exc_type=ImportError)


def batch_of(examples: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    import torch

    longest = max(len(e["song"]) for e in examples)
    batch = {}
    for name in examples[0]:
        padded = [np.pad(e[name], ((0, longest - len(e[name])), *((0, 0),) * (e[name].ndim - 1))) for e in examples]
        batch[name] = torch.from_numpy(np.stack(padded))
    mask = np.stack([np.arange(longest) < len(e["song"]) for e in examples])
    return {**batch, "mask": torch.from_numpy(mask.astype(np.float32))}


def test_numpy_computes_what_torch_trains(tmp_path: Path) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    options = {**net.OPTIONS, "hidden": 20, "width": 8}
    splits = net.load_splits(a_dataset(tmp_path / "songs"), options)
    model = net.build(1, splits, options)
    model.load_state_dict({k: torch.round(4096 * v) / 4096 for k, v in model.state_dict().items()})
    model.eval()
    vocabulary = Vocabulary.from_json(splits.vocabulary)
    ours = ChordLSTM.of({k: v.astype(np.float64) for k, v in net.export(model, splits).items()}, vocabulary)
    e = splits.test[0]
    with torch.no_grad():
        theirs = model(torch.from_numpy(e["windows"])).numpy()
        total = float(model.nats(batch_of(splits.test))) / np.log(2.0)
    assert np.abs(ours.out(ours.hidden(e["windows"])) - theirs).max() < 1e-4
    songs = [(s.key, s.chords) for s in net.Dataset.read(tmp_path / "songs").songs("test")]
    assert total == pytest.approx(sum(bits.sum() for bits in ours.bits(songs)), rel=1e-5)


def test_a_few_steps_of_training_lower_the_cost(tmp_path: Path) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    options = {**net.OPTIONS, "hidden": 20, "dropout": 0.0}
    splits = net.load_splits(a_dataset(tmp_path / "songs"), options)
    model, batch = net.build(0, splits, options), batch_of(splits.train)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    before = float(model.eval().nats(batch).detach())
    for _ in range(15):
        optimiser.zero_grad()
        (model.train().nats(batch) / batch["mask"].sum()).backward()
        optimiser.step()
    assert float(model.eval().nats(batch).detach()) < 0.5 * before


def test_each_epoch_asks_for_every_chord_about_once(tmp_path: Path) -> None:
    net = trainer()
    song = net.load_splits(a_dataset(tmp_path / "songs"), net.OPTIONS).train[0]
    taken = [net.augment(song, np.random.default_rng(s)) for s in range(30)]
    assert {len(e["song"]) for e in taken} <= {len(song["song"]) // 5, len(song["song"]) // 5 + 1}
    assert len({e["windows"][1].tobytes() for e in taken}) > 1


def test_a_dataset_without_chords_is_refused(tmp_path: Path) -> None:
    net = trainer()
    (tmp_path / "none").mkdir()
    write(tmp_path / "none", [], {})
    with pytest.raises(InputError, match="no songs with"):
        net.load_splits(tmp_path / "none", net.OPTIONS)
