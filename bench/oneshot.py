"""One-shots: a sound from the network of parameters that ships, beside the same length from UNets that know samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.effort import Effort, median_s, relay
from bench.page import Table, milliseconds, ratio
from dusktape.core.plugins import find
from dusktape.core.seed import Seed

TITLE = "One-shots"

_FRAMES = 1 << 15
"""Three quarters of a second: longer than most drums."""

_STEPS = 10
_SIZES = ("tiny", "small")
_AIM_MS = 50


def run(effort: Effort) -> list[Table]:
    """Measure a sound at a time, on one thread."""
    ours = find("models", "oneshot").open()
    seed = Seed(1)

    def single() -> None:
        ours.write_sounds(1, seed=seed, label="snare", frames=_FRAMES)

    def kit() -> None:
        ours.drums(ours.labels, [seed.at(kind) for kind in ours.labels])

    acts, names = [single], ["oneshot, one sound"]
    for size in _SIZES:
        if (act := _unet(size)) is not None:
            acts.append(act)
            names.append(f"UNet `{size}`, {_STEPS} steps")
    # A step of the UNet is measured and counted as often as it would be taken.
    took = relay(acts, effort.repeats)
    took = [took[0], *(_STEPS * each for each in took[1:])]
    drawn = median_s(kit, effort.repeats)
    rows = [[name, milliseconds(s), ratio(s, took[0])] for name, s in zip(names, took, strict=True)]
    rows.append(
        [f"oneshot, the drums of a kit ({len(ours.labels)} in a batch, not yet struck)", milliseconds(drawn), ""]
    )
    verdict = "reached" if 1e3 * took[0] <= _AIM_MS else "missed"
    return [
        Table(
            f"A drum of {_FRAMES / ours.sample_rate:.2f} s at 44.1 kHz, mono. Ours is numpy, network and synthesis "
            "together; the UNets are `models/diffusion` with random weights in torch, the sampler's own arithmetic "
            f"left out. *Ratio* is their time over ours. The aim is {_AIM_MS} ms a sound: {verdict}.",
            ["what", "time", "ratio"],
            rows,
        )
    ]


def _unet(size: str) -> Callable[[], object] | None:
    """Return one step of a UNet of this size, or None if the extra is missing."""
    try:
        import torch

        from dusktape.models.diffusion import unet
        from dusktape.models.diffusion.options import Options
    except ModuleNotFoundError:
        return None
    torch.set_num_threads(1)
    options = Options(size=size, length=False)
    net = unet.build(options, 1).eval()
    x = torch.from_numpy(np.zeros((1, 1, options.rounded(_FRAMES)), np.float32))
    t = torch.full((1,), 0.5)

    def step() -> None:
        with torch.inference_mode():
            net(x, t, return_dict=False)

    return step
