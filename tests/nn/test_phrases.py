from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from dusktape.core.errors import WeightsError
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.nn.line import Line
from dusktape.nn.phrases import LENGTHS, MODES, SHORTEST, Match, Mode, Phrases, build, shares


def line_of(name: str, pitch: list[int], step: list[int] | None = None) -> Line:
    steps = np.array(step if step is not None else [0] + [2] * (len(pitch) - 1), np.int64)
    ones = np.ones(len(pitch), np.int64)
    return Line(name, Key(0, "major"), (), np.array(pitch, np.int64), steps, ones, 4 * ones)


def walk(name: str, notes: int, seed: int) -> Line:
    """A line with the habits of melodies: small steps, few rhythms."""
    rng = Seed(seed).at(name).rng()
    moves = rng.choice([-2, -1, 0, 0, 1, 2, 2, 5], notes)
    steps = rng.choice([1, 2, 2, 2, 4], notes)
    return line_of(name, (60 + np.cumsum(moves)).tolist(), steps.tolist())


def symbols(line: Line, mode: Mode, first: int, length: int) -> tuple[object, ...]:
    """What makes a phrase, written down in full."""
    pitch, step = line.pitch.tolist(), line.step.tolist()
    moves = [pitch[i] - pitch[i - 1] for i in range(first + 1, first + length)]
    if mode == "intervals":
        return tuple(moves)
    return (*moves, *(Fraction(step[i], step[i - 1]) for i in range(first + 2, first + length)))


def exact_reach(lines: list[Line], asked: Line, mode: Mode) -> list[int]:
    """The longest match that ends at each note, by a dictionary of every phrase of every length."""
    known = {
        symbols(line, mode, first, length)
        for line in lines
        for length in range(SHORTEST, len(line) + 1)
        for first in range(len(line) - length + 1)
    }
    out = []
    for end in range(1, len(asked) + 1):
        fits = [n for n in range(SHORTEST, end + 1) if symbols(asked, mode, end - n, n) in known]
        out.append(max(fits, default=0))
    return out


@pytest.mark.parametrize("mode", MODES)
def test_the_index_finds_what_a_dictionary_of_all_phrases_finds(mode: Mode) -> None:
    lines = [walk(f"song{k}", 60, 1) for k in range(12)]
    asked = walk("new", 120, 2)
    exact = exact_reach(lines, asked, mode)
    assert build(lines).reach(asked, mode).tolist() == exact
    assert max(exact) > SHORTEST


@pytest.mark.parametrize("mode", MODES)
def test_a_planted_phrase_is_found_with_its_length_and_song(mode: Mode) -> None:
    lines = [walk(f"song{k}", 200, 3) for k in range(10)]
    there = lines[7]
    asked = line_of(
        "new",
        [30, 90, 31, *there.pitch[50:90].tolist(), 91, 32],
        [0, 7, 3, *there.step[50:90].tolist(), 5, 9],
    )
    assert build(lines).longest(asked, mode) == Match(40, "song7")


def test_transposition_and_half_time_are_the_same_phrase() -> None:
    line = walk("song", 80, 4)
    slow = line_of("new", (line.pitch + 5).tolist(), (2 * line.step).tolist())
    assert build([line]).longest(slow, "rhythm") == Match(80, "song")


def test_another_rhythm_is_the_same_phrase_only_by_intervals() -> None:
    line = walk("song", 80, 5)
    other = line_of("new", line.pitch.tolist(), [0, *([1, 3] * 40)][:80])
    index = build([line])
    assert index.longest(other, "intervals").length == 80
    assert index.longest(other, "rhythm").length < 12


@pytest.mark.parametrize("mode", MODES)
def test_a_match_does_not_run_from_one_song_into_the_next(mode: Mode) -> None:
    whole = walk("whole", 60, 6)
    halves = [
        line_of(f"half{k}", whole.pitch[30 * k : 30 * k + 30].tolist(), whole.step[30 * k : 30 * k + 30].tolist())
        for k in range(2)
    ]
    assert build(halves).longest(whole, mode).length == 30


def test_of_equal_matches_the_first_song_is_named() -> None:
    line = walk("b", 40, 7)
    same = line_of("a", line.pitch.tolist(), line.step.tolist())
    assert build([line, same]).longest(line, "rhythm").song == "b"


def test_a_share_counts_the_sequences_that_are_there() -> None:
    line = walk("song", 50, 8)
    asked = line_of("new", [*line.pitch[10:30].tolist(), 20, 99, 21, 98], [*line.step[10:30].tolist(), 9, 7, 11, 3])
    index = build([line])
    assert index.share(asked, 15, "rhythm") == 6 / 10
    assert index.share(asked, 24, "rhythm") == 0.0
    assert index.share(asked, 25, "rhythm") == 0.0
    with pytest.raises(ValueError, match="5 notes or more"):
        index.share(asked, 4, "rhythm")


