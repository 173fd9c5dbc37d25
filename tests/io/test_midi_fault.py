from __future__ import annotations

import io

import pytest

from dusktape.core.score import Key, Note, Score
from dusktape.io.midi import to_midi
from dusktape.io.midi_fault import fault

_HEAD = b"MThd\0\0\0\x06\0\x01\0\x01\x01\xe0"


def track(events: bytes) -> bytes:
    return _HEAD + b"MTrk" + len(events).to_bytes(4, "big") + events


def test_nothing_is_wrong_with_what_we_write() -> None:
    stream = io.BytesIO()
    to_midi(Score(80.0, Key(0, "major"), parts={"lead": (Note(0, 960, 60, 80),)}), stream, title="a song")
    assert fault(stream.getvalue()) == ""
    assert fault(stream.getvalue()[:-7]).startswith("it is cut short: a track of ")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (b"RIFFabcd", "it starts with 'RIFF', not 'MThd'"),
        (b"\xff\xfe\0j", "it starts with the bytes ff fe 00 6a, not 'MThd'"),
        (b"MThd\0\0", "it ends within the header"),
        (_HEAD[:8] + b"\0\x07\0\x01\x01\xe0", "it is of type 7; there are types 0, 1 and 2"),
        (_HEAD[:12] + b"\0\0", "it has 0 ticks a beat"),
        (track(b"\0\x90\x3c\x8f"), "track 1 has 143 where a velocity of 0 to 127 belongs, at byte 25"),
        (track(b"\0\x90\xc8\x50"), "track 1 has 200 where a pitch of 0 to 127 belongs, at byte 24"),
        (track(b"\0\xb0\x07\xff"), "track 1 has 255 where a value of 0 to 127 belongs"),
        (track(b"\0\x90\x3c"), "the last event of track 1 runs past its end"),
        (track(b"\0\xff\x03\x09abc"), "the last event of track 1 runs past its end"),
        (track(b"\0\x3c\x50"), "track 1 begins with an event of no kind"),
        (track(b"\0\xf4"), "track 1 has an event 0xF4, which no file may hold"),
        (track(b"\x81\x81\x81\x81\x01\x90"), "track 1 has a number of more than four bytes"),
        (track(b"\0\xff\x59\x02\x09\0"), "track 1 has a key signature of 9 sharps"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(data: bytes, told: str) -> None:
    assert told in fault(data)
