import numpy as np
import pytest

from dusktape.compose import material
from dusktape.core.score import SIXTEENTH, Note
from dusktape.core.seed import Seed
from dusktape.evaluate import structure
from dusktape.studio.production import compose
from dusktape.studio.wish import Wish


class Drummer:
    def write_drums(self, **asked: object) -> tuple[Note, ...]:
        return tuple(Note(k * SIXTEENTH + (20, -30)[k % 2], 60, 42, 90) for k in range(1, 16))


def drums(looseness: float) -> tuple[Note, ...]:
    recipe = Wish("dusk", settings=(f"drums.looseness={looseness}",)).resolve(Seed(1))
    writers = material.Writers(*(None,) * 2, Drummer(), None)  # type: ignore[arg-type]
    return material.write_drums(recipe, writers, (False,), Seed(1))


def test_looseness_scales_how_far_hits_stray_and_moves_none_to_another_sixteenth():
    learned, tight, loose, wild = (drums(x) for x in (1.0, 0.0, 2.0, 3.0))
    assert {n.start % SIXTEENTH for n in tight} == {0}
    assert [n.start - round(n.start / SIXTEENTH) * SIXTEENTH for n in loose[:2]] == [-60, 40]
    assert [round(n.start / SIXTEENTH) for n in wild] == [round(n.start / SIXTEENTH) for n in learned]


@pytest.mark.parametrize("recipe", ["rainy", "dusk"])
def test_a_melody_that_turns_comes_back_and_yet_not_always_the_same(recipe):
    shares = []
    for seed in range(6):
        lead = compose(Wish(recipe).resolve(Seed(seed)), Seed(seed)).parts["lead"]
        bars = [bar for bar in structure.melody_bars(lead) if bar]
        shares.append(1 - len(set(bars)) / len(bars))
    assert 0.1 <= np.mean(shares) <= 0.6


def test_a_varied_melody_begins_as_it_was():
    recipe = Wish("rainy").resolve(Seed(3))
    lead = compose(recipe, Seed(3)).parts["lead"]
    bars = structure.melody_bars(lead)
    spans = [bars[k : k + 2] for k in range(0, len(bars) - 1, 8) if any(bars[k : k + 2])]
    assert len({tuple(span) for span in spans}) < len(spans)
