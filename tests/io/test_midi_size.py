from __future__ import annotations

import io
import struct

import mido
import pytest

from dusktape.core.errors import InputError
from dusktape.io import midi_size
from dusktape.io.midi_size import Size, refuse_large, size


def written(*tracks: list[mido.Message]) -> bytes:
    file, stream = mido.MidiFile(tracks=[mido.MidiTrack(t) for t in tracks]), io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def note(pitch: int, velocity: int = 90, time: int = 0) -> mido.Message:
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time)


def test_notes_are_counted_among_all_else():
    track = [
        mido.MetaMessage("track_name", name="x" * 300),
        mido.Message("sysex", data=bytes(200)),
        mido.Message("program_change", program=3),
        note(60, time=100_000),
        note(60, 0, 480),
        mido.Message("control_change", control=64, value=127),
        mido.Message("pitchwheel", pitch=100),
        note(64),
        mido.Message("aftertouch", value=3),
        mido.Message("note_off", note=64, velocity=64),
    ]
    assert size(written(track, [], [note(50)])) == Size(tracks=2, notes=3, events=14)


def test_running_status_is_understood():
    events = b"\x00\x90\x3c\x50" + b"\x81\x00\x3c\x00\x00\x3c\x50" * 9 + b"\x00\xff\x2f\x00"
    data = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 48) + b"MTrk" + struct.pack(">I", len(events)) + events
    assert size(data) == Size(tracks=1, notes=10, events=20)


@pytest.mark.parametrize("data", [b"", b"MThd", b"dear diary, it rained", b"MThd" + bytes(40), b"MThd" + b"\xff" * 40])
def test_what_is_no_midi_holds_nothing(data):
    assert size(data) == Size(0, 0, 0)


def test_a_file_that_is_cut_short_is_counted_as_far_as_it_goes():
    whole = written([note(60), note(62), note(64)])
    assert [size(whole[:end]).notes for end in range(len(whole))] == sorted(
        size(whole[:k]).notes for k in range(len(whole))
    )
    assert size(whole).notes == 3


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("MOST_BYTES", "MB; give a MIDI file of at most"),
        ("MOST_TRACKS", "has 2 tracks with notes; give a MIDI file of at most 1"),
        ("MOST_NOTES", "has 2 notes; give a MIDI file of at most 1"),
        ("MOST_EVENTS", "has 4 events; give a MIDI file of at most 1"),
    ],
)
def test_what_is_too_large_is_refused(tmp_path, monkeypatch, limit, told):
    (tmp_path / "x.mid").write_bytes(written([note(60)], [note(62)]))
    refuse_large(tmp_path / "x.mid")
    monkeypatch.setattr(midi_size, limit, 1)
    with pytest.raises(InputError, match=told):
        refuse_large(tmp_path / "x.mid")


def test_a_file_that_is_not_there_is_for_others_to_name(tmp_path):
    refuse_large(tmp_path / "nowhere.mid")
    refuse_large(tmp_path)
