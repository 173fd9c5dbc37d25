"""The ring that carries a station's sound from one process to the others."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dusktape.core.errors import DusktapeError
from dusktape.radio.ring import DISCONTINUITY, RingReader, RingWriter

SOURCE = Path(__file__).parents[2] / "src"


def content(number: int) -> bytes:
    return random.Random(number).randbytes(100 + number % 900)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "a.ring", slots=4, slot_bytes=1000)
    reader = RingReader(tmp_path / "a.ring")
    assert (reader.newest(), reader.read(1), writer.last) == (0, None, None)
    assert writer.append(5000, 100, b"abc", DISCONTINUITY) == 1
    slot = reader.read(1)
    assert slot is not None
    assert (slot.number, slot.frame, slot.frames, slot.data, slot.mark) == (1, 5000, 100, b"abc", DISCONTINUITY)
    assert slot.end == 5100
    assert reader.read(2) is None
    assert reader.read(0) is None


def test_the_oldest_slots_make_room(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "a.ring", slots=4, slot_bytes=1000)
    reader = RingReader(tmp_path / "a.ring")
    for number in range(1, 12):
        writer.append(number * 10, 10, content(number))
    assert (reader.oldest(), reader.newest()) == (8, 11)
    assert reader.read(7) is None
    assert [slot.data for n in range(8, 12) if (slot := reader.read(n))] == [content(n) for n in range(8, 12)]


def test_a_frame_finds_its_slot(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "a.ring", slots=4, slot_bytes=10)
    for number in range(1, 8):
        writer.append(number * 10, 10, b"x")
    reader = RingReader(tmp_path / "a.ring")
    assert [reader.find(frame) for frame in (39, 40, 49, 50, 79, 80)] == [None, 4, 4, 5, 7, None]


def test_a_writer_that_is_opened_again_goes_on_counting(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "a.ring", slots=4, slot_bytes=1000)
    for number in range(1, 7):
        writer.append(number * 10, 10, content(number))
    writer.close()
    again = RingWriter(tmp_path / "a.ring", slots=4, slot_bytes=1000)
    assert again.last is not None
    assert (again.last.number, again.last.end, again.last.data) == (6, 70, content(6))
    assert again.append(70, 10, b"next") == 7


def test_a_ring_of_another_size_goes_on_counting_and_readers_can_tell(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "a.ring", slots=4, slot_bytes=64)
    writer.append(0, 10, b"one")
    writer.close()
    reader = RingReader(tmp_path / "a.ring")
    assert not reader.replaced()
    other = RingWriter(tmp_path / "a.ring", slots=8, slot_bytes=64)
    assert reader.replaced()
    assert other.append(10, 10, b"two") == 2
    slot = RingReader(tmp_path / "a.ring").read(2)
    assert slot is not None and slot.data == b"two"
    assert RingReader(tmp_path / "a.ring").read(1) is None


def test_a_damaged_slot_is_not_read_and_its_number_is_used_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ring"
    writer = RingWriter(path, slots=4, slot_bytes=64)
    for number in range(1, 4):
        writer.append(number, 1, bytes([number]) * 64)
    writer.close()
    raw = bytearray(path.read_bytes())
    raw[64 + 2 * 128 + 64 + 5] ^= 1
    path.write_bytes(raw)
    assert RingReader(path).read(3) is None
    again = RingWriter(path, slots=4, slot_bytes=64)
    assert again.last is not None and again.last.number == 2
    assert again.append(3, 1, b"three") == 3


def test_a_slot_with_all_its_bytes_wrong_by_one_is_no_slot(tmp_path: Path) -> None:
    path = tmp_path / "a.ring"
    RingWriter(path, slots=4, slot_bytes=64).append(7, 1, b"data")
    raw = bytearray(path.read_bytes())
    raw[64 + 8] ^= 1  # the frame
    path.write_bytes(raw)
    assert RingReader(path).read(1) is None


@pytest.mark.parametrize("junk", [b"", b"x" * 10, b"x" * 1000, b"DUSKRING" + bytes(100)])
def test_a_file_that_is_no_ring_is_refused_by_readers_and_replaced_by_a_writer(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "a.ring"
    path.write_bytes(junk)
    with pytest.raises(DusktapeError, match="not a ring"):
        RingReader(path)
    assert RingWriter(path, slots=2, slot_bytes=8).append(0, 1, b"x") == 1
    assert RingReader(path).newest() == 1


def test_a_ring_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RingReader(tmp_path / "a.ring")


def test_too_much_for_a_slot_is_refused(tmp_path: Path) -> None:
    writer = RingWriter(tmp_path / "a.ring", slots=2, slot_bytes=64)
    with pytest.raises(ValueError, match="64 bytes"):
        writer.append(0, 1, bytes(65))
    with pytest.raises(ValueError, match="not negative"):
        writer.append(-1, 1, b"")
    with pytest.raises(ValueError, match="2 slots"):
        RingWriter(tmp_path / "b.ring", slots=1, slot_bytes=64)


def test_a_reader_beside_a_writer_never_sees_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "a.ring"
    writer = RingWriter(path, slots=2, slot_bytes=4096)
    reader = RingReader(path)
    done = threading.Event()
    wrong: list[int] = []
    good = 0

    def write() -> None:
        for number in range(1, 4000):
            writer.append(number, 1, bytes([number % 251]) * 4096)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        number = reader.newest()
        slot = reader.read(number)
        if slot is not None:
            good += 1
            if slot.data != bytes([number % 251]) * 4096 or slot.frame != number:
                wrong.append(number)
    thread.join()
    assert not wrong
    assert good


KILLED = """
import random, sys
from pathlib import Path
from dusktape.radio.ring import RingWriter
writer = RingWriter(Path(sys.argv[1]), slots=8, slot_bytes=2048)
print("ready", flush=True)
number = writer.last.number if writer.last else 0
while True:
    number += 1
    writer.append(number * 10, 10, random.Random(number).randbytes(100 + number % 900))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills with SIGKILL")
def test_a_writer_killed_at_any_instant_leaves_a_ring_that_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.ring"
    last = 0
    for turn in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        assert child.stdout is not None
        child.stdout.readline()
        reader = RingReader(path)
        while reader.newest() < last + 50 + 37 * turn:
            pass
        child.kill()
        child.wait()
        child.stdout.close()
        assert reader.newest() > last
        last = reader.newest()
        kept = [reader.read(number) for number in range(last - 6, last + 1)]
        assert all(slot is not None and slot.data == content(slot.number) for slot in kept)
        assert [slot.frame for slot in kept if slot] == [10 * n for n in range(last - 6, last + 1)]
