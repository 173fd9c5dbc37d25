from __future__ import annotations

import io
import itertools
import sys

import numpy as np
import pytest

from dusktape.core.errors import InputError, PluginError
from dusktape.radio.outputs.encoders import encoder

from .conftest import RATE, pieces


def decoded(data: bytes) -> tuple[np.ndarray, int, list[str]]:
    """Left channel, sample rate and titles of a stream."""
    av = pytest.importorskip("av")
    titles, parts, rate = [], [], 0
    for link in [data] if data[:4] != b"OggS" else chained(data):
        with av.open(io.BytesIO(link)) as container:
            titles.append(container.metadata.get("title") or container.streams.audio[0].metadata.get("title", ""))
            for frame in container.decode(audio=0):
                rate = frame.sample_rate
                parts.append(frame.to_ndarray()[0].astype(float))
    return np.concatenate(parts), rate, titles


def chained(data: bytes) -> list[bytes]:
    """The logical streams of an Ogg file: each begins with a page whose header says so."""
    starts, at = [], 0
    while (at := data.find(b"OggS", at)) >= 0:
        if data[at + 5] & 2:
            starts.append(at)
        at += 4
    return [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]


def test_mp3_is_whole_frames_at_the_bitrate_asked_for():
    mp3 = encoder("mp3", "128")
    data = b"".join(mp3.encode(piece.sound) for piece in pieces(4))
    assert mp3.content_type == "audio/mpeg"
    assert mp3.retitle("anything") is None
    assert len(data) * 8 / 4 == pytest.approx(128_000, rel=0.05)
    sound, rate, _ = decoded(data)
    assert rate == RATE
    assert np.abs(np.fft.rfft(sound[RATE : 2 * RATE])).argmax() == 441


def test_opus_begins_a_logical_stream_for_each_title_and_loses_nothing():
    opus = encoder("opus", "96")
    data = b""
    for index, piece in enumerate(pieces(6)):
        if index in (0, 8, 16):
            data += opus.retitle(f"雨の夜 {index}")
        data += opus.encode(piece.sound)
    data += opus.retitle("the end")
    assert opus.content_type == "application/ogg"
    links = [link for link in chained(data) if b"OpusTags" in link]
    assert len(links) == 3
    sound, rate, titles = decoded(data)
    assert titles == ["雨の夜 0", "雨の夜 8", "雨の夜 16"]
    assert rate == 48_000
    assert len(sound) / rate == pytest.approx(6.0, abs=0.05)


def test_opus_comes_out_within_half_a_second():
    opus = encoder("opus", None)
    got = [len(opus.encode(piece.sound)) for piece in pieces(4)]
    assert sum(got[:3]) > 0
    assert all(a or b for a, b in itertools.pairwise(got[2:]))


@pytest.mark.parametrize(("format", "bitrate"), [("aac", None), ("mp3", "129"), ("mp3", "x"), ("opus", "8")])
def test_what_there_is_not_is_refused_in_one_line(format, bitrate):
    with pytest.raises(InputError) as told:
        encoder(format, bitrate)
    assert (bitrate or format) in str(told.value)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(PluginError, match=r"pip install 'dusktape\[stream\]'"):
        encoder("opus", None)
