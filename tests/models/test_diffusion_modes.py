from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.models.diffusion import modes, schedule
from dusktape.models.diffusion.given import given
from dusktape.models.diffusion.modes import Plan
from dusktape.models.diffusion.windows import Windows, starts

FRAMES = 96
SD = 0.5
_WAY = np.exp(-0.5 * ((np.arange(FRAMES)[:, None] - np.arange(FRAMES)) / 4.0) ** 2)
COVARIANCE = SD**2 * _WAY + 1e-6 * np.eye(FRAMES)
POWERS, AXES = np.linalg.eigh(COVARIANCE)


@dataclass
class Smooth:
    """The best denoiser of smooth random curves, which are known in closed form."""

    objective: str = "v"
    channels: int = 1
    sample_rate: int = 100
    frames: int = FRAMES
    takes_lengths: bool = False
    asked: tuple[int, ...] = ()

    def __call__(self, x: Any, t: Any) -> Any:
        at = t[:, None, None]
        alpha, sigma = schedule.alpha_sigma(at, self.objective)
        away = (x @ AXES) / (alpha**2 * POWERS + sigma**2)
        return schedule.velocity(alpha * POWERS * away, sigma * away, at, self.objective) @ AXES.T

    def told(self, lengths: list[int]) -> Smooth:
        self.asked = tuple(lengths)
        return self


def stacked(sounds: Any) -> Any:
    return np.stack(list(sounds))[:, 0]


def a_sound(seed: int = 9, frames: int = FRAMES) -> Any:
    drawn = AXES @ (np.sqrt(POWERS) * np.random.default_rng(seed).standard_normal(FRAMES))
    return drawn[None, :frames].astype(np.float32)


def smoothness(sounds: Any) -> float:
    return float((sounds[:, 1:] * sounds[:, :-1]).mean() / (sounds**2).mean())


PLAN = Plan(20, "heun", batch=40)
each_objective = pytest.mark.parametrize("objective", schedule.OBJECTIVES)


@each_objective
def test_new_sounds_are_as_those_that_were_learned(objective: str) -> None:
    made = stacked(modes.generate(Smooth(objective), 40, plan=PLAN, seed=Seed(1)))
    assert made.shape == (40, FRAMES)
    assert made.std() == pytest.approx(SD, abs=0.05)
    assert smoothness(made) == pytest.approx(np.exp(-0.5 / 16.0), abs=0.02)


@pytest.mark.parametrize("sampler", ["dpm++2m", "dpm++2s", "adaptive"])
def test_a_sound_is_the_same_however_many_there_are(sampler: str) -> None:
    few = stacked(modes.generate(Smooth(), 2, plan=Plan(5, sampler, batch=2), seed=Seed(1)))
    many = stacked(modes.generate(Smooth(), 5, plan=Plan(5, sampler, batch=4), seed=Seed(1)))
    assert np.allclose(few, many[:2], atol=1e-6)
    other = stacked(modes.generate(Smooth(), 2, plan=Plan(5, sampler), seed=Seed(2)))
    assert not np.allclose(few, other, atol=0.1)


def test_sounds_may_be_longer_than_a_window_and_have_no_seams() -> None:
    made = stacked(modes.generate(Smooth(), 30, plan=PLAN, seed=Seed(1), frames=300))
    assert made.shape == (30, 300)
    assert made.std() == pytest.approx(SD, abs=0.06)
    steps = np.abs(np.diff(made, axis=1)).mean(axis=0)
    assert steps.max() < 2.0 * steps.mean()


def test_sounds_may_be_shorter_than_a_window() -> None:
    whole = stacked(modes.generate(Smooth(), 2, plan=PLAN, seed=Seed(1)))
    short = stacked(modes.generate(Smooth(), 2, plan=PLAN, seed=Seed(1), frames=30))
    assert np.array_equal(short, whole[:, :30])


