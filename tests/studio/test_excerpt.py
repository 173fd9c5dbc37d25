"""A few seconds of a choice are those where most is played, and of one part alone if it is about one."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.core.seed import Seed
from dusktape.studio.excerpt import _fullest, excerpt


def test_an_excerpt_is_heard_from_edge_to_edge_without_a_click(mini):
    sound = excerpt([mini], Seed(3), seconds=2.0)
    assert sound.shape == (2, 2 * SAMPLE_RATE)
    assert np.std(sound) > 0.01 and np.abs(sound).max() <= 1.0
    assert not sound[:, [0, -1]].any()


def test_a_part_is_heard_alone_and_all_where_it_does_not_play(mini):
    whole, drums, nobody = (excerpt([mini], Seed(3), seconds=2.0, solo=part) for part in ("", "drums", "lead"))
    assert not np.allclose(whole, drums)
    assert np.array_equal(whole, nobody)


def test_settings_are_heard_and_what_cannot_be_is_refused(mini):
    plain, other = (
        excerpt([mini, "--set", f"keys.instrument={name}"], Seed(3), seconds=1.0) for name in ("rhodes", "kalimba")
    )
    assert not np.allclose(plain, other)
    with pytest.raises(DusktapeError):
        excerpt(["nowhere"], Seed(3))


def test_the_fullest_stretch_is_found():
    sound = np.zeros((2, 10 * SAMPLE_RATE), np.float32)
    sound[:, 4 * SAMPLE_RATE : 6 * SAMPLE_RATE] = 0.5
    assert _fullest(sound, 2 * SAMPLE_RATE) == 4 * SAMPLE_RATE
    assert _fullest(sound[:, :100], 2 * SAMPLE_RATE) == 0
