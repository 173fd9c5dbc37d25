"""The programme as sound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.radio.nouns import Entry
from dusktape.radio.programme import HISTORY, BrokenEntry, File, Programme, Stream

RATE = 44_100


class Ramp:
    """A source whose every frame is its own place, over a million."""

    closed = 0

    def read(self, first: int, frames: int) -> np.ndarray:
        return np.tile(np.arange(first, first + frames, dtype=np.float32) / 1e6, (2, 1))

    def close(self) -> None:
        self.closed += 1


def entry(number: int, start: int, end: int, join: int = 0, **spec: object) -> Entry:
    return Entry("main", "track", start, end, join, f"t{number}", dict(spec), id=number)


def programme(*entries: Entry) -> Programme:
    made = Programme(lambda entry: Ramp())
    for one in entries:
        made.put(one)
    return made


def test_an_entry_begins_at_its_frame_zero():
    out = programme(entry(1, 1000, 9000)).render(900, 200)
    assert np.all(out[:, :100] == 0.0)
    np.testing.assert_allclose(out[0, 100:], np.arange(100) / 1e6)


def test_gain_is_in_decibels():
    out = programme(entry(1, 0, 9000, gain_db=-20.0)).render(1000, 10)
    np.testing.assert_allclose(out[0], np.arange(1000, 1010) / 1e7, rtol=1e-5)


def test_two_entries_are_faded_into_each_other():
    both = programme(entry(1, 0, 20_000, out=10_000), entry(2, 10_000, 90_000, 10_000))
    out = both.render(10_000, 10_000)
    k = (np.arange(10_000) + 0.5) / 10_000
    first = np.arange(10_000, 20_000) / 1e6 * np.cos(0.5 * np.pi * k)
    second = np.arange(10_000) / 1e6 * np.sin(0.5 * np.pi * k)
    np.testing.assert_allclose(out[0], first + second, atol=1e-7)


@pytest.mark.parametrize("step", [1, 63, 4096, 44_100])
def test_it_is_the_same_however_it_is_cut(step):
    made = programme(entry(1, 0, 30_000, out=10_000), entry(2, 20_000, 90_000, 10_000))
    count = min(20 * step, 45_000)
    whole = made.render(10_000, count)
    parts = [made.render(10_000 + k, min(step, count - k)) for k in range(0, count, step)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_what_plays_and_what_comes_is_told():
    made = programme(entry(1, 0, 30_000), entry(2, 20_000, 90_000), entry(3, 80_000, 80_000))
    assert [e.id for e in made.at(25_000)] == [1, 2]
    assert [e.id for e in made.after(10_000)] == [2]
    assert made.newest() is not None and made.newest().id == 2


def test_what_is_over_is_let_go():
    sources = [Ramp(), Ramp()]
    made = Programme(lambda e: sources[e.id - 1])
    made.put(entry(1, 0, 1000))
    made.put(entry(2, 500, 9000))
    made.render(600, 100)
    made.forget(2000)
    assert [source.closed for source in sources] == [1, 0]
    assert list(made.entries) == [2]
    made.close()
    assert sources[1].closed == 1


def test_another_end_keeps_the_source_and_another_track_does_not():
    opened: list[str] = []

    def open_source(e: Entry) -> Ramp:
        opened.append(str(e.track))
        return Ramp()

    made = Programme(open_source)
    made.put(entry(1, 0, 9000))
    made.render(0, 10)
    made.put(entry(1, 0, 5000, out=100))
    made.render(10, 10)
    made.put(Entry("main", "track", 0, 5000, 0, "other", id=1))
    made.render(20, 10)
    assert opened == ["t1", "other"]


def test_a_source_that_fails_is_named():
    def failing(e: Entry) -> Ramp:
        raise InputError("gone")

    made = Programme(failing)
    made.put(entry(4, 0, 9000))
    with pytest.raises(BrokenEntry, match="gone") as caught:
        made.render(0, 10)
    assert caught.value.entry.id == 4


def test_a_file_is_read_from_anywhere(tmp_path):
    sound = (0.5 * np.random.default_rng(0).uniform(-1, 1, (50_000, 2))).astype(np.float32)
    soundfile.write(str(tmp_path / "a.flac"), sound, RATE, subtype="PCM_24")
    file = File(tmp_path / "a.flac")
    for first, frames in ((0, 1000), (1000, 500), (40_000, 20_000), (7, 3), (-50, 100)):
        out = file.read(first, frames)
        expected = np.zeros((2, frames))
        low, high = max(first, 0), min(first + frames, 50_000)
        expected[:, low - first : high - first] = sound[low:high].T
        np.testing.assert_allclose(out, expected, atol=2e-7)
    file.close()


def test_a_file_of_another_kind_is_refused(tmp_path):
    soundfile.write(str(tmp_path / "a.flac"), np.zeros((100, 1)), RATE)
    soundfile.write(str(tmp_path / "b.flac"), np.zeros((100, 2)), 48_000)
    (tmp_path / "c.flac").write_bytes(b"no sound")
    for name, why in (("a", "not stereo"), ("b", "not stereo"), ("c", "cannot be played"), ("d", "cannot be played")):
        with pytest.raises(InputError, match=why):
            File(tmp_path / f"{name}.flac")


def test_a_stream_is_made_as_it_is_read_and_made_again_to_go_back():
    begun = 0

    def begin() -> Iterator[np.ndarray]:
        nonlocal begun
        begun += 1
        for k in range(100):
            yield np.full((2, 10_000), k, np.float32)

    stream = Stream(begin)
    assert stream.read(15_000, 10_000)[0, [0, -1]].tolist() == [1.0, 2.0]
    assert stream.read(400_000, 10)[0, 0] == 40.0
    assert stream.read(400_000 - HISTORY, 10)[0, 0] == (400_000 - HISTORY) // 10_000
    assert begun == 1
    assert stream.read(0, 10)[0, 0] == 0.0
    assert begun == 2
    assert np.all(stream.read(1_000_000, 50) == 0.0)
    assert stream.read(-5, 10)[0, 4] == 0.0
    stream.close()


def test_a_stream_keeps_little():
    stream = Stream(lambda: (np.zeros((2, 65_536), np.float32) for _ in range(200)))
    for k in range(100):
        stream.read(k * RATE, RATE)
    assert stream._kept.shape[1] < HISTORY + RATE + 2 * 65_536
