from __future__ import annotations

import sys

import numpy as np
import pytest

from dusktape.core.errors import PluginError
from dusktape.data.audio.cut import PEAK_DB, Plan, check_extras, pieces
from dusktape.data.audio.source import FileError

from . import sounds

RATE = 16_000


def plan(how, seconds, **more):
    return Plan(**{"rate": RATE, "channels": 1, "cut": how, "seconds": seconds, **more})


def test_fixed_clips_follow_each_other_without_a_seam(tmp_path):
    x = sounds.hiss(3.5, rate=RATE)
    cut = list(pieces(sounds.put(tmp_path / "a.wav", x, RATE, subtype="FLOAT"), plan("fixed", 1.0, sound_to_s=3.5)))
    assert [p.start_s for p in cut] == [0.0, 1.0, 2.0]
    np.testing.assert_array_equal(np.concatenate([p.sound[0] for p in cut]), x[: 3 * RATE])


def test_a_file_shorter_than_a_clip_is_filled_up_with_silence(tmp_path):
    (one,) = pieces(
        sounds.put(tmp_path / "a.wav", sounds.hiss(0.7, rate=RATE), RATE), plan("fixed", 1.0, sound_to_s=0.7)
    )
    assert one.sound.shape == (1, RATE)
    assert not one.sound[:, round(0.7 * RATE) :].any()


def test_silent_clips_are_left_out(tmp_path):
    x = np.concatenate([sounds.hiss(1.0, rate=RATE), np.zeros(RATE, np.float32), sounds.hiss(1.0, rate=RATE)])
    cut = pieces(sounds.put(tmp_path / "a.wav", x, RATE), plan("fixed", 1.0, sound_to_s=3.0))
    assert [p.left_out for p in cut] == ["", "silent", ""]


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_resampling_keeps_a_tone_its_pitch_level_and_place(tmp_path, rate):
    path = sounds.put(tmp_path / "a.wav", sounds.tone(1000.0, 2.0, rate=rate), rate, subtype="FLOAT")
    (one,) = pieces(path, plan("fixed", 2.0, sound_to_s=2.0))
    middle = slice(RATE // 2, 3 * RATE // 2)
    np.testing.assert_allclose(one.sound[0, middle], sounds.tone(1000.0, 2.0, rate=RATE)[middle], atol=1e-4)


def test_resampling_lets_nothing_fold_back(tmp_path):
    path = sounds.put(tmp_path / "a.wav", sounds.tone(11_000.0, 1.0, rate=48_000), 48_000, subtype="FLOAT")
    (one,) = pieces(path, plan("fixed", 1.0, sound_to_s=1.0))
    assert np.abs(one.sound[0, 1000:-1000]).max(initial=0.0) < 1e-5


def test_a_one_shot_begins_with_its_attack_and_ends_in_silence(tmp_path):
    x = np.concatenate([np.zeros(3000, np.float32), sounds.hit(3, rate=RATE, seconds=0.6), np.zeros(9000, np.float32)])
    path = sounds.put(tmp_path / "a.wav", 0.3 * x, RATE)
    (one,) = pieces(path, plan("oneshots", 2.0, level=True, sound_from_s=0.18, sound_to_s=0.7))
    y = one.sound[0]
    assert abs(one.start_s - 3000 / RATE) < 0.003
    assert np.abs(y).max() == pytest.approx(10.0 ** (PEAK_DB / 20.0), abs=1e-4)
    assert np.argmax(np.abs(y) > 0.1 * np.abs(y).max()) < 0.004 * RATE
    assert np.abs(y[[0, -1]]).max() < 0.002
    assert len(y) < 0.6 * RATE + 500


def test_a_long_file_is_cut_at_its_strikes(tmp_path):
    x = np.zeros(4 * RATE, np.float32)
    times = (0.3, 1.1, 2.6)
    for k, second in enumerate(times):
        x[round(second * RATE) :][: round(0.3 * RATE)] += sounds.hit(k, rate=RATE)
    path = sounds.put(tmp_path / "a.wav", x, RATE)
    cut = list(pieces(path, plan("oneshots", 1.0, strikes=times, sound_from_s=0.3, sound_to_s=2.9)))
    assert [p.left_out for p in cut] == ["", "", ""]
    np.testing.assert_allclose([p.start_s for p in cut], times, atol=0.004)
    assert all(p.sound.shape[1] < 0.4 * RATE for p in cut)


def test_a_long_ring_is_faded_at_the_longest_length(tmp_path):
    path = sounds.put(tmp_path / "a.wav", sounds.tone(300.0, 3.0, rate=RATE), RATE)
    (one,) = pieces(path, plan("oneshots", 1.0, strikes=[0.0], sound_to_s=3.0))
    assert one.sound.shape[1] == pytest.approx(RATE, abs=50)
    assert abs(one.sound[0, -1]) < 1e-3


def test_32_channels_become_two(tmp_path):
    x = np.zeros((32, RATE), np.float32)
    x[0] = sounds.hiss(1.0, rate=RATE)
    (one,) = pieces(sounds.put(tmp_path / "a.wav", x, RATE), plan("fixed", 1.0, channels=2, sound_to_s=1.0))
    assert one.sound.shape == (2, RATE)
    assert np.abs(one.sound[0]).max() > 0.001
    assert not one.sound[1].any()


def _clicks(seconds, bpm):
    x = np.zeros(round(seconds * RATE), np.float32)
    one = sounds.hit(2, rate=RATE, seconds=0.1)
    for k in range(int(seconds * bpm / 60.0)):
        at = round(k * 60.0 / bpm * RATE)
        x[at : at + len(one)] += one[: len(x) - at] * (1.0 if k % 4 == 0 else 0.5)
    return x


def test_beats_and_bars_have_the_length_of_the_tempo(tmp_path):
    pytest.importorskip("librosa", reason="beats are found by librosa; install 'dusktape[audio]'")
    path = sounds.put(tmp_path / "a.wav", _clicks(24.0, 90.0), RATE)
    for how, beats in (("beats", 1), ("bars", 4)):
        cut = list(pieces(path, plan(how, 0.0)))
        assert len(cut) >= 20 // beats
        assert cut[3].bpm == pytest.approx(90.0, rel=0.01)
        assert np.median([p.sound.shape[1] for p in cut]) == pytest.approx(beats * RATE / 1.5, rel=0.01)


def test_what_has_no_beat_says_so(tmp_path):
    pytest.importorskip("librosa", reason="beats are found by librosa; install 'dusktape[audio]'")
    path = sounds.put(tmp_path / "a.wav", sounds.tone(200.0, 3.0, rate=RATE), RATE)
    with pytest.raises(FileError, match="it has no beat to cut by; say --cut oneshots or fixed"):
        list(pieces(path, plan("beats", 0.0)))


def test_without_soxr_the_way_out_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "soxr", None)
    with pytest.raises(PluginError, match=r"resampling needs soxr; install it with: pip install 'dusktape\[audio\]'"):
        check_extras()
