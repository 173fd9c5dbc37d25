import numpy as np
import pytest

from dusktape.core.score import Key
from dusktape.data.midi.key import KEYS, PROFILES, correlations, find_key

from . import tunes


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_profile_is_its_own_key(key):
    weights = np.roll(PROFILES[key.mode], key.tonic)
    assert KEYS[int(correlations(weights).argmax())] == key
    assert correlations(weights).max() == pytest.approx(1.0)


@pytest.mark.parametrize("up", range(12))
def test_a_song_is_found_in_every_key(up):
    rows = tunes.melody(1, key=up) + tunes.chords(key=up) + tunes.bass(key=up)
    assert find_key(tunes.notes(rows)).key == Key(up, "major")


def test_a_signature_decides_between_two_keys_that_fit_nearly_alike():
    # The white keys with one more A: A minor, and a tenth less well D minor.
    scale = tunes.notes([(960 * i, 960, 60 + p, 80) for i, p in enumerate([0, 2, 4, 5, 7, 9, 11, 9])])
    assert find_key(scale).key == Key(9, "minor")
    assert find_key(scale, [(0, Key(2, "minor"))]).key == Key(2, "minor")
    assert find_key(scale, [(0, Key(2, "minor"))]).fit == pytest.approx(0.754, abs=0.001)


def test_a_wrong_signature_loses_against_the_notes():
    rows = tunes.melody(1) + tunes.chords() + tunes.bass()
    assert find_key(tunes.notes(rows), [(0, Key(6, "major"))]).key == Key(0, "major")


def test_c_major_in_a_file_says_nothing():
    rows = [(960 * i, 960, pitch, 80) for i, pitch in enumerate([57, 60, 64, 69, 71, 72, 74, 76, 69, 68, 69] * 3)]
    minor = tunes.notes(rows)
    assert find_key(minor, [(0, Key(0, "major"))]) == find_key(minor)


def test_noise_fits_no_key_well():
    rows = [(960 * i, 960, 60 + i % 12, 80) for i in range(48)]
    assert find_key(tunes.notes(rows)).fit < 0.1


LOOPS = {
    "Am7 Fmaj7 Dm7 G7": ((9, 0, 4, 7), (5, 9, 0, 4), (2, 5, 9, 0), (7, 11, 2, 5)),
    "Fmaj7 Em7 Dm7 Cmaj7": ((5, 9, 0, 4), (4, 7, 11, 2), (2, 5, 9, 0), (0, 4, 7, 11)),
    "Fmaj7 G7 Em7 Am7": ((5, 9, 0, 4), (7, 11, 2, 5), (4, 7, 11, 2), (9, 0, 4, 7)),
    "Dm7 Fmaj7 Am7 G": ((2, 5, 9, 0), (5, 9, 0, 4), (9, 0, 4, 7), (7, 11, 2)),
}


@pytest.mark.parametrize("up", range(0, 12, 5))
@pytest.mark.parametrize("chords", LOOPS.values(), ids=LOOPS)
def test_a_loop_of_the_seven_notes_of_a_scale_is_in_one_of_its_keys(chords, up):
    rows = []
    for k, chord in enumerate(chords * 4):
        rows += [(3840 * k, 3840, 60 + (p + up) % 12, 80) for p in chord] + [(3840 * k, 3840, 36 + chord[0] + up, 80)]
    assert find_key(tunes.notes(rows), by_scale=True).key in (Key(up, "major"), Key((9 + up) % 12, "minor"))


def test_a_scale_with_a_raised_seventh_is_heard_by_its_profile():
    rows = [(960 * i, 960, pitch, 80) for i, pitch in enumerate([57, 60, 64, 69, 71, 72, 74, 76, 69, 68, 69] * 3)]
    assert find_key(tunes.notes(rows), by_scale=True) == find_key(tunes.notes(rows))
