"""What samplers and loop players read in a WAV is what was written, and nothing else in the file changes."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.io import wav_chunks
from dusktape.io.audiofile import AudioWriter, read
from dusktape.io.tags import Tags
from dusktape.io.wav_chunks import Playing

FRAMES = 5_001


def wav(path, **tags):
    sound = 0.5 * np.sin(np.arange(FRAMES) / 20.0, dtype=np.float32)
    with AudioWriter(path, channels=1, seed=Seed(1), tags=Tags(title="Round", **tags)) as writer:
        writer.write(sound[None, :])
    return path


def chunks(path):
    data, found, at = path.read_bytes(), [], 12
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    while at < len(data):
        name, size = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        found.append((name, data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def log_of(path):
    """What libsndfile, which is not ours, says of a file."""
    library, ffi = soundfile._snd, soundfile._ffi
    with soundfile.SoundFile(path) as file:
        buffer = ffi.new("char[16384]")
        library.sf_command(file._file, 0x1001, buffer, 16384)
        return ffi.string(buffer).decode(errors="replace")


@pytest.mark.parametrize(
    "playing",
    [
        Playing(),
        Playing(root=57),
        Playing(loop_frames=FRAMES),
        Playing(loop_frames=FRAMES, root=62, beats=16, bpm=77.5),
    ],
)
def test_what_was_written_is_read(tmp_path, playing):
    path = wav(tmp_path / "x.wav")
    wav_chunks.embed(path, playing)
    assert wav_chunks.read(path) == playing


def test_sound_and_tags_stay_as_they_were(tmp_path):
    path = wav(tmp_path / "x.wav")
    before, sound = dict(chunks(path)), read(path).samples
    wav_chunks.embed(path, Playing(loop_frames=FRAMES, beats=4, bpm=80.0))
    after = dict(chunks(path))
    np.testing.assert_array_equal(read(path).samples, sound)
    assert {name: after[name] for name in before} == before
    assert sorted(set(after) - set(before)) == [b"acid", b"smpl"]


def test_chunks_that_are_there_are_replaced(tmp_path):
    path = wav(tmp_path / "x.wav", loop_frames=FRAMES)
    wav_chunks.embed(path, Playing(root=50))
    wav_chunks.embed(path, Playing(root=51))
    assert [name for name, _ in chunks(path)].count(b"smpl") == 1
    assert [name for name, _ in chunks(path)].count(b"acid") == 1
    assert wav_chunks.read(path) == Playing(root=51)


def test_another_library_reads_tempo_beats_and_root(tmp_path):
    path = wav(tmp_path / "x.wav")
    wav_chunks.embed(path, Playing(loop_frames=FRAMES, root=69, beats=8, bpm=72.0))
    said = " ".join(log_of(path).split())
    assert "Midi Note : 69" in said
    assert "Loop Count : 1" in said
    assert f"End : {FRAMES - 1}" in said
    assert "Root note : 0x39" in said
    assert "Beats : 8" in said
    assert "Meter : 4/4" in said
    assert "Tempo : 72.000000" in said
    assert "(Loop," in said


def test_a_one_shot_says_that_it_is_one(tmp_path):
    path = wav(tmp_path / "x.wav")
    wav_chunks.embed(path, Playing())
    assert "(OneShot,RootNoteInvalid,StretchOff" in " ".join(log_of(path).split())


def test_what_is_no_wav_is_refused_and_stays(tmp_path):
    path = tmp_path / "x.wav"
    path.write_bytes(b"this is a text")
    with pytest.raises(InputError, match="no WAV file"):
        wav_chunks.embed(path, Playing())
    with pytest.raises(InputError, match="no WAV file"):
        wav_chunks.read(path)
    assert [f.name for f in tmp_path.iterdir()] == ["x.wav"]


def test_a_damaged_chunk_is_told(tmp_path):
    path = wav(tmp_path / "x.wav")
    data = path.read_bytes() + b"acid" + struct.pack("<I", 4) + bytes(4)
    path.write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    with pytest.raises(InputError, match="damaged sampler chunk"):
        wav_chunks.read(path)
