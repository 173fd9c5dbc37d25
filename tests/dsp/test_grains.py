from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import Block
from dusktape.dsp.grains import CellPlayer, Event, GrainTrack, burst, scatter


def test_a_grain_longer_than_its_cell_goes_on_in_the_next_ones() -> None:
    grain = np.arange(1.0, 26.0, dtype=np.float32)

    def events(cell: int) -> list[Event]:
        return [(3, grain, 1.0, 0.5)] if cell == 1 else []

    track = GrainTrack(events, cell_frames=10)
    sound = np.concatenate([track.cell(i).copy() for i in range(5)], axis=1)
    expected = np.zeros(50, dtype=np.float32)
    expected[13:38] = grain
    assert np.array_equal(sound, np.stack([expected, 0.5 * expected]))


def test_grains_add_up_and_may_be_stereo() -> None:
    mono = np.ones(4, dtype=np.float32)
    stereo = np.stack([mono, 2.0 * mono])

    def events(cell: int) -> list[Event]:
        return [(0, mono, 1.0, 1.0), (2, stereo, 1.0, 1.0)]

    sound = GrainTrack(events, cell_frames=8).cell(0)
    assert sound.tolist() == [[1, 1, 2, 2, 1, 1, 0, 0], [1, 1, 3, 3, 2, 2, 0, 0]]


def counting(cell: int) -> Block:
    line = np.arange(cell * 100, cell * 100 + 100, dtype=np.float32)
    return np.stack([line, -line])


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000])
def test_cells_are_handed_out_in_order_whatever_the_block_size(size: int) -> None:
    player = CellPlayer(counting, cell_frames=100)
    sound = np.concatenate([player.render(size) for _ in range(1000 // size + 1)], axis=1)[:, :1000]
    assert np.array_equal(sound[0], np.arange(1000))


@pytest.mark.parametrize("size", [1, 64, 333, 5000])
def test_a_player_fades_at_both_ends_and_is_silent_after(size: int) -> None:
    def ones(cell: int) -> Block:
        return np.ones((2, 256), dtype=np.float32)

    player = CellPlayer(ones, cell_frames=256, frames=3000, fade_frames=400)
    sound = np.concatenate([player.render(size) for _ in range(5000 // size + 1)], axis=1)[0]
    assert np.all(sound[3000:] == 0.0)
    assert np.all(sound[400:2600] == 1.0)
    assert sound[:400] == pytest.approx(sound[2600:3000][::-1])
    assert np.abs(np.diff(sound[:3001])).max() < 0.005


def test_a_song_shorter_than_its_fades_still_starts_and_ends_in_silence() -> None:
    def ones(cell: int) -> Block:
        return np.ones((2, 64), dtype=np.float32)

    sound = CellPlayer(ones, cell_frames=64, frames=100, fade_frames=400).render(200)
    assert sound[:, 0].max() < 0.01
    assert sound[:, 99].max() < 0.01
    assert sound.max() > 0.9


def test_scattered_grains_wrap_around_the_end_of_a_table() -> None:
    table = np.zeros((2, 10), dtype=np.float32)
    bank = [np.ones(4, dtype=np.float32)]
    scatter(table, bank, np.array([8]), np.array([0]), np.array([[1.0], [2.0]]))
    assert table.tolist() == [[1, 1, 0, 0, 0, 0, 0, 0, 1, 1], [2, 2, 0, 0, 0, 0, 0, 0, 2, 2]]


def test_a_burst_dies_with_its_time_constant() -> None:
    sound = burst(40_000, 5000.0, np.random.default_rng(1)).astype(np.float64)
    early, late = np.mean(sound[:5000] ** 2), np.mean(sound[10_000:15_000] ** 2)
    assert 10 * np.log10(early / late) == pytest.approx(20 * np.log10(np.e) * 2, abs=0.6)
