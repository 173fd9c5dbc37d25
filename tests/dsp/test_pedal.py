import numpy as np

from dusktape.core.audio import PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp import pedal

RATE = 44_100


def chord(start: int, length: int = 20_000) -> list[PlayedNote]:
    return [PlayedNote(start + 200 * i, length, 52 + 4 * i, 0.6) for i in range(3)]


def test_it_goes_down_after_a_chord_and_up_with_the_next() -> None:
    (press,) = pedal.presses(chord(0) + chord(60_000), 1.0, sample_rate=RATE, seed=Seed(1))
    assert 0.1 * RATE < press.down_frame < 0.25 * RATE
    assert 60_000 <= press.up_frame < 63_000


def test_single_lines_long_rests_and_a_share_of_nothing_need_no_foot() -> None:
    line = [PlayedNote(i * 20_000, 15_000, 60 + i, 0.6) for i in range(8)]
    assert pedal.presses(line, 1.0, sample_rate=RATE, seed=Seed(1)) == []
    assert pedal.presses(chord(0) + chord(5 * RATE), 1.0, sample_rate=RATE, seed=Seed(1)) == []
    assert pedal.presses(chord(0) + chord(60_000), 0.0, sample_rate=RATE, seed=Seed(1)) == []


def test_only_what_still_sounds_is_held() -> None:
    used = [pedal.Press(10_000, 50_000)]
    early, late, after = PlayedNote(0, 5_000, 60, 0.5), PlayedNote(0, 15_000, 62, 0.5), PlayedNote(60_000, 10, 64, 0.5)
    held = pedal.held([early, late, after], used)
    assert [n.length_frames for n in held] == [5_000, 50_000, 10]


def test_notes_that_outlast_the_pedal_keep_their_length() -> None:
    (note,) = pedal.held([PlayedNote(0, 70_000, 60, 0.5)], [pedal.Press(10_000, 50_000)])
    assert note.length_frames == 70_000


def test_the_share_is_kept_over_many_chords() -> None:
    notes = [n for i in range(300) for n in chord(i * 60_000)]
    used = pedal.presses(notes, 0.3, sample_rate=RATE, seed=Seed(2))
    assert 60 < len(used) < 120
    assert np.all(np.diff([p.down_frame for p in used]) > 0)
