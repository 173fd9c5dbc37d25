import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Cues
from dusktape.core.errors import DusktapeError, InputError, PluginError, RecipeError
from dusktape.core.seed import Seed
from dusktape.data.beats import Grid
from dusktape.studio.lofi import Treatment, remixed
from dusktape.studio.recording import Motion, Recording

TIGHT = ("tempo.swing=0.5", "tempo.lay_back_ms=0", "tempo.jitter_ms=0", "drums.looseness=0")
DRUMLESS = Treatment(drums=False)


def drifting(seconds: float) -> list[float]:
    times = [0.3]
    while times[-1] < seconds - 1.0:
        times.append(times[-1] + 60.0 / (92.0 + 4.0 * np.sin(times[-1] / 9.0)))
    return times


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of clicks, whose tempo drifts, the first of every four with a thud."""
    out = np.zeros(40 * SAMPLE_RATE)
    time = np.arange(4_000) / SAMPLE_RATE
    for k, start in enumerate(drifting(40.0)):
        at = round(start * SAMPLE_RATE)
        out[at : at + 4_000] += 0.3 * np.sin(2.0 * np.pi * 1_200.0 * time) * np.exp(-time / 0.01)
        if k % 4 == 0:
            out[at : at + 4_000] += 0.6 * np.sin(2.0 * np.pi * 70.0 * time) * np.exp(-time / 0.03)
    path = tmp_path_factory.mktemp("lofi") / "clicks.wav"
    soundfile.write(path, out, SAMPLE_RATE)
    return path


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lofi") / "tone.wav"
    time = np.arange(3 * 32_000) / 32_000
    soundfile.write(path, 0.3 * np.sin(2.0 * np.pi * 440.0 * time), 32_000)
    return path


def test_speed_takes_pitch_along_unless_both_are_said() -> None:
    usual, pitched, both = (Motion.asked(44_100, s, p) for s, p in ((None, None), (None, -12.0), (0.9, 0.0)))
    assert usual.speed == usual.pitch == pytest.approx(0.88)
    assert pitched.speed == pytest.approx(0.5)
    assert (both.speed, both.pitch) == (pytest.approx(0.9), pytest.approx(1.0))


def test_speed_and_pitch_have_limits() -> None:
    with pytest.raises(InputError, match=r"0\.4 to 1\.6"):
        Motion.asked(44_100, 2.0, None)
    with pytest.raises(InputError, match="semitones"):
        Motion.asked(44_100, None, float("nan"))


@pytest.mark.parametrize(("speed", "pitch", "hz"), [(0.8, None, 352.0), (0.8, 0.0, 440.0), (1.0, -12.0, 220.0)])
def test_a_recording_runs_as_asked(tone: Path, speed: float, pitch: float | None, hz: float) -> None:
    player = Recording(tone, Motion.asked(32_000, speed, pitch)).open(
        SAMPLE_RATE, (), cues=Cues(frames=1), seed=Seed(7)
    )
    out = np.concatenate([player.render(n) for n in (1, 63, 4_096, 20_000, 200_000)], axis=1)[0]
    inside = out[20_000:80_000]
    spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside))))
    assert spectrum.argmax() * SAMPLE_RATE / len(inside) == pytest.approx(hz, abs=1.5)
    sounding = np.flatnonzero(np.abs(out) > 0.02)
    assert sounding[-1] / SAMPLE_RATE == pytest.approx(3.0 / speed, abs=0.06)


def test_our_drums_follow_a_beat_that_drifts(clicks: Path) -> None:
    pytest.importorskip("librosa")
    work = remixed(clicks, Treatment(settings=TIGHT), Seed(7))
    assert set(work.facts["beats"]) == {"bpm", "beats", "first_bar_s", "drift"}
    score = work.production.score
    beats = np.array(drifting(40.0)) / 0.88
    grid = np.interp(np.arange(0.0, len(beats) - 1.0, 0.25), np.arange(len(beats)), beats)
    hits = np.array([score.seconds(n.start) for n in score.parts["drums"]])
    inside = hits[(hits > beats[2]) & (hits < beats[-3])]
    assert len(inside) > 40
    late = np.abs(inside[:, None] - grid[None, :]).min(axis=1)
    assert np.percentile(late, 95) < 0.035
    kicks = [score.seconds(n.start) for n in score.parts["drums"] if n.pitch in (35, 36)]
    near = [np.abs(np.array(kicks) - bar).min() for bar in beats[8:40:4]]
    assert np.median(near) < 0.035


def test_a_tempo_can_be_asked_for(clicks: Path) -> None:
    pytest.importorskip("librosa")
    work = remixed(clicks, Treatment(bpm=75.0, pitch=-3.0), Seed(7))
    assert work.production.score.bpm == pytest.approx(75.0, rel=0.02)
    assert work.facts["pitch_semitones"] == pytest.approx(-3.0, abs=0.01)


def test_without_the_library_it_says_what_to_install(clicks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)
    with pytest.raises(PluginError, match=r"pip install 'dusktape\[lofi\]', or say --no-drums"):
        remixed(clicks, Treatment(), Seed(7))
    assert "drums" not in remixed(clicks, DRUMLESS, Seed(7)).production.parts


def test_the_track_is_as_loud_and_as_long_as_promised(tone: Path) -> None:
    production = remixed(tone, DRUMLESS, Seed(7)).production
    frames = sum(block.shape[1] for block in production.master())
    assert frames / SAMPLE_RATE == pytest.approx(3.0 / 0.88 + 1.5, abs=0.01)
    assert production.measured.lufs == pytest.approx(-14.0, abs=0.2)
    assert production.measured.true_peak_dbtp <= -0.9


def test_the_recording_comes_at_its_loudness(tone: Path) -> None:
    production = remixed(tone, Treatment(drums=False, settings=("recording.loudness_lufs=-20",)), Seed(7)).production
    assert production.recipe.parts["recording"].loudness_lufs == -20
    stems = list(production.stems())
    sound = np.concatenate([hop["recording"] for hop in stems], axis=1)[:, 20_000:120_000]
    rms_db = 20.0 * np.log10(np.sqrt(np.mean(sound**2)))
    assert -24.0 < rms_db < -17.0


def test_the_same_seed_makes_the_same_sound(tone: Path) -> None:
    once, again, other = (
        np.concatenate(list(remixed(tone, DRUMLESS, Seed(s)).production.master()), axis=1) for s in (7, 7, 8)
    )
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_weather_and_effects_are_what_is_asked_for(tone: Path) -> None:
    settings = ("recording.cassette.age=1", "recording.record=false")
    work = remixed(tone, Treatment(drums=False, weather="wind", settings=settings), Seed(7))
    assert "wind" in work.production.parts
    chain = work.production.recipe.parts["recording"].chain
    assert chain["cassette"]["age"] == 1
    assert "record" not in chain
    dry = remixed(tone, Treatment(recipe="rainy", drums=False, weather="none"), Seed(7))
    assert "rain" not in dry.production.parts


def test_what_is_not_possible_is_refused(tone: Path, tmp_path: Path) -> None:
    for wanted, told in (
        (Treatment(speed=1.0, bpm=80.0), "leave one out"),
        (Treatment(weather="hail"), "no weather 'hail'"),
        (Treatment(key="C minor"), "--key is for MIDI"),
    ):
        with pytest.raises(InputError, match=told):
            remixed(tone, wanted, Seed(7))
    with pytest.raises(RecipeError, match="no kit 'zorg'"):
        remixed(tone, Treatment(kit="zorg"), Seed(7))
    for setting, said in (
        ("recording.casette.age=1", "did you mean 'cassette'"),
        ("recording.cassette.bogus=1", "there is no 'bogus'"),
        ("recording.bogus=1", r"^--set recording\.bogus: there is no 'bogus'; there is cassette, .*loudness_lufs"),
        ("recording.loudnes_lufs=-20", r"^--set recording\.loudnes_lufs: .* did you mean 'loudness_lufs'\?$"),
        ("recording.cassette.age=9", "age must be between 0 and 1"),
        ("recording.loudness_lufs=5", "must be between -80 and -8"),
        ("recording.on=false", "has to play"),
        ("parts.recording=false", "has to play"),
        ("recording.instrument=rhodes", "has to play"),
    ):
        with pytest.raises(DusktapeError, match=said):
            remixed(tone, Treatment(drums=False, settings=(setting,)), Seed(7))
    soundfile.write(tmp_path / "silent.wav", np.zeros(8_000), 8_000)
    with pytest.raises(InputError, match="is silent"):
        remixed(tmp_path / "silent.wav", DRUMLESS, Seed(7))


def test_a_grid_is_counted_from_its_first_bar() -> None:
    grid = Grid(np.array([0.2, 0.9, 1.6, 2.3]), first=2, strength=2.0)
    assert grid.second(np.array([0.0])).tolist() == [1.6]


def test_three_frames_are_too_short_and_not_silent(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "blip.wav", np.ones(3, np.float32), 44_100)
    with pytest.raises(InputError, match=r"blip\.wav' is too short: 3 frames; give a recording of some seconds"):
        remixed(tmp_path / "blip.wav", DRUMLESS, Seed(1))


def test_a_wish_for_a_loop_is_refused(tone: Path) -> None:
    with pytest.raises(InputError, match="'rainy 4 bar loop' asks for a loop, but a file is as long as it is"):
        remixed(tone, replace(DRUMLESS, recipe="rainy 4 bar loop"), Seed(1))


def test_what_does_nothing_or_is_for_midi_is_said(tone: Path) -> None:
    idle = remixed(tone, replace(DRUMLESS, downbeat=3), Seed(7))
    assert any("--downbeat does nothing here" in line for line in idle.said)
    assert not any("--downbeat" in line for line in remixed(tone, DRUMLESS, Seed(7)).said)
    told = ("keys.instrument=rhodes", "bass.style=walking", "drums.ghosts=0.5", "drums.on=false", "rain.on=true")
    said = remixed(tone, replace(DRUMLESS, settings=told, kit="brushes"), Seed(7)).said
    assert sorted(line for line in said if "does nothing" in line) == [
        "--kit brushes does nothing here: no drums of ours play",
        "--set bass.style does nothing here: beside a recording only drums and textures play",
        "--set drums.ghosts does nothing here: no drums of ours play",
        "--set keys.instrument does nothing here: beside a recording only drums and textures play",
    ]
    with pytest.raises(InputError, match="--source-key is for MIDI files"):
        remixed(tone, replace(DRUMLESS, source_key="C major"), Seed(7))
