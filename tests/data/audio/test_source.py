from __future__ import annotations

import shutil

import numpy as np
import pytest

from dusktape.data.audio import source
from dusktape.data.audio.source import FileError, fold, opened

from . import sounds


def read(path):
    with opened(path) as file:
        return file.rate, file.channels, file.bits, np.concatenate(list(file.blocks), axis=1)


def refusal(path) -> tuple[str, str]:
    with pytest.raises(FileError) as error:
        read(path)
    return error.value.why, str(error.value)


@pytest.mark.parametrize(("suffix", "subtype", "bits"), [(".wav", "PCM_16", 16), (".flac", "PCM_24", 24),
                                                         (".aiff", "PCM_16", 16), (".wav", "FLOAT", 0)])  # fmt: skip
def test_lossless_files_come_back_as_they_were(tmp_path, suffix, subtype, bits):
    x = np.stack([sounds.hit(1, seconds=4.0), sounds.hit(2, seconds=4.0)])
    rate, channels, found, y = read(sounds.put(tmp_path / f"a{suffix}", x, subtype=subtype))
    assert (rate, channels, found) == (sounds.RATE, 2, bits)
    np.testing.assert_allclose(y, x, atol=4e-5)


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_lossy_files_are_read(tmp_path, suffix):
    rate, channels, _, y = read(sounds.put(tmp_path / f"a{suffix}", sounds.tone(440.0, 1.0)))
    assert (rate, channels) == (sounds.RATE, 1)
    assert np.abs(y).max() == pytest.approx(0.5, abs=0.05)


def test_a_block_is_never_larger_than_told(tmp_path):
    path = sounds.put(tmp_path / "a.wav", np.zeros((32, 100_000), np.float32))
    with opened(path) as file:
        assert [b.shape for b in file.blocks] == [(32, source.BLOCK_FRAMES), (32, 100_000 - source.BLOCK_FRAMES)]


def test_192_khz_and_8_bits_are_read(tmp_path):
    assert read(sounds.put(tmp_path / "a.wav", sounds.tone(440.0, 0.1), 192_000))[0] == 192_000
    assert read(sounds.put(tmp_path / "b.wav", sounds.tone(440.0, 0.1), subtype="PCM_U8"))[2] == 8


def test_bad_files_are_refused_in_a_line(tmp_path):
    (tmp_path / "zero.wav").touch()
    (tmp_path / "text.wav").write_text("dear diary\n" * 40)
    sounds.put(tmp_path / "none.wav", np.zeros(0, np.float32))
    spoiled = sounds.hit(1)
    spoiled[200] = np.nan
    sounds.put(tmp_path / "nan.wav", spoiled, subtype="FLOAT")
    sounds.put(tmp_path / "slow.wav", sounds.hit(1), 1000)
    assert refusal(tmp_path / "zero.wav") == ("empty", "it is empty (0 bytes)")
    assert refusal(tmp_path / "none.wav") == ("empty", "it holds no sound")
    assert refusal(tmp_path / "text.wav")[1].startswith("it is no sound file, or a damaged one: ")
    (tmp_path / "text.mp3").write_text("this is a letter\n" * 200)
    assert refusal(tmp_path / "text.mp3")[1].endswith("its beginning is that of no format")
    assert refusal(tmp_path / "nan.wav") == (
        "broken",
        "it holds samples that are no numbers, the first at 0.01 s; export it again",
    )
    assert "1,000 frames a second" in refusal(tmp_path / "slow.wav")[1]


def test_a_cut_off_file_says_where(tmp_path):
    path = sounds.put(tmp_path / "a.flac", sounds.hiss(20.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    why, reason = refusal(path)
    assert why == "broken"
    assert reason.startswith("it breaks off after ")


@pytest.mark.parametrize("suffix", [".wav", ".aiff"])
def test_a_wave_file_that_is_cut_off_is_told_from_a_whole_one(tmp_path, suffix):
    path = sounds.put(tmp_path / f"a{suffix}", sounds.hiss(2.0), subtype="PCM_16")
    whole = path.read_bytes()
    assert read(path)[3].shape[1] == 2 * sounds.RATE
    path.write_bytes(whole[: len(whole) // 2])
    why, reason = refusal(path)
    assert why == "broken"
    assert reason.startswith("it is cut off: ")


def test_a_wave_file_from_a_pipe_promises_no_length(tmp_path):
    path = sounds.put(tmp_path / "a.wav", sounds.hiss(1.0), subtype="PCM_16")
    data = path.read_bytes()
    at = data.index(b"data") + 4
    path.write_bytes(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])
    assert read(path)[3].shape[1] == sounds.RATE


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_ffmpeg_reads_the_rest(tmp_path):
    sounds.put(tmp_path / "a.wav", np.stack([sounds.tone(440.0, 1.0), sounds.tone(660.0, 1.0)]), subtype="PCM_16")
    (tmp_path / "a.wav").rename(tmp_path / "a.tta")  # ffmpeg goes by what is inside
    rate, channels, _, y = read(tmp_path / "a.tta")
    assert (rate, channels, y.shape[1]) == (sounds.RATE, 2, sounds.RATE)
    np.testing.assert_allclose(y[1], sounds.tone(660.0, 1.0), atol=1e-4)
    (tmp_path / "b.m4a").write_text("dear diary")
    assert refusal(tmp_path / "b.m4a")[1].startswith("ffmpeg finds no sound in it: ")
    assert str(tmp_path) not in refusal(tmp_path / "b.m4a")[1]


def test_without_ffmpeg_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "ffmpeg", lambda: None)
    (tmp_path / "b.m4a").write_text("anything")
    assert refusal(tmp_path / "b.m4a") == (
        "unreadable",
        "it can only be read by ffmpeg; install ffmpeg, or convert it to .flac or .wav",
    )


def test_folding_keeps_odd_channels_left_and_even_ones_right():
    four = np.arange(4, dtype=np.float32)[:, None] * np.ones((4, 3), np.float32)
    assert fold(four, 2)[:, 0].tolist() == [1.0, 2.0]
    assert fold(four, 1)[:, 0].tolist() == [1.5]
    assert fold(four[:1], 2).shape == (2, 3)
