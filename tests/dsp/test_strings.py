import numpy as np

from dusktape.dsp.strings import stages


def test_two_stages_start_and_end_as_fast_as_measured() -> None:
    early, late = np.array([1.0, 0.5]), np.array([4.0, 1.2])
    fast, slow = stages(early, late)
    t = np.array([0.0, 1e-3])
    both = 0.6 * np.exp(-t[:, None] / fast) + 0.4 * np.exp(-t[:, None] / slow)
    assert np.allclose(-np.diff(np.log(both), axis=0)[0] / 1e-3, 1.0 / early, rtol=0.01)
    assert np.allclose(slow, late)


def test_a_tone_that_falls_slower_at_first_has_one_stage() -> None:
    fast, slow = stages(np.array([3.0]), np.array([1.0]))
    assert fast[0] <= 1.0
    assert slow[0] >= 1.0
