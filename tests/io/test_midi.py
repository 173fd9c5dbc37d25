from __future__ import annotations

import io
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dusktape.core import plugins
from dusktape.core.errors import InputError, OutputError
from dusktape.core.params import parameters
from dusktape.core.score import Chord, Key, Note, Score, Section
from dusktape.io import midi_tracks
from dusktape.io.midi import PROGRAMS, from_midi, to_midi
from dusktape.studio.seating import plays_drums, takes_notes
from dusktape.theory.chord import QUALITIES

BAR = 3840


def song() -> Score:
    return Score(
        bpm=78.5,
        key=Key(6, "minor"),
        sections=(Section("intro", 0, 2 * BAR), Section("A", 2 * BAR, 4 * BAR), Section("A'", 6 * BAR, BAR)),
        chords=(Chord(0, BAR, 6, "m9"), Chord(BAR, BAR, 3, "maj7#11"), Chord(3 * BAR, BAR, 0, "maj")),
        parts={
            "keys": (Note(0, 900, 60, 70), Note(0, 900, 64, 71), Note(900, 31, 60, 1), Note(959, 2000, 60, 127)),
            "drums": (Note(0, 120, 36, 100), Note(963, 120, 38, 90), Note(963, 60, 42, 30)),
            "bass": (Note(17, 8 * BAR, 30, 64),),
        },
    )


def there_and_back(score: Score) -> Score:
    stream = io.BytesIO()
    to_midi(score, stream)
    return from_midi(io.BytesIO(stream.getvalue()))


def written(score: Score, **options: object) -> mido.MidiFile:
    stream = io.BytesIO()
    to_midi(score, stream, **options)  # type: ignore[arg-type]
    return mido.MidiFile(file=io.BytesIO(stream.getvalue()), charset="utf-8")


def bytes_of(file: mido.MidiFile) -> io.BytesIO:
    stream = io.BytesIO()
    file.save(file=stream)
    return io.BytesIO(stream.getvalue())


def test_a_score_comes_back_as_it_went() -> None:
    assert there_and_back(song()) == song()


def test_a_score_goes_through_a_file(tmp_path: Path) -> None:
    to_midi(song(), tmp_path / "a.mid")
    assert from_midi(tmp_path / "a.mid") == song()
    with pytest.raises(OutputError, match="--force"):
        to_midi(song(), tmp_path / "a.mid")
    to_midi(song(), str(tmp_path / "a.mid"), force=True)


# Notes of one pitch that lie inside one another are beyond MIDI: here each pitch has one length.
note = st.builds(
    lambda start, pitch, velocity: Note(start, 40 + 7 * pitch, pitch, velocity),
    st.integers(0, 200_000),
    st.integers(0, 127),
    st.integers(1, 127),
)


@settings(max_examples=60, deadline=None)
@given(
    bpm=st.integers(4000, 20000),
    key=st.builds(Key, st.integers(0, 11), st.sampled_from(["major", "minor"])),
    beats=st.integers(2, 7),
    parts=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8),
        st.lists(note, min_size=1, max_size=20, unique_by=lambda n: (n.start, n.pitch)),
        max_size=17,
    ),
    lengths=st.lists(st.integers(1, 9), max_size=6),
    chords=st.lists(st.tuples(st.integers(0, 11), st.sampled_from(sorted(QUALITIES)), st.integers(1, 9)), max_size=6),
)
def test_any_score_comes_back_as_it_went(
    bpm: int,
    key: Key,
    beats: int,
    parts: dict[str, list[Note]],
    lengths: list[int],
    chords: list[tuple[int, str, int]],
) -> None:
    if lengths:
        lengths[-1] += 14  # chords end with the last section, or before
    sections = tuple(Section(f"S{i}", sum(lengths[:i]) * BAR, n * BAR) for i, n in enumerate(lengths))
    spans = [length for *_, length in chords]
    score = Score(
        bpm=bpm / 100,
        key=key,
        sections=sections,
        chords=tuple(Chord(sum(spans[:i]) * 960, n * 960, r, q) for i, (r, q, n) in enumerate(chords)),
        parts={name: tuple(notes) for name, notes in parts.items()},
        beats_per_bar=beats,
    )
    back = there_and_back(score)
    assert back.bpm == pytest.approx(score.bpm, abs=0.01)  # whole microseconds a beat
    assert (back.parts, back.sections, back.chords) == (score.parts, score.sections, score.chords)
    assert (back.key, back.beats_per_bar) == (key, beats)


