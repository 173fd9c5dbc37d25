from __future__ import annotations

import numpy as np
import pytest
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.errors import PluginError
from dusktape.core.params import build
from dusktape.core.seed import Seed
from dusktape.instruments import folder_kit
from dusktape.instruments.kit import Kit

from .. import sounds

DRY = {"dust_db": -100.0, "room_bleed": 0.0, "looseness": 0.0, "stereo": 0.0}


def played(kind, notes, frames=60_000, sizes=(60_000,), seed=1, **values):
    part = build(kind, {**DRY, **values}, where="test")
    player = part.open(SAMPLE_RATE, notes, cues=Cues(frames=frames), seed=Seed(seed))
    return sounds.rendered(player, frames, sizes)


def test_the_one_shots_are_heard_and_take_turns(tmp_path):
    kind = folder_kit.part(sounds.drums(tmp_path / "kit"))
    heard = played(kind, [PlayedNote(k * 15_000, 100, 36, 0.8) for k in range(4)])
    pitches = [sounds.pitch_hz(heard[0, k * 15_000 : k * 15_000 + 8_000]) for k in range(4)]
    assert sorted(round(p, -1) for p in pitches[:2]) == [60.0, 90.0]
    assert pitches[0] == pytest.approx(pitches[2], abs=3.0)


def test_velocity_picks_soft_and_hard(tmp_path):
    kind = folder_kit.part(sounds.drums(tmp_path / "kit"))
    for velocity, hertz in ((0.2, 200.0), (0.95, 400.0)):
        heard = played(kind, [PlayedNote(0, 100, 38, velocity)])
        assert abs(sounds.pitch_hz(heard[0, :8_000]) - hertz) < 10.0


def test_with_one_recording_soft_strokes_are_duller(tmp_path):
    sounds.rain(tmp_path / "clap.wav", 0.2, 1)
    kind = folder_kit.part(tmp_path)

    def high_share(velocity):
        power = np.abs(np.fft.rfft(played(kind, [PlayedNote(0, 100, 39, velocity)])[0, :8_000])) ** 2
        return power[700:].sum() / power.sum()

    assert high_share(0.15) < 0.8 * high_share(0.9)


def test_what_the_folder_lacks_is_played_by_the_kit_of_the_character(tmp_path):
    kind = folder_kit.part(sounds.drums(tmp_path / "kit"))
    hat = [PlayedNote(0, 100, 42, 0.8)]
    assert np.array_equal(played(kind, hat, frames=9_000), played(Kit, hat, frames=9_000))
    assert "2 kick, 2 snare" in kind.__doc__


def test_block_size_does_not_change_the_sound(tmp_path):
    kind = folder_kit.part(sounds.drums(tmp_path / "kit"))
    notes = [PlayedNote(700 + 3_000 * k, 100, (36, 42, 38, 46)[k % 4], 0.2 + 0.04 * k) for k in range(16)]
    whole = played(kind, notes, looseness=0.7, room_bleed=0.4)
    heard = played(kind, notes, sizes=(1, 63, 4096, 64, 65), looseness=0.7, room_bleed=0.4)
    assert np.abs(heard - whole).max() <= 1e-5
    assert not np.array_equal(whole, played(kind, notes, seed=2, looseness=0.7, room_bleed=0.4))


def test_of_a_long_file_only_the_beginning_is_played(tmp_path):
    sounds.rain(tmp_path / "crash.wav", 9.0)
    player = folder_kit.part(tmp_path)().open(
        SAMPLE_RATE, [PlayedNote(0, 100, 49, 0.9)], cues=Cues(frames=1), seed=Seed(1)
    )
    player.render(100 + player.tail_frames)
    assert not player.render(20_000).any()


def test_silent_and_broken_files_are_left_out_and_named(tmp_path):
    folder = sounds.drums(tmp_path / "kit")
    soundfile.write(folder / "kick_0.wav", np.zeros(500, np.float32), 44_100)
    soundfile.write(folder / "kick_9.wav", np.full(500, 0.4, np.float32), 44_100)
    soundfile.write(folder / "ride.wav", np.ones(3, np.float32), 44_100)
    kind = folder_kit.part(folder)
    assert set(kind.drums) == {"kick", "snare"}
    assert kind.remark == f"left out: {str(folder / 'kick_0.wav')!r} holds only silence, and 2 more"
    heard = played(kind, [PlayedNote(k * 15_000, 100, 36, 0.8) for k in range(4)])
    assert all(np.abs(heard[0, k * 15_000 : k * 15_000 + 8_000]).max() > 0.1 for k in range(4))


def test_a_sound_whose_name_says_no_drum_is_left_out_and_named(tmp_path):
    folder = sounds.drums(tmp_path / "attic")
    sounds.rain(folder / "banana.flac", 0.2)
    (folder / "rim.wav").write_bytes(b"")
    kind = folder_kit.part(folder)
    assert kind.__doc__.endswith(" Left out: 'rim.wav' is empty (0 bytes), 'banana.flac' is not named by drum.")
    (folder / "rim.wav").unlink()
    assert folder_kit.part(folder).remark == f"left out: {str(folder / 'banana.flac')!r} is not named by drum"


def test_a_kit_of_nothing_but_silence_is_refused(tmp_path):
    soundfile.write(tmp_path / "kick.wav", np.zeros(500, np.float32), 44_100)
    with pytest.raises(
        PluginError, match=r"no drum that we can play: '.*kick\.wav' holds only silence; take another copy"
    ):
        folder_kit.part(tmp_path)
