from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.score import BAR, Chord, Key
from dusktape.core.seed import Seed
from dusktape.data.dataset import Notes, Song, write
from dusktape.models.heads import MODEL
from dusktape.models.heads.infer import Heads
from dusktape.models.heads.timing import COMPONENTS, laplace, log_softmax, mixture
from dusktape.models.heads.tokens import DURATIONS, STEPS, WINDOW_NOTES, Harmony, Options, features, home, past
from dusktape.nn.line import Line
from dusktape.nn.sampling import Sampling
from dusktape.nn.weights import save

TIMES = ("squared", "bins", "mixture")
C, D = Key(0, "major"), Key(2, "major")


def a_line(notes: int = 40, seed: int = 0, key: Key = C) -> Line:
    rng = np.random.default_rng(seed)
    step = rng.choice([1, 2, 4, 40], notes, p=[0.3, 0.5, 0.15, 0.05])
    duration = np.minimum(np.append(step[1:], 4), rng.integers(1, 5, notes))
    chords = tuple(Chord(b * BAR, BAR, (key.tonic + r) % 12, "m7") for b, r in enumerate((0, 9, 5, 7) * 8))
    pitch = 60 + key.tonic + rng.choice([0, 2, 4, 5, 7, 9, 11, 12], notes)
    return Line(f"toy/{seed}", key, chords, pitch, step, duration, rng.integers(4, 8, notes))


def some_weights(options: Options, seed: int = 1) -> dict[str, np.ndarray]:
    """Random weights as they are stored, with some spread."""
    rng, h = np.random.default_rng(seed), options.hidden
    sizes = {"squared": (1, 1), "bins": (33, 32), "mixture": (3 * COMPONENTS,) * 2}[options.time]
    shapes: dict[str, tuple[int, ...]] = {"laplace_steps": (2,), "velocity": (9, 9, 8)}
    for layer, width in enumerate((options.columns, h)):
        shapes |= {f"lstm.weight_ih_l{layer}": (4 * h, width), f"lstm.weight_hh_l{layer}": (4 * h, h)}
        shapes |= {f"lstm.bias_ih_l{layer}": (4 * h,), f"lstm.bias_hh_l{layer}": (4 * h,)}
    for head, size in zip(("pitch", "step", "duration"), (128, *sizes), strict=True):
        shapes |= {f"{head}.weight": (size, h), f"{head}.bias": (size,)}
    weights = {name: np.rint(4096 * 0.4 * rng.standard_normal(shape)) / 4096 for name, shape in shapes.items()}
    return weights | {"laplace_steps": np.array([0.75, 1.5])}


def a_model(**options: Any) -> Heads:
    chosen = Options(**{"hidden": 12, **options})
    return Heads.of(some_weights(chosen), chosen)


def play(model: Heads, seed: int = 1, **how: Any) -> Line:
    asked = {"key": C, "sampling": Sampling(), "notes": 40, **how}
    return model.generate(seed=Seed(seed), **asked)


# -- distributions over time


@pytest.mark.parametrize("values", [STEPS, DURATIONS])
def test_every_distribution_over_time_adds_up_to_one(values: np.ndarray) -> None:
    out = np.random.default_rng(0).normal(0.0, 2.0, (50, 3 * COMPONENTS))
    for log_p in (laplace(3.0 * out[:, :1], 0.8, values), mixture(out, values), log_softmax(out)):
        assert np.allclose(np.exp(log_p).sum(axis=1), 1.0)


def test_a_laplace_keeps_its_mass_between_half_steps() -> None:
    p = np.exp(laplace(np.array([[1.0]]), 2.0, STEPS))[0]  # one beat: 4 sixteenths
    assert p.argmax() == 4
    assert p[4] == pytest.approx(1.0 - np.exp(-0.25))
    assert p[6] == pytest.approx(0.5 * (np.exp(-0.75) - np.exp(-1.25)))
    assert p[0] == pytest.approx(0.5 * np.exp(-1.75)), "all that lies below"


def test_far_values_stay_finite_and_get_rarer() -> None:
    for log_p in (laplace(np.zeros((1, 1)), 0.05, STEPS), mixture(np.array([[0.0, 0.0, -9.0]]), STEPS)):
        assert np.isfinite(log_p).all()
        assert (np.diff(log_p[0]) < 0).all()


# -- what is read


def test_songs_come_home_to_c() -> None:
    assert (home(a_line(key=D)).pitch == a_line().pitch).all()


