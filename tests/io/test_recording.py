from __future__ import annotations

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.io import recording
from dusktape.io.recording import check_heard, examine, read, respeed

from .. import sounds


def sine(frames: int, per_frame: float) -> np.ndarray:
    return np.sin(2.0 * np.pi * per_frame * np.arange(frames)).astype(np.float32)


@pytest.mark.parametrize("speed", [48_000 / 44_100, 8_000 / 44_100, 2.0 ** (3 / 12), 2.0 ** (-5 / 12)])
def test_a_sound_played_at_another_speed_has_another_pitch_and_no_other_change(speed):
    slow = respeed(sine(40_000, 0.01)[None], speed)[0]
    assert slow.size == round(40_000 / speed)
    expected = sine(slow.size, 0.01 * speed)
    assert np.abs(slow - expected)[2_000:-2_000].max() < 2e-2


def test_a_long_sound_is_turned_in_pieces_that_nobody_hears(monkeypatch):
    monkeypatch.setattr(recording, "_PIECE_FRAMES", 1 << 15)
    turned = respeed(sine(200_000, 0.01)[None], 1.1)[0]
    assert np.abs(turned - sine(turned.size, 0.011))[2_000:-4_000].max() < 2e-2


def test_what_lies_above_half_the_rate_is_left_out_when_a_sound_is_sped_up():
    high = respeed(sine(40_000, 0.4)[None], 2.0)[0]
    assert np.abs(high[1_000:-1_000]).max() < 1e-3


def test_stereo_at_8_khz_in_8_bits_is_read(tmp_path):
    path = sounds.rain(tmp_path / "old.wav", 1.0, 2, 8_000, subtype="PCM_U8")
    about = examine(path)
    assert (about.rate, about.channels, about.frames) == (8_000, 2, 8_000)
    assert read(path, sample_rate=44_100, seconds=10.0).shape == (2, 44_100)


def test_no_more_is_read_than_was_asked_for(tmp_path, monkeypatch):
    path = sounds.rain(tmp_path / "long.wav", 3.0)
    asked = []
    whole = soundfile.SoundFile.read
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *a, **k: asked.append(a[1]) or whole(*a, **k))
    assert read(path, sample_rate=sounds.RATE, seconds=0.5).shape == (2, sounds.RATE // 2)
    assert sum(asked) == sounds.RATE // 2


def test_five_channels_are_folded_to_two(tmp_path):
    soundfile.write(tmp_path / "five.wav", np.full((1000, 5), 0.25, np.float32), 44_100)
    assert np.allclose(read(tmp_path / "five.wav", sample_rate=44_100, seconds=1.0), 0.25, atol=1e-4)


@pytest.mark.parametrize("wrong", [slice(88, 89), slice(88, None)])
def test_where_a_file_holds_what_is_no_number_is_said(tmp_path, wrong):
    path, wave = tmp_path / "nan.wav", sine(44_100, 0.01)
    wave[wrong] = np.nan
    soundfile.write(path, wave, 44_100, subtype="FLOAT")
    said = r"nan\.wav' holds what is not a number at 0\.002 s; take another copy"
    with pytest.raises(InputError, match=said):
        read(path, sample_rate=44_100, seconds=1.0)
    with pytest.raises(InputError, match=said):
        check_heard(path, seconds=1.0)


def test_what_is_no_number_is_found_behind_the_first_sound(tmp_path):
    path, wave = tmp_path / "nan.wav", sine(44_100, 0.01)
    wave[22_050] = np.inf
    soundfile.write(path, wave, 44_100, subtype="FLOAT")
    with pytest.raises(InputError, match=r"not a number at 0\.500 s"):
        check_heard(path, seconds=1.0)
    check_heard(path, seconds=0.4)


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"", r"is empty \(0 bytes\)"), (b"no sound at all", "is no sound file that we can read")],
)
def test_what_is_no_sound_is_named_in_one_line(tmp_path, data, what):
    (tmp_path / "bad.wav").write_bytes(data)
    with pytest.raises(InputError, match=rf"bad\.wav' {what}"):
        examine(tmp_path / "bad.wav")


def test_a_file_without_frames_and_one_that_is_not_there_are_named(tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros((0, 1), np.float32), 44_100)
    with pytest.raises(InputError, match=r"none\.wav' holds no sound"):
        examine(tmp_path / "none.wav")
    with pytest.raises(InputError, match=r"gone\.wav' cannot be read"):
        examine(tmp_path / "gone.wav")


def test_three_frames_are_too_short_and_not_silent(tmp_path):
    for frames, told in ((3, "3 frames"), (1, "1 frame")):
        soundfile.write(tmp_path / "blip.wav", np.ones(frames, np.float32), 44_100)
        with pytest.raises(InputError, match=rf"blip\.wav' is too short: {told}; take a longer one"):
            examine(tmp_path / "blip.wav")
    soundfile.write(tmp_path / "blip.wav", np.ones(recording.SHORTEST_FRAMES, np.float32), 44_100)
    assert examine(tmp_path / "blip.wav").frames == recording.SHORTEST_FRAMES


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_a_level_that_stands_still_is_silence(tmp_path, level):
    path = tmp_path / "still.wav"
    soundfile.write(path, np.full(30_000, level, np.float32), 44_100, subtype="FLOAT")
    with pytest.raises(InputError, match=r"still\.wav' holds only silence; take another copy"):
        check_heard(path, seconds=1.0)
    late = np.full(44_100 * 2, level, np.float32)
    late[60_000] += 0.1
    soundfile.write(path, late, 44_100, subtype="FLOAT")
    check_heard(path, seconds=2.0)
    with pytest.raises(InputError, match="holds only silence"):
        check_heard(path, seconds=1.0)
