import numpy as np
import pytest

from dusktape.core.audio import Block
from dusktape.dsp.together import Together


class Constant:
    def __init__(self, channels: int, value: float, tail: int) -> None:
        self.channels, self.tail_frames, self._value = channels, tail, value

    def render(self, frames: int) -> Block:
        return np.full((self.channels, frames), self._value, dtype=np.float32)


def test_players_are_added_and_mono_sounds_on_both_sides() -> None:
    both = Together([Constant(2, 0.5, 10), Constant(1, 0.25, 40)])
    assert np.all(both.render(7) == 0.75)
    assert both.render(7).shape == (2, 7)
    assert (both.channels, both.tail_frames) == (2, 40)


def test_a_wider_player_must_come_first() -> None:
    with pytest.raises(ValueError, match="widest"):
        Together([Constant(1, 0.5, 0), Constant(2, 0.5, 0)])
