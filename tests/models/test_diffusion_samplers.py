from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.models.diffusion import schedule
from dusktape.models.diffusion.samplers import DEFAULT, SAMPLERS, Counted, check, sample
from dusktape.models.diffusion.samplers.single import ddim, euler, heun
from dusktape.models.diffusion.samplers.steps import seeded

MEAN, SD = 0.3, 0.5
FIXED = [name for name in SAMPLERS if name != "adaptive"]
each_objective = pytest.mark.parametrize("objective", schedule.OBJECTIVES)


def gaussian(objective: str, mean: float = MEAN, sd: float = SD) -> Callable[[Any, Any], Any]:
    """The best denoiser of normal numbers."""

    def v(x: Any, t: Any) -> Any:
        alpha, sigma = schedule.alpha_sigma(t[:, None], objective)
        away = (x - alpha * mean) / (alpha**2 * sd**2 + sigma**2)
        return schedule.velocity(mean + alpha * sd**2 * away, sigma * away, t[:, None], objective)

    return v


def mixture(objective: str, centres: tuple[float, ...] = (-1.0, 1.0), sd: float = 0.2) -> Callable[[Any, Any], Any]:
    """The best denoiser of numbers from some normal heaps of equal size."""

    def v(x: Any, t: Any) -> Any:
        alpha, sigma = schedule.alpha_sigma(t[:, None], objective)
        spread = alpha**2 * sd**2 + sigma**2
        away = np.stack([x - alpha * centre for centre in centres])
        bits = -0.5 * away**2 / spread
        share = np.exp(bits - bits.max(axis=0))
        share /= share.sum(axis=0)
        sound = sum(w * (c + alpha * sd**2 * a / spread) for w, c, a in zip(share, centres, away, strict=True))
        noise = sum(w * sigma * a / spread for w, a in zip(share, away, strict=True))
        return schedule.velocity(sound, noise, t[:, None], objective)

    return v


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def made(denoiser: Any, x: Any, **settings: Any) -> Any:
    seeds = [Seed(k) for k in range(len(x))]
    if SAMPLERS[settings["sampler"]].eta is not None:
        settings.setdefault("eta", 0.0)
    return sample(denoiser, x, seeds=seeds, **settings)


def error(name: str, objective: str, steps: int) -> float:
    """How far a sampler ends from where the exact way from this noise leads."""
    x = normal(2, 32)
    y = made(gaussian(objective), x, steps=steps, sampler=name, objective=objective)
    return float(np.sqrt(((y - (MEAN + SD * x)) ** 2).mean()))


@each_objective
@pytest.mark.parametrize("name", FIXED)
def test_the_error_falls_with_the_order_that_is_told(name: str, objective: str) -> None:
    coarse, fine = error(name, objective, 80), error(name, objective, 160)
    order = math.log2(coarse / fine)
    assert SAMPLERS[name].order - 0.35 < order < SAMPLERS[name].order + 0.8


@each_objective
@pytest.mark.parametrize("name", list(SAMPLERS))
def test_twenty_steps_come_near(name: str, objective: str) -> None:
    assert error(name, objective, 20) < (0.04 if SAMPLERS[name].order == 1 else 0.03)


@each_objective
@pytest.mark.parametrize("name", list(SAMPLERS))
def test_mean_and_spread_of_the_sounds_are_those_learned(name: str, objective: str) -> None:
    x = normal(1, 20_000)
    y = sample(gaussian(objective), x, steps=50, sampler=name, seeds=[Seed(1)], objective=objective)
    assert y.mean() == pytest.approx(MEAN, abs=0.02)
    assert y.std() == pytest.approx(SD, abs=0.02)


@each_objective
@pytest.mark.parametrize("name", list(SAMPLERS))
def test_both_heaps_are_found(name: str, objective: str) -> None:
    x = normal(1, 4000)
    y = sample(mixture(objective), x, steps=60, sampler=name, seeds=[Seed(2)], objective=objective)
    assert (y > 0.0).mean() == pytest.approx(0.5, abs=0.04)
    assert np.abs(y).mean() == pytest.approx(1.0, abs=0.03)
    assert np.abs(y).std() == pytest.approx(0.2, abs=0.03)


@each_objective
@pytest.mark.parametrize(("name", "eta"), [("ddim", 1.0), ("ddim", 0.5), ("dpm++2s", 1.0), ("dpm++2s", 0.5)])
def test_fresh_noise_keeps_the_spread_and_forgets_where_it_came_from(name: str, eta: float, objective: str) -> None:
    x = normal(1, 20_000)
    y = sample(gaussian(objective), x, steps=200, sampler=name, eta=eta, seeds=[Seed(3)], objective=objective)
    assert y.std() == pytest.approx(SD, abs=0.015)
    kept = float(np.corrcoef(x.ravel(), y.ravel())[0, 1])
    assert kept < (0.1 if eta == 1.0 else 0.9)