def test_windows_cover_all_and_overlap_by_half() -> None:
    assert starts(96, 96) == [0]
    assert starts(300, 96) == [0, 48, 96, 144, 192, 204]
    x = np.random.default_rng(0).standard_normal((2, 1, 250))

    class Says:
        frames = 96

        def __call__(self, x: Any, t: Any) -> Any:
            return 3.0 * x

    assert np.allclose(Windows(Says())(x, np.ones(2)), 3.0 * x)  # type: ignore[arg-type]


def test_each_sound_ends_where_it_is_drawn_to_end() -> None:
    able = Smooth(takes_lengths=True)
    made = stacked(modes.generate(able, 6, plan=PLAN, seed=Seed(1), lengths=(20, 40, 60)))
    ends = [int(np.flatnonzero(each)[-1]) + 1 for each in made]
    assert len(set(ends)) > 1
    assert all(18 <= end <= 60 for end in ends)
    assert [abs(told - end) <= 1 for told, end in zip(able.asked, ends, strict=True)] == [True] * 6


def test_the_network_is_told_how_long_a_given_sound_is() -> None:
    able = Smooth(takes_lengths=True)
    list(modes.vary(able, a_sound(frames=50), 1, noise=0.5, plan=PLAN, seed=Seed(1)))
    assert able.asked == (50,)


@each_objective
def test_variations_move_away_as_noise_grows(objective: str) -> None:
    sound, near = a_sound(), []
    for noise in (0.1, 0.5, 1.0):
        made = stacked(modes.vary(Smooth(objective), sound, 20, noise=noise, plan=PLAN, seed=Seed(3)))
        near.append(float(np.mean([np.corrcoef(each, sound[0])[0, 1] for each in made])))
    assert near[0] > 0.97
    assert near[0] > near[1] + 0.01
    assert abs(near[2]) < 0.4


def test_variations_are_as_long_as_the_sound() -> None:
    for frames in (30, FRAMES, 250):
        sound = np.resize(a_sound(), (1, frames)).astype(np.float32)
        (made,) = modes.vary(Smooth(), sound, 1, noise=0.3, plan=PLAN, seed=Seed(3))
        assert made.shape == (1, frames)


@each_objective
@pytest.mark.parametrize("noise", [0.4, 1.0])
def test_between_two_sounds_the_way_is_even(noise: float, objective: str) -> None:
    a, b = a_sound(1), a_sound(2)
    made = stacked(modes.between(Smooth(objective), a, b, 3, noise=noise, plan=Plan(60, "heun"), seed=Seed(0)))
    to_a, to_b = ([float(np.abs(each - end[0]).mean()) for each in made] for end in (a, b))
    assert to_a == sorted(to_a)
    assert to_b == sorted(to_b, reverse=True)
    assert np.std(made[1]) == pytest.approx(0.5 * (a.std() + b.std()), abs=0.15)


def test_between_a_sound_and_itself_is_that_sound() -> None:
    a = a_sound(1)
    made = stacked(modes.between(Smooth(), a, a, 2, plan=Plan(60, "heun"), seed=Seed(0)))
    assert np.allclose(made, a, atol=0.03)


def test_an_arc_keeps_the_length_of_noise() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 10_000))
    for share in (0.0, 0.3, 1.0):
        assert modes.slerp(a, b, share).std() == pytest.approx(1.0, abs=0.02)
    assert np.allclose(modes.slerp(a, b, 1.0), b)
    assert np.allclose(modes.slerp(a, a, 0.5), a)


@each_objective
@pytest.mark.parametrize("sampler", ["iplms", "dpm++2s", "adaptive"])
def test_only_the_gap_is_new(sampler: str, objective: str) -> None:
    sound = a_sound()
    plan = Plan(10, sampler, batch=3)
    for made in modes.inpaint(Smooth(objective), sound, 40, 60, 3, plan=plan, seed=Seed(1)):
        assert np.array_equal(made[:, :39], sound[:, :39])
        assert np.array_equal(made[:, 61:], sound[:, 61:])
        assert np.abs(made[:, 40:60] - sound[:, 40:60]).max() > 0.05


