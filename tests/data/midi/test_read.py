from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import Key
from dusktape.data.midi import read as module
from dusktape.data.midi.read import FileError, read

pytest.importorskip("symusic", reason="reading MIDI needs symusic; install 'dusktape[train]'")


def opened(data: bytes):
    return read(data, path="a/b.mid", name="a/b", sha256="0")


def notes(song):
    return [
        tuple(int(x) for x in row)
        for t in song.tracks
        for row in zip(t.notes.start, t.notes.length, t.notes.pitch, t.notes.velocity, strict=True)
    ]


def test_notes_come_in_ticks_of_our_own(smf):
    song = opened(smf.file(smf.track(smf.note(60, length=120), smf.note(62, length=7)), division=480))
    assert notes(song) == [(0, 240, 60, 80), (240, 14, 62, 80)]
    odd = opened(smf.file(smf.track(smf.note(60, length=1), smf.note(62, length=96)), division=96 * 7))
    assert notes(odd) == [(0, 1, 60, 80), (1, 138, 62, 80)]  # 97 of 672 ticks: 138.57 of 960, so it ends at 139


def test_types_0_and_1_hold_the_same_song(smf):
    low, high = smf.note(60), smf.note(72, channel=1)
    one = opened(smf.file(smf.track(low), smf.track(high)))
    zero = opened(smf.file(smf.track(bytes([0, 0x90, 60, 80, 0, 0x91, 72, 80]) + smf.later(480)
                                     + bytes([0x80, 60, 0, 0, 0x81, 72, 0])), kind=0))  # fmt: skip
    assert notes(zero) == notes(one) == [(0, 960, 60, 80), (0, 960, 72, 80)]
    assert len(zero.tracks) == 2


def test_patterns_of_type_2_follow_each_other_from_bar_lines(smf):
    waltz = smf.track(smf.meta(0x58, bytes([3, 2, 24, 8])), smf.note(64), smf.note(65))
    song = opened(smf.file(smf.track(smf.note(60)), waltz, smf.track(smf.note(72)), kind=2))
    assert notes(song) == [(0, 960, 60, 80), (3840, 960, 64, 80), (4800, 960, 65, 80), (3840 + 2880, 960, 72, 80)]
    assert song.meters == ((3840, 3, 4),)


def test_running_status_is_understood(smf):
    run = bytes([0, 0x90, 60, 80]) + smf.later(480) + bytes([60, 0, 0, 64, 70]) + smf.later(480) + bytes([64, 0])
    assert notes(opened(smf.file(smf.track(run)))) == [(0, 960, 60, 80), (960, 960, 64, 70)]


def test_a_file_in_riff_is_unwrapped(smf):
    data = smf.file(smf.track(smf.note(60)))
    riff = b"RIFF" + struct.pack("<I", len(data) + 12) + b"RMIDdata" + struct.pack("<I", len(data)) + data
    assert notes(opened(riff)) == notes(opened(data))


def test_tempi_metres_and_keys_are_told(smf):
    head = smf.track(
        smf.meta(0x51, (750_000).to_bytes(3, "big")),
        smf.meta(0x58, bytes([6, 3, 24, 8])),
        smf.meta(0x59, bytes([0xFD, 1])),
        smf.meta(0x51, (500_000).to_bytes(3, "big"), delta=960),
        smf.meta(0x59, bytes([2, 0])),
    )
    song = opened(smf.file(head, smf.track(smf.note(60))))
    assert song.tempi == ((0, 80.0), (1920, 120.0))
    assert song.meters == ((0, 6, 8),)
    assert song.keys == ((0, Key(0, "minor")), (1920, Key(2, "major")))


def test_a_file_that_says_nothing_of_itself_is_read_all_the_same(smf):
    song = opened(smf.file(smf.track(smf.note(60))))
    assert (song.tempi, song.meters, song.keys) == ((), (), ())


def test_what_cannot_be_is_left_out(smf):
    head = smf.track(smf.meta(0x51, bytes(3)), smf.meta(0x58, bytes([0, 2, 24, 8])), smf.meta(0x59, bytes([99, 7])))
    song = opened(smf.file(head, smf.track(smf.note(60))))
    assert (song.tempi, song.meters, song.keys) == ((), (), ())


