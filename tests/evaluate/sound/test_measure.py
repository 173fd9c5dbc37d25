"""Signals with known answers: the figures follow from formulas, not from another run of the code."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.evaluate.sound import form, harmony, level, rhythm, spectrum
from dusktape.evaluate.sound.bands import bands
from dusktape.evaluate.sound.measure import measure, measure_stretch
from dusktape.evaluate.sound.source import RATE

from . import tones


def test_a_full_tone_on_both_sides_has_the_loudness_of_its_peak():
    found = level.measure(tones.both(tones.sine(997.0, peak=0.5)))
    assert found["lufs"] == pytest.approx(-6.02, abs=0.1)
    assert found["true_peak_db"] == pytest.approx(-6.02, abs=0.05)
    assert found["plr"] == pytest.approx(0.0, abs=0.1)
    assert found["crest_db"] == pytest.approx(3.01, abs=0.02)
    assert found["lra"] < 0.05
    assert found["contour_std_db"] < 0.05
    assert found["lr_corr"] == pytest.approx(1.0)
    assert found["side_mid_db"] == -60.0


def test_a_step_of_twelve_db_halfway_strays_six_from_its_middle():
    tone = tones.sine(997.0, 32.0)
    tone[16 * RATE :] *= 10 ** (-12 / 20)
    found = level.measure(tones.both(tone))
    assert found["contour_std_db"] == pytest.approx(6.0, abs=0.01)
    assert found["lra"] == pytest.approx(12.0, abs=0.1)


@pytest.mark.parametrize("gain", [0.5, 0.1, -0.5])
def test_one_side_louder_widens_by_the_formula(gain):
    tone = tones.sine(440.0)
    found = level.measure(np.stack([tone, gain * tone]))
    assert found["side_mid_db"] == pytest.approx(20 * np.log10((1 - gain) / (1 + gain)), abs=1e-6)
    assert found["lr_corr"] == pytest.approx(np.sign(gain))


def test_a_peak_between_samples_is_found():
    tone = 0.5 * np.sin(np.pi / 2 * np.arange(12 * RATE) + np.pi / 4)  # every sample 3 dB below the peak
    found = level.measure(tones.both(tone))
    assert found["true_peak_db"] == pytest.approx(-6.02, abs=0.3)
    assert np.abs(tone).max() == pytest.approx(0.5 / np.sqrt(2))


def test_white_noise_has_power_in_every_band_as_it_is_wide():
    mid, side = tones.noise(seed=1), tones.noise(seed=2)
    found = spectrum.measure(mid, side)
    for name, width_hz in (("e_bass", 190), ("e_mid", 1500), ("e_pres", 4000), ("e_air", 9500)):
        assert found[name] == pytest.approx(10 * np.log10(width_hz / (RATE / 2 - 20)), abs=0.3)
    for percent in (85, 95, 99):
        assert found[f"rolloff{percent}"] == pytest.approx(percent / 100 * RATE / 2, rel=0.01)
    assert found["centroid_librosa"] == pytest.approx(RATE / 4, rel=0.01)
    assert found["tilt_db_oct"] == pytest.approx(0.0, abs=0.2)
    assert found["side_low_db"] == pytest.approx(0.0, abs=1.0)
    assert found["side_high_db"] == pytest.approx(0.0, abs=0.2)


def test_a_tone_has_all_its_power_where_it_sounds():
    found = spectrum.measure(tones.sine(1000.0), np.zeros(20 * RATE))
    assert found["e_mid"] == pytest.approx(0.0, abs=0.01)
    assert found["e_bass"] < -40.0
    assert found["rolloff85"] == pytest.approx(1000.0, abs=RATE / 2048)
    assert found["side_high_db"] <= -10.0


def test_a_beat_of_eighty_is_found_with_its_kicks():
    mono = tones.beat(30.0, bpm=80.0).mean(axis=0)[::2]
    found, _ = rhythm.measure(mono, RATE // 2)
    assert found["tempo"] == pytest.approx(80.0, abs=1.0)
    assert found["kick_rate"] == pytest.approx(80 / 60, rel=0.1)


@pytest.mark.parametrize(("place", "swing"), [(12, 0.5), (16, 2 / 3)])
def test_accents_and_swing_are_read_off_the_beats(place, swing):
    strength, middle, beats = np.zeros(48 * 20), np.zeros(48 * 20), np.arange(0, 48 * 20, 48)
    strength[beats[:-1] + place] = 1.0
    middle[beats[::2]], middle[beats[1::2]] = 1.0, 4.0
    onsets = rhythm.Onsets(strength, strength, middle, np.ones((64, 48 * 20)), 62.5)
    found = rhythm._bar(onsets, beats, 80.0)
    assert found["swing16_pos"] == pytest.approx(swing)
    assert found["backbeat_db"] == pytest.approx(10 * np.log10(4.0), abs=0.3)


def test_one_held_seventh_chord_is_one_rich_chord():
    rate = RATE // 2
    chord = sum(tones.sine(hz, peak=0.1, rate=rate) for hz in (261.63, 329.63, 392.0, 493.88))
    found, tuning = harmony.measure(chord, rate, np.arange(0, 1200, 47))
    assert (found["n_roots"], found["chord_change_rate"], found["ext_chord_share"]) == (1.0, 0.0, 1.0)
    assert found["min_chord_share"] == 0.0
    assert abs(tuning) < 0.05


def test_a_slow_vibrato_wanders_by_its_depth_over_root_two():
    rate, depth_cents = RATE // 2, 10.0
    time = np.arange(4 * rate) / rate
    cents = depth_cents * np.sin(2 * np.pi * time)
    notes = []
    for semitones in (0, 5, 0, 5):
        hz = 660.0 * 2 ** (semitones / 12) * 2 ** (cents / 1200)
        notes.append(0.3 * np.sin(2 * np.pi * np.cumsum(hz) / rate))
    assert harmony.wander(np.concatenate(notes), rate) == pytest.approx(depth_cents / np.sqrt(2), rel=0.15)


def test_noise_holds_no_pitch_that_could_wander():
    assert np.isnan(harmony.wander(tones.noise()[: 4 * RATE], RATE // 2))


def bars(pitches_hz, seconds=4.0):
    """Return one held tone a bar, bars of four seconds."""
    return tones.both(np.concatenate([tones.sine(hz, seconds) for hz in pitches_hz]))


def test_bars_that_alternate_come_again_after_two():
    again = form.measure(bars([262.0, 392.0] * 4), 1.0, tempo=60.0, tuning=0.0)["rep_best"]
    never = form.measure(bars([262.0, 294.0, 330.0, 349.0, 392.0, 440.0, 494.0, 277.0]), 1.0, tempo=60.0, tuning=0.0)
    assert again > 0.8
    assert never["rep_best"] < 0.3


def test_a_change_of_timbre_halfway_is_the_strongest():
    steady = bars([262.0] * 8)
    changed = steady.copy()
    changed[:, 16 * RATE :] += tones.noise(16.0, level=0.2)
    found = [form.measure(x, 1.0, tempo=60.0, tuning=0.0)["timbre_novelty_max"] for x in (steady, changed)]
    assert found[1] > 5.0 > found[0]


def test_fewer_than_four_bars_have_no_form():
    found = form.measure(bars([262.0] * 3), 1.0, tempo=60.0, tuning=0.0)
    assert np.isnan(list(found.values())).all()


def test_a_whole_track_gets_a_figure_for_every_band(tmp_path):
    path = tones.write(tmp_path / "beat.wav", tones.beat(24.0))
    found = measure(path)
    assert set(bands()) <= set(found)
    assert found["duration_s"] == pytest.approx(24.0)
    assert all(np.isfinite(found[name]) for name in bands() if name != "fm_cents")


def test_spectra_do_not_depend_on_loudness():
    loud, quiet = (measure_stretch(tones.stretch(gain * tones.beat(16.0))) for gain in (1.0, 0.1))
    for name in ("e_mid", "rolloff95", "tilt_db_oct", "onset_rate", "key_clarity", "tempo"):
        assert quiet[name] == pytest.approx(loud[name], abs=1e-6)
    assert loud["lufs"] - quiet["lufs"] == pytest.approx(20.0, abs=0.01)


@pytest.mark.parametrize(
    ("samples", "told"),
    [(np.zeros((2, 20 * RATE)), "silent"), (np.full((2, 3 * RATE), 0.1), "3.0 s are too short")],
)
def test_what_cannot_be_measured_is_said(samples, told):
    with pytest.raises(InputError, match=told):
        measure_stretch(tones.stretch(samples))
