import json
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.data.dataset import PARTS, Notes, Song, write
from dusktape.models.embeddings import ONE, THREE, TWO
from dusktape.models.embeddings.infer import Costs, Embeddings
from dusktape.models.embeddings.tokens import (
    CHORDS,
    FIRST_PITCH,
    NO_CHORD,
    REST,
    Harmony,
    Vocabulary,
    learn,
    moved,
    moved_chords,
    shapes,
    words,
)
from dusktape.nn.line import Line
from dusktape.nn.model import Model
from dusktape.nn.sampling import Sampling
from dusktape.nn.weights import save

BAR = 3840
TUNE = ((0, 4, 60), (4, 2, 62), (6, 2, 64), (12, 4, 65), (16, 8, 67), (24, 4, 64))
CHANGES = tuple(Chord(b * BAR, BAR, (0, 9, 5, 7)[b % 4], ("maj7", "m7", "maj7", "7")[b % 4]) for b in range(8))
C_MAJOR = Key(0, "major")
MODELS = (ONE, TWO, THREE)
SMALL = {"width": 6, "hidden": 10}


def _line(*notes: tuple[int, int, int, int], key: Key = C_MAJOR, chords: tuple[Chord, ...] = ()) -> Line:
    """(start, duration, pitch, velocity bin) each."""
    start, duration, pitch, velocity = np.array(notes, np.int64).reshape(-1, 4).T
    return Line("toy", key, chords, pitch, np.diff(start, prepend=0), duration, velocity)


def _song(name: str, split: str, number: int) -> Song:
    """The tune four times over, in some key, with a chord of three notes at each bar line in another part."""
    up, rng = number % 5 - 2, np.random.default_rng(number)
    tune = [(32 * turn + s, n, p + up) for turn in range(4) for s, n, p in TUNE if rng.random() < 0.9]
    melody = [(240 * s, 240 * n, p, 70 + 20 * (i % 3), PARTS.index("melody")) for i, (s, n, p) in enumerate(tune)]
    chords = [
        (c.start, c.length, 36 + (c.root + up) % 12 + step, 60, PARTS.index("chords"))
        for c in CHANGES
        for step in (0, 4, 7)
    ]
    drums = [(0, 240, 36, 90, PARTS.index("drums"))]
    *notes, part = np.array(sorted(melody + chords + drums)).T
    changes = tuple(replace(c, root=(c.root + up) % 12) for c in CHANGES)
    return Song(name, split, 80.0, 4, Key(up % 12, "major"), changes, Notes(*notes), part)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy.dataset")
    splits = ["train"] * 8 + ["valid"] * 2 + ["test"] * 2
    write(folder, [_song(f"toy/{i:02}", split, i) for i, split in enumerate(splits)], {})
    return folder


Trained = Callable[..., tuple[Any, Any, Embeddings]]


@pytest.fixture(scope="module")
def trained(data: Path) -> Trained:
    """From a model and its options to splits, the network in torch and the model in numpy, with random weights."""
    made: dict[str, tuple[Any, Any, Embeddings]] = {}

    def get(model: Model, **options: Any) -> tuple[Any, Any, Embeddings]:
        address = json.dumps([model.name, options], sort_keys=True)
        if address not in made:
            trainer = _trainer(model)
            how = {**trainer.OPTIONS, **SMALL, **options}
            splits = trainer.load_splits(data, how)
            net = trainer.build(5, splits, how).eval()
            rng = np.random.default_rng(1)
            for value in net.parameters():  # on the grid, and loud enough to make a difference
                value.data.copy_(value.data.new_tensor(np.rint(rng.normal(0, 0.6, value.shape) * 4096) / 4096))
            weights = {name: w.astype(np.float64) for name, w in trainer.export(net, splits).items()}
            made[address] = splits, net, Embeddings.of(weights, splits.vocabulary)
        return made[address]

    return get


def _trainer(model: Model) -> ModuleType:
    return import_module(model.trainer)


