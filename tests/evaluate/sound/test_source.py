from __future__ import annotations

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError, PluginError
from dusktape.evaluate.sound import extra, source
from dusktape.evaluate.sound.source import RATE, read

from . import tones


def test_one_channel_is_put_on_both_sides(tmp_path):
    path = tmp_path / "mono.wav"
    soundfile.write(path, tones.sine(440.0, 1.0), RATE)
    left, right = read(path).samples
    assert np.array_equal(left, right)


def test_beyond_two_channels_the_first_two_are_taken(tmp_path):
    six = np.stack([tones.sine(100.0 * k, 1.0) for k in range(1, 7)])
    found = read(tones.write(tmp_path / "six.wav", six)).samples
    assert np.allclose(found, six[:2], atol=1e-6)


def test_another_rate_keeps_pitch_and_level(tmp_path):
    path = tones.write(tmp_path / "cd.flac", tones.both(tones.sine(1000.0, 2.0, rate=44_100)), 44_100)
    found = read(path)
    assert (found.sample_rate, found.samples.shape) == (RATE, (2, 2 * RATE))
    middle = slice(RATE // 2, 3 * RATE // 2)
    assert np.allclose(found.samples[0, middle], tones.sine(1000.0, 2.0)[middle], atol=1e-4)


def test_pieces_are_resampled_as_the_whole_would_be(tmp_path, monkeypatch):
    path = tones.write(tmp_path / "cd.wav", np.stack([tones.noise(3.0), tones.noise(3.0, seed=1)]), 44_100)
    whole = read(path).samples
    monkeypatch.setattr(source, "_BLOCK_FRAMES", 1000)
    assert np.allclose(read(path).samples, whole, atol=1e-12)


def test_of_a_long_file_the_middle_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "LONGEST_S", 2.0)
    steps = np.repeat([0.1, 0.2, 0.3, 0.4], 1.5 * RATE)
    found = read(tones.write(tmp_path / "long.wav", tones.both(steps)))
    assert (found.start_s, found.seconds, found.file_s, found.is_whole) == (2.0, 2.0, 6.0, False)
    assert np.allclose(np.unique(found.samples.round(4)), [0.2, 0.3])


def test_pictures_keep_the_rate_up_to_48_khz(tmp_path):
    for rate, kept in ((22_050, 22_050), (96_000, 48_000)):
        path = tones.write(tmp_path / f"{rate}.wav", tones.both(tones.sine(440.0, 0.5, rate=rate)), rate)
        assert read(path, rate=None).sample_rate == kept


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "is empty, 0 bytes"), (b"this is text\n" * 99, "no sound file"), (b"RIFF", "no sound file")],
)
def test_what_is_no_sound_is_refused_in_one_line(tmp_path, data, told):
    path = tmp_path / "bad.wav"
    path.write_bytes(data)
    with pytest.raises(InputError, match=told) as refused:
        read(path)
    assert "\n" not in str(refused.value)
    assert "bad.wav" in str(refused.value)


def test_a_file_without_frames_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no sound"):
        read(tones.write(tmp_path / "none.wav", np.zeros((2, 0))))


def test_samples_that_are_no_numbers_are_refused(tmp_path):
    samples = tones.sine(440.0, 1.0)
    samples[500] = np.nan
    path = tmp_path / "nan.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    with pytest.raises(InputError, match="no numbers"):
        read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nowhere.wav")


def test_a_missing_library_is_one_line_with_the_way_out():
    with pytest.raises(PluginError, match=r"needs nosuchlibrary; install it with: pip install 'dusktape\[evaluate\]'"):
        extra.needed("nosuchlibrary.part")
