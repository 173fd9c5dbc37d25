"""What ships with every model."""

from __future__ import annotations

from dusktape.core.plugins import find, names
from dusktape.nn.weights import sha256

SHIPPED = [model for name in names("models") if (model := find("models", name)).ships]


def test_all_weights_together_stay_small() -> None:
    assert sum(model.weights.stat().st_size for model in SHIPPED) < 16_000_000


def test_all_weights_are_those_that_their_facts_name() -> None:
    assert {"harmony", "melody", "drums", "comping", "latent"} <= {model.name for model in SHIPPED}
    for model in SHIPPED:
        assert sha256(model.weights) == model.sha256, model.name