def test_a_gap_fits_better_the_more_often_it_is_gone_over() -> None:
    sound, jumps = a_sound(), []
    for resample in (1, 4):
        made = stacked(modes.inpaint(Smooth(), sound, 30, 66, 40, plan=PLAN, seed=Seed(1), resample=resample))
        jumps.append(float(np.abs(np.diff(made, axis=1)[:, [29, 65]]).mean()))
    assert jumps[1] < 0.7 * jumps[0]
    assert jumps[1] < 2.5 * np.abs(np.diff(sound)).mean()


def test_a_gap_in_a_long_sound_changes_nothing_far_from_it() -> None:
    sound = np.resize(a_sound(), (1, 500)).astype(np.float32)
    (made,) = modes.inpaint(Smooth(), sound, 200, 230, 1, plan=PLAN, seed=Seed(1))
    assert made.shape == sound.shape
    assert np.array_equal(np.delete(made, np.s_[199:231], axis=1), np.delete(sound, np.s_[199:231], axis=1))


@pytest.mark.parametrize("frames", [20, FRAMES, 250])
def test_a_sound_goes_on_from_its_end(frames: int) -> None:
    sound = np.resize(a_sound(), (1, frames)).astype(np.float32)
    for added in (10, 200):
        (made,) = modes.onward(Smooth(), sound, added, 1, plan=PLAN, seed=Seed(1))
        assert made.shape == (1, frames + added)
        assert np.array_equal(made[:, : frames - 1], sound[:, : frames - 1])
        assert made[:, frames:].std() > 0.05


def test_progress_grows_to_nearly_all() -> None:
    shares: list[float] = []
    list(modes.generate(Smooth(), 5, plan=Plan(5, batch=2, progress=shares.append), seed=Seed(1)))
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert 0.9 < shares[-1] <= 1.0


def test_what_cannot_be_is_refused() -> None:
    smooth, sound = Smooth(), a_sound()
    with pytest.raises(InputError, match="steps"):
        Plan(0)
    with pytest.raises(InputError, match="1 sound or more"):
        list(modes.generate(smooth, 0, plan=PLAN, seed=Seed(1)))
    for noise in (0.0, 1.1, float("nan")):
        with pytest.raises(InputError, match="noise is"):
            list(modes.vary(smooth, sound, 1, noise=noise, plan=PLAN, seed=Seed(1)))
    with pytest.raises(InputError, match="draws"):
        list(modes.between(smooth, sound, sound, 1, plan=Plan(5, "dpm++2s"), seed=Seed(1)))
    for start, end in ((0, FRAMES), (5, 5), (-1, 4), (50, FRAMES + 1)):
        with pytest.raises(InputError, match="leave nothing"):
            list(modes.inpaint(smooth, sound, start, end, 1, plan=PLAN, seed=Seed(1)))
    with pytest.raises(InputError, match="resample"):
        list(modes.onward(smooth, sound, 5, 1, plan=PLAN, seed=Seed(1), resample=0))


def test_given_sounds_are_brought_to_rate_and_channels(tmp_path: Path) -> None:
    pytest.importorskip("soxr")
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    soundfile.write(tmp_path / "tone.wav", tone, 22_050)
    sound, said = given(tmp_path / "tone.wav", sample_rate=44_100, channels=2)
    assert sound.shape == (2, 44_100)
    assert np.array_equal(sound[0], sound[1])
    assert sound.std() == pytest.approx(tone.std(), abs=0.01)
    assert said == ["tone.wav: 22050 Hz, mono, taken as 44100 Hz, stereo"]
    as_it_is, nothing = given(tmp_path / "tone.wav", sample_rate=22_050, channels=1)
    assert as_it_is.shape == (1, 22_050)
    assert nothing == []


def test_given_sounds_that_are_too_long_or_none_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(302 * 4000), 4000)
    with pytest.raises(InputError, match="cut out at most 300"):
        given(tmp_path / "long.wav", sample_rate=4000, channels=1)
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(InputError, match="no sound file"):
        given(tmp_path / "text.wav", sample_rate=4000, channels=1)
