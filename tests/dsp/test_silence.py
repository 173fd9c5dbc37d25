import numpy as np
import pytest

from dusktape.dsp.silence import silent


@pytest.mark.parametrize("frames", [0, 1, 64, 5_000])
def test_zeros_are_silent_and_one_sample_anywhere_is_not(frames):
    block = np.zeros((2, frames), np.float32)
    assert silent(block)
    for at in {0, frames // 2, frames - 1} if frames else ():
        heard = block.copy()
        heard[1, at] = -1e-30
        assert not silent(heard)
