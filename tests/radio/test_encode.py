"""MP3 in slots, and encoders that are killed and followed by others."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.radio.encode import LATE, MP3_SLOT, Mp3, Samples, past, rounded
from dusktape.radio.packets import PACKET_FRAMES, alone, packet_bytes, packets
from dusktape.radio.ring import DISCONTINUITY, RingReader, Slot

RATE = 44_100


def music(seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    tones = [(220.0, 0.7), (331.0, 0.3), (554.0, 1.1), (1320.0, 3.0)]
    sound = sum(0.1 * np.sin(2.0 * np.pi * hz * t) * (0.6 + 0.4 * np.sin(2.0 * np.pi * beat * t)) for hz, beat in tones)
    noise = 0.005 * np.random.default_rng(0).standard_normal((2, t.size))
    return np.asarray(np.stack([sound, 0.8 * sound]) + noise, np.float32)


def encoded(sound: np.ndarray, path: Path, *cuts: int) -> list[Slot]:
    """Encode with a fresh encoder after each cut, as if the one before had been killed there."""
    head = 0
    for cut in (*cuts, sound.shape[1]):
        mp3 = Mp3(path, head)
        first = mp3.needs
        while first < cut:
            frames = min(22_050, cut - first)
            low, high = max(first, 0), max(first + frames, 0)
            block = np.zeros((2, frames), np.float32)
            block[:, frames - (high - low) :] = sound[:, low:high]
            mp3.feed(first, block, rounded(block))
            first += frames
        head = cut
        mp3.ring.close()
    reader = RingReader(path)
    found = [reader.read(number) for number in range(1, reader.newest() + 1)]
    return [slot for slot in found if slot is not None]


def decoded(slots: list[Slot]) -> np.ndarray:
    sound, rate = soundfile.read(io.BytesIO(b"".join(slot.data for slot in slots)), dtype="float32")
    assert rate == RATE
    return sound.T


def error(sound: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the error in blocks of half a packet, at the delay where it is smallest."""
    where = np.arange(20_000, 30_000)
    late = min(range(-1200, 1201), key=lambda d: float(np.sum(np.abs(out[0, where] - sound[0, where + d]))))
    count = (min(out.shape[1], sound.shape[1]) - 8_000) // 576
    low = 4_000
    apart = out[0, low : low + 576 * count] - sound[0, low + late : low + late + 576 * count]
    return np.sqrt(np.mean(apart.reshape(-1, 576) ** 2, axis=1))


def test_slots_are_whole_packets_without_holes(tmp_path):
    slots = encoded(music(6.0), tmp_path / "a.ring")
    assert slots[0].frame == 0
    for one, after in pairwise(slots):
        assert one.end == after.frame
    for slot in slots:
        found = list(packets(slot.data))
        assert len(found) == MP3_SLOT
        assert b"".join(found) == slot.data
        assert slot.frames == MP3_SLOT * PACKET_FRAMES


def test_an_encoder_that_follows_a_killed_one_leaves_no_seam(tmp_path):
    sound = music(9.0)
    whole = error(sound, decoded(encoded(sound, tmp_path / "whole.ring")))
    cuts = (100_000, 213_000, 290_001)
    slots = encoded(sound, tmp_path / "killed.ring", *cuts)
    assert all(one.end == after.frame and not after.mark for one, after in pairwise(slots))
    killed = error(sound, decoded(slots))
    assert killed.max() < 1.3 * whole.max()


def test_a_packet_that_stands_alone_needs_nothing_before_it(tmp_path):
    sound = music(4.0)
    whole = [p for slot in encoded(sound, tmp_path / "a.ring") for p in packets(slot.data)]
    place = next(k for k in range(20, 60) if whole[k][4] or whole[k][5] >> 7)
    lone = alone(whole[place - 8 : place], whole[place])
    assert lone[4] == 0 and lone[5] >> 7 == 0
    assert packet_bytes(lone) == len(lone) > len(whole[place])
    assert alone([], lone) == lone


