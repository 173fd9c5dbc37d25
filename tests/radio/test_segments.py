"""HLS segments."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import PluginError
from dusktape.radio import segments
from dusktape.radio.encode import rounded
from dusktape.radio.ring import RingReader

av = pytest.importorskip("av", reason="PyAV is an extra")


def fed(path: Path, head: int, sound: np.ndarray, origin: int) -> segments.Segments:
    """Feed sound, whose first frame is `origin` on the clock, from where it is needed on."""
    made = segments.Segments(path, head)
    first = made.needs
    while first < origin + sound.shape[1]:
        block = np.zeros((2, 30_000), np.float32)
        low, high = max(first, origin), min(first + 30_000, origin + sound.shape[1])
        if low < high:
            block[:, low - first : high - first] = sound[:, low - origin : high - origin]
        made.feed(first, block, rounded(block))
        first += 30_000
    return made


def test_segments_hold_their_frames_and_their_time(tmp_path):
    t = np.arange(3 * segments.FRAMES) / 44_100
    sound = np.tile(0.3 * np.sin(2.0 * np.pi * 440.0 * t), (2, 1)).astype(np.float32)
    made = fed(tmp_path / "a.ring", 0, sound, 0)
    reader = RingReader(tmp_path / "a.ring")
    slots = [slot for n in range(1, reader.newest() + 1) if (slot := reader.read(n))]
    assert [slot.frame for slot in slots] == [k * segments.FRAMES for k in range(len(slots))]
    assert len(slots) == 3
    for slot in slots:
        assert slot.data[:3] == b"ID3"
        body = slot.data.index(b"transportStreamTimestamp\0") + len(b"transportStreamTimestamp\0")
        assert int.from_bytes(slot.data[body : body + 8], "big") == round(slot.frame * 90_000 / 44_100)
    sound_only = b"".join(slot.data[slot.data.index(b"\xff\xf1") :] for slot in slots)
    with av.open(io.BytesIO(sound_only), format="aac") as file:
        stream = file.streams.audio[0]
        assert (stream.rate, stream.channels) == (44_100, 2)
        out = np.concatenate([frame.to_ndarray() for frame in file.decode(stream)], axis=1)
    assert out.shape[1] == 3 * segments.FRAMES
    apart = out[0, 5_000:200_000] - sound[0, 5_000:200_000]
    assert np.sqrt(np.mean(apart**2)) < 0.01
    assert made.ring.last is not None


def test_another_encoder_goes_on_without_a_seam(tmp_path):
    t = np.arange(3 * segments.FRAMES) / 44_100
    sound = np.tile(0.3 * np.sin(2.0 * np.pi * 440.0 * t), (2, 1)).astype(np.float32)
    half = int(1.6 * segments.FRAMES)
    fed(tmp_path / "a.ring", 0, sound[:, :half], 0).ring.close()
    fed(tmp_path / "a.ring", half, sound, 0)
    reader = RingReader(tmp_path / "a.ring")
    slots = [slot for n in range(1, reader.newest() + 1) if (slot := reader.read(n))]
    assert [(slot.frame // segments.FRAMES, slot.mark) for slot in slots] == [(0, 0), (1, 0), (2, 0)]
    data = b"".join(slot.data[slot.data.index(b"\xff\xf1") :] for slot in slots)
    with av.open(io.BytesIO(data), format="aac") as file:
        out = np.concatenate([frame.to_ndarray() for frame in file.decode(audio=0)], axis=1)
    seam = slice(segments.FRAMES - 5_000, segments.FRAMES + 5_000)
    assert np.max(np.abs(out[0, seam] - sound[0, seam])) < 0.02


def test_a_new_ring_begins_with_the_next_whole_segment(tmp_path):
    made = segments.Segments(tmp_path / "a.ring", 1000)
    assert made.needs < segments.FRAMES
    made = segments.Segments(tmp_path / "b.ring", segments.FRAMES)
    assert made.needs <= segments.FRAMES


def test_without_pyav_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(PluginError, match=r"dusktape\[stream\]"):
        segments.Segments(tmp_path / "a.ring", 0)
