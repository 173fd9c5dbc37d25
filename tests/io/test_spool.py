"""What is set aside comes back, whether it fits the memory that is meant for it or not."""

import numpy as np
import pytest

from dusktape.io import spool
from dusktape.io.spool import Spool


@pytest.mark.parametrize("in_memory", [0, 1, 999, 1000, 1001, 5000])
def test_what_was_written_is_read_in_any_blocks_and_again(monkeypatch, in_memory):
    monkeypatch.setattr(spool, "IN_MEMORY", in_memory)
    sound = np.random.default_rng(1).standard_normal((2, 3000)).astype(np.float32)
    with Spool(2) as aside:
        for start in range(0, 3000, 500):
            aside.write(sound[:, start : start + 500])
        assert aside.frames == 3000
        for frames in (3000, 700, 1):
            np.testing.assert_array_equal(np.concatenate(list(aside.read(frames)), axis=1), sound)


def test_a_reader_may_change_what_it_is_given(monkeypatch):
    with Spool(1) as aside:
        aside.write(np.ones((1, 10), np.float32))
        for block in aside.read(4):
            block *= 2.0
        np.testing.assert_array_equal(np.concatenate(list(aside.read(4)), axis=1), np.ones((1, 10)))
