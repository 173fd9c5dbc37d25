from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.nn.training import Example

pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")

from dusktape.train import batches


def songs(count: int) -> list[Example]:
    return [{"y": np.full(10 + 7 * i % 40, i), "song": np.full(10 + 7 * i % 40, i)} for i in range(count)]


def names(some: list[list[Example]]) -> list[list[int]]:
    return [[int(e["song"][0]) for e in batch] for batch in some]


def test_each_example_is_seen_once_an_epoch() -> None:
    seen = names(list(batches.epoch(songs(700), 4, seed=Seed(1))))
    assert sorted(n for batch in seen for n in batch) == list(range(700))
    assert len(seen) == batches.count(songs(700), 4)


def test_another_epoch_has_another_order() -> None:
    one, two = (names(list(batches.epoch(songs(40), 4, seed=Seed(1).at("epoch", k)))) for k in (0, 1))
    assert one != two


def test_examples_stand_beside_others_of_their_length() -> None:
    spread = [
        max(map(batches.length, b)) - min(map(batches.length, b)) for b in batches.epoch(songs(200), 8, seed=Seed(2))
    ]
    assert np.mean(spread) < 6


@pytest.mark.parametrize("first", [1, 5, 63, 64, 70, 174])
def test_the_rest_of_an_epoch_is_the_end_of_the_whole_one(first: int) -> None:
    def augment(example: Example, rng: np.random.Generator) -> Example:
        first = int(rng.integers(0, 8))
        return {name: array[first:] for name, array in example.items()}

    def shapes(some: list[list[Example]]) -> list[list[tuple[int, int]]]:
        return [[(int(e["song"][0]), len(e["y"])) for e in batch] for batch in some]

    whole = shapes(list(batches.epoch(songs(700), 4, seed=Seed(3), augment=augment)))
    rest = shapes(list(batches.epoch(songs(700), 4, seed=Seed(3), augment=augment, first=first)))
    assert rest == whole[first:]


def test_each_example_is_varied_on_its_own() -> None:
    drawn = []

    def augment(example: Example, rng: np.random.Generator) -> Example:
        drawn.append(int(rng.integers(1 << 60)))
        return example

    list(batches.epoch(songs(48), 8, seed=Seed(1), augment=augment))
    assert len(set(drawn)) == 48


def test_a_batch_is_padded_with_zeros_and_masked() -> None:
    batch = batches.collate(songs(3), "cpu")
    assert batch["mask"].sum(1).tolist() == [float(len(e["y"])) for e in songs(3)]
    assert (batch["y"][batch["mask"] == 0] == 0).all()


def test_each_name_is_padded_to_its_own_longest_and_the_mask_is_of_the_first() -> None:
    examples = [{"y": np.ones((n, 2), np.float32), "about": np.array([n])} for n in (3, 5)]
    batch = batches.collate(examples, "cpu")
    assert (tuple(batch["y"].shape), tuple(batch["about"].shape)) == ((2, 5, 2), (2, 1))
    assert batch["mask"].sum(1).tolist() == [3.0, 5.0]
