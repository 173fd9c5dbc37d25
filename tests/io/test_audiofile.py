from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.audio import Block
from dusktape.core.errors import InputError, OutputError
from dusktape.core.seed import Seed
from dusktape.io import audiofile
from dusktape.io.audiofile import FORMATS, AudioWriter

RATE = 44_100


def music(frames: int = 30_000, channels: int = 2) -> Block:
    time = np.arange(frames) / RATE
    tone = 0.4 * np.sin(2 * np.pi * 220 * time) * np.exp(-3 * (time % 0.25))
    noise = 0.02 * np.random.default_rng(1).standard_normal((channels, frames))
    return (tone + noise).astype(np.float32)


def write(path: Path, sound: Block, step: int = 4096, **options: object) -> Path:
    with AudioWriter(path, RATE, sound.shape[0], seed=Seed(3), **options) as writer:  # type: ignore[arg-type]
        for start in range(0, sound.shape[1], step):
            writer.write(sound[:, start : start + step])
    return path


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file may grow beyond `size`: the system refuses as it does on a full disk."""
    resource = pytest.importorskip("resource", reason="limits on file sizes are a POSIX matter")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossless_files_give_every_sample_back_to_24_bits(tmp_path: Path, suffix: str, channels: int) -> None:
    sound = music(channels=channels)
    audio = audiofile.read(write(tmp_path / f"a{suffix}", sound))
    assert audio.sample_rate == RATE
    assert audio.samples.shape == sound.shape and audio.samples.dtype == np.float32
    assert np.abs(audio.samples - sound).max() <= 2.0**-23
    assert soundfile.info(tmp_path / f"a{suffix}").subtype == "PCM_24"


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_files_keep_length_and_sound(tmp_path: Path, suffix: str, channels: int) -> None:
    sound = music(channels=channels)
    audio = audiofile.read(write(tmp_path / f"a{suffix}", sound))
    assert audio.samples.shape == sound.shape
    error = audio.samples - sound
    # A single frame of delay alone would already cost more than this.
    assert np.sqrt((error**2).mean()) < 0.15 * np.sqrt((sound**2).mean())


@pytest.mark.parametrize("suffix", FORMATS)
def test_block_sizes_do_not_change_the_file(tmp_path: Path, suffix: str) -> None:
    sound = music(9_000)
    whole = audiofile.read(write(tmp_path / f"whole{suffix}", sound, 9_000)).samples
    split = audiofile.read(write(tmp_path / f"split{suffix}", sound, 63)).samples
    assert np.array_equal(whole, split)


def test_samples_beyond_full_scale_are_clipped_not_wrapped(tmp_path: Path) -> None:
    sound = np.array([[1.5, -1.5, 1.0, -1.0] * 100], np.float32)
    for bits in (16, 24):
        got = audiofile.read(write(tmp_path / f"{bits}.wav", sound, bits=bits)).samples
        assert np.abs(got - np.clip(sound, -1, 1)).max() < 1e-4


def test_sixteen_bits_are_dithered_from_the_seed(tmp_path: Path) -> None:
    quiet = np.full((2, 40_000), 0.3 / 32768, np.float32)
    got = audiofile.read(write(tmp_path / "a.wav", quiet, bits=16)).samples * 32768
    assert np.allclose(got.mean(), 0.3, atol=0.02)  # plain rounding would give silence
    assert np.allclose(((got - 0.3) ** 2).mean(), 0.25, atol=0.02)  # a quarter of a step squared, whatever the signal
    assert abs(np.corrcoef(got)[0, 1]) < 0.05
    again = audiofile.read(write(tmp_path / "b.wav", quiet, bits=16)).samples * 32768
    assert np.array_equal(got, again)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_broken_off_file_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(KeyboardInterrupt), AudioWriter(tmp_path / f"a{suffix}", seed=Seed(0)) as writer:
        writer.write(music())
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, (2, RATE)).astype(np.float32)
    with pytest.raises(OutputError, match=r"the file grew larger|the disk is full") as caught, small_disk(50_000):
        write(tmp_path / f"a{suffix}", np.tile(noise, 6), RATE)
    gc.collect()
    assert "\n" not in str(caught.value) and f"a{suffix}" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".flac", ".wav", ".mp3"])
def test_a_disk_that_fills_up_while_closing_is_noticed(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 1_000)).astype(np.float32)
    with pytest.raises(OutputError), small_disk(400):
        write(tmp_path / f"a{suffix}", noise, 1_000)
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".flac", ".wav", ".ogg"])
def test_a_disk_that_is_full_before_the_first_byte_is_one_line(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match=r"the file grew larger|the disk is full") as caught, small_disk(0):
        write(tmp_path / f"a{suffix}", np.zeros((2, 100), np.float32))
    gc.collect()
    assert "\n" not in str(caught.value) and f"a{suffix}" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_text("mine")
    with pytest.raises(OutputError, match="is there already"):
        AudioWriter(tmp_path / "a.flac", seed=Seed(0))
    assert (tmp_path / "a.flac").read_text() == "mine"
    write(tmp_path / "a.flac", music(), force=True)
    assert audiofile.read(tmp_path / "a.flac").samples.shape == (2, 30_000)


@pytest.mark.parametrize("name", ["a.aac", "a", "a.flac.txt"])
def test_an_unknown_ending_names_those_we_write(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError, match=r"\.flac, \.wav, \.ogg or \.mp3"):
        AudioWriter(tmp_path / name, seed=Seed(0))
    assert list(tmp_path.iterdir()) == []


def test_capital_endings_are_endings(tmp_path: Path) -> None:
    assert audiofile.read(write(tmp_path / "A.FLAC", music())).samples.shape == (2, 30_000)


def test_a_block_of_other_channels_is_our_bug_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not fit 2 channels"), AudioWriter(tmp_path / "a.wav", seed=Seed(0)) as w:
        w.write(np.zeros((1, 100), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_reading_what_is_no_sound_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("not a sound")
    with pytest.raises(InputError, match="no sound file"):
        audiofile.read(tmp_path / "a.wav")
    with pytest.raises(InputError, match="no such file"):
        audiofile.read(tmp_path / "b.wav")
