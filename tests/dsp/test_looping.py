from __future__ import annotations

import numpy as np

from dusktape.dsp.looping import joint, measured, seamless


def wash(frames: int = 60_000) -> np.ndarray:
    rng = np.random.default_rng(2)
    spectrum = np.fft.rfft(rng.standard_normal((2, frames)))
    spectrum *= 1.0 / (1.0 + (np.arange(spectrum.shape[1]) / 900.0) ** 2)
    sound = np.fft.irfft(spectrum, frames)
    return (0.1 * sound / np.std(sound)).astype(np.float32)


def flux(sound: np.ndarray, size: int = 1024) -> np.ndarray:
    starts = range(0, sound.size - size, size // 2)
    spectra = [np.log(1e-6 + np.abs(np.fft.rfft(sound[k : k + size] * np.hanning(size)))) for k in starts]
    return np.sqrt(np.mean(np.square(np.diff(spectra, axis=0)), axis=1))


def test_nothing_at_the_seam_of_a_loop_stands_out():
    loop = seamless(wash(), fade=8_000, search=8_000)
    around = np.concatenate([loop, loop], axis=1)
    seam = loop.shape[1]
    step = np.abs(np.diff(around))
    assert step[:, seam - 1].max() <= np.quantile(step, 0.99)
    middle = around[0, seam - 20_480 : seam + 20_480]
    changes = flux(middle)
    assert changes[len(changes) // 2 - 2 : len(changes) // 2 + 2].max() <= changes.max() * 1.001
    assert changes[len(changes) // 2 - 2 : len(changes) // 2 + 2].max() <= 1.25 * np.median(changes)


def test_a_loop_is_as_loud_at_its_seam_as_elsewhere():
    loop = seamless(wash(), fade=8_000, search=8_000)
    ending = np.sqrt(np.mean(np.square(loop[:, -8_000:])))
    assert abs(20.0 * np.log10(ending / np.std(loop[:, :30_000]))) < 1.0


def test_a_tone_that_is_looped_stays_in_phase():
    tone = np.sin(2.0 * np.pi * np.arange(20_000) / 100.5)[None].astype(np.float32)
    loop = seamless(tone, fade=2_000, search=2_000)
    twice = np.concatenate([loop, loop], axis=1)[0]
    assert np.abs(np.diff(twice)).max() < 1.05 * 2.0 * np.pi / 100.5
    assert np.abs(twice[loop.shape[1] - 3_000 : loop.shape[1] + 3_000]).max() < 1.01


def test_a_measured_loop_has_its_length_to_the_frame():
    sound = wash()
    for frames in (50_000, 60_000):
        loop = measured(sound, frames=frames)
        assert loop.shape == (2, frames)
        assert np.abs(loop[:, 0] - loop[:, -1]).max() < 4.0 * np.abs(np.diff(sound)).max()


def test_gains_keep_the_power_of_what_they_join():
    for likeness in (0.0, 0.5, 1.0):
        down, up = joint(100, likeness)
        assert np.allclose(down**2 + up**2 + 2.0 * likeness * down * up, 1.0)


def test_a_sound_of_a_few_frames_is_looped_as_it_is():
    sound = np.ones((2, 5), np.float32)
    assert np.array_equal(seamless(sound, fade=100, search=100), sound)
