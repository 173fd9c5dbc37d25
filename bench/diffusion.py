"""A step of diffusion's training, and sounds sampled, beside diffusers' network in the loop that was published."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from bench.effort import Effort, race
from bench.page import Table, ratio

TITLE = "Diffusion"

_BATCH, _FRAMES = 4, 16_384
_GPU_BATCH, _GPU_FRAMES, _STEPS = 8, 65_536, 20


def run(effort: Effort) -> list[Table]:
    """Measure a step on one thread, and, where there is a GPU, steps and sounds a second on it."""
    try:
        import diffusers  # noqa: F401
        import torch
    except ModuleNotFoundError:
        return [Table("torch or diffusers is not installed.", ["network", "s a step"], [])]
    torch.set_num_threads(1)
    if not torch.cuda.is_available():
        return [_on_cpu(effort, " There was no GPU to measure on.")]
    return [_on_cpu(effort), _on_gpu(effort)]


def _on_cpu(effort: Effort, more: str = "") -> Table:
    rows = []
    for size in ("tiny",) if effort.quick else ("tiny", "small"):
        own, theirs = race(
            _plain_step(_network(size, 1, lighter=True), 1, _BATCH, _FRAMES),
            _plain_step(_network(size, 1, lighter=False), 1, _BATCH, _FRAMES),
            effort.repeats,
        )
        rows.append([f"`{size}`", f"{own:.2f}", f"{theirs:.2f}", ratio(theirs, own)])
    return Table(
        f"One step forward and back, {_BATCH} sounds of {_FRAMES:,} frames, mono, on one thread. Ours is diffusers' "
        "`UNet1DModel` with resampling channel by channel and fused attention; it says the same." + more,
        ["size", "ours, s", "diffusers', s", "ratio of ours"],
        rows,
    )


def _on_gpu(effort: Effort) -> Table:
    import torch

    size = "small" if effort.quick else "full"
    ours, theirs = _network(size, 2, lighter=True).cuda(), _network(size, 2, lighter=False).cuda()
    ours.compile()
    own, other = race(_synchronous(_our_step(ours)), _synchronous(_published_step(theirs)), max(3, effort.repeats))
    rows = [["training steps a second", f"{1.0 / own:.2f}", f"{1.0 / other:.2f}", ratio(other, own)]]
    own, other = race(
        _synchronous(_sampling(ours, torch.bfloat16)), _synchronous(_sampling(theirs, torch.float16)), effort.repeats
    )
    rows.append(
        [f"sounds a second, {_STEPS} steps", f"{_GPU_BATCH / own:.2f}", f"{_GPU_BATCH / other:.2f}", ratio(other, own)]
    )
    return Table(
        f"{torch.cuda.get_device_name(0)}: `{size}`, {_GPU_BATCH} stereo sounds of {_GPU_FRAMES:,} frames. Ours: bf16, "
        "torch.compile, AdamW, clipping, an average of the weights. Beside it: diffusers' network, fp16 with a "
        "gradient scaler, Adam, an average parameter by parameter, nothing compiled. Medians, compiling apart.",
        ["", "ours", "plain fp16 loop", "ratio of ours"],
        rows,
    )


def _network(size: str, channels: int, *, lighter: bool) -> Any:
    """Return the network of a size, ours or as diffusers builds it, with the same weights."""
    import torch
    from diffusers import UNet1DModel

    from dusktape.models.diffusion import unet
    from dusktape.models.diffusion.options import Options

    torch.manual_seed(0)
    net = unet.build(Options(size=size, length=False), channels)
    if lighter:
        return net
    plain = UNet1DModel.from_config(net.config)
    plain.load_state_dict(net.state_dict())
    return plain


def _plain_step(net: Any, channels: int, batch: int, frames: int) -> Callable[[], object]:
    import torch

    x, t = torch.randn(batch, channels, frames), torch.rand(batch)
    return lambda: net(x, t, return_dict=False)[0].square().mean().backward()


def _our_step(net: Any) -> Callable[[], object]:
    import torch

    from dusktape.train.average import copied, follow

    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-5, foreach=True)
    average = copied(net)
    x, t, wanted = _batch()

    def step() -> None:
        with torch.autocast("cuda", torch.bfloat16):
            loss = (net(x, t, return_dict=False)[0].float() - wanted).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        follow(average, net, 0.995)

    return step


def _published_step(net: Any) -> Callable[[], object]:
    import torch

    optimiser, scaler = torch.optim.Adam(net.parameters(), lr=1e-5), torch.amp.GradScaler("cuda")
    average = copy.deepcopy(net)
    x, t, wanted = _batch()

    def step() -> None:
        optimiser.zero_grad()
        with torch.autocast("cuda", torch.float16):
            loss = torch.nn.functional.mse_loss(net(x, t, return_dict=False)[0], wanted)
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        with torch.no_grad():
            for mine, own in zip(average.parameters(), net.parameters(), strict=True):
                mine.mul_(0.995).add_(own, alpha=0.005)

    return step


def _sampling(net: Any, kind: Any) -> Callable[[], object]:
    """Return what samples a batch by DPM++ 2M, the network in 16 bits."""
    import torch

    from dusktape.core.seed import Seed
    from dusktape.models.diffusion.samplers import sample

    x, _, _ = _batch()
    seeds = [Seed(0).at("sound", k) for k in range(len(x))]

    def said(x: Any, t: Any) -> Any:
        with torch.inference_mode(), torch.autocast("cuda", kind):
            return net(x, t, return_dict=False)[0].float()

    return lambda: sample(said, x, steps=_STEPS, seeds=seeds)


def _batch() -> tuple[Any, Any, Any]:
    import torch

    shape = _GPU_BATCH, 2, _GPU_FRAMES
    return torch.randn(shape, device="cuda"), torch.rand(_GPU_BATCH, device="cuda"), torch.randn(shape, device="cuda")


def _synchronous(act: Callable[[], object]) -> Callable[[], object]:
    """Return an act that waits for the GPU."""
    import torch

    def waited() -> None:
        act()
        torch.cuda.synchronize()

    return waited
