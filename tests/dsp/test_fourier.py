import numpy as np
import pytest

from dusktape.dsp.fourier import spectrum


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [None, 500, 4_096])
def test_it_is_the_transform_of_numpy_in_float32(size, dtype):
    sound = np.random.default_rng(1).standard_normal((2, 480)).astype(dtype)
    before = sound.copy()
    found = spectrum(sound, size)
    expected = np.fft.rfft(sound.astype(np.float64), size)
    assert found.dtype == np.complex64
    assert np.abs(found - expected).max() < 1e-6 * np.abs(expected).max()
    assert np.array_equal(sound, before)
