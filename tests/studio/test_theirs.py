"""Somebody's MIDI files, good and bad."""

from __future__ import annotations

import struct

import mido
import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import BAR, EIGHTH, SIXTEENTH, TICKS_PER_BEAT, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.io.midi import to_midi
from dusktape.studio import theirs
from dusktape.studio.wish import Wish

SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
TUNE = [(k * 480, 480, 67 + SCALE[(3 * k) % 8]) for k in range(64)]
CHORDS = [(b * 4 * 960, 4 * 960, p) for b in range(8) for p in ((55, 59, 62), (48, 52, 55), (50, 54, 57))[b % 3]]
BASS = [(b * 4 * 960, 4 * 960, (31, 36, 38)[b % 3]) for b in range(8)]
BEAT = [(k * 960, 240, (36, 38)[k % 2]) for k in range(32)]


@pytest.fixture
def file(tmp_path):
    """Writes a MIDI file of 960 ticks a beat: tracks as (name, channel, [(start, length, pitch)])."""

    def make(*tracks, bpm=80.0, metre=(4, 4), name="song.mid"):
        midi = mido.MidiFile(type=1, ticks_per_beat=960)
        head = mido.MidiTrack()
        if bpm:
            head.append(mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm)))
        if metre:
            head.append(mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]))
        midi.tracks.append(head)
        for title, channel, notes in tracks:
            track = mido.MidiTrack([mido.MetaMessage("track_name", name=title)])
            events = sorted([(s, 1, p) for s, _, p in notes] + [(s + n, 0, p) for s, n, p in notes])
            now = 0
            for tick, on, pitch in events:
                kind = "note_on" if on else "note_off"
                track.append(mido.Message(kind, channel=channel, note=pitch, velocity=90 if on else 0, time=tick - now))
                now = tick
            midi.tracks.append(track)
        midi.save(tmp_path / name)
        return tmp_path / name

    return make


def notes(rows):
    return tuple(sorted(Note(s, n, p, 90) for s, n, p in rows))


def test_a_melody_is_read_note_for_note_with_its_tempo_and_key(file):
    found = theirs.read_melody(file(("voice", 0, TUNE)))
    assert found.score.parts == {"lead": notes(TUNE)}
    assert found.score.bpm == 80.0
    assert found.score.key == Key(7, "major")
    assert found.said == ("song.mid: 8 bars in G major, 80 beats a minute",)


def test_of_a_band_only_the_melody_is_played_under(file):
    band = file(("Lead Vocal", 0, TUNE), ("Piano", 1, CHORDS), ("Bass", 2, BASS), ("kit", 9, BEAT))
    found = theirs.read_melody(band)
    assert found.score.parts == {"lead": notes(TUNE)}
    assert "of 4 tracks, only the melody is taken" in found.said[1]


def test_every_note_of_a_band_finds_its_part(file):
    band = file(("tune", 0, TUNE), ("Piano", 1, CHORDS), ("Low", 2, BASS), ("whatever", 9, BEAT))
    parts = theirs.read_song(band).score.parts
    assert parts == {"lead": notes(TUNE), "keys": notes(CHORDS), "bass": notes(BASS), "drums": notes(BEAT)}


def test_its_chords_are_heard(file):
    score = theirs.read_song(file(("tune", 0, TUNE), ("Piano", 1, CHORDS), ("Low", 2, BASS))).score
    assert [next(c.root for c in score.chords if c.start <= b * BAR < c.start + c.length) for b in range(6)] == [
        7,
        0,
        2,
    ] * 2
    assert theirs.read_song(file(("tune", 0, TUNE), name="alone.mid")).score.chords == ()


