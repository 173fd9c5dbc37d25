import numpy as np
import pytest

from dusktape.compose import material
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note
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


class Busy:
    def write_drums(self, *, bars: int, **asked: object) -> tuple[Note, ...]:
        return tuple(Note(b * BAR + k * SIXTEENTH, 60, 42, 90) for b in range(bars) for k in range(b + 1))


@pytest.mark.parametrize(("loop_bars", "counts"), [(2, [1, 2, 1, 2, 1, 2, 1, 8]), (8, [1, 2, 3, 4, 5, 6, 7, 8])])
def test_a_beat_comes_round_after_its_bars_but_for_fills(loop_bars, counts):
    recipe = Wish("dusk", settings=(f"drums.loop_bars={loop_bars}", "drums.half_time=false")).resolve(Seed(1))
    writers = material.Writers(*(None,) * 2, Busy(), None)  # type: ignore[arg-type]
    hits = material.write_drums(recipe, writers, (False,) * 7 + (True,), Seed(1))
    assert [sum(h.start // BAR == bar for h in hits) for bar in range(8)] == counts


class Hands:
    def write_melody(self, **asked: object) -> tuple[Note, ...]:
        return ()

    def write_rhythm(self, *, bars: int, **asked: object) -> tuple[tuple[int, int], ...]:
        return tuple((b * BAR + k * SIXTEENTH, SIXTEENTH) for b in range(bars) for k in range(b + 1))


@pytest.mark.parametrize(
    ("looped", "counts"), [("true", [1, 2, 1, 2, 1, 2, 1, 2]), ("false", [1, 2, 3, 4, 5, 6, 7, 8])]
)
def test_looped_chords_are_struck_where_they_were_in_the_first_turn(looped, counts):
    settings = (f"comping.looped={looped}", "comping.style=struck", "form.loop_bars=2")
    recipe = Wish("study", settings=settings).resolve(Seed(1))
    loop = (Chord(0, BAR, 0, "maj7"), Chord(BAR, BAR, 9, "m7"))
    writers = material.Writers(None, Hands(), Busy(), Hands())  # type: ignore[arg-type]
    written = material.write_material("A0", recipe, Key(0, "major"), loop, writers, Seed(1))
    assert [len({n.start for n in written.keys if n.start // BAR == bar}) for bar in range(8)] == counts
