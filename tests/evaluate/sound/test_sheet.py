from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from dusktape.core.score import BAR, Key, Note, Score
from dusktape.evaluate.sound import analysis, sheet
from dusktape.evaluate.sound.canvas import clock
from dusktape.evaluate.sound.source import RATE
from dusktape.evaluate.sound.subject import Section, Subject

from . import tones


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draws twelve seconds of ours once."""
    path = tones.write(tmp_path_factory.mktemp("ours") / "beat.wav", tones.beat(12.0))
    parts = {"keys": (Note(0, BAR, 60, 90),), "$x^{": (Note(0, 3 * BAR, 64, 60),), "drums": (Note(0, 240, 36, 100),)}
    score = Score(80.0, Key(0, "major"), parts={**parts, "pad": (Note(3 * BAR, BAR, 67, 60),)})
    sections = (Section("<A$_{", 0.0, 6.0), Section("夜", 6.0, 12.0))
    return sheet.draw(Subject(path, "Title <b>", "recipe dusk", sections, score))


def test_every_picture_is_a_png_of_one_width(drawn):
    assert list(drawn.pictures) == ["waveform", "spectrogram", "loudness", "stereo", "notes", "measures"]
    for data in drawn.pictures.values():
        picture = Image.open(io.BytesIO(data))
        assert (picture.format, picture.width) == ("PNG", 1200)
        assert len(set(picture.convert("L").tobytes())) > 10


def test_the_page_needs_nothing_from_outside(drawn):
    page = drawn.files()["index.html"].decode()
    assert page.count("data:image/png;base64,") == 5
    assert page.count('src="') == 5
    for foreign in ("http:", "https:", "@import", "<script", "<b>"):
        assert foreign not in page
    assert "Title &lt;b&gt;" in page
    assert page.count("<tr>") == 38


def test_figures_stand_beside_the_page(drawn):
    figures = json.loads(drawn.files()["measures.json"])
    row = figures["measures"]["tempo"]
    assert row["value"] == pytest.approx(80.0, abs=1.0)
    assert (row["in_band"], row["people"]) == (True, [60.0, 70.5, 80.5, 86.9, 99.5])
    assert 5.0 <= row["percentile"] <= 95.0
    assert 0.0 < figures["share_in_band"] < 1.0
    assert figures["lufs"] == pytest.approx(figures["measures"]["lufs"]["value"], abs=0.6)


def test_the_verdict_names_a_few_strays(drawn):
    assert "measures lie where nine tenths of people's tracks do; outside: duration_s 12 s, " in drawn.verdict
    assert drawn.verdict.endswith(" more")


def test_foreign_sound_leaves_panels_out_and_says_so(tmp_path):
    path = tones.write(tmp_path / "short.wav", tones.both(tones.sine(440.0, 2.0)))
    found = sheet.draw(Subject(path, "short"))
    assert list(found.pictures) == ["waveform", "spectrogram", "loudness", "stereo"]
    page = found.files()["index.html"].decode()
    assert "Nothing says where its sections lie." in page
    assert "2.0 s are too short to measure" in page
    assert found.table()["share_in_band"] is None


@pytest.mark.parametrize("frames", [1, 100, RATE])
def test_a_moment_of_silence_can_be_drawn(tmp_path, frames):
    found = sheet.draw(Subject(tones.write(tmp_path / "a.wav", np.zeros((2, frames))), "nothing"))
    assert len(found.pictures) == 4
    assert json.loads(found.files()["measures.json"])["lufs"] is None


def test_notes_of_another_track_are_not_drawn(tmp_path):
    path = tones.write(tmp_path / "a.wav", tones.both(tones.sine(440.0, 2.0)))
    score = Score(60.0, Key(0, "major"), parts={"keys": (Note(0, 20 * BAR, 60, 90),)})
    found = sheet.draw(Subject(path, "a", score=score))
    assert "notes" not in found.pictures
    assert any("1:20, another track's length" in note for note in found.notes)


def test_a_tone_lies_where_it_sounds_in_the_spectrogram():
    for hz in (100.0, 1000.0, 8000.0):
        tone = tones.both(tones.sine(hz, 2.0))
        levels, top_hz = analysis.spectrogram(tone, RATE, columns=20, rows=200)
        row = levels[:, 10].argmax()
        found = analysis.LOW_HZ * (top_hz / analysis.LOW_HZ) ** ((row + 0.5) / 200)
        assert found == pytest.approx(hz, rel=0.05)


def test_loudness_over_time_follows_a_step():
    tone = tones.sine(997.0, 20.0)
    tone[10 * RATE :] *= 0.1
    momentary, short, meter = analysis.loudness(tones.both(tone), RATE)
    assert momentary[50] - momentary[-10] == pytest.approx(20.0, abs=0.05)
    assert short[50] - short[-10] == pytest.approx(20.0, abs=0.05)
    assert meter.integrated_lufs == pytest.approx(momentary[50], abs=0.3)


def test_stereo_is_read_by_second_and_by_band():
    low, high = tones.sine(100.0), tones.sine(3000.0)
    both = np.stack([low + high, low - high])
    width = analysis.width_by_band(both, RATE)
    assert width[1] < -40.0
    assert width[4] > 40.0
    assert analysis.correlations(np.stack([low, -low]), RATE) == pytest.approx(-1.0)


def test_peaks_and_rms_of_a_tone():
    peak, rms = analysis.envelope(tones.both(tones.sine(1000.0, 2.0, peak=0.5)), 10)
    assert peak == pytest.approx(0.5, abs=1e-3)
    assert rms == pytest.approx(0.5 / np.sqrt(2), abs=1e-3)


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (125.9, "2:05"), (3600, "1:00:00")])
def test_time_is_told_as_clocks_do(seconds, told):
    assert clock(seconds) == told