def test_without_what_lay_before_a_packet_cannot_stand_alone(tmp_path):
    whole = [p for slot in encoded(music(4.0), tmp_path / "a.ring") for p in packets(slot.data)]
    place = next(k for k in range(20, 60) if whole[k][4] or whole[k][5] >> 7)
    with pytest.raises(ValueError, match="bytes back"):
        alone([], whole[place])


@pytest.mark.parametrize(
    "junk", [b"", b"\xff\xfb", b"ID3\x04", b"\xff\xf3\x90\x00", b"\xff\xfb\xf0\x00", b"\xff\xfb\x00\x00"]
)
def test_what_is_no_packet_of_ours_is_refused(junk):
    with pytest.raises(ValueError, match="no MP3 packet"):
        packet_bytes(junk)


def test_a_mark_begins_a_slot_at_the_packet_it_lies_in(tmp_path):
    sound = music(4.0)
    mp3 = Mp3(tmp_path / "a.ring", 0)
    start = mp3.needs
    block = np.concatenate([np.zeros((2, -start), np.float32), sound], axis=1)
    mp3.mark(70_000)
    mp3.feed(start, block, rounded(block))
    reader = RingReader(tmp_path / "a.ring")
    slots = [reader.read(n) for n in range(1, reader.newest() + 1)]
    marked = [slot for slot in slots if slot and slot.mark == DISCONTINUITY]
    assert [slot.frame <= 70_000 < slot.frame + PACKET_FRAMES for slot in marked] == [True]


def test_a_ring_that_is_far_behind_goes_on_at_the_head_and_says_so(tmp_path):
    encoded(music(2.0), tmp_path / "a.ring")
    mp3 = Mp3(tmp_path / "a.ring", 2 * RATE + 2 * LATE)
    block = music(3.0)
    mp3.feed(mp3.needs, block, rounded(block))
    slot = mp3.ring.last
    assert slot is not None and slot.frame >= 2 * RATE + 2 * LATE
    numbers = [mp3.ring.last.number]
    first = RingReader(tmp_path / "a.ring").read(numbers[0] - 4)
    assert first is not None and first.mark in (0, DISCONTINUITY)
    assert any(
        slot is not None and slot.mark == DISCONTINUITY
        for slot in (RingReader(tmp_path / "a.ring").read(n) for n in range(1, numbers[0] + 1))
    )


def test_samples_are_rounded_and_never_wrap(tmp_path):
    samples = Samples(tmp_path / "a.ring")
    sound = np.array([[2.0, -2.0, 0.5, 0.0], [0.0, 1.0, -1.0, 0.25]], np.float32)
    samples.feed(0, sound, rounded(sound))
    slot = samples.ring.last
    assert slot is not None
    found = np.frombuffer(slot.data, np.int16).reshape(-1, 2)
    assert found.tolist() == [[32767, 0], [-32767, 32767], [16384, -32767], [0, 8192]]


def test_what_was_written_can_be_had_again(tmp_path):
    samples = Samples(tmp_path / "a.ring")
    sound = music(20.0)
    pcm = rounded(sound)
    for first in range(0, 20 * RATE, RATE):
        samples.feed(first, sound[:, first : first + RATE], pcm[first : first + RATE])
    for first, frames in ((0, 10), (12_345, 100_000), (19 * RATE, RATE)):
        found = past(tmp_path / "a.ring", first, frames)
        assert found is not None
        np.testing.assert_array_equal(found, pcm[first : first + frames])
    before = past(tmp_path / "a.ring", -100, 300)
    assert before is not None and not before[:100].any()
    np.testing.assert_array_equal(before[100:], pcm[:200])
    assert past(tmp_path / "a.ring", 19 * RATE + 1, RATE) is None
    for first in range(20 * RATE, 90 * RATE, RATE):
        samples.feed(first, sound[:, :RATE], pcm[:RATE])
    assert past(tmp_path / "a.ring", 10 * RATE, RATE) is None
