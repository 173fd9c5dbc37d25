import math
import warnings

import numpy as np
import pytest

from dusktape.core.score import BAR, Chord, Key, Section
from dusktape.evaluate import harmony

from .conftest import melody, song

CMAJ7 = Chord(0, BAR, 0, "maj7")


def test_a_melody_of_chord_tones_is_all_inside_and_a_foreign_note_counts_by_its_time():
    inside = harmony.measure(song(melody([60, 64, 67, 71]), [CMAJ7]))
    assert inside["chord_tones"] == inside["chord_tone_ratio"] == inside["in_key"] == 1.0
    three_of_four = harmony.measure(song(melody([60, 64, 66, 71]), [CMAJ7]))
    assert three_of_four["chord_tones"] == pytest.approx(0.75)
    assert three_of_four["in_key"] == pytest.approx(0.75)


def test_a_passing_note_is_proper_and_a_stray_one_is_not():
    passing = harmony.measure(song(melody([60, 62, 64, 67]), [CMAJ7]))
    stray = harmony.measure(song(melody([60, 66, 60, 67]), [CMAJ7]))
    assert passing["chord_tone_ratio"] == 1.0
    assert stray["chord_tone_ratio"] == pytest.approx(0.75)


def test_a_note_over_two_chords_is_judged_under_both():
    chords = [Chord(0, BAR // 2, 0, "maj"), Chord(BAR // 2, BAR // 2, 2, "maj")]
    assert harmony.measure(song(melody([60], beats=4.0), chords))["chord_tones"] == pytest.approx(0.5, abs=0.04)


def test_a_note_just_before_the_change_means_the_new_chord():
    early = melody([74], beats=1.0)[0]
    early = type(early)(BAR - 60, 960, 74, 80)
    chords = [Chord(0, BAR, 0, "maj"), Chord(BAR, BAR, 2, "maj")]
    assert harmony.measure(song([early], chords))["chord_tones"] == 1.0


def test_tonal_distance_is_small_for_chord_tones_and_larger_for_strangers():
    triad = Chord(0, BAR, 0, "maj")
    near = harmony.measure(song(melody([60, 64, 67, 60]), [triad]))["tonal_distance"]
    far = harmony.measure(song(melody([61, 63, 66, 68]), [triad]))["tonal_distance"]
    assert near < far - 0.2


def test_the_tonal_space_puts_fifths_closer_than_tritones():
    points = harmony.tonal_centroid(np.eye(12))
    assert np.linalg.norm(points[0] - points[7]) < np.linalg.norm(points[0] - points[6])


def test_random_notes_are_caught_by_scale_chord_tones_and_distance():
    rng = np.random.default_rng(1)
    noise = harmony.measure(song(melody(rng.integers(60, 84, 200).tolist()), [Chord(0, 200 * 960, 0, "maj7")]))
    assert noise["in_key"] < 0.75
    assert noise["chord_tones"] < 0.5
    assert noise["tonal_distance"] > 1.25


def test_minor_keys_have_their_leading_tone_and_their_sixths():
    a_minor = song(melody([69, 68, 66, 65]), [Chord(0, BAR, 9, "m7")], key=Key(9, "minor"))
    assert harmony.measure(a_minor)["in_key"] == 1.0


def test_scale_consistency_agrees_with_muspy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import muspy
    rng = np.random.default_rng(0)
    for _ in range(20):
        pitches = rng.integers(48, 84, 30).tolist()
        music = muspy.Music(tracks=[muspy.Track(notes=[muspy.Note(i, p, 1) for i, p in enumerate(pitches)])])
        assert harmony.scale_consistency(pitches) == pytest.approx(muspy.scale_consistency(music))


def test_sevenths_count_by_time():
    chords = [Chord(0, 3 * BAR, 0, "maj7"), Chord(3 * BAR, BAR, 7, "maj")]
    assert harmony.measure(song((), chords))["sevenths"] == pytest.approx(0.75)


def test_a_loop_is_found_and_its_chords_are_counted_once():
    turn = [(0, "maj7"), (9, "m7"), (2, "m7"), (7, "7")]
    chords = [Chord(i * BAR, BAR, *turn[i % 4]) for i in range(16)]
    assert harmony.measure(song((), chords))["chords_per_loop"] == 4
    assert len(harmony.loop(chords, 0, 16 * BAR)) == 4


def test_a_static_chord_is_caught_by_chords_per_loop():
    chords = [Chord(i * BAR, BAR, 0, "maj7") for i in range(16)]
    assert harmony.measure(song((), chords))["chords_per_loop"] == 1


def test_each_section_has_its_own_loop():
    a = [Chord(i * BAR, BAR, (0, 5)[i % 2], "maj7") for i in range(8)]
    b = [Chord((8 + i) * BAR, BAR, (0, 9, 2, 7)[i % 4], "m7") for i in range(8)]
    score = song((), [*a, *b])
    sections = (Section("A", 0, 8 * BAR), Section("B", 8 * BAR, 8 * BAR))
    both = type(score)(75.0, score.key, sections=sections, chords=score.chords)
    assert harmony.measure(both)["chords_per_loop"] == 3


def test_nothing_to_measure_is_nan_not_an_error():
    assert all(math.isnan(v) for v in harmony.measure(song()).values())
