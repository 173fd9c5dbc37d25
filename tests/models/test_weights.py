"""What ships with every model."""

from __future__ import annotations

from dusktape.core.plugins import find, names
from dusktape.nn.weights import sha256


def test_all_weights_together_stay_small() -> None:
    assert sum(find("models", name).weights.stat().st_size for name in names("models")) < 16_000_000


def test_all_weights_are_those_that_their_facts_name() -> None:
    for name in names("models"):
        model = find("models", name)
        assert sha256(model.weights) == model.sha256, name
