from pathlib import Path

import mido
import pytest

from dusktape.core.errors import InputError
from dusktape.core.score import BAR, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.io.midi import to_midi
from dusktape.studio import revoice
from dusktape.studio.lofi import Treatment, Work
from dusktape.studio.revoice import REGISTERS, revoiced

BARS = 8
CHORDS = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))


def band(*, drums: bool = True, low_lead: bool = False) -> Score:
    """A melody, chords, a bass and a kit in C major at 100 beats a minute."""
    parts: dict[str, list[Note]] = {"lead": [], "keys": [], "bass": [], "drums": []}
    for bar in range(BARS):
        at, chord = bar * BAR, CHORDS[bar % 4]
        parts["keys"] += [Note(at + half, BAR // 2, pitch, 70) for half in (0, BAR // 2) for pitch in chord]
        parts["bass"] += [Note(at + k * 960, 900, chord[0] - 24, 80) for k in range(4)]
        tune = (chord[0] + 12, chord[1] + 12, chord[2] + 12, chord[1] + 12, chord[0] + 12)
        shift = -24 if low_lead else 0
        parts["lead"] += [Note(at + k * 720, 600, pitch + shift, 90) for k, pitch in enumerate(tune)]
        parts["drums"] += [Note(at + k * 960, 100, pitch, 90) for k, pitch in enumerate((36, 38, 41, 72))]
    if not drums:
        del parts["drums"]
    return Score(100.0, Key(0, "major"), parts={name: tuple(notes) for name, notes in parts.items()})


def treated(tmp_path: Path, wanted: Treatment, score: Score | None = None) -> Work:
    path = tmp_path / "song.mid"
    to_midi(score or band(), path, force=True)
    return revoiced(path, wanted, Seed(7))


def test_every_note_is_played_or_named(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment())
    parts = work.production.score.parts
    for name in ("lead", "keys", "bass"):
        assert len(parts[name]) == len(band().parts[name])
    assert len(parts["drums"]) == 3 * BARS
    assert f"dropped: {BARS} hits of percussion key 72" in work.said


def test_parts_lie_in_their_registers(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment(pitch=20), band())
    for name, (low, high) in REGISTERS.items():
        assert all(low <= n.pitch <= high for n in work.production.score.parts.get(name, ()))
    assert any("moved by 1 octave" in line or "folded" in line for line in work.said)


def test_pitch_classes_stay(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment(pitch=3))
    for name in ("lead", "keys", "bass"):
        ours = sorted(n.pitch % 12 for n in work.production.score.parts[name])
        assert ours == sorted((n.pitch + 3) % 12 for n in band().parts[name])


def test_it_is_slower_in_the_key_asked_for(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment(key="A major"))
    assert work.key == Key(9, "major")
    assert work.production.score.bpm == pytest.approx(88.0)
    assert treated(tmp_path, Treatment(bpm=70.0)).production.score.bpm == 70.0


def test_another_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keeps its mode"):
        treated(tmp_path, Treatment(key="C minor"))


@pytest.mark.parametrize(("asked", "written"), [("A minor", Key(0, "major")), ("C major", Key(9, "minor"))])
def test_the_relative_key_has_the_same_notes(asked: str, written: Key) -> None:
    assert revoice._shift(written, Treatment(key=asked)) == 0


def test_a_file_in_its_relative_key_stays_where_it_is_and_has_that_name(tmp_path: Path) -> None:
    relative = revoice._relative(treated(tmp_path, Treatment(speed=1.0)).key)
    work = treated(tmp_path, Treatment(key=relative.name))
    assert work.key == relative
    for name in ("lead", "keys", "bass"):
        ours = sorted(n.pitch % 12 for n in work.production.score.parts[name])
        assert ours == sorted(n.pitch % 12 for n in band().parts[name])


def test_a_file_without_drums_gets_ours(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment(), band(drums=False))
    assert work.drummed
    assert len(work.production.score.parts["drums"]) > 4 * BARS
    assert not treated(tmp_path, Treatment()).drummed


def test_without_drums_there_are_none(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment(drums=False))
    assert "drums" not in work.production.parts
    assert f"dropped: its drums, {4 * BARS} hits" in work.said


def test_it_swings_as_the_recipe_says(tmp_path: Path) -> None:
    settings = ("tempo.swing=0.66", "tempo.jitter_ms=0", "tempo.lay_back_ms=0")
    work = treated(tmp_path, Treatment(settings=settings))
    second = [n.start % 480 for n in work.production.score.parts["lead"] if n.start % 480 > 100]
    assert second
    assert all(abs(place / 480 - 0.66) < 0.02 for place in second)


def test_options_of_recordings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="are for recordings"):
        treated(tmp_path, Treatment(downbeat=2))
    with pytest.raises(InputError, match="whole semitones"):
        treated(tmp_path, Treatment(pitch=0.5))


def changing(tmp_path: Path, *tempi: tuple[int, float]) -> Path:
    """The band, whose tempo changes at bars: (bar, beats a minute)."""
    path = tmp_path / "moving.mid"
    to_midi(band(), path, force=True)
    file = mido.MidiFile(path)
    track = mido.MidiTrack()
    now = 0
    for bar, bpm in tempi:
        track.append(mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm), time=bar * BAR - now))
        now = bar * BAR
    file.tracks[0] = track
    file.save(path)
    return path


def test_a_file_that_changes_its_tempo_is_played_at_its_median(tmp_path: Path) -> None:
    straight = treated(tmp_path, Treatment(speed=1.0))
    # 2 bars at 60 last 8 s, 4 at 120 last 8 s, 2 at 110 last 4.4 s: half of the time has passed at 110.
    moving = revoiced(changing(tmp_path, (0, 60.0), (2, 120.0), (6, 110.0)), Treatment(speed=1.0), Seed(7))
    assert moving.production.score.bpm == pytest.approx(110.0, abs=0.01)
    (said,) = [line for line in moving.said if "its tempo moves" in line]
    assert said.startswith("its tempo moves between 60 and 120: all of it is played at one, its median of 110;")
    assert moving.facts["bpm"] == pytest.approx(110.0, abs=0.01)
    bars = [[n.start // BAR for n in work.production.score.parts["bass"]] for work in (straight, moving)]
    assert bars[0] == bars[1]


def test_a_slowing_end_does_not_set_the_tempo(tmp_path: Path) -> None:
    path = changing(tmp_path, (0, 90.0), (7, 40.0))
    assert revoiced(path, Treatment(speed=1.0), Seed(7)).production.score.bpm == pytest.approx(90.0, abs=0.01)


def test_one_tempo_said_twice_is_no_change(tmp_path: Path) -> None:
    work = revoiced(changing(tmp_path, (0, 90.0), (3, 90.0), (40, 150.0)), Treatment(speed=1.0), Seed(7))
    assert work.production.score.bpm == pytest.approx(90.0, abs=0.01)
    assert not [line for line in work.said if "its tempo moves" in line]


def test_a_key_that_is_heard_wrongly_can_be_said(tmp_path: Path) -> None:
    work = treated(tmp_path, Treatment(source_key="G major", key="A major"))
    assert work.facts["key"] == "G major"
    assert work.facts["pitch_semitones"] == 2
    with pytest.raises(InputError, match=r"the file is in G major, .* or --source-key, if its key is another$"):
        treated(tmp_path, Treatment(source_key="G major", key="A minor"))
