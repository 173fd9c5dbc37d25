"""The one-shots that ship: every class is heard as what it is, and begins at once."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import Floats
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.models.oneshot.infer import PEAK, OneShots

MODEL = find("models", "oneshot")
RATE = 44_100
COUNT = 6


@pytest.fixture(scope="module")
def sounds() -> dict[str, list[Floats]]:
    made: OneShots = MODEL.open()
    return {
        kind: [s[0].astype(np.float64) for s in made.write_sounds(COUNT, seed=Seed(5).at(kind), label=kind)]
        for kind in made.labels
    }


def centroid(sound: Floats) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(sound.size, 1 / RATE)).sum() / power.sum())


def fall_s(sound: Floats) -> float:
    energy = np.cumsum(np.square(sound)[::-1])[::-1]
    return float(np.argmax(energy < 0.01 * energy[0])) / RATE


def middle(values: list[float]) -> float:
    return float(np.median(values))


def test_the_weights_are_small_and_open_by_name() -> None:
    assert MODEL.weights.stat().st_size < 5_000_000
    assert MODEL.role == "sound"
    assert MODEL.facts["model"] == "oneshot"


def test_every_class_lies_where_it_should(sounds: dict[str, list[Floats]]) -> None:
    colour = {kind: middle([centroid(s) for s in some]) for kind, some in sounds.items()}
    assert colour["kick"] < colour["snare"] < colour["closed hat"]
    assert colour["tom"] < colour["rim"] < colour["clap"] < colour["shaker"]
    assert colour["kick"] < 250.0
    assert colour["open hat"] > 3500.0
    ring = {kind: middle([fall_s(s) for s in some]) for kind, some in sounds.items()}
    assert 2.0 * max(ring["rim"], ring["closed hat"]) < ring["open hat"]
    assert 0.05 < ring["kick"] < 0.9


def test_strokes_begin_at_their_onset_and_end_in_silence(sounds: dict[str, list[Floats]]) -> None:
    for kind, some in sounds.items():
        for sound in some:
            assert np.argmax(np.abs(sound) > 0.05) < 0.012 * RATE, kind
            assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-6)
            assert np.abs(sound[-50:]).max() < 1e-3
    assert middle([float(np.argmax(np.abs(s) > 0.5)) for s in sounds["kick"]]) < 0.02 * RATE


def test_no_two_are_alike(sounds: dict[str, list[Floats]]) -> None:
    for some in sounds.values():
        first = [np.resize(np.append(s, np.zeros(16_384)), 16_384) for s in some]
        shapes = [10.0 * np.log10(np.square(s.reshape(-1, 256)).mean(axis=1) + 1e-9) for s in first]
        apart = [np.abs(a - b).mean() for i, a in enumerate(shapes) for b in shapes[:i]]
        assert min(apart) > 0.3