def test_a_note_moved_out_of_midi_comes_back_an_octave() -> None:
    line = Line("x", Key(7, "major"), (), np.array([126, 3]), *(np.array([2, 2]) for _ in range(3)))
    assert home(line).pitch.tolist() == [119, 8]


def test_a_note_is_asked_for_before_it_is_read() -> None:
    line = a_line()
    rows = past(line.classes)
    assert rows[0].tolist() == [0, 0, 0]
    assert (rows[1:, 0] == line.pitch[:-1]).all()
    assert rows[:, 1].max() == 32, "longer than two bars counts as two bars"


def test_chords_are_those_at_the_last_note_and_after() -> None:
    harmony = Harmony((Chord(0, BAR, 0, "maj7"), Chord(BAR, BAR, 9, "m7")))
    assert harmony.at(15) == (0, 0, 9, 1)
    assert harmony.at(16) == (9, 1, 12, 7)
    assert harmony.at(40) == (12, 7, 12, 7)
    line = a_line(20)
    read = harmony.before(line)
    assert tuple(read[1]) == harmony.at(int(line.start[0]))
    assert features(past(line.classes), read).shape == (20, Options(chords=True).columns)
    assert features(past(line.classes), read)[0, 3:].sum() == 4


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"time": "exact"}, "time is one of"),
        ({"keys": 3}, "keys is one of"),
        ({"chords": 1}, "chords is true or false"),
        ({"hidden": 0}, "hidden is a whole number"),
        ({"layers": 3}, "no option 'layers'"),
    ],
)
def test_options_that_make_no_sense_are_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Options.of(values)


# -- what notes cost


@pytest.mark.parametrize("time", TIMES)
def test_bits_are_those_of_a_distribution_over_all_events(time: str) -> None:
    """Over every pitch, step, duration and velocity of the last note, probabilities add up to one."""
    model, line = a_model(time=time), a_line(5)

    def total(column: str, values: Sequence[int], which: int) -> float:
        lines = []
        for v in values:
            changed = getattr(line, column).copy()
            changed[-1] = v
            lines.append(Line(line.name, C, (), **{**_arrays(line), column: changed}))
        return float(sum(2.0 ** -bits[-1, which] for bits in model.bits(lines)))

    pitch, step, duration = model.log_probabilities(next(model._hidden([line]))[-1:])
    rest = np.exp(step[0, line.step[-1]] + duration[0, line.duration[-1] - 1])
    assert total("pitch", range(128), 0) == pytest.approx(rest)
    rest = np.exp(pitch[0, line.pitch[-1]] + duration[0, line.duration[-1] - 1])
    assert total("step", range(33), 0) == pytest.approx(rest)
    assert total("velocity", range(8), 1) == pytest.approx(2.0 ** -model.bits([line])[0][-1, 0])


def _arrays(line: Line) -> dict[str, np.ndarray]:
    return {name: getattr(line, name) for name in ("pitch", "step", "duration", "velocity")}


def test_a_song_costs_the_same_in_every_key_and_in_any_company() -> None:
    model, lines = a_model(chords=True), [a_line(n, n) for n in (3, 50, 17)]
    together = model.bits(lines)
    for line, bits in zip(lines, together, strict=True):
        assert np.array_equal(model.bits([line.transposed(5)])[0], bits)
        assert bits.shape == (len(line), 2)
        assert (bits[:, 1] > bits[:, 0]).all()


def test_an_augmented_network_hears_the_key() -> None:
    model, line = a_model(keys="augment"), a_line()
    assert not np.array_equal(model.bits([line])[0], model.bits([line.transposed(1)])[0])


def test_a_window_forgets_what_lies_before_it() -> None:
    model, line = a_model(window=True), a_line(70)
    changed = Line(line.name, C, (), **{**_arrays(line), "pitch": np.where(np.arange(70) == 5, 90, line.pitch)})
    before, after = model.bits([line, changed])
    differs = np.flatnonzero(before[:, 0] != after[:, 0])
    assert differs.min() == 5
    assert differs.max() <= 5 + WINDOW_NOTES
    carried = a_model()
    assert (carried.bits([line])[0][:WINDOW_NOTES] == before[:WINDOW_NOTES]).all(), "nothing to forget yet"
    assert (carried.bits([line])[0][WINDOW_NOTES:] != before[WINDOW_NOTES:]).any()