def test_other_programs_find_their_way_around_the_file() -> None:
    file = written(song(), title="Night line", programs={"keys": "rhodes"})
    assert (file.type, file.ticks_per_beat) == (1, 960)
    assert [track.name for track in file.tracks] == ["Night line", "keys", "drums", "bass"]
    head = {message.type: message for message in reversed(file.tracks[0])}
    assert head["set_tempo"].tempo == 764331 and head["key_signature"].key == "F#m"
    assert (head["time_signature"].numerator, head["time_signature"].denominator) == (4, 4)
    assert [m.text for m in file.tracks[0] if m.type == "marker"] == ["intro", "A", "A'"]
    assert [m.text for m in file.tracks[0] if m.type == "text"] == ["F#m9", "Ebmaj7#11", "N.C.", "C", "N.C."]
    programs = {t.name: next((m.channel, m.program) for m in t if m.type == "program_change") for t in file.tracks[1:]}
    assert programs == {"keys": (0, PROGRAMS["rhodes"]), "drums": (9, 0), "bass": (1, 32)}


def test_a_part_played_by_the_kit_is_on_the_drum_channel_whatever_its_name() -> None:
    file = written(Score(80, Key(0, "major"), parts={"beat": (Note(0, 9, 36, 9),)}), programs={"beat": "kit"})
    assert {m.channel for m in file.tracks[1] if m.type == "note_on"} == {9}


def test_drums_that_are_played_by_a_kit_of_ones_own_are_on_the_drum_channel() -> None:
    file = written(Score(80, Key(0, "major"), parts={"drums": (Note(0, 9, 36, 9),)}), programs={"drums": "attic"})
    assert [m.channel for m in file.tracks[1] if m.type == "note_on"] == [9]


def test_every_instrument_of_ours_that_plays_pitches_has_a_program() -> None:
    pitched = {n for n in plugins.registered("instruments") if takes_notes(n) and not plays_drums(n)}
    others = {n for n in pitched if "source" in {p.name for p in parameters(plugins.find("instruments", n))}}
    assert set(PROGRAMS) == pitched - others
    assert others == {"backwards", "chop"}
    assert PROGRAMS["upright_piano"] == 0 and PROGRAMS["kalimba"] == 108
    assert all(0 <= program < 128 for program in PROGRAMS.values())


def test_many_parts_never_land_on_the_drum_channel() -> None:
    file = written(Score(80, Key(0, "major"), parts={f"p{i}": (Note(0, 9, 60, 9),) for i in range(40)}))
    channels = [m.channel for t in file.tracks for m in t if m.type == "note_on"]
    assert len(channels) == 40 and 9 not in channels and set(channels[:15]) == set(range(16)) - {9}


def test_notes_pushed_before_the_start_begin_with_the_song() -> None:
    score = Score(80, Key(0, "major"), parts={"keys": (Note(-20, 100, 60, 80),)})
    assert there_and_back(score).parts["keys"] == (Note(0, 80, 60, 80),)