def test_our_own_files_keep_the_names_of_their_parts(tmp_path):
    parts = {"pad": notes(CHORDS), "lead": notes(BASS), "keys": notes(TUNE)}
    to_midi(Score(77.0, Key(2, "minor"), parts=parts), tmp_path / "ours.mid")
    score = theirs.read_song(tmp_path / "ours.mid").score
    assert {p: len(n) for p, n in score.parts.items()} == {p: len(n) for p, n in parts.items()}
    assert score.bpm == pytest.approx(77.0, abs=0.01)


@pytest.mark.parametrize(("second", "swing"), [(0.5, 0.5), (0.58, 0.58), (0.66, 0.66)])
def test_the_swing_of_sixteenths_is_heard(file, second, swing):
    tune = [(k * EIGHTH, 100, 60 + k % 5) for k in range(64)]
    tune += [(k * EIGHTH + round(second * EIGHTH), 100, 67) for k in range(0, 64, 2)]
    assert theirs.read_melody(file(("a", 0, tune))).swing == pytest.approx(swing, abs=0.01)


def test_a_tune_in_quarters_says_nothing_of_swing(file):
    assert theirs.read_melody(file(("a", 0, [(k * TICKS_PER_BEAT, 400, 60) for k in range(32)]))).swing is None


def test_notes_that_keep_no_time_say_nothing_of_swing(file):
    loose = [(k * 311, 100, 60) for k in range(64)]
    assert theirs.read_melody(file(("a", 0, loose))).swing is None


def test_what_is_said_beats_what_is_heard(file):
    found = theirs.read_melody(file(("voice", 0, TUNE)), bpm=70.0, key=Key(4, "minor"))
    assert (found.score.bpm, found.score.key) == (70.0, Key(4, "minor"))


def test_no_tempo_is_120_and_is_told(file):
    found = theirs.read_melody(file(("voice", 0, TUNE), bpm=None))
    assert found.score.bpm == 120.0
    assert "song.mid has no tempo: it is read at 120 beats a minute; --bpm sets another" in found.said
    assert len(theirs.read_melody(file(("voice", 0, TUNE), bpm=None), bpm=90.0).said) == 1


def test_half_bars_and_alla_breve_are_four(file):
    for metre in ((2, 4), (2, 2), (4, 4), None):
        assert theirs.read_melody(file(("voice", 0, TUNE), metre=metre)).score.parts


@pytest.mark.parametrize("read", [theirs.read_melody, theirs.read_song])
@pytest.mark.parametrize(
    ("tracks", "how", "said"),
    [
        ([], {}, "has no notes; give a MIDI file that has some"),
        ([("a", 0, [])], {}, "has no notes; give a MIDI file that has some"),
        ([("a", 0, [(0, 0, 60), (0, 0, 64)])], {}, "has no notes; give a MIDI file that has some"),
        ([("a", 0, [(0, 480, 60)])] * 257, {}, "has 257 tracks with notes; give a MIDI file of at most 256"),
        ([("a", 9, BEAT)], {}, "has nothing but drums; give one with a melody"),
        ([("a", 0, TUNE)], {"metre": (5, 4)}, "is in 5/4; we write in four: give a file in 4/4"),
        ([("a", 0, TUNE)], {"metre": (3, 4)}, "is in 3/4; we write in four"),
        ([("a", 0, TUNE)], {"metre": (6, 8)}, "is in 6/8; we write in four"),
        ([("a", 0, TUNE)], {"bpm": 200.0}, "is at 200 beats a minute, we play 40 to 160; say --bpm"),
        ([("a", 0, TUNE)], {"bpm": 30.0}, "is at 30 beats a minute, we play 40 to 160; say --bpm"),
        (
            [("a", 0, [(k * 40000, 99, 60) for k in range(200)])],
            {},
            "lasts 104 minutes; give one of at most 60",
        ),
    ],
)
def test_files_that_nothing_can_be_played_with_are_refused(file, read, tracks, how, said):
    with pytest.raises(InputError) as caught:
        read(file(*tracks, **how))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [theirs.read_melody, theirs.read_song])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch, read):
    monkeypatch.setattr(theirs, "from_midi", lambda path: pytest.fail("it was read"))
    events = b"\x00\x90\x3c\x50" + b"\x01\x3c\x00\x00\x3c\x50" * 200_000
    data = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(events)) + events
    (tmp_path / "x.mid").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.mid has 200,001 notes; give a MIDI file of at most 100,000"):
        read(tmp_path / "x.mid")


