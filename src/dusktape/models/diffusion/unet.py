"""The network itself: diffusers' `UNet1DModel`, its costly pieces replaced by ones that compute the same.

Every level has three residual blocks of two convolutions on the way down and three on the way up; the deepest levels
attend to themselves after each. Its parameters have the names and shapes of diffusers', so that hub folders load.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers.models.unets import unet_1d_blocks as blocks
from diffusers.models.unets.unet_1d import UNet1DModel
from torch.nn import functional

from dusktape.models.diffusion.options import Options

TIME_FEATURES = 16
"""Of the time, as Fourier features beside the samples: what diffusers took before it asked for `time_embedding_dim`."""

INITIAL_GAIN = 0.5
"""The published training starts from weights so much smaller than torch's own."""


class Downsample(torch.nn.Module):
    """Half the rate through diffusers' cubic kernel, each channel by itself instead of in a matrix of zeros."""

    def __init__(self, kernel: torch.Tensor) -> None:
        super().__init__()
        self.kernel: torch.Tensor
        self.register_buffer("kernel", kernel)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, T / 2) for (B, C, T)."""
        x = _reflected(x, len(self.kernel) // 2 - 1)
        return functional.conv1d(x, _each(self.kernel, x), stride=2, groups=x.shape[1])


class Upsample(torch.nn.Module):
    """Twice the rate, as `Downsample`."""

    def __init__(self, kernel: torch.Tensor) -> None:
        super().__init__()
        self.kernel: torch.Tensor
        self.register_buffer("kernel", kernel)

    def forward(self, x: torch.Tensor, temb: torch.Tensor | None = None) -> torch.Tensor:
        """Return (B, C, 2 T) for (B, C, T)."""
        pad = len(self.kernel) // 2 - 1
        x = _reflected(x, (pad + 1) // 2)
        return functional.conv_transpose1d(x, _each(self.kernel, x), stride=2, padding=2 * pad + 1, groups=x.shape[1])


def _reflected(x: torch.Tensor, pad: int) -> torch.Tensor:
    """Return (B, C, T + 2 pad), mirrored at both ends. Torch's own has no backward on GPUs that is always the same."""
    return torch.cat([x[..., 1 : pad + 1].flip(-1), x, x[..., -pad - 1 : -1].flip(-1)], dim=-1)


def _each(kernel: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the kernel once for each channel, (C, 1, K)."""
    return kernel.to(x.dtype).expand(x.shape[1], 1, -1)


class Attention(torch.nn.Module):
    """Every place looks at every other one, by torch's fused attention. Takes over the parameters of diffusers'."""

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.group_norm, self.num_heads = of.group_norm, of.num_heads
        self.query, self.key, self.value, self.proj_attn = of.query, of.key, of.value, of.proj_attn

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, C, T) for (B, C, T)."""
        y = self.group_norm(x).transpose(1, 2)  # (B, T, C)
        q, k, v = (layer(y).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for layer in self._asked())
        y = functional.scaled_dot_product_attention(q, k, v)  # (B, H, T, C / H)
        out: torch.Tensor = x + self.proj_attn(y.transpose(1, 2).flatten(2)).transpose(1, 2)
        return out

    def _asked(self) -> tuple[torch.nn.Module, ...]:
        return self.query, self.key, self.value


def build(options: Options, channels: int) -> Any:
    """Return the untrained network: (B, channels, T) and times (B,) to (B, channels, T).

    Where the network is told lengths it takes one channel more.
    """
    *widths, _ = options.levels
    attending, plain = options.attending - 1, len(widths) - options.attending
    net = UNet1DModel(
        in_channels=channels + options.length,
        out_channels=channels,
        extra_in_channels=TIME_FEATURES,
        time_embedding_dim=TIME_FEATURES,
        block_out_channels=tuple(widths),
        down_block_types=("DownBlock1DNoSkip", *("DownBlock1D",) * plain, *("AttnDownBlock1D",) * attending),
        up_block_types=(*("AttnUpBlock1D",) * attending, *("UpBlock1D",) * plain, "UpBlock1DNoSkip"),
    )
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if not name.startswith("time_proj"):
                parameter *= INITIAL_GAIN
    return lighter(net)


def lighter(net: Any) -> Any:
    """Replace resampling and attention of a `UNet1DModel`, in place; parameters and outputs stay."""
    ours: dict[type, Callable[[Any], torch.nn.Module]] = {
        blocks.Downsample1d: lambda old: Downsample(old.kernel),
        blocks.Upsample1d: lambda old: Upsample(old.kernel),
        blocks.SelfAttention1d: Attention,
    }
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if make := ours.get(type(child)):
                setattr(parent, name, make(child))
    return net


UNTOLD = -1
"""Instead of a length: the network is not told where the sound ends."""


def told(x: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
    """Return sounds (B, C, T) with a channel more: 1 until each ends, after so many frames (B,), then 0.

    It is -1 all along where a sound's end is `UNTOLD`.
    """
    places = torch.arange(x.shape[-1], device=x.device)
    ends = frames[:, None]
    channel = torch.where(ends == UNTOLD, -1.0, (places < ends).to(x.dtype))
    return torch.cat([x, channel[:, None].to(x.dtype)], dim=1)


def fill_kernels(net: Any) -> None:
    """Give the resampling its kernels, which are no weights: for a network that was built without memory."""
    fresh: dict[type, Any] = {Downsample: blocks.Downsample1d("cubic"), Upsample: blocks.Upsample1d("cubic")}
    for module in net.modules():
        if type(module) in fresh:
            module.kernel.copy_(fresh[type(module)].kernel)
