import numpy as np
import pytest

from dusktape.data.midi import normalise
from dusktape.data.midi.normalise import between, grid, levelled, on_grid, reading, scaled, strength

from . import tunes

EIGHTHS = np.arange(0, 64 * 480, 480)
SIXTEENTHS = np.arange(0, 128 * 240, 240)


def _notes(start, length=200, velocity=100):
    return tunes.notes([(int(s), length, 60 + i % 7, velocity) for i, s in enumerate(start)])


def test_what_lies_on_the_grid_stays():
    notes = _notes(SIXTEENTHS, 240)
    put = on_grid(notes, grid(notes.start))
    assert put.start.tolist() == notes.start.tolist()
    assert put.length.tolist() == notes.length.tolist()


def test_a_player_is_put_on_sixteenths():
    wander = np.random.default_rng(1).normal(0, 25, len(SIXTEENTHS)).astype(int)
    notes = _notes(np.maximum(0, SIXTEENTHS + wander))
    found = grid(notes.start)
    assert 0.7 < strength(notes.start) < 0.98
    assert sorted(on_grid(notes, found).start.tolist()) == SIXTEENTHS.tolist()


def test_a_song_that_is_late_as_a_whole_comes_back():
    found = grid(SIXTEENTHS + 37)
    assert found.offset == pytest.approx(37, abs=2)
    assert on_grid(_notes(SIXTEENTHS + 37), found).start.tolist() == SIXTEENTHS.tolist()


@pytest.mark.parametrize("swing", [0.58, 0.62, 2 / 3])
@pytest.mark.parametrize("pair", [960, 480])
def test_swing_is_found_and_undone(swing, pair):
    swung = np.where(np.arange(128) % 2, swing * pair, 0) + np.arange(128) // 2 * pair
    found = grid(np.rint(swung).astype(int))
    assert found.swing_ticks == pair
    assert found.swing == pytest.approx(swing, abs=0.01)
    assert on_grid(_notes(np.rint(swung)), found).start.tolist() == (np.arange(128) * pair // 2).tolist()


def test_triplets_are_no_swing():
    found = grid(np.arange(96) * 320)
    assert found.swing_ticks == 0
    assert found.triplets == pytest.approx(2 / 3, abs=0.02)


def test_notes_that_follow_no_beat_have_no_grid():
    start = np.sort(np.random.default_rng(2).integers(0, 200_000, 400))
    assert strength(start) < normalise.LEAST_GRID
    assert strength(SIXTEENTHS) == pytest.approx(1.0)
    assert strength(np.arange(96) * 320) == pytest.approx(1.0)


def test_no_note_is_shorter_than_a_sixteenth():
    notes = _notes(SIXTEENTHS, 3)
    assert on_grid(notes, grid(notes.start)).length.tolist() == [240] * len(SIXTEENTHS)


@pytest.mark.parametrize(
    ("bpm", "start", "factor", "played"),
    [
        (80.0, SIXTEENTHS, 1.0, 80.0),
        (150.0, EIGHTHS, 0.5, 75.0),
        (150.0, SIXTEENTHS, 1.0, 95.0),  # in half time its sixteenths would be lost
        (100.0, EIGHTHS, 1.0, 95.0),
        (45.0, EIGHTHS, 2.0, 90.0),
        (58.0, EIGHTHS, 1.0, 60.0),
        (60.0, np.arange(256) * 120, 2.0, 95.0),  # thirty-seconds
        (300.0, np.arange(64) * 960, 0.25, 75.0),
    ],
)
def test_tempi_come_into_range_by_halving_and_doubling(bpm, start, factor, played):
    assert reading(bpm, start) == (factor, played)


@pytest.mark.parametrize("bpm", [1.0, 10.0, 1000.0, 60_000_000.0])
def test_mad_tempi_end_in_range(bpm):
    _, played = reading(bpm, EIGHTHS)
    assert normalise.SLOWEST_BPM <= played <= normalise.FASTEST_BPM


def test_between_counts_what_no_sixteenth_holds():
    assert between(SIXTEENTHS) == 0.0
    assert between(np.arange(128) * 120) == 0.5


def test_time_scales_with_its_notes():
    notes = scaled(_notes(EIGHTHS, 480), 0.5)
    assert notes.start.tolist() == (EIGHTHS // 2).tolist()
    assert set(notes.length.tolist()) == {240}


def test_velocities_move_together():
    loud = tunes.notes([(960 * i, 960, 60, 90 + i) for i in range(21)])
    soft = levelled(loud, float(np.median(loud.velocity)))
    assert np.median(soft.velocity) == normalise.MEDIAN_VELOCITY
    assert soft.velocity.std() == loud.velocity.std()
    assert levelled(loud, 200.0).velocity.min() == 1