# -- playing


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("window", [False, True])
def test_a_line_is_as_long_as_asked_and_well_formed(time: str, window: bool) -> None:
    model = a_model(time=time, window=window, chords=True)
    line = play(model, chords=a_line().chords)
    assert len(line) == 40
    assert (line.step[1:] >= 1).all()
    assert (line.duration >= 1).all()
    assert (line.duration[:-1] <= line.step[1:]).all()
    assert ((line.velocity >= 0) & (line.velocity < 8)).all()
    short = play(model, notes=None, steps=64)
    assert short.start[-1] < 64
    assert (short.pitch == play(model, notes=len(short)).pitch).all()


def test_what_was_given_stays_and_is_heard() -> None:
    model, given = a_model(), a_line(12, key=D)
    line = play(model, key=D, given=given, notes=30)
    assert (line.pitch[:12] == given.pitch).all()
    assert (line.velocity[:12] == given.velocity).all()
    assert len(line) == 30
    assert len(play(model, given=given, steps=8, notes=None)) == 12
    assert (play(model, key=D, notes=18).pitch[:10] != line.pitch[12:22]).any()


def test_playing_goes_on_as_the_costs_say() -> None:
    """The likeliest note after some given ones is the cheapest one."""
    for window in (False, True):
        model, given = a_model(window=window, chords=True), a_line(45)
        likeliest = play(model, given=given, notes=46, sampling=Sampling(top_k=1))
        hidden = next(iter(model._hidden([home(likeliest)])))[-1:]
        pitch, step, duration = model.log_probabilities(hidden)
        assert (likeliest.pitch[-1], likeliest.duration[-1]) == (pitch[0].argmax(), duration[0].argmax() + 1)
        assert likeliest.step[-1] == step[0, 1:].argmax() + 1


def test_another_key_is_the_same_melody_elsewhere() -> None:
    model = a_model()
    middle = np.abs(np.arange(128) - 60) < 20
    there = play(model, key=D, allowed=lambda place: np.roll(middle, 2))
    assert (there.pitch == play(model, allowed=lambda place: middle).pitch + 2).all()


def test_pitches_obey_the_rule_in_every_key() -> None:
    def rule(place: int) -> np.ndarray:
        return np.isin(np.arange(128), [70, 71] if place % 2 else [60])

    line = play(a_model(), key=Key(5, "minor"), allowed=rule)
    assert all(rule(place)[pitch] for place, pitch in zip(line.start, line.pitch, strict=True))


def test_a_rule_that_forbids_everything_is_not_followed() -> None:
    assert len(play(a_model(), allowed=lambda place: np.zeros(128, np.bool_))) == 40


def test_sampling_is_obeyed() -> None:
    model = a_model()
    assert len(set(play(model, sampling=Sampling(temperature=0.05)).pitch)) < len(
        set(play(model, sampling=Sampling(temperature=3.0, min_p=0.0)).pitch)
    )
    greedy = Sampling(top_k=1)
    assert (play(model, 1, sampling=greedy).pitch == play(model, 2, sampling=greedy).pitch).all()
    punished = play(model, sampling=Sampling(top_k=1, repetition_penalty=1e6)).pitch
    assert all(len(set(punished[i : i + 16])) == 16 for i in range(24))


def test_the_published_rule_is_certain_until_it_repeats_itself() -> None:
    model, rule = a_model(), Sampling(rule="argmax")
    one, other = play(model, 1, sampling=rule, notes=60), play(model, 2, sampling=rule, notes=60)
    first = int(np.flatnonzero(one.pitch != other.pitch)[0])
    assert first >= 8
    assert (one.pitch[:first] == play(model, sampling=Sampling(top_k=1), notes=first).pitch).all()


def test_squared_error_names_one_time() -> None:
    line = play(a_model(time="squared"), notes=3)
    assert (line.step == play(a_model(time="squared"), notes=3, sampling=Sampling(temperature=9.0)).step)[:1].all()


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(InputError, match="give notes or steps"):
        play(a_model(), notes=None)


# -- weights and training


def test_weights_open_from_the_file_alone(tmp_path: Path) -> None:
    options = {"time": "mixture", "hidden": 8, "chords": True}
    weights = some_weights(Options(**options))  # type: ignore[arg-type]
    path = tmp_path / "weights.safetensors"
    sha256 = save(path, weights, {"model": "heads", "options": json.dumps(options), "vocabulary": "{}"})
    opened = MODEL.open(path, sha256)
    line = a_line()
    assert np.array_equal(opened.bits([line])[0], Heads.of(weights, Options(**options)).bits([line])[0])  # type: ignore[arg-type]


