from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.errors import PluginError, RecipeError
from dusktape.core.params import build, parameters
from dusktape.core.seed import Seed
from dusktape.instruments import soundfont

from .. import sounds

DEBIANS = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
CUES = Cues(frames=60_000)
NOTES = [PlayedNote(1_000 + 5_000 * k, 9_000, 48 + 5 * k, 0.3 + 0.08 * k) for k in range(8)]


@pytest.fixture
def library():
    try:
        soundfont.api()
    except PluginError as error:
        pytest.skip(str(error))


def played(kind, notes=NOTES, frames=60_000, sizes=(60_000,), seed=1, **values):
    player = build(kind, values, where="test").open(SAMPLE_RATE, notes, cues=CUES, seed=Seed(seed))
    return sounds.rendered(player, frames, sizes)


def pitch_hz(sound):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size)))
    return float(np.argmax(spectrum)) * SAMPLE_RATE / sound.size


@pytest.mark.parametrize("vorbis", [False, True])
def test_a_font_plays_the_pitches_of_its_notes(library, tmp_path, vorbis):
    kind = soundfont.part(sounds.font(tmp_path / "a.sf2", vorbis=vorbis))
    for pitch, hertz in ((48, 130.8), (69, 440.0), (84, 1046.5)):
        heard = played(kind, [PlayedNote(0, 40_000, pitch, 0.7)], noise=0.0, detune_cents=0.0)
        assert abs(pitch_hz(heard[0, 4_000:36_000]) / hertz - 1.0) < 0.01
        assert np.std(heard[:, :30_000]) > 1e-3


def test_block_size_does_not_change_the_sound(library, tmp_path):
    kind = soundfont.part(sounds.font(tmp_path / "a.sf2"))
    whole = played(kind)
    for sizes in ((1, 63, 4096, 64, 65), (4096,), (65,)):
        assert np.abs(played(kind, sizes=sizes) - whole).max() <= 1e-5


def test_what_was_played_before_does_not_change_a_tone(library, tmp_path):
    path = sounds.font(tmp_path / "a.sf2")
    engines = [soundfont.Engine(path, SAMPLE_RATE) for _ in range(2)]
    preset = soundfont.part(path).sounds[0]
    jobs = [(preset, 40 + 3 * k, 20 + 9 * k, float(k), 640 * (k + 1)) for k in range(11)]
    forth = [engines[0].tone(*job) for job in jobs]
    back = [engines[1].tone(*job) for job in reversed(jobs)][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forth, back, strict=True))


def test_the_seed_decides_and_other_keys_are_tuned_otherwise(library, tmp_path):
    kind = soundfont.part(sounds.font(tmp_path / "a.sf2"))
    assert np.array_equal(played(kind), played(kind))
    assert not np.array_equal(played(kind), played(kind, seed=2))


def test_louder_notes_are_louder_and_let_go_notes_end(library, tmp_path):
    kind = soundfont.part(sounds.font(tmp_path / "a.sf2"))
    soft, hard = (played(kind, [PlayedNote(0, 20_000, 60, v)], noise=0.0) for v in (0.2, 0.9))
    assert np.std(hard) > 2.0 * np.std(soft)
    assert not hard[:, 59_000:].any()


def test_drums_ring_out_and_a_hat_ends_the_hat_before(library, tmp_path):
    kind = soundfont.part(sounds.font(tmp_path / "a.sf2"))
    kick = played(kind, [PlayedNote(0, 100, 36, 0.8)], preset="Drums", noise=0.0)
    assert np.std(kick[:, 30_000:40_000]) > 1e-3
    hats = played(kind, [PlayedNote(0, 100, 46, 0.8), PlayedNote(10_000, 100, 42, 0.01)], preset="Drums", noise=0.0)
    alone = played(kind, [PlayedNote(0, 100, 46, 0.8)], preset="Drums", noise=0.0)
    assert np.std(hats[:, 25_000:30_000]) < 0.4 * np.std(alone[:, 25_000:30_000])


def test_a_preset_is_asked_for_by_name_or_place_and_a_typo_gets_a_suggestion(tmp_path):
    kind = soundfont.part(sounds.font(tmp_path / "my font.sf2", ((0, 4, "Tine"), (8, 4, "Tine"), (0, 48, "Strings"))))
    assert parameters(kind)[0].choices == ("Tine", "Strings", "Tine (8:4)")
    for told in ("Tine (8:4)", "8:4"):
        assert build(kind, {"preset": told}, where="x").chosen().bank == 8
    assert build(kind, {"preset": "strings"}, where="x").preset == "Strings"
    with pytest.raises(RecipeError, match=r"my font\.sf2 has no preset 'Stings'; did you mean 'Strings'\?"):
        build(kind, {"preset": "Stings"}, where="x")
    with pytest.raises(RecipeError, match="there is Tine, Strings"):
        build(kind, {"preset": "Oboe"}, where="x")


def test_a_font_of_sound_effects_says_that_it_may_play_no_pitches(tmp_path):
    noises = ((1, 120, "Cut Noise"), (3, 122, "Wind"), (128, 56, "SFX"))
    kind = soundfont.part(sounds.font(tmp_path / "noises.sf2", noises))
    assert kind.remark == "it holds sound effects (Cut Noise is the first), which may play no pitches"
    assert kind.remark in kind.__doc__
    mixed = soundfont.part(sounds.font(tmp_path / "mixed.sf2", (*noises, (0, 4, "Tine"))))
    assert mixed.remark == ""
    assert soundfont.part(sounds.font(tmp_path / "kit.sf2", ((128, 0, "Kit"),))).remark == ""


def test_without_the_library_one_line_says_how_to_install_it_on_each_system(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fluidsynth", None)
    soundfont.api.cache_clear()
    try:
        with pytest.raises(PluginError) as refused:
            played(soundfont.part(sounds.font(tmp_path / "a.sf2")))
    finally:
        soundfont.api.cache_clear()
    told = str(refused.value)
    assert "\n" not in told
    for part in ("apt install libfluidsynth3", "brew install fluid-synth", "choco install fluidsynth", "dusktape[sf2]"):
        assert part in told


def test_finding_the_library_says_nothing_on_the_output_that_carries_sound(library, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.delitem(sys.modules, "fluidsynth")
    soundfont.api.cache_clear()
    soundfont.api()
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not DEBIANS.is_file(), reason="needs Debian's timgm6mb-soundfont")
def test_debians_font_plays_piano_strings_and_drums(library):
    kind = soundfont.part(DEBIANS)
    assert len(kind.sounds) > 100
    for preset in ("Piano 1", "0:48", "128:0"):
        heard = played(kind, preset=preset)
        assert np.isfinite(heard).all()
        assert 1e-3 < np.std(heard) < 0.5
        assert np.array_equal(heard, played(kind, preset=preset))
