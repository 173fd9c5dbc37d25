from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dusktape.compose.form import bars_for, boundaries, plan, section_lengths
from dusktape.core.recipe import Form
from dusktape.core.seed import Seed

NAMES = {"intro", "A", "B", "A'", "break", "B'", "outro", "end"}
EVERYBODY = frozenset({"keys", "lead", "pad", "bass", "drums"})


def form(length_s=150.0, *, intro_bars=4, **more):
    return Form(
        length_s=length_s,
        **{"loop_bars": 4, "intro_bars": intro_bars, "one_loop": True, "fullness": 0.6, "contrast": 0.7, **more},
    )


def planned(seed=1, length_s=150.0, bpm=80.0, *, players=EVERYBODY, lead=True, **more):
    return plan(form(length_s, **more), bpm, players=players, lead_in_first_a=lead, seed=Seed(seed))


@settings(max_examples=300, deadline=None)
@given(length_s=st.floats(30, 3600), bpm=st.floats(40, 160), intro=st.sampled_from([2, 4, 8]))
def test_the_bars_come_within_one_bar_of_any_length(length_s, bpm, intro):
    bars = sum(bars for _, bars in section_lengths(bars_for(length_s, bpm), intro))
    assert abs(bars * 240.0 / bpm - length_s) <= 240.0 / bpm


@pytest.mark.parametrize("intro", [2, 4, 8])
@pytest.mark.parametrize("bars", [*range(5, 120), *range(300, 2400, 97)])
def test_sections_add_up_and_end_on_a_chord_that_rings(bars, intro):
    layout = section_lengths(bars, intro)
    assert sum(length for _, length in layout) == bars
    assert all(length >= 1 for _, length in layout)
    assert {name for name, _ in layout} <= NAMES
    assert [name for name, _ in layout[-2:]] == ["outro", "end"]
    assert "A" in [name for name, _ in layout]
    assert all(length % 4 == 0 for name, length in layout if name in ("A", "B", "A'", "B'", "break") and bars >= 9)
    assert all(length <= 16 for _, length in layout)


def test_a_usual_song_has_the_whole_form():
    names = [name for name, _ in section_lengths(bars_for(160.0, 80.0), 4)]
    assert names == ["intro", "A", "B", "A'", "break", "B'", "outro", "end"]


def test_an_hour_goes_round_many_times():
    names = [name for name, _ in section_lengths(bars_for(3600.0, 80.0), 4)]
    assert names.count("A") > 15
    assert names.count("intro") == names.count("outro") == 1


def test_long_songs_renew_their_material_and_short_ones_come_back_to_it():
    short = planned(length_s=180.0)
    assert {s.material for s in short} == {"A0", "B0"}
    long = planned(length_s=900.0)
    assert len({s.material for s in long}) >= 6


def test_a_material_that_comes_again_is_varied():
    seen = {}
    for section in planned(length_s=200.0):
        if section.name in ("intro", "outro", "end"):
            continue
        assert section.variation == seen.get(section.material, 0)
        seen[section.material] = section.variation + 1
    assert max(seen.values()) >= 2


@pytest.mark.parametrize("players", [EVERYBODY, frozenset({"keys"}), frozenset({"drums"}), frozenset({"lead", "bass"})])
def test_somebody_plays_in_every_section_and_nobody_else(players):
    for seed in range(20):
        for section in planned(seed, players=players):
            assert section.players
            assert section.players <= players


def test_the_end_is_played_without_drums():
    assert all("drums" not in planned(seed)[-1].players for seed in range(20))


def test_levels_and_brightness_stay_between_nothing_and_all():
    for seed in range(20):
        for section in planned(seed, contrast=1.0):
            assert all(0.0 <= v <= 1.0 for v in (*section.level, *section.brightness))


def test_contrast_sets_sections_apart():
    flat, deep = planned(3, contrast=0.0), planned(3, contrast=1.0)
    assert {v for s in flat[:-2] for v in (*s.level, *s.brightness)} == {1.0}
    assert min(v for s in deep for v in s.level) < 0.7


def test_a_full_song_has_more_players_than_a_sparse_one():
    def heads(fullness):
        return sum(len(s.players) for seed in range(30) for s in planned(seed, fullness=fullness))

    assert heads(1.0) > 1.1 * heads(0.0)


def test_the_lead_waits_where_it_is_told_to():
    first = next(s for s in planned(2, lead=False) if s.name == "A")
    assert "lead" not in first.players
    assert all("lead" in s.players for s in planned(2, lead=False) if s.name == "B")


def test_seeds_give_different_songs_and_one_seed_the_same():
    assert planned(4) == planned(4)
    assert len({repr([sorted(x.players) for x in planned(s)]) for s in range(8)}) > 4


def test_boundaries_count_the_bars():
    sections = planned()
    starts = boundaries(sections)
    assert starts[0] == 0
    assert [b - a for a, b in pairwise(starts)] == [s.bars for s in sections[:-1]]


def test_a_song_that_fades_plays_on_and_one_that_rings_does_not():
    for seed in range(5):
        *_, outro, end = planned(seed, ending="fade")
        assert outro.fades
        assert end.fades
        assert end.players == outro.players >= {"keys", "bass"}
        assert 0.01 < end.level[1] < 0.06 < 0.7 < outro.level[0]
        *_, outro, end = planned(seed)
        assert not (outro.fades or end.fades)
        assert end.level[1] > 0.15