def test_other_weights_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save(path, {"x": np.zeros(1)}, {"model": "heads"})
    with pytest.raises(WeightsError, match="are not those of heads"):
        MODEL.open(path)


def a_dataset(folder: Path, songs: int = 12) -> Path:
    folder.mkdir()
    made = []
    for i in range(songs):
        line = a_line(60 + i, i, Key(i % 12, "major" if i % 2 else "minor"))
        notes = Notes(240 * line.start, 240 * line.duration, line.pitch, 16 * line.velocity + 8)
        split = ("train", "train", "valid", "test")[i % 4]
        made.append(Song(line.name, split, 80.0, 4, line.key, line.chords, notes, np.zeros(len(line), np.int64)))
    write(folder, made, {})
    return folder


def trainer() -> Any:
    return pytest.importorskip("dusktape.models.heads.net", reason="needs torch", exc_type=ImportError)


def batch_of(examples: Sequence[dict[str, np.ndarray]]) -> dict[str, Any]:
    import torch

    longest = max(len(e["song"]) for e in examples)
    padded = {
        name: torch.from_numpy(
            np.stack(
                [np.pad(e[name], ((0, longest - len(e[name])), *((0, 0),) * (e[name].ndim - 1))) for e in examples]
            )
        )
        for name in examples[0]
    }
    mask = np.stack([np.arange(longest) < len(e["song"]) for e in examples])
    return {**padded, "mask": torch.from_numpy(mask.astype(np.float32))}


def on_grid(net: Any) -> Any:
    import torch

    net.load_state_dict({k: torch.round(v * 4096) / 4096 for k, v in net.state_dict().items()})
    return net.eval()


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("chords", [False, True])
def test_numpy_computes_what_torch_trains(tmp_path: Path, time: str, chords: bool) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    options = {**net.OPTIONS, "time": time, "chords": chords, "hidden": 24}
    splits = net.load_splits(a_dataset(tmp_path / "songs"), options)
    model = on_grid(net.build(3, splits, options))
    weights = {k: v.astype(np.float64) for k, v in net.export(model, splits).items()}
    weights["laplace_steps"] = np.rint(4096 * weights["laplace_steps"]) / 4096
    model.laplace_steps.copy_(torch.from_numpy(weights["laplace_steps"]))
    ours = Heads.of(weights, Options.of(options))
    lines = net.Dataset.read(tmp_path / "songs").lines("test")
    with torch.no_grad():
        batch = batch_of(splits.test)
        theirs = model.costs(batch).sum(0).numpy() / np.log(2.0)
    for line, row, bits in zip(lines, theirs, ours.bits(lines), strict=True):
        assert np.abs(bits[:, 0] - row[: len(line)]).max() < 1e-4
    with torch.no_grad():
        total = float(model.nats(batch)) / np.log(2.0)
    assert total == pytest.approx(sum(bits[:, 0].sum() for bits in ours.bits(lines)), rel=1e-5)


def test_training_hears_windows_and_playing_the_whole_song(tmp_path: Path) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    splits = net.load_splits(a_dataset(tmp_path / "songs"), net.OPTIONS)
    model = on_grid(net.build(0, splits, net.OPTIONS))
    batch = batch_of(splits.train[:2])
    with torch.no_grad():
        whole = model.costs(batch)
        windows = model.train().costs(batch)
    assert torch.allclose(whole[..., :WINDOW_NOTES], windows[..., :WINDOW_NOTES], atol=1e-5)
    later = {k: v[:, WINDOW_NOTES : 2 * WINDOW_NOTES] for k, v in batch.items()}
    with torch.no_grad():
        alone = model.eval().costs(later)
    assert torch.allclose(windows[..., WINDOW_NOTES : 2 * WINDOW_NOTES], alone, atol=1e-5)
    assert not torch.allclose(whole[..., WINDOW_NOTES : 2 * WINDOW_NOTES], alone, atol=1e-5)


def test_songs_are_read_at_home_or_in_their_own_key(tmp_path: Path) -> None:
    net = trainer()
    folder = a_dataset(tmp_path / "songs")
    at_home = net.load_splits(folder, net.OPTIONS)
    free = net.load_splits(folder, {**net.OPTIONS, "keys": "augment"})
    assert not at_home.train[0]["free"].any()
    assert free.train[0]["free"].all()
    assert [len(s) for s in (at_home.train, at_home.valid, at_home.test)] == [6, 3, 3]
    own = net.Dataset.read(folder).lines("train")
    assert all((e["y"][:, 0] == line.pitch).all() for e, line in zip(free.train, own, strict=True))
    assert (at_home.train[1]["y"][:, 0] == own[1].in_c().pitch).all()