def test_without_fresh_noise_the_way_is_remembered() -> None:
    x = normal(1, 500)
    y = made(gaussian("v"), x, steps=20, sampler="ddim")
    assert np.corrcoef(x.ravel(), y.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("name", ["ddim", "dpm++2s"])
def test_a_sound_does_not_depend_on_its_neighbours(name: str) -> None:
    x, seeds = normal(3, 16), [Seed(7).at("sound", k) for k in range(3)]
    together = sample(gaussian("v"), x, steps=8, sampler=name, eta=1.0, seeds=seeds)
    alone = sample(gaussian("v"), x[1:2], steps=8, sampler=name, eta=1.0, seeds=seeds[1:2])
    assert np.array_equal(together[1:2], alone)


def test_adaptive_neither_depends_on_neighbours() -> None:
    x = normal(3, 16)
    together = made(mixture("v"), x, steps=1, sampler="adaptive")
    alone = made(mixture("v"), x[2:], steps=1, sampler="adaptive")
    assert np.allclose(together[2:], alone, atol=1e-12)


@each_objective
def test_adaptive_works_harder_for_less_error(objective: str) -> None:
    x, found = normal(1, 64), []
    for tolerance in (1e-2, 1e-4):
        counted = Counted(gaussian(objective))
        y = made(counted, x, steps=1, sampler="adaptive", tolerance=tolerance, objective=objective)
        found.append((counted.evaluations, np.abs(y - (MEAN + SD * x)).max()))
    (few, coarse), (many, fine) = found
    assert many > few
    assert fine < 0.1 * coarse


@pytest.mark.parametrize("name", FIXED)
def test_evaluations_are_as_many_as_are_told(name: str) -> None:
    counted = Counted(gaussian("v"))
    made(counted, normal(1, 4), steps=10, sampler=name)
    most = 10 * SAMPLERS[name].evaluations
    assert counted.evaluations in ((most, most - 2) if name == "dpm++2s" else (most,))


@each_objective
@pytest.mark.parametrize("way", [ddim, euler, heun])
def test_up_and_down_again_leads_home(way: Any, objective: str) -> None:
    sound = MEAN + SD * normal(2, 16)
    grid = schedule.times(200, objective=objective)
    noise = way(gaussian(objective), sound, grid[::-1], objective=objective, noise=seeded(()), eta=0.0)
    assert np.allclose(noise, (sound - MEAN) / SD, atol=0.02)
    back = way(gaussian(objective), noise, grid, objective=objective, noise=seeded(()), eta=0.0)
    assert np.allclose(back, sound, atol=0.02)


@each_objective
@pytest.mark.parametrize("name", FIXED)
def test_a_later_start_needs_a_sound_with_noise(name: str, objective: str) -> None:
    sound = MEAN + SD * normal(1, 20_000)
    x = schedule.noised(sound, normal(1, 20_000, seed=1), 0.5, objective)
    y = made(gaussian(objective), x, steps=40, sampler=name, start=0.5, objective=objective)
    assert y.std() == pytest.approx(SD, abs=0.02)
    assert np.corrcoef(y.ravel(), sound.ravel())[0, 1] > 0.3


def test_torch_gets_what_numpy_gets() -> None:
    torch = pytest.importorskip("torch")
    x = normal(2, 8)

    def v(given: Any, t: Any) -> Any:
        return torch.from_numpy(gaussian("v")(given.numpy(), t.numpy()))

    for name in SAMPLERS:
        eta = None if SAMPLERS[name].eta is None else 1.0
        settings = {"steps": 6, "sampler": name, "eta": eta, "seeds": [Seed(0), Seed(1)]}
        theirs = sample(v, torch.from_numpy(x), **settings)
        assert theirs.dtype == torch.float64
        assert np.allclose(theirs.numpy(), sample(gaussian("v"), x, **settings), atol=1e-9)


@pytest.mark.parametrize("name", list(SAMPLERS))
def test_precision_is_that_of_the_noise_and_the_noise_stays(name: str) -> None:
    x = normal(1, 8).astype(np.float32)
    before = x.copy()
    y = sample(lambda x, t: 0.5 * x, x, steps=3, sampler=name, seeds=[Seed(0)])
    assert y.dtype == np.float32
    assert np.array_equal(x, before)


def published_iplms(denoiser: Any, x: Any, grid: list[float]) -> Any:
    """The method as its papers write it, step by step, for a start below 1."""
    weights = ([1.0], [1.5, -0.5], [23 / 12, -16 / 12, 5 / 12], [55 / 24, -59 / 24, 37 / 24, -9 / 24])
    seen: list[Any] = []
    for t, then in pairwise(grid):
        (alpha, sigma), (alpha_then, sigma_then) = schedule.alpha_sigma(t), schedule.alpha_sigma(then)
        seen.insert(0, sigma * x + alpha * denoiser(x, np.full(len(x), t)))
        noise = sum(w * e for w, e in zip(weights[min(len(seen), 4) - 1], seen, strict=False))
        x = alpha_then * (x - sigma * noise) / alpha + sigma_then * noise
    return x


def test_iplms_is_the_published_method_and_the_nearest_to_normal_numbers() -> None:
    x, grid = normal(2, 16), schedule.times(12, start=0.9)
    ours = made(mixture("v"), x, steps=12, sampler="iplms", start=0.9)
    assert np.allclose(ours, published_iplms(mixture("v"), x, grid), atol=1e-12)
    single = [name for name in FIXED if SAMPLERS[name].evaluations == 1]
    assert min(single, key=lambda name: error(name, "v", 20)) == "iplms"


def test_the_default_asks_the_network_once_a_step_and_is_of_second_order() -> None:
    kind = check(DEFAULT)
    assert (kind.evaluations, kind.order, kind.eta) == (1, 2, None)
    counted = Counted(gaussian("v"))
    named = made(counted, normal(1, 4), steps=5, sampler=DEFAULT)
    assert counted.evaluations == 5
    assert np.array_equal(sample(gaussian("v"), normal(1, 4), steps=5, seeds=[Seed(0)]), named)


def test_the_guide_names_the_default() -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "sampling.md"
    assert f"`--sampler` it is `{DEFAULT}`" in guide.read_text(encoding="utf-8")


def test_a_wrong_sampler_or_eta_is_told() -> None:
    with pytest.raises(InputError, match="did you mean 'heun'"):
        check("huen")
    with pytest.raises(InputError, match="adds no noise"):
        check("iplms", 0.5)
    with pytest.raises(InputError, match="no fresh noise"):
        check("ddim", 1.5)
    with pytest.raises(ValueError, match="at least one"):
        schedule.times(0)


@each_objective
def test_sound_and_noise_are_told_apart_again(objective: str) -> None:
    sound, noise = normal(2, 1, 8), normal(2, 1, 8, seed=1)
    t = np.array([0.2, 0.9])[:, None, None]
    x, v = schedule.noised(sound, noise, t, objective), schedule.velocity(sound, noise, t, objective)
    assert np.allclose(schedule.split(x, v, t, objective), (sound, noise))


@each_objective
def test_renoising_adds_what_diffusion_would(objective: str) -> None:
    sound, first, more = np.ones(100_000), normal(100_000), normal(100_000, seed=1)
    x = schedule.renoised(schedule.noised(sound, first, 0.3, objective), more, 0.3, 0.7, objective)
    alpha, sigma = schedule.alpha_sigma(0.7, objective)
    assert x.mean() == pytest.approx(alpha, abs=0.01)
    assert x.std() == pytest.approx(sigma, abs=0.01)


@each_objective
def test_times_fall_from_the_start_to_nothing(objective: str) -> None:
    grid = schedule.times(10, start=0.6, objective=objective)
    assert (len(grid), grid[0], grid[-1]) == (11, 0.6, 0.0)
    assert all(a > b for a, b in pairwise(grid))


def test_the_crash_schedule_has_the_squared_sine_as_its_noise() -> None:
    even = np.linspace(0.0, 1.0, 21)
    crashed = schedule.crash(even)
    assert np.allclose(np.sin(crashed * np.pi / 2.0), np.sin(even * np.pi / 2.0) ** 2, atol=1e-12)
    assert np.allclose(schedule.uncrash(crashed), even, atol=1e-7)


@each_objective
def test_log_snr_falls_and_times_are_found_again(objective: str) -> None:
    t = np.linspace(0.0, 1.0, 11)
    ratio = schedule.log_snr(t, objective)
    assert ratio[0] == np.inf
    assert (np.diff(ratio) < 0.0).all()
    for time, each in zip(t[1:-1], ratio[1:-1], strict=True):
        assert schedule.time_of(math.exp(-0.5 * each), objective) == pytest.approx(time)
    assert schedule.time_of(math.inf, objective) == 1.0
