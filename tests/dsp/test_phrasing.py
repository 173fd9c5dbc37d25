import pytest

from dusktape.core.audio import PlayedNote
from dusktape.dsp.phrasing import intervals, marked, shifts, unmarked


def notes(*rows: tuple[int, int, int]) -> list[PlayedNote]:
    return [PlayedNote(start, length, pitch, 0.6) for start, length, pitch in rows]


@pytest.mark.parametrize("interval", [-12, -1, 0, 3, 12])
def test_a_mark_comes_off_as_it_was_put_on(interval: int) -> None:
    for pitch in (0, 40, 127):
        assert unmarked(marked(PlayedNote(0, 10, pitch, 0.5), interval).pitch) == (pitch, interval)


def test_wider_slurs_are_taken_for_an_octave() -> None:
    assert unmarked(marked(PlayedNote(0, 10, 60, 0.5), -30).pitch) == (60, -12)


def test_only_notes_without_a_rest_between_them_are_joined() -> None:
    line = notes((0, 100, 40), (105, 100, 43), (400, 100, 38), (400, 100, 45))
    assert intervals(line, gap_frames=10) == [0, 3, 0, 0]


def test_the_hand_shifts_by_its_lowest_note_and_not_within_a_grip() -> None:
    line = notes((0, 900, 52), (20, 900, 64), (1000, 900, 57), (2000, 900, 58), (3000, 900, 50))
    assert shifts(line, least=3, room_frames=100) == [(1000, 5), (3000, -8)]


def test_one_note_shifts_nothing() -> None:
    assert shifts(notes((0, 10, 40)), least=1, room_frames=10) == []
    assert shifts([], least=1, room_frames=10) == []
