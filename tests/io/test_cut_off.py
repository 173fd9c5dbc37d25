from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.io.audiofile import AudioWriter
from dusktape.io.cut_off import is_cut_off
from dusktape.io.recording import examine
from dusktape.io.sound import SoundReader

KINDS = [
    ("a.wav", "WAV", "PCM_16"),
    ("b.wav", "WAVEX", "FLOAT"),
    ("c.wav", "RF64", "PCM_24"),
    ("d.aiff", "AIFF", "PCM_24"),
    ("e.flac", "FLAC", "PCM_16"),
]


def noise(path, kind, subtype):
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 9_000), 8_000, format=kind, subtype=subtype)
    return path


@pytest.mark.parametrize(("name", "kind", "subtype"), KINDS)
def test_a_file_that_ends_early_is_cut_off_and_a_whole_one_is_not(tmp_path, name, kind, subtype):
    path = noise(tmp_path / name, kind, subtype)
    whole = path.read_bytes()
    assert not is_cut_off(path)
    assert examine(path).frames == 9_000
    for part in (0.9, 0.2):
        path.write_bytes(whole[: round(part * len(whole))])
        assert is_cut_off(path)
        with pytest.raises(InputError, match=rf"{name}' is cut off: it says that it is longer than it is; take"):
            examine(path)
        with pytest.raises(InputError, match=rf"{name}' is cut off"):
            SoundReader(path)


@pytest.mark.parametrize("tag", [b"", b"ID3\4\0\0\0\0\x10\0" + bytes(2048)], ids=["plain", "tagged"])
def test_an_mp3_that_ends_before_its_first_frame_says_is_cut_off(tmp_path, tag):
    path = tmp_path / "a.mp3"
    with AudioWriter(path, seed=Seed(0)) as writer:
        writer.write(np.random.default_rng(1).normal(0, 0.1, (2, 90_000)).astype(np.float32))
    whole = tag + path.read_bytes()
    path.write_bytes(whole)
    assert not is_cut_off(path)
    path.write_bytes(whole + b"TAG" + bytes(125))
    assert not is_cut_off(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert is_cut_off(path)
    with pytest.raises(InputError, match=r"a\.mp3' is cut off: it says that it is longer than it is"):
        SoundReader(path)


def test_an_mp3_whose_first_frame_does_not_say_how_long_it_is_is_not_judged(tmp_path):
    path = tmp_path / "a.mp3"
    with AudioWriter(path, seed=Seed(0)) as writer:
        writer.write(np.random.default_rng(1).normal(0, 0.1, (2, 90_000)).astype(np.float32))
    whole = path.read_bytes().replace(b"Info", b"\0\0\0\0", 1)
    path.write_bytes(whole[: len(whole) // 2])
    assert not is_cut_off(path)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_stream_that_does_not_know_its_length_is_whole(tmp_path, size):
    path = noise(tmp_path / "pipe.wav", "WAV", "PCM_16")
    told = path.read_bytes()
    at = told.index(b"data") + 4
    path.write_bytes(told[:4] + struct.pack("<I", size) + told[8:at] + struct.pack("<I", size) + told[at + 4 :])
    assert not is_cut_off(path)
    assert examine(path).frames == 9_000


def test_what_stands_behind_the_sound_and_a_header_counted_in_cut_nothing_off(tmp_path):
    path = noise(tmp_path / "tagged.wav", "WAV", "PCM_16")
    told = path.read_bytes()
    path.write_bytes(told + b"LIST\x10\0\0\0INFO")
    assert not is_cut_off(path)
    at = told.index(b"data") + 4
    path.write_bytes(told[:at] + struct.pack("<I", 18_000 + 44) + told[at + 4 :])
    assert not is_cut_off(path)


def test_other_files_are_not_judged(tmp_path):
    for name, data in {"a.ogg": b"OggS", "none.wav": b"", "bare.wav": b"RIFF\0\0\0\0WAVE"}.items():
        (tmp_path / name).write_bytes(data)
        assert not is_cut_off(tmp_path / name)
