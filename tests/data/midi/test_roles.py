import numpy as np
import pytest

from dusktape.data.dataset import PARTS
from dusktape.data.midi import roles

from . import tunes

WANTED = ["melody", "chords", "bass", "drums"]


def _roles(tracks, *, hints=True):
    return [role.role for role in roles.assign(tracks, hints=hints)[0]]


@pytest.mark.parametrize("seed", range(6))
def test_a_band_is_told_apart_by_its_notes_alone(seed):
    assert _roles(tunes.band(seed, key=seed), hints=False) == WANTED


@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 0, 3, 2)])
def test_the_order_of_tracks_says_nothing(order):
    band = tunes.band()
    assert _roles([band[i] for i in order], hints=False) == [WANTED[i] for i in order]


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Lead Vocal", "melody"),
        ("E-Bass", "bass"),
        ("Schlagzeug", "drums"),
        ("strings_pad", "chords"),
        ("Bassoon", ""),
        ("Piano", ""),
        ("Bass Drum", "drums"),
    ],
)
def test_names_are_understood(name, role):
    track = tunes.track(tunes.melody(1), name)
    hint, found = roles._hint(track)
    assert (PARTS[found] if hint else "") == role


def test_a_name_outweighs_what_two_tracks_both_look_like():
    one, two = tunes.melody(1), tunes.melody(2)
    assert _roles([tunes.track(one), tunes.track(two, "Melody"), tunes.track(tunes.chords())])[1] == "melody"
    assert _roles([tunes.track(one, "Vocals"), tunes.track(two), tunes.track(tunes.chords())])[0] == "melody"


def test_there_is_one_melody():
    tracks = [tunes.track(tunes.melody(seed)) for seed in range(4)] + [tunes.track(tunes.chords())]
    assert _roles(tracks).count("melody") == 1


def test_the_channel_of_percussion_is_drums_whatever_it_plays():
    tracks = [tunes.track(tunes.melody(1)), tunes.track(tunes.chords(), is_drum=True)]
    assert _roles(tracks)[1] == "drums"


def test_a_piano_alone_is_split_into_three_voices():
    tune, left = tunes.melody(3), tunes.bass()
    middle = [(row[0], row[1], 55 + (row[2] - 55) % 12 - 12 * (row[2] % 12 > 6), 80) for row in tunes.chords()]
    piano = tunes.track([*tune, *left, *[(a, n, min(p, 59), v) for a, n, p, v in middle]])
    said, parts = roles.assign([piano])
    assert said[0].role == "melody+chords+bass"
    melody = piano.notes.pitch[parts[0] == PARTS.index("melody")]
    assert melody.tolist() == [row[2] for row in tune]
    assert set(piano.notes.pitch[parts[0] == PARTS.index("bass")]) == {row[2] for row in left}


def test_block_chords_alone_have_no_melody():
    assert "melody" not in _roles([tunes.track(tunes.chords())])[0]


def test_every_note_has_a_part():
    tracks = tunes.band()
    _, parts = roles.assign(tracks)
    assert [len(p) for p in parts] == [len(t.notes) for t in tracks]
    assert all(np.all((p >= 0) & (p < len(PARTS))) for p in parts)


def test_measures_are_finite_for_a_single_note():
    assert np.isfinite(roles.measures([tunes.notes([(0, 1, 60, 1)])])).all()
