import json
from pathlib import Path

import numpy as np
import pytest

from dusktape.nn.training import Example, Splits

torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")

from dusktape.train.loop import Run, batches, bits, collate, fit  # noqa: E402

PATTERN = np.array([0, 2, 1, 2, 3])


class Toy(torch.nn.Module):  # type: ignore[misc]
    """Next token of four, from the token before and an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(5, 8)
        self.lstm = torch.nn.LSTM(8, 16, batch_first=True)
        self.head = torch.nn.Linear(16, 4)

    def nats(self, batch: dict[str, "torch.Tensor"]) -> "torch.Tensor":
        y = batch["y"]
        before = torch.nn.functional.pad(y[:, :-1], (1, 0), value=4)
        logits = self.head(self.lstm(self.table(before))[0])
        nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
        return (nats * batch["mask"].flatten()).sum()


def songs(count: int, length: int = 30) -> list[Example]:
    return [
        {"y": np.resize(np.roll(PATTERN, -i), length + i % 4), "song": np.full(length + i % 4, i, np.int32)}
        for i in range(count)
    ]


def splits() -> Splits:
    return Splits(songs(24), songs(5), songs(5), events=lambda e: len(e["y"]))


def toy() -> Toy:
    torch.manual_seed(0)
    return Toy()


def test_a_toy_network_learns_its_pattern_and_the_log_says_so(tmp_path: Path) -> None:
    run = Run(epochs=12, batch_size=4, learning_rate=0.02, warmup_steps=5, log=tmp_path / "log.jsonl")
    net = fit(toy(), splits(), run)
    test = splits().test
    assert bits(net, test, run) / sum(len(e["y"]) for e in test) < 0.35, "a first token of five costs up to 2.3 bits"
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert rows == run.history
    assert rows[0]["train_bits_per_event"] > rows[-1]["train_bits_per_event"]
    assert [r["epoch"] for r in rows] == list(range(1, len(rows) + 1))


def test_early_stopping_brings_back_the_best_epoch() -> None:
    # The validation songs are another pattern: to learn the first is to get worse at the second.
    data = splits()
    other: list[Example] = [{"y": np.resize([3, 3, 0], 30), "song": np.full(30, 9, np.int32)}]
    data = Splits(data.train, other, data.test, data.events)
    run = Run(epochs=40, batch_size=4, learning_rate=0.02, warmup_steps=1, patience=3)
    net = fit(toy(), data, run)
    best = min(r["valid_bits_per_event"] for r in run.history)
    assert len(run.history) < 40
    assert run.history[-1]["valid_bits_per_event"] > best
    assert bits(net, other, run) / 30 == pytest.approx(best, rel=1e-5)


def test_the_same_seed_trains_the_same_network() -> None:
    runs = [Run(epochs=2, batch_size=4, seed=3) for _ in range(2)]
    for run in runs:
        fit(toy(), splits(), run)
    histories = [[r["valid_bits_per_event"] for r in run.history] for run in runs]
    assert histories[0] == histories[1]


def test_padding_is_masked_and_costs_nothing() -> None:
    data, run = songs(6), Run(batch_size=3)
    net = toy()
    alone = sum(bits(net, [e], run) for e in data)
    assert bits(net, data, run) == pytest.approx(alone, rel=1e-5)
    batch = collate(data, "cpu")
    assert batch["mask"].sum(1).tolist() == [float(len(e["y"])) for e in data]


def test_each_example_is_seen_once_an_epoch_beside_others_of_its_length() -> None:
    data = songs(23) + songs(10, length=90)
    seen = []
    for batch in batches(data, 4, "cpu", np.random.Generator(np.random.PCG64(0))):
        lengths = batch["mask"].sum(1)
        seen += lengths.tolist()
    assert sorted(seen) == sorted(float(len(e["y"])) for e in data)


def test_examples_may_be_varied_each_epoch() -> None:
    calls = []

    def augment(example: Example, rng: np.random.Generator) -> Example:
        calls.append(int(rng.integers(1 << 30)))
        return example

    fit(toy(), splits(), Run(epochs=2, batch_size=8), augment)
    assert len(calls) == 48
    assert len(set(calls)) == 48