def _write(model: Embeddings, seed: int = 1, **how: Any) -> Line:
    more: dict[str, Any] = {"key": C_MAJOR, "sampling": Sampling(), **how}
    if "steps" not in more:
        more.setdefault("notes", 20)
    return model.generate(seed=Seed(seed), **more)


def _notes(line: Line) -> list[tuple[int, ...]]:
    return list(zip(*(c.tolist() for c in (line.start, line.duration, line.pitch, line.velocity)), strict=True))


def test_rests_are_words_between_notes() -> None:
    word, place = words(_line((4, 2, 60, 3), (6, 2, 62, 4), (16, 4, 64, 5)))
    assert word.tolist() == [
        [REST, 0, 4, 0],
        [60 + FIRST_PITCH, 0, 2, 4],
        [62 + FIRST_PITCH, 0, 2, 5],
        [REST, 0, 8, 0],
        [64 + FIRST_PITCH, 0, 4, 6],
    ]
    assert place.tolist() == [0, 4, 6, 8, 16]


def test_lines_of_the_same_classes_have_the_same_words_and_others_do_not() -> None:
    def of(*notes: tuple[int, int, int, int]) -> list[list[int]]:
        return words(_line(*notes))[0].tolist()

    long = of((40, 10, 60, 3), (90, 60, 62, 3), (160, 1, 60, 3))
    assert long == of((32, 10, 60, 3), (64, 32, 62, 3), (96, 1, 60, 3))
    assert [w[2] for w in long] == [32, 10, 22, 32, 1]
    assert long != of((31, 10, 60, 3), (63, 32, 62, 3), (95, 1, 60, 3))
    assert of() == []


def test_a_shape_says_what_lies_under_the_top_note_of_three() -> None:
    start, pitch = np.array([0, 0, 0, 4, 4, 8, 8, 8]), np.array([60, 64, 79, 60, 64, 60, 72, 84])
    top = _line((0, 4, 79, 3), (4, 4, 64, 3), (8, 4, 84, 3))
    fifth_and_third_below = 1 << 6 | 1 << 2
    assert shapes(top, start, pitch).tolist() == [fifth_and_third_below, 0, 0]


