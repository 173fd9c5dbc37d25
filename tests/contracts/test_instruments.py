"""Laws that hold for every registered instrument, ours or not."""

from typing import Any

import numpy as np
import pytest

from dusktape.core import plugins
from dusktape.core.audio import SAMPLE_RATE, Block, Cues, PlayedNote
from dusktape.core.seed import Seed

SONG = 40_000
CUES = Cues(frames=SONG, bpm=80.0, kicks=((3_000, 0.9), (20_000, 0.7)))
FIRST = 1_500
NOTES = tuple(
    PlayedNote(start, length, pitch, velocity)
    for start, length, pitch, velocity in (
        (FIRST, 9_000, 36, 0.7),
        (1_700, 4_000, 42, 0.35),
        (5_000, 12_000, 57, 0.62),
        (5_001, 3_000, 64, 0.9),
        (9_000, 6_000, 38, 0.55),
        (14_000, 8_000, 57, 0.6),
        (20_000, 300, 46, 0.8),
        (24_000, 9_000, 36, 0.45),
    )
)
LAST_OFF = max(n.start_frame + n.length_frames for n in NOTES)

every_instrument = pytest.mark.parametrize("name", plugins.names("instruments"))


def player(name: str, notes: tuple[PlayedNote, ...] = NOTES, seed: int = 7) -> Any:
    part = plugins.find("instruments", name)()
    return part.open(SAMPLE_RATE, notes, cues=CUES, seed=Seed(seed).at(name))


def sounds_alone(name: str) -> bool:
    """Whether this is a texture: weather, vinyl, anything that takes no notes."""
    return bool(player(name, ()).render(4_096).any())


def in_blocks(p: Any, sizes: list[int], total: int) -> Block:
    blocks, done, turn = [], 0, 0
    while done < total:
        frames = min(sizes[turn % len(sizes)], total - done)
        blocks.append(p.render(frames))
        done, turn = done + frames, turn + 1
    return np.concatenate(blocks, axis=1)


@every_instrument
def test_block_size_does_not_change_the_sound(name: str) -> None:
    whole = player(name).render(SONG)
    for sizes in ([63], [64], [65], [4096], [1, 63, 4096, 64, 65]):
        assert np.abs(in_blocks(player(name), sizes, SONG) - whole).max() <= 1e-5, f"blocks of {sizes}"
    one_by_one = in_blocks(player(name), [1], 4_000)
    assert np.abs(one_by_one - whole[:, :4_000]).max() <= 1e-5, "frame by frame"


@every_instrument
def test_blocks_have_the_declared_form_and_are_finite(name: str) -> None:
    p = player(name)
    assert p.channels in (1, 2)
    for frames in (1, 64, 777, SONG):
        block = p.render(frames)
        assert block.shape == (p.channels, frames)
        assert block.dtype == np.float32
        assert np.isfinite(block).all()
        assert np.abs(block).max() < 4.0


@every_instrument
def test_it_is_silent_before_the_first_note_and_sounds_after_it(name: str) -> None:
    out = player(name).render(SONG)
    if not sounds_alone(name):
        assert not out[:, :FIRST].any()
    assert np.sqrt(np.mean(out[:, FIRST : FIRST + 6_000].astype(float) ** 2)) > 1e-5


@every_instrument
def test_it_is_silent_after_its_declared_tail(name: str) -> None:
    p = player(name)
    end = (SONG if sounds_alone(name) else LAST_OFF) + p.tail_frames
    p.render(end)
    assert not p.render(20_000).any()


@every_instrument
def test_the_seed_decides_what_is_heard(name: str) -> None:
    once, again, other = (player(name, seed=s).render(16_000) for s in (7, 7, 8))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


@every_instrument
def test_there_is_no_dc(name: str) -> None:
    p = player(name)
    out = p.render(LAST_OFF + p.tail_frames).astype(float)
    assert np.abs(out.mean(axis=1)).max() < 0.03 * np.sqrt(np.mean(out**2))


@every_instrument
def test_one_player_does_not_disturb_another(name: str) -> None:
    alone = player(name).render(12_000)
    first, second = player(name), player(name, seed=9)
    mixed = []
    for _ in range(4):
        mixed.append(first.render(3_000))
        second.render(3_000)
    assert np.abs(np.concatenate(mixed, axis=1) - alone).max() <= 1e-5
