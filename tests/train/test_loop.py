from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.nn.training import Example, Splits
from dusktape.train.settings import Settings

torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")

from dusktape.train import checkpoint, device, divergence  # noqa: E402
from dusktape.train.average import decay  # noqa: E402
from dusktape.train.costs import bits  # noqa: E402
from dusktape.train.loop import Job, State, fit, learning_rate  # noqa: E402

PATTERN = np.array([0, 2, 1, 2, 3])
VALID_EVENTS = 30 + 31 + 32 + 33 + 30


class Toy(torch.nn.Module):  # type: ignore[misc]
    """Next token of four, from the token before and an LSTM."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 8)
        self.lstm = torch.nn.LSTM(8, 16, batch_first=True)
        self.drop = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(16, 4)

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        y = batch["y"]
        before = torch.nn.functional.pad(y[:, :-1], (1, 0), value=4)
        logits = self.head(self.drop(self.lstm(self.table(before))[0]))
        nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
        return (nats * batch["mask"].flatten()).sum()


def songs(count: int, length: int = 30) -> list[Example]:
    return [
        {"y": np.resize(np.roll(PATTERN, -i), length + i % 4), "song": np.full(length + i % 4, i, np.int32)}
        for i in range(count)
    ]


def splits() -> Splits:
    return Splits(songs(24), songs(5), songs(5), events=lambda e: len(e["y"]))


def net(dropout: float = 0.0) -> Toy:
    torch.manual_seed(0)
    return Toy(dropout)


def weights(module: Any) -> list[Any]:
    return [value.tolist() for value in module.state_dict().values()]


def test_a_toy_network_learns_its_pattern_and_the_history_says_so() -> None:
    settings, state = Settings(epochs=12, batch_size=4, learning_rate=0.02, warmup_steps=5), State()
    module = fit(net(), splits(), settings, state=state, device="cpu")
    test = splits().test
    assert bits(module, test, settings) / sum(len(e["y"]) for e in test) < 0.35, "a first token of five costs 2.3 bits"
    assert [row["epoch"] for row in state.history] == list(range(13))
    assert state.history[0]["valid_loss"] == pytest.approx(2.0, abs=0.2), "four tokens, nothing learned"
    assert state.history[1]["train_loss"] > state.history[-1]["train_loss"]
    assert (state.stopped, state.step, state.learned) == ("done", 12 * 6, 12 * sum(len(e["y"]) for e in songs(24)))


def other_songs_held_out() -> tuple[Splits, list[Example]]:
    """Return splits whose validation songs are another pattern: to learn the first is to get worse at the second."""
    data = splits()
    other: list[Example] = [{"y": np.resize([3, 3, 0], 30), "song": np.full(30, 9, np.int32)}]
    return Splits(data.train, other, data.test, data.events), other


@pytest.mark.parametrize("ema", [0.0, 0.6])
def test_early_stopping_brings_back_the_best_weights(ema: float) -> None:
    data, other = other_songs_held_out()
    settings = Settings(epochs=40, batch_size=4, learning_rate=0.02, warmup_steps=1, patience=3, ema=ema)
    state = State()
    module = fit(net(), data, settings, state=state, device="cpu")
    assert (state.stopped, state.since) == ("early", 3)
    assert state.epoch < 40
    assert state.best == min(row["valid_loss"] for row in state.history)
    assert state.history[-1]["valid_loss"] > state.best
    assert bits(module, other, settings) / 30 == pytest.approx(state.best, rel=1e-5)


def test_the_last_weights_are_kept_where_that_is_asked_for_and_nothing_stops_early() -> None:
    data, other = other_songs_held_out()
    settings = Settings(epochs=12, batch_size=4, learning_rate=0.02, warmup_steps=1, patience=3, keep="last")
    state = State()
    module = fit(net(), data, settings, state=state, device="cpu")
    assert (state.stopped, state.epoch) == ("done", 12)
    last, lowest = state.history[-1]["valid_loss"], min(row["valid_loss"] for row in state.history)
    assert bits(module, other, settings) / 30 == pytest.approx(last, rel=1e-5)
    assert last > lowest


@pytest.mark.parametrize("ema", [0.0, 0.6])
@pytest.mark.parametrize("rate", [1e3, 1e6])
def test_a_loss_that_diverges_stops_and_the_best_weights_come_back(rate: float, ema: float) -> None:
    settings = Settings(epochs=400, batch_size=4, learning_rate=rate, warmup_steps=1, patience=400, ema=ema)
    state = State()
    module = fit(net(), splits(), settings, state=state, device="cpu")
    assert state.stopped == "diverged"
    assert state.step < 400
    assert all(torch.isfinite(value).all() for value in module.state_dict().values())
    assert bits(module, splits().valid, settings) / VALID_EVENTS == pytest.approx(state.best, rel=1e-4)


def test_a_loss_that_climbs_half_the_way_back_and_stays_there_diverges() -> None:
    class Climbing(Toy):
        calls = 0

        def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            Climbing.calls += 1
            shown = 10.0 if Climbing.calls < 20 else 1.0 if Climbing.calls < 60 else 7.0
            return self.nats(batch) * 0.0 + shown * batch["mask"].sum()

    state = State()
    settings = Settings(epochs=100, batch_size=4, learning_rate=1e-3, report_steps=5, patience=100)
    fit(Climbing(), splits(), settings, state=state, device="cpu")
    assert state.stopped == "diverged"
    assert 150 < state.step < 170


@pytest.mark.parametrize(("loss", "runs_away"), [(2000.0, True), (900.0, False), (-2000.0, False)])
def test_a_loss_a_thousand_times_the_first_diverges_where_nothing_is_held_out(loss: float, runs_away: bool) -> None:
    assert divergence.blows_up(State(step=20, first=1.0, recent=loss), None) is runs_away
    assert not divergence.blows_up(State(), None)


@pytest.mark.parametrize("patience", [1, 8])
def test_a_few_songs_diverge_before_patience_or_a_hundred_steps_run_out(patience: int) -> None:
    settings = Settings(
        epochs=20, batch_size=24, learning_rate=1e3, warmup_steps=0, clip=0.0, patience=patience, report_steps=20
    )
    state = State()
    module = fit(net(), splits(), settings, state=state, device="cpu")
    assert (state.stopped, state.best_step) == ("diverged", 0)
    assert state.step < 5
    assert state.history[-1]["valid_loss"] > 2 * state.history[0]["valid_loss"]
    assert weights(module) == weights(net()), "these are the weights it began with"


def test_songs_learned_by_heart_are_not_taken_for_divergence() -> None:
    class ByHeart(Toy):
        def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            worse = 1.0 if self.training or Job_step[0] == 0 else 3.0
            return super().nats(batch) * worse

    Job_step = [0]
    settings, state = Settings(epochs=4, batch_size=4, learning_rate=0.02, warmup_steps=1, patience=9), State()
    watch = lambda job: Job_step.__setitem__(0, job.state.step)  # noqa: E731
    fit(ByHeart(), splits(), settings, state=state, device="cpu", watch=watch)
    assert state.history[1]["valid_loss"] > 2 * state.history[0]["valid_loss"]
    assert state.history[-1]["train_loss"] < state.first
    assert state.stopped == "done"


def test_a_bad_moment_is_not_taken_for_divergence() -> None:
    class Stumbling(Toy):
        calls = 0

        def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            Stumbling.calls += 1
            return self.nats(batch) * (100.0 if Stumbling.calls == 7 else 1.0)

    state = State()
    settings = Settings(epochs=8, batch_size=4, learning_rate=1e-3, report_steps=1)
    fit(Stumbling(), splits(), settings, state=state, device="cpu")
    assert state.stopped == "done"


def test_validation_songs_can_be_learned_from_and_then_the_last_weights_stay() -> None:
    seen = set()

    def augment(example: Example, rng: np.random.Generator) -> Example:
        seen.add(id(example["y"]))
        return example

    data, state = splits(), State()
    module = net()
    last: list[Any] = []
    settings = Settings(epochs=2, batch_size=4, hold_out=False, patience=1)
    fit(module, data, settings, augment, state=state, device="cpu", watch=lambda job: last.append(weights(job.net)))
    assert {id(e["y"]) for e in data.valid} < seen
    assert {row["valid_loss"] for row in state.history} == {None}
    assert weights(module) == last[-1]


def test_it_validates_inside_an_epoch_where_that_is_asked() -> None:
    state = State()
    fit(net(), splits(), Settings(epochs=1, batch_size=2, validate_steps=5), state=state, device="cpu")
    assert [row["step"] for row in state.history] == [0, 5, 10, 12]


@pytest.mark.parametrize("stop", [1, 4, 6, 13])
@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_a_training_that_is_put_down_anywhere_and_taken_up_again_ends_with_the_same_bits(
    tmp_path: Path, stop: int, ema: float
) -> None:
    settings = Settings(epochs=3, batch_size=4, learning_rate=0.02, report_steps=4, ema=ema, validate_steps=5)

    def augment(example: Example, rng: np.random.Generator) -> Example:
        first = int(rng.integers(0, 5))
        return {name: array[first:] for name, array in example.items()}

    def save(job: Job) -> None:
        if job.state.step == stop:
            checkpoint.write(tmp_path / "c", job.snapshot())

    whole, resumed = State(), State()
    unbroken = fit(net(0.3), splits(), settings, augment, state=whole, device="cpu", watch=save)
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002
    again = fit(
        net(0.3), splits(), settings, augment, state=resumed, device="cpu", saved=checkpoint.read(tmp_path / "c")
    )
    assert weights(again) == weights(unbroken)
    timed = ("seconds", "events_per_s")
    assert [{k: v for k, v in row.items() if k not in timed} for row in resumed.history] == [
        {k: v for k, v in row.items() if k not in timed} for row in whole.history
    ]


def test_the_best_weights_are_the_same_after_being_put_down_where_later_ones_are_worse(tmp_path: Path) -> None:
    data, _ = other_songs_held_out()
    settings = Settings(epochs=40, batch_size=4, learning_rate=0.02, warmup_steps=1, patience=3, ema=0.6)
    state = State()

    def save(job: Job) -> None:
        if job.state.since == 2:
            checkpoint.write(tmp_path / "c", job.snapshot())

    unbroken = fit(net(), data, settings, state=state, device="cpu", watch=save)
    assert (state.stopped, state.best_step < state.step) == ("early", True)
    again = fit(net(), data, settings, device="cpu", saved=checkpoint.read(tmp_path / "c"))
    assert weights(again) == weights(unbroken)


def test_weights_that_are_no_numbers_are_not_kept_where_nothing_is_held_out() -> None:
    class Breaking(Toy):
        def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            seen.append(1)
            return self.nats(batch) * (torch.nan if len(seen) == 3 else 1.0)

    seen: list[int] = []
    torch.manual_seed(0)
    module, state = Breaking(), State()
    settings = Settings(epochs=2, batch_size=4, hold_out=False, validate_steps=1, report_steps=100, ema=0.5)
    fit(module, splits(), settings, state=state, device="cpu")
    assert state.stopped == "diverged"
    assert all(torch.isfinite(value).all() for value in module.state_dict().values())


def test_the_same_seed_trains_the_same_network_and_another_one_does_not() -> None:
    found = [weights(fit(net(0.3), splits(), Settings(epochs=1, seed=seed), device="cpu")) for seed in (3, 3, 4)]
    assert found[0] == found[1]
    assert found[0] != found[2]


def test_an_average_of_the_weights_is_what_is_validated_and_kept() -> None:
    settings, state, seen = Settings(epochs=2, batch_size=4, learning_rate=0.02, ema=0.9), State(), []
    module = fit(net(), splits(), settings, state=state, device="cpu", watch=lambda job: seen.append(weights(job.net)))
    assert weights(module) != seen[-1]
    assert bits(module, splits().valid, settings) / VALID_EVENTS == pytest.approx(state.best, rel=1e-5)


def test_half_precision_learns_too() -> None:
    state = State()
    settings = Settings(epochs=6, batch_size=4, learning_rate=0.02, warmup_steps=5, precision="bf16")
    module = fit(net(), splits(), settings, state=state, device="cpu")
    assert next(iter(module.state_dict().values())).dtype == torch.float32
    assert state.best is not None
    assert state.best < 1.2


def test_precision_is_left_alone_below_the_size_that_the_guide_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **how: True)
    assert [device._precision(d, n) for d in (None, "cuda") for n in (device.LARGE - 1, device.LARGE)] == [
        "no",
        "bf16",
    ] * 2
    assert device._precision("cpu", device.LARGE) == "no"
    guide = Path(__file__).parents[2] / "docs" / "guides" / "learning.md"
    for text in (guide.read_text(encoding="utf-8"), Settings.__doc__ or ""):
        assert f"{device.LARGE // 1_000_000} million parameters" in text


def test_a_training_takes_leave_of_the_other_processes() -> None:
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    fit(net(), splits(), Settings(epochs=1), device="cpu")
    assert not torch.distributed.is_initialized()


def test_what_is_minimised_may_be_something_else_than_what_is_validated() -> None:
    class Other(Toy):
        def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            return self.nats(batch) * 0.0 + self.head.bias.square().sum() * batch["mask"].sum()

    torch.manual_seed(0)
    module, state = Other(), State()
    fit(module, splits(), Settings(epochs=3, batch_size=4, learning_rate=0.05), state=state, device="cpu")
    assert state.history[-1]["train_loss"] < 0.1
    assert state.history[-1]["valid_loss"] == pytest.approx(2.0, abs=0.2)


def test_a_batch_may_be_smaller_than_the_number_of_examples_left() -> None:
    state = State()
    fit(net(), splits(), Settings(epochs=1, batch_size=100), state=state, device="cpu")
    assert state.step == 1


def test_the_learning_rate_warms_up_and_falls_to_a_fiftieth() -> None:
    settings = Settings(learning_rate=1.0, warmup_steps=10)
    rates = [learning_rate(step, 1000, settings) for step in range(1000)]
    assert rates[0] == pytest.approx(0.1)
    assert np.argmax(rates) in (9, 10)
    assert rates[-1] == pytest.approx(0.02, abs=1e-4)
    assert not math.isnan(learning_rate(0, 1, Settings(warmup_steps=0)))


def test_warming_up_takes_a_fifth_of_a_small_training_at_most() -> None:
    rates = [learning_rate(step, 60, Settings(learning_rate=1.0, warmup_steps=100)) for step in range(60)]
    assert np.argmax(rates) in (11, 12)
    assert max(rates) > 0.9
    assert learning_rate(0, 3, Settings(learning_rate=1.0, warmup_steps=100)) == pytest.approx(1.0)


def test_padding_is_masked_and_costs_nothing() -> None:
    data, settings = songs(6), Settings(batch_size=3)
    module = net()
    alone = sum(bits(module, [e], settings) for e in data)
    assert bits(module, data, settings) == pytest.approx(alone, rel=1e-5)


def test_steps_end_a_training_in_the_middle_of_an_epoch_and_validate_there() -> None:
    settings, state = Settings(epochs=9, steps=8, batch_size=4, warmup_steps=1), State()
    fit(net(), splits(), settings, state=state, device="cpu")
    assert (state.stopped, state.step, state.epoch, state.batch) == ("done", 8, 1, 2)
    assert [row["step"] for row in state.history] == [0, 6, 8]
    assert learning_rate(7, 8, settings) < 0.1 * settings.learning_rate


@pytest.mark.parametrize(("every", "steps"), [(1, [0, 6, 12, 18, 24]), (2, [0, 12, 24]), (0, [0, 10, 20, 24])])
def test_epochs_are_validated_as_often_as_asked_for(every: int, steps: list[int]) -> None:
    state = State()
    how = {"validate_epochs": every, "validate_steps": 0 if every else 10}
    fit(net(), splits(), Settings(epochs=4, batch_size=4, **how), state=state, device="cpu")
    assert [row["step"] for row in state.history] == steps


def test_the_average_forgets_faster_for_as_many_steps_as_asked_for() -> None:
    settings = Settings(ema=0.99, ema_early=0.5, ema_early_steps=3)
    assert [decay(step, settings) for step in range(5)] == [0.5, 0.5, 0.5, 0.99, 0.99]


def test_a_network_that_draws_from_a_sequence_is_told_its_place() -> None:
    class Placed(Toy):
        def seek(self, seen: int, process: int, processes: int) -> None:
            places.append((seen, process, processes))

    places: list[tuple[int, int, int]] = []
    torch.manual_seed(0)
    fit(Placed(), splits(), Settings(epochs=2, batch_size=10), device="cpu")
    seen = [place[0] for place in places]
    assert seen[0] == 0
    assert set(np.diff(seen).tolist()) == {10, 4}
    assert {place[1:] for place in places} == {(0, 1)}


@pytest.mark.parametrize(("level", "ending"), [(1.7, "done"), (4.0, "diverged")])
def test_a_noisy_loss_diverges_only_well_above_twice_its_lowest(level: float, ending: str) -> None:
    class Denoiser(torch.nn.Module):  # type: ignore[misc]
        calls = 0

        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            self.calls += self.training
            shown = 1.0 if self.calls <= 40 else level
            return self.weight.sum() * 0.0 + shown * batch["mask"].sum()

    state = State()
    settings = Settings(epochs=40, batch_size=4, report_steps=5, patience=100)
    fit(Denoiser(), splits(), settings, state=state, device="cpu")
    assert state.stopped == ending
