"""A loop says where it goes round."""

from __future__ import annotations

import struct

import mutagen
import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.io.audiofile import AudioWriter, read
from dusktape.io.tags import Tags

FRAMES = 5000


def write(path, **tags):
    sound = 0.5 * np.sin(np.arange(FRAMES) / 20.0, dtype=np.float32)
    with AudioWriter(path, seed=Seed(1), tags=Tags(title="Round", **tags)) as writer:
        writer.write(np.stack([sound, sound]))
    return path


def chunks(path):
    data, found, at = path.read_bytes(), {}, 12
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    while at < len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def test_a_wav_tells_samplers_to_go_round_without_end(tmp_path):
    sampler = chunks(write(tmp_path / "x.wav", loop_frames=FRAMES))[b"smpl"]
    assert len(sampler) == 60
    _, _, period_ns, pitch, *_, loops, more = struct.unpack("<9I", sampler[:36])
    assert (period_ns, pitch, loops, more) == (22676, 60, 1, 0)
    assert struct.unpack("<6I", sampler[36:]) == (0, 0, 0, FRAMES - 1, 0, 0)
    assert read(tmp_path / "x.wav").samples.shape == (2, FRAMES)


def test_a_track_says_nothing_of_the_kind(tmp_path):
    assert b"smpl" not in chunks(write(tmp_path / "x.wav"))


@pytest.mark.parametrize("suffix", [".flac", ".ogg"])
def test_vorbis_comments_name_start_and_length(tmp_path, suffix):
    path = write(tmp_path / f"x{suffix}", loop_frames=FRAMES)
    said = mutagen.File(path)
    assert (said["LOOPSTART"], said["LOOPLENGTH"]) == (["0"], [str(FRAMES)])
    assert read(path).samples.shape == (2, FRAMES)
    assert "LOOPSTART" not in mutagen.File(write(tmp_path / f"y{suffix}"))