def test_each_epoch_cuts_elsewhere_and_moves_all_that_sounds_together() -> None:
    net = trainer()
    song, seen = net.example(a_line(70), 0, free=True), set()
    for seed in range(40):
        out = net.augment(song, np.random.default_rng(seed))
        cut = 70 - len(out["song"])
        up = int(out["y"][0, 0] - song["y"][cut, 0])
        seen.add((cut > 0, up))
        assert cut < WINDOW_NOTES
        assert (out["y"][:-1, 0] == out["past"][1:, 0]).all()
        assert (out["past"][0] == (song["past"][cut] + [up, 0, 0] if cut else [0, 0, 0])).all()
        sounding = song["chords"][cut:, 0] < 12
        moved = (out["chords"][:, 0] - song["chords"][cut:, 0]) % 12
        assert (moved[sounding] == up % 12).all()
        assert (moved[~sounding] == 0).all()
        assert (out["chords"][:, 1] == song["chords"][cut:, 1]).all()
    assert len({up for _, up in seen}) > 6
    assert {whole for whole, _ in seen} == {False, True}
    still = net.augment(net.example(a_line(70), 0, free=False), np.random.default_rng(0))
    assert (still["y"][:, 0] == song["y"][70 - len(still["y"]) :, 0]).all()


@pytest.mark.parametrize("time", TIMES)
def test_a_few_steps_of_training_lower_the_cost(tmp_path: Path, time: str) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    options = {**net.OPTIONS, "time": time, "hidden": 16}
    splits = net.load_splits(a_dataset(tmp_path / "songs"), options)
    model, batch = net.build(0, splits, options), batch_of(splits.train)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    loss = getattr(model, "loss", model.nats)
    assert hasattr(model, "loss") == (time == "squared")
    before = float(loss(batch).detach())
    for _ in range(40):
        optimiser.zero_grad()
        (loss(batch) / batch["mask"].sum()).backward()
        optimiser.step()
    assert float(loss(batch).detach()) < 0.9 * before


def test_pressure_keeps_published_times_positive(tmp_path: Path) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    model = net.PublishedNet(Options(time="squared", hidden=4))
    batch = batch_of([net.example(a_line(20), 0, free=False)])
    with torch.no_grad():
        for head in (model.step, model.duration):
            head.weight.zero_()
        model.step.bias.fill_(1.0)
        model.duration.bias.fill_(1.0)
        above = float(model.loss(batch))
        model.step.bias.fill_(-1.0)
        below = float(model.loss(batch))
    true = batch["y"][0, :, 1].numpy() / 4.0
    assert below - above == pytest.approx(float(((-1 - true) ** 2 - (1 - true) ** 2).sum()) + 10.0 * 20, rel=1e-4)


def test_the_scales_are_those_that_make_validation_likeliest(tmp_path: Path) -> None:
    torch, net = pytest.importorskip("torch"), trainer()
    options = {**net.OPTIONS, "time": "squared", "hidden": 8}
    splits = net.load_splits(a_dataset(tmp_path / "songs"), options)
    model = net.build(0, splits, options).eval()
    net.export(model, splits)
    with torch.no_grad():
        batch = batch_of(splits.valid)
        best = float(model.nats(batch))
        for factor in (0.8, 1.25):
            model.laplace_steps.mul_(factor)
            assert float(model.nats(batch)) > best
            model.laplace_steps.div_(factor)


def test_velocities_are_counted() -> None:
    net = trainer()
    line = a_line(30)
    rising = Line("x", C, (), **{**_arrays(line), "velocity": np.arange(30) % 8})
    table = np.exp(net.velocity_table([net.example(rising, 0, free=False)] * 20))
    assert table[3, 2].argmax() == 4
    assert table[8, 8].argmax() == 0
    assert np.allclose(table.sum(-1), 1.0, atol=0.01)
    assert table[3, 6].argmax() == 4, "a pair that never came leans on the last one"


def test_a_dataset_without_melodies_is_refused(tmp_path: Path) -> None:
    net = trainer()
    (tmp_path / "none").mkdir()
    write(tmp_path / "none", [], {})
    with pytest.raises(InputError, match="no melodies"):
        net.load_splits(tmp_path / "none", net.OPTIONS)