def test_tracks_without_notes_do_no_harm(file):
    found = theirs.read_melody(file(("voice", 0, TUNE), *[(f"empty {k}", 0, []) for k in range(960)]))
    assert found.score.parts == {"lead": notes(TUNE)}


@pytest.mark.parametrize("read", [theirs.read_melody, theirs.read_song])
@pytest.mark.parametrize("data", [b"", b"not midi at all, sorry", b"MThd\x00\x00\x00\x06\x00\x01", b"MThd" + bytes(40)])
def test_what_is_no_midi_is_refused(tmp_path, read, data):
    (tmp_path / "x.mid").write_bytes(data)
    with pytest.raises(
        InputError, match=r"x\.mid'?:? (it is empty|it is no MIDI|it is cut short|it has 0 ticks|has no notes)"
    ):
        read(tmp_path / "x.mid")
    with pytest.raises(InputError, match="there is no such file"):
        read(tmp_path / "y.mid")


def test_ten_minutes_are_read(file):
    long = [(k * 4 * SIXTEENTH, 200, 60 + (7 * k) % 12) for k in range(800)]
    assert theirs.bars_of(theirs.read_melody(file(("a", 0, long))).score.parts["lead"]) == 200


@pytest.mark.parametrize("pitches", [(12, 24), (96, 120)])
def test_very_low_and_very_high_tunes_are_read(file, pitches):
    tune = [(k * 480, 400, pitches[k % 2]) for k in range(32)]
    assert theirs.read_melody(file(("a", 0, tune))).score.parts["lead"] == notes(tune)


def test_everybody_is_seated_where_the_recipe_has_a_chair(file, tmp_path):
    path = file(("tune", 0, TUNE), ("Piano", 1, CHORDS), ("Bass", 2, BASS))
    found = theirs.read_song(path)
    whole = theirs.seated(found, Wish().resolve(Seed(1)), path)
    assert whole == found.score
    small = Wish(settings=("lead.on=false", "bass.on=false")).resolve(Seed(1))
    few = theirs.seated(found, small, path)
    assert set(few.parts) == {"keys"}
    assert len(few.parts["keys"]) == len(TUNE) + len(CHORDS) + len(BASS)


def test_drums_without_a_drummer_are_refused(file):
    path = file(("tune", 0, TUNE), ("kit", 9, BEAT))
    with pytest.raises(InputError, match=r"has drums, recipe 'drumless' has not; take another recipe, as dusk"):
        theirs.seated(theirs.read_song(path), Wish("drumless").resolve(Seed(1)), path)


def test_a_busy_melody_asks_for_a_busy_one():
    def song(per_bar):
        tune = tuple(Note(b * BAR + k * 480, 400, 60, 80) for b in range(8) for k in range(per_bar))
        return Score(80.0, Key(0, "major"), parts={"lead": tune})

    assert theirs.density(song(1)) == 0.0
    assert 0.2 < theirs.density(song(3)) < theirs.density(song(5)) < 1.0
    assert theirs.density(song(8)) == 1.0
    assert theirs.density(Score(80.0, Key(0, "major"))) == 0.4


def test_one_bar_is_said_in_the_singular(tmp_path):
    path = tmp_path / "bar.mid"
    score = Score(80.0, Key(0, "major"), parts={"lead": tuple(Note(k * 960, 900, 60 + k, 80) for k in range(4))})
    to_midi(score, path)
    assert theirs.read_song(path).said[0].startswith("bar.mid: 1 bar in ")
