from __future__ import annotations

import numpy as np
import pytest
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.errors import PluginError
from dusktape.core.params import build
from dusktape.core.seed import Seed
from dusktape.instruments import sampler

from .. import sounds


def played(kind, notes, frames=60_000, sizes=(60_000,), seed=1, **values):
    part = build(kind, {"noise": 0.0, "detune_cents": 0.0, **values}, where="test")
    player = part.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(seed))
    return sounds.rendered(player, frames, sizes)


def test_each_key_plays_the_nearest_sample_at_its_pitch(tmp_path):
    kind = sampler.part(sounds.notes(tmp_path / "piano"))
    for pitch in (45, 48, 57, 64, 72, 76):
        heard = played(kind, [PlayedNote(0, 20_000, pitch, 0.6)])
        assert abs(sounds.pitch_hz(heard[0, 500:16_000]) / (440.0 * 2.0 ** ((pitch - 69) / 12)) - 1.0) < 0.01, pitch


def test_velocity_picks_the_layer(tmp_path):
    folder = tmp_path / "layers"
    folder.mkdir()
    soundfile.write(folder / "C4_v1.wav", sounds.tone(0.8, 261.6), sounds.RATE)
    soundfile.write(folder / "C4_v2.wav", sounds.tone(0.8, 523.2), sounds.RATE)
    kind = sampler.part(folder)
    soft, hard = (played(kind, [PlayedNote(0, 20_000, 60, v)]) for v in (0.2, 0.9))
    assert abs(sounds.pitch_hz(soft[0, 500:16_000]) - 261.6) < 5.0
    assert abs(sounds.pitch_hz(hard[0, 500:16_000]) - 523.2) < 5.0


def test_files_of_one_pitch_and_strength_take_turns(tmp_path):
    folder = tmp_path / "turns"
    folder.mkdir()
    for k, hz in enumerate((261.6, 392.4)):
        soundfile.write(folder / f"C4_rr{k + 1}.wav", sounds.tone(0.3, hz), sounds.RATE)
    heard = played(sampler.part(folder), [PlayedNote(k * 20_000, 10_000, 60, 0.6) for k in range(3)])
    first, second, third = (sounds.pitch_hz(heard[0, k * 20_000 + 500 : k * 20_000 + 9_000]) for k in range(3))
    assert abs(first - 261.6) < 6.0
    assert abs(second - 392.4) < 6.0
    assert abs(third - 261.6) < 6.0


def test_a_sustained_sample_is_looped_while_its_key_is_held_and_a_dying_one_is_not(tmp_path):
    for name, decay_s in (("organ", 90.0), ("pluck", 0.05)):
        folder = tmp_path / name
        folder.mkdir()
        soundfile.write(folder / "C4.wav", sounds.tone(0.5, 261.6, decay_s), sounds.RATE)
    note = [PlayedNote(0, 55_000, 60, 0.6)]
    organ, pluck = (played(sampler.part(tmp_path / name), note) for name in ("organ", "pluck"))
    late = slice(45_000, 54_000)
    assert np.std(organ[:, late]) > 0.7 * np.std(organ[:, 5_000:14_000])
    assert np.abs(np.diff(organ[0, 15_000:54_000])).max() < 2.0 * np.abs(np.diff(organ[0, 2_000:15_000])).max()
    assert not pluck[:, late].any()
    assert played(sampler.part(tmp_path / "pluck"), note, hold="loop")[:, late].any()


def test_block_size_does_not_change_the_sound(tmp_path):
    kind = sampler.part(sounds.notes(tmp_path / "piano"))
    notes = [PlayedNote(500 + 4_000 * k, 7_000, 46 + 4 * k, 0.2 + 0.07 * k) for k in range(10)]
    whole = played(kind, notes)
    assert np.abs(played(kind, notes, sizes=(1, 63, 4096, 64, 65)) - whole).max() <= 1e-5


def test_stereo_at_8_khz_in_8_bits_plays_beside_a_broken_file_that_is_named(tmp_path):
    folder = sounds.notes(tmp_path / "mixed", ("C3",))
    (folder / "D3.wav").write_bytes(b"")
    sounds.rain(folder / "E3.wav", 1.0, 2, 8_000, subtype="PCM_U8")
    kind = sampler.part(folder)
    assert "D3.wav' is empty (0 bytes)" in kind.__doc__
    assert set(kind.keys) == {48, 52}
    assert played(kind, [PlayedNote(0, 9_000, 48, 0.6)]).shape[0] == 2


def test_every_file_that_is_left_out_is_named(tmp_path):
    folder = sounds.notes(tmp_path / "harp", ("C3",))
    for name in ("C99.wav", "H4.wav", "notes.wav"):
        sounds.rain(folder / name, 0.2)
    (folder / "D3.wav").write_text("this is text")
    (folder / "readme.txt").write_text("this is text")
    kind = sampler.part(folder)
    assert kind.__doc__ == (
        "Folder harp: 1 pitch, 48, sampled. Left out: 'D3.wav' is no sound file that we can read, 'C99.wav' is not "
        "named by pitch, 'H4.wav' is not named by pitch, 'notes.wav' is not named by pitch."
    )
    assert kind.remark == f"left out: {str(folder / 'D3.wav')!r} is no sound file that we can read, and 3 more"
    for k in range(100):
        sounds.rain(folder / f"other {k:02}.wav", 0.1)
    assert kind.__doc__ != sampler.part(folder).__doc__
    assert sampler.part(folder).__doc__.endswith("'other 35.wav' is not named by pitch, and 64 more.")


def test_a_folder_in_which_nothing_can_be_read_is_refused_in_one_line(tmp_path):
    (tmp_path / "C3.wav").write_bytes(b"")
    with pytest.raises(PluginError, match=r"C3\.wav' is empty") as refused:
        sampler.part(tmp_path)
    assert "\n" not in str(refused.value)


def test_one_pitch_is_said_in_the_singular_and_silent_notes_are_left_out(tmp_path):
    folder = sounds.notes(tmp_path / "harp", ("C3",))
    soundfile.write(folder / "C4.wav", np.zeros(900, np.float32), 44_100)
    kind = sampler.part(folder)
    assert kind.__doc__ == "Folder harp: 1 pitch, 48, sampled. Left out: 'C4.wav' holds only silence."
    assert kind.remark == f"left out: {str(folder / 'C4.wav')!r} holds only silence"
    assert set(kind.keys) == {48}
    assert sampler.part(sounds.notes(tmp_path / "piano")).__doc__ == "Folder piano: 3 pitches, from 48 to 72, sampled."
