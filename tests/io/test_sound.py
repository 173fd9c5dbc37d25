from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.io.sound import MOST_MINUTES, SoundReader, kind_of, sha256_of

RATE = 8_000


def written(path: Path, samples: object, rate: int = RATE, **how: object) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_pieces_are_the_whole(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, np.random.default_rng(7).normal(0.0, 0.1, (44_100, 2)), 44_100)
    with SoundReader(path) as reader:
        assert (reader.sample_rate, reader.channels) == (44_100, 2)
        pieces = np.concatenate(list(reader.blocks(1_000)), axis=1)
        whole = np.concatenate(list(reader.blocks()), axis=1)
    assert pieces.shape == whole.shape
    assert np.abs(pieces - whole).max() < 1e-6
    assert pieces.dtype == np.float32


def test_eight_bits_at_eight_thousand_are_read(tmp_path: Path) -> None:
    path = written(tmp_path / "old.wav", np.full((RATE, 2), 0.5), subtype="PCM_U8")
    with SoundReader(path) as reader:
        assert np.abs(next(reader.blocks()) - 0.5).max() < 0.01


def test_what_is_far_too_loud_is_held(tmp_path: Path) -> None:
    samples = np.array([1e30, 0.25] * 100, np.float32)
    with SoundReader(written(tmp_path / "loud.wav", samples, subtype="FLOAT")) as reader:
        block = next(reader.blocks())
    assert block.max() <= 8.0
    assert block[0, 1] == 0.25


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_where_a_file_holds_what_is_no_number_is_said(tmp_path: Path, wrong: float) -> None:
    samples = np.full(1_000, 0.25, np.float32)
    samples[500] = wrong
    with SoundReader(written(tmp_path / "bad.wav", samples, subtype="FLOAT")) as reader:
        place = 500 / reader.sample_rate
        with pytest.raises(InputError, match=f"bad.wav' holds what is not a number at {place:.3f} s"):
            list(reader.blocks(128))


def test_ten_hours_are_refused_at_once(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "night.flac", "w", 4_000, 1) as file:
        minute = np.zeros(4_000 * 60, np.int16)
        for _ in range(int(MOST_MINUTES) + 1):
            file.write(minute)
    with pytest.raises(InputError, match="lasts 31 minutes; cut out at most 30"):
        SoundReader(tmp_path / "night.flac")


def test_more_than_two_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="6 channels; mix it down"):
        SoundReader(written(tmp_path / "six.wav", np.zeros((100, 6))))


def test_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound, but words")
    with pytest.raises(InputError, match="is no WAV"):
        SoundReader(tmp_path / "a.wav")


def test_a_file_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no sound in it"):
        SoundReader(written(tmp_path / "none.wav", np.zeros((0, 2))))


def test_the_kind_is_told_by_what_a_file_holds(tmp_path: Path) -> None:
    (tmp_path / "song.bin").write_bytes(b"MThd" + bytes(20))
    (tmp_path / "song.mid").write_bytes(b"text")
    assert kind_of(tmp_path / "song.bin") == "midi"
    assert kind_of(tmp_path / "song.mid") == "midi"
    sound = written(tmp_path / "a.wav", np.zeros(10))
    assert kind_of(sound) == "sound"
    assert kind_of(sound.rename(tmp_path / "a.mid")) == "sound"


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    for place, told in (("nowhere.wav", "no such file"), (".", "is a folder"), ("empty.wav", "is empty")):
        with pytest.raises(InputError, match=told):
            kind_of(tmp_path / place)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a").startswith("ba7816bf")
