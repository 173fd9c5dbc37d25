from __future__ import annotations

import numpy as np
import pytest

from dusktape.core.audio import Cues, SectionCue
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.mix.automation import SongGain
from dusktape.mix.chain import Chain
from dusktape.mix.strip import Strip

RATE = 44_100
CUES = Cues(
    frames=120_000,
    sections=(SectionCue("A", 0, 50_000, level=0.5, level_end=1.0), SectionCue("outro", 50_000, 70_000, level=0.8)),
)


class Tone:
    """A player of one value, or of what it is given."""

    channels = 1
    tail_frames = 0

    def __init__(self, sound=None, channels=1):
        self.channels = channels
        self._sound, self._frame = sound, 0

    def render(self, frames):
        start, self._frame = self._frame, self._frame + frames
        if self._sound is None:
            return np.ones((self.channels, frames), np.float32)
        out = np.zeros((self.channels, frames), np.float32)
        part = self._sound[:, start : start + frames]
        out[:, : part.shape[1]] = part
        return out


def strip(player=None, effects=(), **how):
    player = player or Tone()
    return Strip(player, Chain(effects, RATE, player.channels, cues=CUES, seed=Seed(1)), **how)


def test_the_middle_changes_nothing_and_mono_becomes_stereo():
    np.testing.assert_allclose(strip().render(100), np.ones((2, 100)), rtol=1e-6)


@pytest.mark.parametrize("pan", [-1.0, -0.6, -0.2, 0.0, 0.3, 0.7, 1.0])
def test_the_power_is_the_same_wherever_a_part_sits(pan):
    left, right = strip(pan=pan).render(10)[:, 0].astype(float)
    assert left**2 + right**2 == pytest.approx(2.0, rel=1e-5)
    assert np.sign(round(right - left, 6)) == np.sign(pan)


def test_at_the_edge_the_other_side_is_silent():
    assert abs(strip(pan=-1.0).render(10)[1, 0]) < 1e-6
    assert abs(strip(pan=1.0).render(10)[0, 0]) < 1e-6


def test_gain_is_linear():
    np.testing.assert_allclose(strip(gain=0.25).render(10), 0.25, rtol=1e-6)


def test_latency_of_the_effects_is_taken_back():
    click = np.zeros((1, 30_000), np.float32)
    click[0, 7_777] = 1.0
    late = [
        ("lowpass", find("effects", "lowpass")(cutoff_hz=18_000.0)),
        ("room", find("effects", "room")(mix=0.1)),
    ]
    made = strip(Tone(click), late)
    out = np.concatenate([made.render(n) for n in (1, 63, 64, 65, 4096, 20_000)], axis=1)
    assert np.abs(out[0]).argmax() == 7_777


@pytest.mark.parametrize("blocks", [[64] * 20, [1, 63, 64, 65, 1000], [1280]])
def test_the_song_gain_does_not_know_of_blocks(blocks):
    whole = strip(song_gain=SongGain(CUES, RATE, fade_s=1.0)).render(sum(blocks))
    made = strip(song_gain=SongGain(CUES, RATE, fade_s=1.0))
    np.testing.assert_allclose(np.concatenate([made.render(n) for n in blocks], axis=1), whole, atol=1e-6)


def test_sections_have_their_levels_without_steps_and_the_end_is_silent():
    out = strip(song_gain=SongGain(CUES, RATE, fade_s=1.0)).render(CUES.frames)[0]
    assert out[0] == pytest.approx(0.5, abs=1e-3)
    assert out[25_000] == pytest.approx(0.76, abs=0.02)
    assert out[60_000] == pytest.approx(0.8 + 0.2 * 10_000 / 67_354, abs=2e-3)
    assert np.abs(np.diff(out)).max() < 2e-4
    fade = out[CUES.frames - RATE + 3_000 :]
    assert np.all(np.diff(fade) < 0.0)
    assert 0.2 < fade[RATE // 2 - 3_000] < 0.6
    assert out[-1] < 1e-3


def test_a_song_without_sections_only_fades():
    out = strip(song_gain=SongGain(Cues(frames=50_000), RATE, fade_s=0.5)).render(50_000)[0]
    assert out[:27_000].min() == pytest.approx(1.0)
    assert out[-1] < 1e-3


def test_the_fade_of_a_short_song_takes_at_most_half_of_it():
    out = strip(song_gain=SongGain(Cues(frames=10_000), RATE, fade_s=60.0)).render(10_000)[0]
    assert out[4_900] == pytest.approx(1.0, abs=1e-3)


def test_a_fade_comes_late_and_falls_evenly_in_decibels():
    section = SectionCue("outro", 0, 100 * RATE, level=1.0, level_end=0.01)
    gain = SongGain(Cues(frames=102 * RATE, sections=(section,)), RATE, fade_s=0.1)
    at = [gain.edges(round(second * RATE), 1)[0] for second in (50, 86, 93, 100)]
    assert 20.0 * np.log10(at) == pytest.approx([0.0, 0.0, -20.0, -40.0], abs=0.2)
