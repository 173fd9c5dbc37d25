"""From noise to sound: samplers at 10 and 20 steps beside the published 100; v beside the straight path in few."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.effort import Effort, relay
from bench.page import Table, ratio
from dusktape.core.seed import Seed
from dusktape.models.diffusion import schedule
from dusktape.models.diffusion.samplers import SAMPLERS, Counted, Denoiser, sample

TITLE = "Samplers"

_RATE, _FRAMES, _SOUNDS = 8000, 1024, 4
_WIDTHS = (16, 32, 32, 32, 32)
_BATCH = 8
_EXACT_STEPS = 200
_PUBLISHED = ("ddim", 100)
_FEW, _FEW_WAYS = (4, 8, 16), ("ddim", "dpm++2m")
_DRAWN, _KNOWN = 16, 200
_WINDOW, _HOP, _BANDS = 256, 64, 40
_FLOOR = 1e-6

Sounds = np.ndarray[Any, np.dtype[np.float64]]


def run(effort: Effort) -> list[Table]:
    """Train a small network, then sample it in every way."""
    header = ["sampler", "steps", "evaluations", "s a sound", "ratio", "from the exact, dB", "RMS, dB"]
    try:
        import diffusers  # noqa: F401
        import torch
    except ModuleNotFoundError:
        return [Table("torch or diffusers is not installed.", header, [])]
    torch.set_num_threads(1)
    steps = 150 if effort.quick else 1000
    denoiser = _trained(steps)
    noise = _noise(_SOUNDS)
    exact = _sampled(denoiser, noise, "heun", _EXACT_STEPS)()
    ways = [_PUBLISHED, *((name, n) for name in SAMPLERS for n in (10, 20) if name != "adaptive"), ("adaptive", 1)]
    acts = [_sampled(denoiser, noise, name, n) for name, n in ways]
    times = relay(acts, 1 if effort.quick else 2)
    rows = []
    for (name, n), seconds in zip(ways, times, strict=True):
        counted = Counted(denoiser)
        made = _sampled(counted, noise, name, n)()
        far = f"{_distance(made, exact):.2f}" if not SAMPLERS[name].eta else "draws"
        level = 10.0 * np.log10((made**2).mean() / (exact**2).mean())
        told = [
            "" if name == "adaptive" else str(n),
            str(counted.evaluations // (_SOUNDS if name == "adaptive" else 1)),
        ]
        rows.append([name, *told, f"{seconds / _SOUNDS:.3f}", ratio(times[0], seconds), far, f"{level:+.2f}"])
    return [
        Table(
            f"{_SOUNDS} sounds of {_FRAMES} frames at once, by a UNet of five levels that learned struck tones for "
            f"{steps} steps in this run (one thread, float32). The published way comes first; the ratio is its time "
            f"over that of the row. Exact is what Heun's method makes of the same noise in {_EXACT_STEPS} steps; the "
            f"distance is the root mean square difference of log-mel spectra ({_BANDS} bands, floor -60 dB), and two "
            f"different sounds of it are {_distance(exact, np.roll(exact, 1, axis=0)):.1f} dB apart. `dpm++2s` draws "
            "noise of its own and cannot be compared so. RMS is relative to the exact result.",
            header,
            rows,
        ),
        few_steps(denoiser, _trained(steps, "flow"), steps),
    ]


def few_steps(v: Denoiser, flow: Denoiser, trained: int) -> Table:
    """Return how near few steps come to many and to the sounds, for the objective v and for a flow."""
    noise = _noise(_DRAWN)
    known = _tones(3, _KNOWN)
    rows = []
    for objective, denoiser in (("v", v), ("flow", flow)):
        exact = _sampled(denoiser, noise, "heun", _EXACT_STEPS, objective)()
        for name in _FEW_WAYS:
            for steps in _FEW:
                made = _sampled(denoiser, noise, name, steps, objective)()
                told = [f"{_distance(made, exact):.2f}", f"{_nearest(made, known):.2f}"]
                rows.append([objective, name, str(steps), *told, _level(made, known)])
        far = [f"{_nearest(exact, known):.2f}", _level(exact, known)]
        rows.append([objective, "heun", str(_EXACT_STEPS), "0.00", *far])
    return Table(
        f"Few steps: the same network, as many steps of training ({trained}) and the same noise for v and "
        f"a flow; {_DRAWN} sounds each. *Exact* is each network's own, by {_EXACT_STEPS} steps of Heun's method; "
        f"*from a struck tone* is the distance to the nearest of {_KNOWN} that were not learned. Others of them are "
        f"{_nearest(_tones(4, _DRAWN), known):.2f} dB from the nearest, and white noise as loud is "
        f"{_nearest(_as_loud(noise, known), known):.2f} dB from it. RMS is relative to struck tones. For a flow `ddim` "
        "is Euler's method.",
        ["objective", "sampler", "steps", "from the exact, dB", "from a struck tone, dB", "RMS, dB"],
        rows,
    )


def _noise(count: int) -> Any:
    import torch

    return torch.from_numpy(np.stack([_seed(k).rng().standard_normal((1, _FRAMES)) for k in range(count)])).float()


def _tones(seed: int, count: int) -> Sounds:
    return np.stack([_struck(Seed(seed).at("tone", k)) for k in range(count)])


def _as_loud(noise: Any, known: Sounds) -> Sounds:
    return np.asarray(noise.numpy()[:, 0] * np.sqrt((known**2).mean()), np.float64)


def _level(made: Sounds, known: Sounds) -> str:
    return f"{10.0 * np.log10((made**2).mean() / (known**2).mean()):+.2f}"


def _nearest(made: Sounds, known: Sounds) -> float:
    """Return the mean distance of sounds to the nearest of those that are known, in dB."""
    theirs = _log_mel(known)
    far = [np.sqrt(((theirs - one) ** 2).mean(axis=(1, 2))).min() for one in _log_mel(made)]
    return float(np.mean(far))


def _seed(number: int) -> Seed:
    return Seed(1).at("sound", number)


def _sampled(denoiser: Denoiser, noise: Any, name: str, steps: int, objective: str = "v") -> Callable[[], Sounds]:
    def act() -> Sounds:
        seeds = [_seed(k) for k in range(len(noise))]
        made = sample(denoiser, noise, steps=steps, sampler=name, seeds=seeds, objective=objective)
        return np.asarray(made.numpy()[:, 0], np.float64)

    return act


def _trained(steps: int, objective: str = "v") -> Denoiser:
    """Return a denoiser that learned struck tones for some steps."""
    import torch

    from dusktape.models.diffusion.options import Options
    from dusktape.models.diffusion.unet import build

    torch.manual_seed(0)
    net = build(Options(widths=_WIDTHS, attention=1, length=False), 1)
    adam = torch.optim.AdamW(net.parameters(), lr=1e-3)
    slower = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, total_steps=steps)
    for step in range(steps):
        sound = torch.from_numpy(np.stack([_struck(Seed(2).at(step, k)) for k in range(_BATCH)])).float()[:, None]
        noise, even = torch.randn_like(sound), torch.rand(_BATCH)
        t = schedule.crash(even) if objective == "v" else even
        at = t[:, None, None]
        said = net(schedule.noised(sound, noise, at, objective), t, return_dict=False)[0]
        adam.zero_grad()
        (said - schedule.velocity(sound, noise, at, objective)).square().mean().backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        slower.step()
    net.eval().requires_grad_(False)
    return lambda x, t: net(x, t, return_dict=False)[0]


def _struck(seed: Seed) -> Sounds:
    """Return a tone that falls in pitch and dies away, with a click before it. Shape (frames,)."""
    t = np.arange(_FRAMES) / _RATE
    pitch = seed.at("pitch").between(60.0, 400.0) * (1.0 + seed.at("fall").between(0.0, 3.0) * np.exp(-t / 0.02))
    tone = np.sin(2.0 * np.pi * np.cumsum(pitch) / _RATE) * np.exp(-t / seed.at("decay").between(0.02, 0.06))
    click = seed.at("click").rng().standard_normal(_FRAMES) * np.exp(-t / 0.004) * seed.at("hard").between(0.0, 0.5)
    both = tone + click
    return np.asarray(0.8 * both / np.abs(both).max())


def _distance(a: Sounds, b: Sounds) -> float:
    """Return the mean over sounds of the root mean square difference of their log-mel spectra, in dB."""
    return float(np.sqrt(((_log_mel(a) - _log_mel(b)) ** 2).mean(axis=(1, 2))).mean())


def _log_mel(sounds: Sounds) -> Sounds:
    """Return (sounds, windows, bands) in dB, full scale a sine of 1."""
    pieces = np.lib.stride_tricks.sliding_window_view(sounds, _WINDOW, axis=1)[:, ::_HOP]
    power = np.abs(np.fft.rfft(pieces * np.hanning(_WINDOW), axis=2) / (_WINDOW / 4.0)) ** 2
    return np.asarray(10.0 * np.log10(power @ _bands().T + _FLOOR))


def _bands() -> Sounds:
    """Return triangles evenly spaced in mel, (bands, bins)."""
    top = 2595.0 * np.log10(1.0 + _RATE / 2.0 / 700.0)
    edges: Sequence[float] = 700.0 * (10.0 ** (np.linspace(0.0, top, _BANDS + 2) / 2595.0) - 1.0)
    bins = np.arange(_WINDOW // 2 + 1) * _RATE / _WINDOW
    rows = []
    for low, middle, high in zip(edges, edges[1:], edges[2:], strict=False):
        rows.append(np.clip(np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)), 0.0, None))
        rows[-1][np.argmin(np.abs(bins - middle))] = 1.0  # low bands are narrower than a bin
    return np.array(rows)
