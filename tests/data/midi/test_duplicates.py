import random
from dataclasses import replace

import numpy as np
import pytest

from dusktape.data.midi.analysis import analyse
from dusktape.data.midi.duplicates import fingerprint, near_duplicates, shingles
from dusktape.data.midi.normalise import Normalise
from dusktape.data.midi.raw import RawTrack
from dusktape.data.midi.voices import joined, of

from . import tunes


def _song(tracks, bpm=80.0):
    return analyse(tunes.raw(tracks, bpm=bpm), normalise=Normalise()).song


def _others(count=12):
    return [_song(tunes.band(100 + k, key=k % 12)) for k in range(count)]


def _edited(tracks, share):
    draw = random.Random(5)
    out = []
    for t in tracks:
        kept = np.array([draw.random() > share for _ in range(len(t.notes))])
        out.append(replace(t, notes=of(t.notes, kept)))
    return out


BAND = tunes.band(1, 32)
COPIES = {
    "transposed": (tunes.changed(BAND, up=5), 80.0),
    "a bar later": (tunes.changed(BAND, later=3840), 80.0),
    "in half the ticks": (tunes.changed(BAND, by=0.5), 40.0),
    "in twice the ticks": (tunes.changed(BAND, by=2.0), 160.0),
    "with notes missing": (_edited(BAND, 0.05), 80.0),
    "of its first half": (tunes.band(1, 18), 80.0),
    "in one track": ([RawTrack("", 0, 0, False, joined([t.notes for t in BAND[:3]])[0])], 80.0),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found(kind):
    tracks, bpm = COPIES[kind]
    songs = [*_others(), _song(BAND), _song(tracks, bpm)]
    (group,) = near_duplicates(songs)
    assert sorted(group) == [12, 13]
    assert min(group.similarity) > 0.35


def test_different_songs_over_the_same_chords_are_different():
    assert near_duplicates(_others(30)) == []


def test_the_longest_is_kept_and_of_equals_the_first():
    short, long = _song(tunes.band(1, 20)), _song(BAND)
    assert near_duplicates([short, long])[0].places == (1, 0)
    assert near_duplicates([long, long])[0].places == (0, 1)


def test_a_chain_of_copies_is_one_group():
    songs = [_song(BAND), *_others(3), _song(tunes.changed(BAND, up=3)), _song(tunes.changed(BAND, later=7680, up=-2))]
    (group,) = near_duplicates(songs)
    assert sorted(group.places) == [0, 4, 5]
    assert len(group.similarity) == 3


def test_no_songs_and_songs_without_a_tune_have_no_duplicates():
    assert near_duplicates([]) == []
    drone = [tunes.track([(960 * k, 900, 48, 80) for k in range(40)])]
    assert near_duplicates([_song(drone), _song(drone)]) == []


def test_stretches_do_not_change_with_key_and_tempo():
    line = tunes.notes(tunes.melody(4))
    other = tunes.changed([tunes.track(tunes.melody(4))], by=2.0, up=7)[0].notes
    assert np.array_equal(shingles(line), shingles(other))
    assert len(shingles(line)) > 20


def test_a_repeated_pitch_says_nothing():
    assert not len(shingles(tunes.notes([(480 * k, 480, 60, 80) for k in range(50)])))
    assert not len(shingles(tunes.notes([(0, 480, 60, 80)])))


def test_fingerprints_are_sorted_and_each_hash_stands_once():
    for line in fingerprint(_song(BAND)):
        assert np.all(line[1:] > line[:-1])
