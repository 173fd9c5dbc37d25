import math
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.score import BAR, Chord, Key
from dusktape.evaluate import gather, judgement
from dusktape.evaluate.limits import LIMITS, judge
from dusktape.evaluate.song import measure, people
from dusktape.nn import phrases

from .conftest import melody, song

TURN = [(0, "maj7"), (9, "m7"), (2, "m7"), (7, "7")]
CHORDS = [Chord(i * BAR, BAR, *TURN[i % 4]) for i in range(16)]


def tunes(count: int, *, copied: bool = False) -> list:
    out = []
    for k in range(count):
        rng = np.random.default_rng(0 if copied else k)
        out.append((f"song {k}", song(melody(rng.choice([60, 62, 64, 67, 69, 71], 64).tolist()), CHORDS)))
    return out


def test_all_that_is_found_stands_flat_in_the_figures_and_beside_people():
    songs = tunes(4)
    index = phrases.build([gather.line(*songs[0])])
    found = judgement.of_songs(songs, index)
    assert found["figures"]["chord_tones"] == found["measures"]["chord_tones"]["mean"]
    assert {row["name"] for row in found["songs"]} == {name for name, _ in songs}
    assert found["copying"]["rhythm"]["matches"][0]["notes"] == 64
    assert set(found["measures"]) == set(found["people"]["measures"])
    for limit in LIMITS:
        assert limit.figure in found["figures"] or limit.figure.startswith("bits.saving.")  # those need held-out songs


def test_a_straight_copy_is_caught_by_copying_and_by_diversity():
    copies = tunes(5, copied=True)
    found = judgement.of_songs(copies, phrases.build([gather.line(*copies[0])]))
    assert found["figures"]["copying.rhythm.share_15"] == 1.0
    assert found["figures"]["diversity.melody"] == 0.0
    verdicts = {v.title: v.reached for v in judge(found["figures"])}
    assert verdicts["15-note sequences in training, rhythm"] is False
    assert verdicts["distance of the nearest melodies"] is False


def test_a_static_chord_is_caught_by_the_limits():
    still = song(melody([60] * 64), [Chord(i * BAR, BAR, 0, "maj") for i in range(16)])
    verdicts = {v.title: v.reached for v in judge(measure(still))}
    assert verdicts["distinct chords in a loop"] is False
    assert verdicts["sevenths and richer, share of chord time"] is False
    assert verdicts["melody bars that were heard before"] is False


def test_random_scale_notes_are_caught_by_the_limits():
    rng = np.random.default_rng(5)
    notes = song(melody(rng.choice([60, 62, 64, 65, 67, 69, 71], 64).tolist()), CHORDS)
    verdicts = {v.title: v.reached for v in judge(measure(notes))}
    assert verdicts["melody inside the key"] is True
    assert verdicts["chord tones under the melody"] is False
    assert verdicts["melody bars that occur once"] is False


def test_what_was_not_measured_is_neither_reached_nor_missed():
    assert all(v.reached is None for v in judge({}))
    copied = judge({"copying.rhythm.longest_p95": 12.0, "people.copying.rhythm.longest_p95": 40.0})
    row = next(v for v in copied if "rhythm, 95th" in v.title)
    assert row.reached is True
    assert row.bounds == "at most 16"  # people reach more, and sixteen notes are enough


def test_summaries_leave_out_what_cannot_be_measured():
    rows = [{"name": "a", "x": 1.0}, {"name": "b", "x": math.nan}, {"name": "c", "x": 3.0}]
    assert judgement.summary(rows)["x"]["mean"] == 2.0
    assert judgement.summary(rows)["x"]["songs"] == 2


def test_people_are_measured_by_every_measure_we_have():
    assert set(people()["measures"]) == set(measure(song()))
    assert len(people()["repetition"]["place"]) == len(people()["repetition"]["bag"])
    assert all(0 < v < 1 for v in people()["diversity"].values())


def test_songs_become_lines_in_their_own_time():
    line = gather.line("x", song(melody([60, None, 64]), CHORDS, key=Key(9, "minor")))
    assert line.start.tolist() == [0, 8]
    assert line.pitch.tolist() == [60, 64]
    assert line.key == Key(9, "minor")


def test_fresh_songs_take_all_recipes_in_turn_and_come_again_from_their_seed():
    once, again = (list(gather.fresh(2, 7, ("rainy", "cafe"))) for _ in range(2))
    assert [name for name, _ in once] == ["rainy-7", "cafe-8"]
    assert [s.to_json() for _, s in once] == [s.to_json() for _, s in again]


def test_a_folder_without_midi_is_said_so(tmp_path):
    from dusktape.core.errors import InputError

    with pytest.raises(InputError, match="there is no MIDI file in it"):
        gather.midi_files([tmp_path])
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(InputError, match=r"x\.txt: it is no MIDI file and no folder"):
        gather.midi_files([tmp_path / "x.txt"])


def test_what_is_no_midi_is_named_and_the_rest_taken(tmp_path):
    for name in ("b.kar", "a.MID", "x.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "none").mkdir()
    found, none = gather.midi_files([tmp_path, tmp_path / "x.txt", tmp_path / "none"])
    assert [p.name for p in found] == ["a.MID", "b.kar"]
    assert {Path(path).name: reason for path, reason in none.items()} == {
        "x.txt": "it is no MIDI file and no folder",
        "none": "there is no MIDI file in it",
    }


def test_a_midi_file_without_chord_names_is_analysed(tmp_path):
    import mido

    from dusktape.core.errors import InputError

    file = mido.MidiFile(ticks_per_beat=480)
    tune, chords = mido.MidiTrack(), mido.MidiTrack()
    for turn in range(8):
        for k, pitch in enumerate((72, 76, 79, 74)):
            tune.append(mido.Message("note_on", note=pitch + (turn + k) % 3, velocity=90, time=0))
            tune.append(mido.Message("note_off", note=pitch + (turn + k) % 3, time=480))
        for tone in (48, 52, 55, 59):
            chords.append(mido.Message("note_on", channel=1, note=tone, velocity=70, time=0))
        for k, tone in enumerate((48, 52, 55, 59)):
            chords.append(mido.Message("note_off", channel=1, note=tone, time=0 if k else 1920))
    file.tracks.extend([tune, chords])
    file.save(tmp_path / "x.mid")
    score = gather.read(tmp_path / "x.mid")
    assert len(score.parts["lead"]) == 32
    assert {(c.root, c.quality) for c in score.chords} == {(0, "maj7")}
    empty = mido.MidiFile()
    empty.tracks.append(mido.MidiTrack())
    empty.save(tmp_path / "empty.mid")
    with pytest.raises(InputError, match=r"empty\.mid"):
        gather.read(tmp_path / "empty.mid")