def test_drums_and_programs_are_told_apart(smf):
    piano = smf.track(smf.meta(3, b"Keys\x00\n left"), bytes([0, 0xC0, 5]), smf.note(60))
    song = opened(smf.file(piano, smf.track(smf.note(36, channel=9))))
    assert [(t.name, t.program, t.is_drum, t.channel) for t in song.tracks] == [
        ("Keys left", 5, False, -1),
        ("", 0, True, 9),
    ]


def test_a_note_of_no_length_lasts_a_tick_and_one_without_end_is_left_out(smf):
    hanging = bytes([0, 0x90, 72, 80])
    song = opened(smf.file(smf.track(smf.note(60, length=0), smf.note(62), hanging)))
    assert notes(song) == [(0, 1, 60, 80), (0, 960, 62, 80)]


def test_notes_come_by_start_and_pitch(smf):
    song = opened(smf.file(smf.track(smf.voice([(480, 480, 60, 80), (0, 960, 72, 80), (0, 480, 48, 80)]))))
    assert [(s, p) for s, _, p, _ in notes(song)] == [(0, 48), (0, 72), (960, 60)]


def test_arrays_are_whole_numbers_of_64_bits(smf):
    song = opened(smf.file(smf.track(smf.note(60))))
    assert {getattr(song.tracks[0].notes, c).dtype for c in ("start", "length", "pitch", "velocity")} == {
        np.dtype(np.int64)
    }


@pytest.mark.parametrize(
    ("why", "reason", "make"),
    [
        ("empty", "it is empty", lambda m: b""),
        ("broken", "it is no MIDI file: it starts with 'hell', not 'MThd'", lambda m: b"hello world"),
        ("broken", "it is cut short: it ends within the header", lambda m: b"MThd\x00\x00"),
        ("broken", "lacks 6", lambda m: m.file(m.track(m.note(60)))[:-6]),
        ("broken", "it is of type 7; there are types 0, 1 and 2", lambda m: m.file(m.track(m.note(60)), kind=7)),
        ("broken", "SMPTE", lambda m: m.file(m.track(m.note(60)), division=0xE728)),
        ("broken", "it has 0 ticks a beat", lambda m: m.file(m.track(m.note(60)), division=0)),
        ("empty", "it has no tracks", lambda m: m.file()),
        ("empty", "it has no notes", lambda m: m.file(m.track())),
        (
            "broken",
            "it is damaged: track 1 has 200 where a pitch of 0 to 127 belongs, at byte 24",
            lambda m: m.file(m.track(m.note(200))),
        ),
        (
            "too large",
            "it has 961 tracks, 960 of them with notes; no more than 256",
            lambda m: m.file(m.track(), *[m.track(m.note(60))] * 960),
        ),
        (
            "too large",
            "it has 200,000 notes; no more than 100,000",
            lambda m: m.file(m.track(bytes([0, 0x90, 60, 80, 1, 60, 0]), bytes([0, 60, 80, 1, 60, 0]) * 199_999)),
        ),
        (
            "broken",
            "negative time",
            lambda m: m.file(m.track(*[m.note(60, length=0x0FFFFFFF)] * 10)),
        ),
        (
            "too large",
            "it has a note that ends at beat 208,333; no more than 20,000",
            lambda m: m.file(m.track(m.note(60), m.note(60, length=100_000_000 - 480))),
        ),
    ],
)
def test_what_is_no_song_is_refused_with_the_reason(smf, why, reason, make):
    with pytest.raises(FileError) as refused:
        opened(make(smf))
    assert reason in str(refused.value)
    assert refused.value.why == why
    assert "\n" not in str(refused.value)


def test_whatever_is_broken_in_a_file_it_is_read_or_refused(smf):
    whole = smf.song(1, bars=4)
    for seed in range(200):
        draw = random.Random(seed)
        data = bytearray(whole)
        for _ in range(draw.choice((1, 3, 20))):
            data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            assert opened(bytes(data)).tracks
        except FileError as error:
            assert "\n" not in str(error)


def test_without_symusic_the_way_to_get_it_is_told(monkeypatch):
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(module, "import_module", missing)
    with pytest.raises(Exception, match=r"needs symusic; install it with: pip install 'dusktape\[train\]'") as error:
        module.parser()
    assert not isinstance(error.value, InputError)
