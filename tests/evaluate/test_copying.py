import math

import numpy as np

from dusktape.evaluate.copying import copying
from dusktape.nn.phrases import LENGTHS, MODES, Match, build

from .lines import line_of, walk

SONGS = [walk(f"song{k}", 80) for k in range(6)]
PEOPLE = [walk(f"held{k}", 70) for k in range(4)]


def test_a_straight_copy_is_caught_in_both_modes_and_named() -> None:
    moved = line_of((SONGS[2].pitch + 3).tolist(), (2 * SONGS[2].step).tolist())
    found = copying([moved], build(SONGS, held_out=PEOPLE))
    for mode in MODES:
        assert found[mode].longest == (Match(80, "song2"),)
        assert found[mode].figures() == {"longest_p50": 80, "longest_p95": 80, "longest_max": 80, "share_15": 1.0}
        assert found[mode].people()["longest_max"] < 20
        assert found[mode].people()["share_15"] == 0.0


def test_shares_fall_with_length_and_stand_beside_peoples() -> None:
    index = build(SONGS, held_out=PEOPLE)
    found = copying(PEOPLE, index)
    for mode in MODES:
        assert found[mode].share.shape == (len(LENGTHS),)
        assert (np.diff(found[mode].share) <= 0).all()
        assert found[mode].share.tolist() == found[mode].people_share.tolist()
        assert sorted(m.length for m in found[mode].longest) == found[mode].people_longest.tolist()
    assert (found["intervals"].share >= found["rhythm"].share).all()


def test_short_songs_are_also_held_against_stretches_as_short() -> None:
    index = build(SONGS, held_out=[walk("song0", 80)])
    people = copying([walk("new", 20)], index)["rhythm"].people()
    assert people["longest_p95"] == 80
    assert people["stretch_p95"] == 20


def test_no_songs_have_no_figures() -> None:
    found = copying([], build(SONGS))
    assert all(
        math.isnan(v) for mode in MODES for v in (*found[mode].figures().values(), *found[mode].people().values())
    )
