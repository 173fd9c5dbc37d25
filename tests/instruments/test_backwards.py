import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.seed import Seed
from dusktape.instruments.backwards import Backwards

CUES = Cues(frames=SAMPLE_RATE * 8, bpm=80.0)


def heard(notes, frames=SAMPLE_RATE * 4, **params):
    player = Backwards(**params).open(SAMPLE_RATE, notes, cues=CUES, seed=Seed(3))
    return player.render(frames).mean(axis=0)


def level(x):
    return float(np.sqrt(np.mean(x.astype(float) ** 2)))


def test_a_note_swells_into_its_end_and_breaks_off():
    x = heard((PlayedNote(10_000, 80_000, 60, 0.7),))
    quarters = [level(x[10_000 + k * 20_000 : 10_000 + (k + 1) * 20_000]) for k in range(4)]
    assert quarters == sorted(quarters)
    assert quarters[3] > 3.0 * quarters[0]
    assert not x[:10_000].any()
    assert not x[90_000:].any()


def test_a_long_note_swells_only_at_its_end():
    x = heard((PlayedNote(0, 120_000, 60, 0.7),), swell_s=1.0)
    assert not x[: 120_000 - SAMPLE_RATE].any()
    assert level(x[100_000:120_000]) > 1e-3


def test_harder_notes_are_louder_and_notes_of_one_length_share_a_take():
    soft = PlayedNote(0, 60_000, 60, 0.45)
    hard = PlayedNote(60_000, 60_000, 60, 0.55)
    player = Backwards().open(SAMPLE_RATE, (soft, hard), cues=CUES, seed=Seed(3))
    x = player.render(120_000)[0]
    assert level(x[60_000:]) > 1.1 * level(x[:60_000])
    assert len(player._left) == 1
