from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from dusktape.data.audio.cut import Plan, pieces
from dusktape.data.audio.finding import Finding
from dusktape.data.audio.measure import PICTURE, measure

from . import sounds

RATE = 8_000


def peak_bytes(act) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_hardly_grows_with_the_length_of_a_file(tmp_path):
    short, long = (sounds.put(tmp_path / f"{s}.flac", sounds.hiss(s, rate=RATE), RATE) for s in (30, 150))
    # Three hours at this pace are under 500 MB; the samples alone would be 4 GB in stereo at 48 kHz.
    assert peak_bytes(lambda: measure(long)) - peak_bytes(lambda: measure(short)) < 120 * 40_000
    how = Plan(RATE, 1, "fixed", 4.0, sound_to_s=150.0)
    assert peak_bytes(lambda: sum(1 for _ in pieces(long, how))) < 2_500_000


def test_a_finding_comes_back_as_it_was(tmp_path):
    found = measure(sounds.put(tmp_path / "a.wav", sounds.hit(1)))
    again = Finding.decoded(found.encoded())
    assert again.facts == found.facts
    assert sorted(again.arrays) == ["anchors", "mel", "prints", "strikes", "texture", "track", "waveform"]
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(again.arrays[name], array)


def test_pictures_have_few_columns_and_the_loudest_is_full(tmp_path):
    arrays = measure(sounds.put(tmp_path / "a.wav", sounds.hiss(3.0))).arrays
    assert arrays["waveform"].shape == (PICTURE, 2)
    assert np.abs(arrays["waveform"]).max() == 127
    assert arrays["mel"].shape[1] == PICTURE
    assert arrays["mel"].max() == 255


def test_silence_is_told_and_has_no_pictures(tmp_path):
    found = measure(sounds.put(tmp_path / "a.wav", np.zeros(1000, np.float32)))
    assert (found.why, found.arrays) == ("silent", {})
    assert found.reason == "all its samples are 0: it is silent"
    soft = measure(sounds.put(tmp_path / "b.wav", np.full(1000, 2e-4, np.float32), subtype="FLOAT"))
    assert soft.reason == "its peak is at -74 dB of full scale: it is silent"


@pytest.mark.parametrize("frames", [1, 2, 100, 1000])
def test_the_shortest_files_can_be_measured(tmp_path, frames):
    found = measure(sounds.put(tmp_path / "a.wav", 0.5 * np.ones(frames, np.float32)))
    assert found.facts["frames"] == frames
