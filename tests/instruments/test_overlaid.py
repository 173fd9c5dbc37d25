from __future__ import annotations

import numpy as np
import pytest
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Cues
from dusktape.core.errors import PluginError
from dusktape.core.params import build
from dusktape.core.seed import Seed
from dusktape.instruments import overlaid

from .. import sounds

SONG = 12 * SAMPLE_RATE


def played(kind, sizes=(SONG,), seed=1, bpm=80.0, frames=SONG, **values):
    player = build(kind, values, where="test").open(SAMPLE_RATE, [], cues=Cues(frames=frames, bpm=bpm), seed=Seed(seed))
    sound = sounds.rendered(player, frames, sizes)
    assert not player.render(5_000).any()
    return sound


@pytest.mark.parametrize("ending", [".wav", ".flac", ".mp3"])
def test_a_recording_sounds_to_the_end_of_the_song_at_one_level(tmp_path, ending):
    heard = played(overlaid.part(sounds.rain(tmp_path / f"rain{ending}", 4.0)))
    levels = [np.std(heard[:, k : k + SAMPLE_RATE]) for k in range(SAMPLE_RATE, SONG - SAMPLE_RATE, SAMPLE_RATE)]
    assert max(levels) < 1.2 * min(levels)
    assert 0.02 < np.mean(levels) < 0.04


def test_nothing_clicks_where_it_goes_round(tmp_path):
    heard = played(overlaid.part(sounds.rain(tmp_path / "rain.wav", 4.0)))
    step = np.abs(np.diff(heard[:, SAMPLE_RATE:-SAMPLE_RATE]))
    assert step.max() < 1.6 * np.quantile(step, 0.9999)


def test_block_size_does_not_change_the_sound(tmp_path):
    kind = overlaid.part(sounds.rain(tmp_path / "rain.wav", 2.0))
    whole = played(kind)
    assert np.abs(played(kind, sizes=(63, 4096, 64, 65, 30_000)) - whole).max() <= 1e-5


def test_the_seed_decides_where_it_begins(tmp_path):
    kind = overlaid.part(sounds.rain(tmp_path / "rain.wav", 8.0))
    assert np.array_equal(played(kind), played(kind))
    assert any(not np.array_equal(played(kind), played(kind, seed=s)) for s in (2, 3, 4))
    assert np.array_equal(played(kind, begin="start"), played(kind, begin="start", seed=9))


def test_it_begins_where_it_is_as_loud_as_on_the_whole(tmp_path):
    wave = np.random.default_rng(1).standard_normal(12 * sounds.RATE) * 0.1
    wave[: 4 * sounds.RATE] *= 0.1  # steps up to the window
    soundfile.write(tmp_path / "quiet first.wav", wave, sounds.RATE)
    heard = played(overlaid.part(tmp_path / "quiet first.wav"))
    first = np.std(heard[:, SAMPLE_RATE : 3 * SAMPLE_RATE])
    assert abs(20.0 * np.log10(first / 0.03)) < 2.5


def test_a_recording_with_a_tempo_goes_round_in_whole_bars_of_the_song(tmp_path):
    wave = np.random.default_rng(1).standard_normal(round(4.2 * sounds.RATE)) * 0.01
    for beat in range(8):  # eight beats at 120
        wave[beat * sounds.RATE // 2 : beat * sounds.RATE // 2 + 20] = 1.0 if beat == 0 else 0.4
    soundfile.write(tmp_path / "loop.wav", wave, sounds.RATE)
    heard = np.abs(played(overlaid.part(tmp_path / "loop.wav"), bpm=80.0, tempo_bpm=120.0)[0])
    beat = round(60.0 / 80.0 * SAMPLE_RATE)
    accent = 8 * beat
    around = heard[accent - beat // 4 : accent + beat // 4]
    assert abs(int(np.argmax(around)) - beat // 4) < 120
    assert around.max() > 1.5 * heard[accent + beat - 200 : accent + beat + 200].max()


def test_of_ten_hours_only_the_first_minutes_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(overlaid, "USED_S", 2.0)
    asked = []
    whole = soundfile.SoundFile.read
    monkeypatch.setattr(soundfile.SoundFile, "read", lambda *a, **k: asked.append(a[1]) or whole(*a, **k))
    kind = overlaid.part(sounds.rain(tmp_path / "long.wav", 5.0))
    assert "of its 5 s the first 2 are used" in kind.__doc__
    assert kind.remark
    played(kind)
    assert sum(asked) <= 2 * sounds.RATE + 8192  # a look whether there is anything to hear


def test_stereo_at_8_khz_in_8_bits_and_mono_are_laid_over_too(tmp_path):
    old = overlaid.part(sounds.rain(tmp_path / "old.wav", 2.0, 2, 8_000, subtype="PCM_U8"))
    mono = played(overlaid.part(sounds.rain(tmp_path / "mono.wav", 2.0, 1)))
    assert played(old).any()
    assert np.array_equal(mono[0], mono[1])
    assert np.abs(np.diff(played(old, width=0.0), axis=0)).max() < 1e-6


def test_a_recording_of_nothing_is_named(tmp_path):
    soundfile.write(tmp_path / "still.wav", np.zeros(50_000, np.float32), 44_100)
    with pytest.raises(PluginError, match=r"still\.wav' holds only silence"):
        played(overlaid.part(tmp_path / "still.wav"))
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(PluginError, match=r"empty\.wav' is empty"):
        overlaid.part(tmp_path / "empty.wav")