def test_harmony_knows_the_chord_here_and_the_next() -> None:
    harmony = Harmony((Chord(0, BAR, 0, "maj7"), Chord(BAR, BAR // 2, 9, "m7"), Chord(2 * BAR, BAR, 7, "7")))
    c, a, g = 1, 1 + 9 * 7 + 1, 1 + 7 * 7 + 2
    along = harmony.along(np.array([0, 15, 16, 24, 32, 50]))
    assert along.tolist() == [[c, a], [c, a], [a, g], [NO_CHORD, g], [g, NO_CHORD], [NO_CHORD, NO_CHORD]]
    assert along.max() < CHORDS
    up = Harmony((Chord(0, BAR, 2, "maj7"),)).at(0)
    assert moved_chords(np.array([c, NO_CHORD], np.int16), 2).tolist() == list(up)


def test_a_vocabulary_survives_json_and_finds_its_words() -> None:
    word, _ = words(_line((0, 4, 60, 3), (8, 4, 62, 4)))
    known = learn(("note", "shape", "duration"), [word], all_keys=False)
    again = Vocabulary.from_json(json.loads(json.dumps(known.to_json())))
    assert again.ids(word).tolist() == [2, 1, 3]  # the rest comes first
    assert again.words[:, [0, 2]].tolist() == [[REST, 4], [60 + FIRST_PITCH, 4], [62 + FIRST_PITCH, 4]]
    assert again.ids(moved(word, 1)).tolist() == [0, 1, 0]
    assert again.ids(np.zeros((1, 4), np.int64)).tolist() == [0]
    assert again.escape == known.escape


def test_a_vocabulary_for_all_keys_holds_the_tune_in_twelve() -> None:
    word, _ = words(_line((0, 4, 60, 3), (8, 4, 62, 4)))
    known = learn(("note", "shape"), [word], all_keys=True)
    assert len(known) == 1 + 12 + 2
    assert (known.ids(moved(word, -6)) > 0).all()


def test_the_escape_is_the_share_of_words_that_no_other_song_has() -> None:
    first, second = (words(_line(*((4 * i, 4, p, 3) for i, p in enumerate(ps))))[0] for ps in ((60, 62), (60, 64)))
    assert learn(("note", "shape"), [first, second], all_keys=False).escape == pytest.approx(2.5 / 5)
    assert learn(("duration",), [first, second], all_keys=False).escape == pytest.approx(0.5 / 5)


@pytest.mark.parametrize("columns, codes, escape", [([], [1], 0.1), (["note"], [2, 1], 0.1), (["note"], [1], 1.0)])
def test_a_damaged_vocabulary_is_refused(columns: list[str], codes: list[int], escape: float) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        Vocabulary.from_json({"columns": columns, "codes": codes, "escape": escape})


@pytest.mark.parametrize("columns", [("note", "shape", "duration", "velocity"), ("note", "shape", "duration")])
@pytest.mark.parametrize("resting", [False, True])
def test_all_words_of_the_grid_share_one_probability(columns: tuple[str, ...], resting: bool) -> None:
    heard = [words(_line((0, 4, 60, 3), (8, 4, 62, 4), (12, 2, 64, 4)))[0]]
    vocabulary = learn(columns, heard, all_keys=False)
    velocities = range(1, 9) if "velocity" in columns else range(1, 2)
    grid = [(p + FIRST_PITCH, 0, n, v) for p in range(128) for n in range(1, 33) for v in velocities]
    word = np.array([*grid, *((REST, 0, n, 0) for n in range(1, 33))])
    assert len(word) == vocabulary.size
    logits = np.tile(np.random.default_rng(2).normal(0, 3, len(vocabulary)), (len(word), 1))
    before = np.tile([REST, 0, 4, 0] if resting else [0, 0, 0, 0], (len(word), 1))
    p = 2.0 ** -Costs(vocabulary)(logits, before, word)
    assert p[:, 1].sum() == pytest.approx(1.0)
    assert p[word[:, 3] <= 1, 0].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_everything_that_can_follow_shares_one_probability(model: Model, trained: Trained) -> None:
    _, _, player = trained(model)
    past = [[REST, 0, 2, 0], [64 + FIRST_PITCH, 0, 2, 5]]
    after_rest = [*past, [REST, 0, 6, 0]]
    note = [[p + FIRST_PITCH, 0, n, 1] for p in range(128) for n in range(1, 33)]
    rest = [[REST, 0, n, 0] for n in range(1, 33)]
    for before, after in ((past, note + rest), (after_rest, note)):
        songs = [(np.array([*before, word]), np.zeros((len(before) + 1, 2), np.int64)) for word in after]
        total = sum(2.0 ** -bits[-1, 0] for bits in player.word_bits(songs))
        assert 0.99 < total < 1.0 + 1e-9 if before is past else total < 1.0 + 1e-9


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_numpy_and_torch_agree(model: Model, trained: Trained) -> None:
    import torch

    splits, net, player = trained(model, chords=True)
    e = {name: array.astype(np.int64) for name, array in splits.test[0].items()}
    with torch.no_grad():
        there = net(torch.tensor(e["before"])[None], torch.tensor(e["chords"])[None])[0].numpy()
    rows, state, here = player.network.inputs(player.network.ids(e["before"]), e["chords"]), player.network.start(), []
    for row in rows:
        state = player.network.listen(row[None], state)
        here.append(np.concatenate(player.network.logits(state), axis=1)[0])
    assert np.abs(np.array(here) - there).max() < 1e-4


@pytest.mark.parametrize("options", [{}, {"keys": "augment", "chords": True}])
@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_what_is_trained_is_what_is_measured(
    model: Model, options: dict[str, Any], trained: Trained, data: Path
) -> None:
    import torch

    from dusktape.data.dataset import Dataset

    splits, net, player = trained(model, **options)
    bits = player.bits(Dataset.read(data).lines("test"))
    for example, each in zip(splits.test, bits, strict=True):
        batch = {name: torch.tensor(array)[None] for name, array in example.items()}
        batch["mask"] = torch.ones(batch["song"].shape)
        with torch.no_grad():
            nats = float(net.nats(batch))
        assert each.shape == (splits.events(example), 2)
        assert each[:, 1].sum() == pytest.approx(nats / np.log(2.0), rel=1e-5)
        assert (each[:, 0] < each[:, 1]).all()


def test_padding_costs_nothing(trained: Trained) -> None:
    import torch

    splits, net, _ = trained(THREE)
    batch = {name: torch.tensor(np.pad(a, [(0, 7)] + [(0, 0)] * (a.ndim - 1))) for name, a in splits.test[0].items()}
    batch = {name: value[None] for name, value in batch.items()}
    length = len(splits.test[0]["song"])
    whole = {name: value[:, :length] for name, value in batch.items()}
    with torch.no_grad():
        padded = net.nats({**batch, "mask": (torch.arange(length + 7) < length)[None].float()})
        assert float(padded) == pytest.approx(float(net.nats({**whole, "mask": torch.ones(1, length)})), rel=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_each_line_costs_the_same_alone_and_among_others(model: Model, trained: Trained) -> None:
    _, _, player = trained(model)
    lines = [_line((0, 4, 60, 3)), _line(), _line(*((4 * i, 3, 60 + i, i % 8) for i in range(9)))]
    together = player.bits(lines)
    assert [each.shape for each in together] == [(1, 2), (0, 2), (9, 2)]
    for line, each in zip(lines, together, strict=True):
        assert (player.bits([line])[0] == each).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_what_has_no_word_costs_the_escape(model: Model, trained: Trained) -> None:
    _, _, player = trained(model)
    strange = player.bits([_line((0, 4, 60, 3), (4, 31, 3, 0), (35, 4, 60, 3))])[0]
    assert np.isfinite(strange).all()
    first = player.network.vocabularies[0]
    at_most = first.escape / first.size * (8 if "velocity" in first.columns else 1)
    assert strange[1, 0] >= -np.log2(at_most)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_a_line_goes_on_from_what_was_given(model: Model, trained: Trained) -> None:
    _, _, player = trained(model)
    given = _line((2, 2, 62, 4), (4, 4, 64, 5))
    line = _write(player, given=given, notes=12)
    assert _notes(line)[:2] == _notes(given)
    assert len(line) == 12
    assert (line.step[1:] >= line.duration[:-1]).all()
    assert (line.velocity >= 0).all()
    assert (line.velocity < 8).all()
    assert _notes(_write(player, given=given, notes=12)) == _notes(line)
    assert _notes(_write(player, given=given, notes=12, seed=2)) != _notes(line)
    assert _notes(_write(player, given=line, notes=5)) == _notes(line)


def test_a_line_ends_before_its_place(trained: Trained) -> None:
    _, _, player = trained(THREE)
    line = _write(player, steps=64)
    assert len(line) > 3
    assert line.start[-1] + line.duration[-1] <= 64
    with pytest.raises(ValueError, match="one of them"):
        _write(player, steps=64, notes=3)


def test_a_network_at_home_writes_the_same_in_every_key(trained: Trained) -> None:
    _, _, player = trained(TWO)
    here, there = _write(player), _write(player, key=Key(3, "major"))
    assert (there.pitch == here.pitch + 3).all()
    assert there.key == Key(3, "major")
    given = _line((0, 4, 60, 3), (4, 4, 67, 3))
    bits = player.bits([given, given.transposed(3)])
    assert (bits[0] == bits[1]).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_only_what_is_allowed_starts(model: Model, trained: Trained) -> None:
    _, _, player = trained(model)
    high = np.arange(128) >= 100  # no song goes there
    chord = np.isin(np.arange(128) % 12, [0, 4, 7])

    def rule(place: int) -> Any:
        return np.zeros(128, bool) if place % 16 >= 8 else high if place >= 64 else chord

    for seed in range(5):
        line = _write(player, seed, steps=128, allowed=rule, key=Key(2, "major"))
        assert (line.start % 16 < 8).all()
        assert (line.pitch[line.start >= 64] >= 100).all()
        assert chord[line.pitch[line.start < 64]].all()
        assert line.start.max() >= 64


def test_a_rule_that_allows_nothing_gives_silence(trained: Trained) -> None:
    _, _, player = trained(ONE)
    nothing = np.zeros(128, bool)
    assert len(_write(player, notes=3, allowed=lambda place: nothing)) == 0
    assert len(_write(player, steps=64, allowed=lambda place: nothing)) == 0


def test_chords_are_heard_where_the_network_learned_to(trained: Trained) -> None:
    line = _line(*((4 * i, 4, 60 + i, 4) for i in range(8)))
    with_chords = replace(line, chords=CHANGES)
    _, _, deaf = trained(THREE)
    assert (deaf.bits([line])[0] == deaf.bits([with_chords])[0]).all()
    _, _, hearing = trained(THREE, chords=True)
    assert (hearing.bits([line])[0] != hearing.bits([with_chords])[0]).any()
    later = replace(line, chords=(*CHANGES[:1], replace(CHANGES[1], root=2)))
    assert (hearing.bits([later])[0][:4] != hearing.bits([with_chords])[0][:4]).any()  # the next chord, too
    assert _notes(_write(hearing, chords=CHANGES)) != _notes(_write(hearing))
    assert _write(hearing, chords=CHANGES).chords == CHANGES


def test_the_published_rule_takes_the_likeliest(trained: Trained) -> None:
    _, _, player = trained(THREE)
    argmax = Sampling(rule="argmax")
    short = [_notes(_write(player, seed, sampling=argmax, notes=3)) for seed in range(3)]
    assert short[0] == short[1] == short[2]


def test_a_penalty_makes_lines_repeat_less(trained: Trained) -> None:
    _, _, player = trained(THREE)

    def different(penalty: float) -> int:
        how = Sampling(repetition_penalty=penalty)
        return sum(len(set(_write(player, seed, sampling=how, notes=16).pitch.tolist())) for seed in range(4))

    assert different(50.0) > different(1.0)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_weights_open_from_their_file_alone(model: Model, trained: Trained, tmp_path: Path) -> None:
    splits, net, player = trained(model)
    path = tmp_path / "weights.safetensors"
    arrays = _trainer(model).export(net, splits)
    save(path, arrays, {"model": model.name, "options": "{}", "vocabulary": json.dumps(splits.vocabulary)})
    assert _notes(_write(model.open(path))) == _notes(_write(player))
    save(path, arrays, {"model": model.name})
    with pytest.raises(WeightsError, match="vocabulary"):
        model.open(path)
    others = {**splits.vocabulary, "sets": splits.vocabulary["sets"][::-1] * 2}
    save(path, arrays, {"model": model.name, "vocabulary": json.dumps(others)})
    with pytest.raises(WeightsError, match="vocabular"):
        model.open(path)


def test_all_parts_bring_chords_as_words(trained: Trained) -> None:
    splits, _, player = trained(ONE, stream="all")
    shape = player.network.vocabularies[0].words[:, 1]
    assert (shape > 0).any()
    assert not (trained(ONE)[2].network.vocabularies[0].words[:, 1] > 0).any()
    assert sum(map(splits.events, splits.test)) > 0
    word = player.network.vocabularies[0].words[shape > 0][:1]  # a chord sings its top note, and is worth it
    plain = word * np.array([1, 0, 1, 1])
    nothing = np.zeros((1, 2), np.int64)
    assert player.word_bits([(plain, nothing)])[0][0, 1] == player.word_bits([(word, nothing)])[0][0, 1]
    assert len(_write(player, notes=10)) == 10


def test_training_hears_a_hundred_words_in_any_key(trained: Trained) -> None:
    splits, _, _ = trained(THREE, keys="augment")
    stretch = {name: np.concatenate([a] * 5) for name, a in splits.train[0].items()}
    stretch["before"] = np.concatenate([stretch["before"][:1], stretch["word"][:-1]])
    keys = set()
    for seed in range(80):
        cut = _trainer(THREE).augment(stretch, np.random.default_rng(seed))
        assert len(cut["word"]) == 100 < len(stretch["word"])
        assert (cut["word"][:-1] == cut["before"][1:]).all()
        heard = cut["word"][cut["word"][:, 0] >= FIRST_PITCH][:, 0] - FIRST_PITCH
        keys.add(int(heard.min()))
    assert len(keys) == 12
    at_home = trained(THREE)[0].train[0]
    assert (_trainer(THREE).augment(at_home, np.random.default_rng(0))["word"] == at_home["word"][:100]).all()


@pytest.mark.parametrize("wrong", [{"keys": "c"}, {"stream": "drums"}, {"hidden": 0}, {"width": 6.5}, {"dropout": 1}])
def test_a_wrong_option_is_named(wrong: dict[str, Any], data: Path) -> None:
    trainer = _trainer(THREE)
    with pytest.raises(InputError, match=next(iter(wrong))):
        trainer.load_splits(data, {**trainer.OPTIONS, **wrong})


def test_a_dataset_without_songs_to_learn_from_is_named(tmp_path: Path) -> None:
    write(tmp_path, [_song("toy/0", "valid", 0)], {})
    with pytest.raises(InputError, match="no songs"):
        _trainer(ONE).load_splits(tmp_path, _trainer(ONE).OPTIONS)


def test_stretches_own_each_word_of_a_song_once(tmp_path: Path) -> None:
    song = _song("toy/0", "train", 0)
    n = song.notes
    later = [n.start + i * (1 << 17) for i in range(15)]
    many = Notes(np.concatenate(later), *(np.tile(c, 15) for c in (n.length, n.pitch, n.velocity)))
    write(tmp_path, [replace(song, notes=many, part=np.tile(song.part, 15))], {})
    trainer = _trainer(ONE)
    splits = trainer.load_splits(tmp_path, trainer.OPTIONS)
    song = replace(song, notes=many, part=np.tile(song.part, 15))
    assert len(splits.train) > 2
    assert sum(map(splits.events, splits.train)) == len(song.line())
    assert sum(len(trainer.flat_tokens(e)) for e in splits.train) == len(words(song.line().in_c())[0])
    first = trainer.augment(splits.train[0], np.random.default_rng(0))
    assert splits.events(first) == (first["word"][:, 0] >= FIRST_PITCH).sum()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_a_few_steps_of_training_make_notes_cheaper(model: Model, data: Path) -> None:
    import torch

    trainer = _trainer(model)
    options = {**trainer.OPTIONS, "width": 16, "hidden": 24, "dropout": 0.0}
    splits = trainer.load_splits(data, options)
    net = trainer.build(0, splits, options)
    before = trainer.details(net, splits, None)
    optimiser = torch.optim.Adam(net.parameters(), 0.02)
    for _ in range(25):
        for example in splits.train:
            batch = {name: torch.tensor(array)[None] for name, array in example.items()}
            batch["mask"] = torch.ones(batch["song"].shape)
            optimiser.zero_grad()
            (net.nats(batch) / batch["mask"].sum()).backward()
            optimiser.step()
    after = trainer.details(net, splits, None)
    assert after["test_bits_per_note"] < 0.6 * before["test_bits_per_note"]
    assert after["test_bits_per_note_without_velocity"] < after["test_bits_per_note"]


def test_the_counting_baselines_get_one_number_a_word(trained: Trained) -> None:
    splits, _, _ = trained(ONE)
    tokens = _trainer(ONE).flat_tokens(splits.test[0])
    assert len(tokens) == len(splits.test[0]["word"])
    assert max(tokens) < _trainer(ONE).FLAT_VOCABULARY