def test_a_foreign_file_keeps_its_first_tempo_and_finds_its_voices() -> None:
    one = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name="caf\xe9"),
            mido.MetaMessage("set_tempo", tempo=600_000),
            mido.MetaMessage("time_signature", numerator=6, denominator=8),
            mido.Message("note_on", channel=0, note=60, velocity=80),
            mido.Message("note_on", channel=9, note=36, velocity=90),
            mido.Message("note_on", channel=0, note=60, velocity=0, time=96),
            mido.MetaMessage("set_tempo", tempo=300_000),
            mido.Message("note_off", channel=3, note=50, time=96),
        ]
    )
    score = from_midi(bytes_of(mido.MidiFile(type=0, ticks_per_beat=96, tracks=[one], charset="latin-1")))
    assert score.bpm == 100 and score.beats_per_bar == 3 and score.key == Key(0, "major")
    assert dict(score.parts) == {"café": (Note(0, 960, 60, 80),), "café 2": (Note(0, 1920, 36, 90),)}
    assert score.sections == ()


def test_markers_without_a_beginning_or_end_still_leave_no_gap() -> None:
    head = mido.MidiTrack([mido.MetaMessage("marker", text="verse", time=960), mido.MetaMessage("end_of_track")])
    notes = mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=2880)])
    score = from_midi(bytes_of(mido.MidiFile(ticks_per_beat=960, tracks=[head, notes])))
    assert score.sections == (Section("start", 0, 960), Section("verse", 960, 1920))
    assert dict(score.parts) == {"track 2": (Note(0, 2880, 60, 64),)}


def test_a_file_that_says_nothing_is_in_four_four_at_120() -> None:
    score = from_midi(bytes_of(mido.MidiFile(tracks=[mido.MidiTrack()])))
    assert (score.bpm, score.beats_per_bar, dict(score.parts)) == (120, 4, {})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (b"not a midi file at all", "it is no MIDI file: it starts with 'not ', not 'MThd'"),
        (b"MThd\0\0\0\x06\0\x01\0\x01\x03\xc0", "it is cut short: it has 0 of 1 track;"),
        (b"MThd\0\0\0\x06\0\x01\0\x01\x03\xc0MTrk\0\0\0\x04\0\xff", "a track of 4 bytes lacks 2"),
        (b"MThd\0\0\0\x06\0\x01\0\x01\x03\xc0MTrk\0\0\0\x02\0\x3c", "begins with an event of no kind"),
        (b"MThd\0\0\0\x06\0\x01\0\x01\xe8\x28MTrk\0\0\0\x04\0\xff\x2f\0", "SMPTE frames, not beats"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "a.mid").write_bytes(data)
    with pytest.raises(InputError, match=told) as caught:
        from_midi(tmp_path / "a.mid")
    assert "\n" not in str(caught.value) and "a.mid" in str(caught.value)


def test_patterns_of_type_2_follow_each_other_from_bar_lines(tmp_path: Path) -> None:
    def pattern(pitch: int, *before: mido.MetaMessage) -> mido.MidiTrack:
        on, off = (mido.Message(f"note_{kind}", note=pitch, time=480 * k) for k, kind in enumerate(("on", "off")))
        return mido.MidiTrack([*before, on, off])

    waltz = mido.MetaMessage("time_signature", numerator=3, denominator=4)
    file = mido.MidiFile(type=2, ticks_per_beat=480, tracks=[pattern(60), pattern(62, waltz), pattern(64)])
    file.save(tmp_path / "a.mid")
    score = from_midi(tmp_path / "a.mid")
    starts = {n.pitch: n.start for notes in score.parts.values() for n in notes}
    assert starts == {60: 0, 62: BAR, 64: BAR + BAR * 3 // 4}
    read = midi_tracks.read(tmp_path / "a.mid")
    assert {n.pitch: n.start for t in read.tracks for n in t.notes} == starts


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_crashes(data: st.DataObject) -> None:
    stream = io.BytesIO()
    to_midi(song(), stream)
    content = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        from_midi(io.BytesIO(bytes(content[: data.draw(st.integers(0, len(content)))])))
    except InputError as error:
        assert str(error)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mid'.*no such file"):
        from_midi(tmp_path / "none.mid")