@pytest.mark.parametrize("mode", MODES)
def test_false_matches_are_as_rare_as_hashes_of_16_bits_allow(mode: Mode) -> None:
    # What stands in no song at all, since every interval is new: any match is false.
    lines = [walk(f"song{k}", 1000, 9) for k in range(50)]
    rng = Seed(10).at("foreign").rng()
    jumps = rng.choice([13, 17, 19, 23, 29, 31], 2000) * rng.choice([-1, 1], 2000)
    reach = build(lines).reach(line_of("new", (60 + np.cumsum(jumps)).tolist()), mode)
    # Two hashes in a row are met by chance at 50,000 / 65,535^2 of the places.
    assert (reach >= SHORTEST).mean() < 0.001
    assert reach.max() <= SHORTEST


def test_what_people_reach_lies_beside_it() -> None:
    lines = [walk(f"song{k}", 100, 11) for k in range(10)]
    people = [walk(f"held{k}", 90, 12) for k in range(5)]
    index = build(lines, held_out=people)
    for mode in MODES:
        longest = sorted(index.longest(line, mode).length for line in people)
        assert index.people.longest[mode].tolist() == longest
        assert index.people.percentile(mode, 100) == longest[-1]
        pooled = np.mean([index.share(line, 5, mode) for line in people])
        assert index.people.share[mode][LENGTHS.index(5)] == pytest.approx(pooled)
        assert index.people.stretches(mode, 90).tolist() == longest
    assert build(lines).people.percentile("rhythm", 95) == 0.0
    assert build(lines).people.stretches("rhythm", 10).tolist() == []


def test_a_stretch_of_a_song_knows_only_its_own_notes() -> None:
    line = walk("song", 60, 17)
    asked = line_of("held", line.pitch[:50].tolist(), line.step[:50].tolist())
    people = build([line], held_out=[asked]).people
    assert people.longest["rhythm"].tolist() == [50]
    assert people.stretches("rhythm", 20).tolist() == [20, 20]
    assert people.stretches("rhythm", 4).tolist() == [0] * 12


def test_shares_of_nothing_are_zero() -> None:
    assert shares([]).tolist() == [0.0] * len(LENGTHS)


def test_short_lines_are_neither_found_nor_a_fault() -> None:
    index = build([walk("song", 40, 13), walk("short", 3, 13)])
    assert index.longest(walk("short", 3, 13), "rhythm") == Match(0, "")
    assert index.notes == 40
    assert index.songs == 1
    assert build([]).longest(walk("song", 40, 13), "intervals") == Match(0, "")


def test_an_index_is_saved_and_read_again(tmp_path: Path) -> None:
    lines = [walk(f"song{k}", 60, 14) for k in range(6)]
    index = build(lines, held_out=[walk("held", 50, 15)])
    index.save(tmp_path / "a.npz")
    index.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = Phrases.load(tmp_path / "a.npz")
    assert again.names == index.names
    for mode in MODES:
        assert again.longest(lines[3], mode) == Match(60, "song3")
        assert again.people.longest[mode].tolist() == index.people.longest[mode].tolist()
        assert again.people.share[mode].tolist() == index.people.share[mode].tolist()


def _saved(tmp_path: Path) -> Path:
    build([walk("song", 60, 16)]).save(tmp_path / "index.npz")
    return tmp_path / "index.npz"


def test_a_damaged_index_is_refused_in_one_line(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    whole = path.read_bytes()
    for amiss in (b"", b"no zip", whole[: len(whole) // 2], whole[:100] + b"\0" * 200 + whole[300:], b"\x80\x04."):
        path.write_bytes(amiss)
        with pytest.raises(WeightsError, match=r"index\.npz.*train again") as raised:
            Phrases.load(path)
        assert "\n" not in str(raised.value)
    with pytest.raises(WeightsError, match="cannot read"):
        Phrases.load(tmp_path / "missing.npz")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("format", np.array(99)),
        ("first", np.array([0, 7])),
        ("first", np.array([[0, 59]])),
        ("rhythm", np.zeros(59, np.uint16)[:50]),
        ("intervals", np.zeros(59, np.int64)),
        ("people_rhythm", np.zeros(3, np.uint16)),
        ("people_notes", np.array([1.5])),
        ("name", np.array(["a", "b"])),
        ("name", np.array([{"code": 1}], dtype=object)),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(
    tmp_path: Path, name: str, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
) -> None:
    path = _saved(tmp_path)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    np.savez(path, **{**arrays, name: array})
    with pytest.raises(WeightsError, match="no index of phrases") as raised:
        Phrases.load(path)
    assert "\n" not in str(raised.value)


def test_a_header_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "index.npz"
    with zipfile.ZipFile(path, "w") as file, file.open("format.npy", "w") as inner:
        npy.write_array_header_1_0(inner, {"descr": "<i8", "fortran_order": False, "shape": (2**60,)})
    with pytest.raises(WeightsError, match="no index of phrases"):
        Phrases.load(path)
