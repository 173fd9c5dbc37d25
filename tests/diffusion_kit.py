"""Tiny datasets of sounds, and Dance Diffusion's network and checkpoints as they were published, for tests."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dusktape.data.dataset import MANIFEST
from dusktape.data.sounds import CLIPS, Clip, manifest_text

RATE = 8_000
SMALL: dict[str, Any] = {"widths": [8, 16, 32, 32], "attention": 1}
WIDTHS, ATTENDING = (8, 16, 32, 32, 32), 2
CUBIC = (-0.01171875, -0.03515625, 0.11328125, 0.43359375, 0.43359375, 0.11328125, -0.03515625, -0.01171875)


def write_dataset(folder: Path, *, rate: int = RATE, channels: int = 1, count: int = 12, longest: int = 250) -> Path:
    """Write decaying tones, four of six to train on, of two lengths: all, and half of `longest`."""
    (folder / CLIPS).mkdir(parents=True)
    clips = []
    for k in range(count):
        frames = longest // (1 + k % 2)
        time = np.arange(frames) / rate
        sound = 0.7 * np.sin(2.0 * np.pi * (100.0 + 20.0 * k) * time) * np.exp(-time / 0.01)
        path = folder / CLIPS / f"c{k:02d}.flac"
        soundfile.write(path, np.repeat(sound[:, None], channels, axis=1), rate, subtype="PCM_24")
        split = ("train", "train", "train", "train", "valid", "test")[k % 6]
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        clips.append(Clip(path.stem, f"{path.stem}.wav", split, frames, sha256, licence="CC0-1.0"))
    files = [{"file": c.file, "kept": True, "licence": c.licence, "split": c.split} for c in clips]
    text = manifest_text(sample_rate=rate, channels=channels, clips=clips, files=files)
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return folder


def published_weights(seed: int, channels: int = 2) -> dict[str, Any]:
    """Return random weights of the published network, in its own layout, levels and attention as above."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    out: dict[str, Any] = {"timestep_embed.weight": torch.randn(8, 1, generator=draw)}

    def conv(name: str, c_in: int, c_out: int, kernel: int, bias: bool = True) -> None:
        out[f"{name}.weight"] = torch.randn(c_out, c_in, kernel, generator=draw) / math.sqrt(c_in * kernel)
        if bias:
            out[f"{name}.bias"] = 0.1 * torch.randn(c_out, generator=draw)

    def norm(name: str, width: int) -> None:
        out[f"{name}.weight"] = 1.0 + 0.1 * torch.randn(width, generator=draw)
        out[f"{name}.bias"] = 0.1 * torch.randn(width, generator=draw)

    def residual(name: str, c_in: int, c_mid: int, c_out: int, last: bool = False) -> None:
        conv(f"{name}.main.0", c_in, c_mid, 5)
        norm(f"{name}.main.1", c_mid)
        conv(f"{name}.main.3", c_mid, c_out, 5)
        if not last:
            norm(f"{name}.main.4", c_out)
        if c_in != c_out:
            conv(f"{name}.skip", c_in, c_out, 1, bias=False)

    def attention(name: str, width: int) -> None:
        norm(f"{name}.norm", width)
        conv(f"{name}.qkv_proj", width, 3 * width, 1)
        conv(f"{name}.out_proj", width, width, 1)

    top = WIDTHS[0]
    for k, c_in in enumerate((channels + 16, top, top)):
        residual(f"net.{k}", c_in, top, top)
    for k, (c_in, c_out) in enumerate(((2 * top, top), (top, top), (top, channels))):
        residual(f"net.{4 + k}", c_in, top, c_out, last=k == 2)
    for level in range(1, len(WIDTHS)):
        width, above, deepest = WIDTHS[level], WIDTHS[level - 1], level == len(WIDTHS) - 1
        prefix = "net.3." + "main.7." * (level - 1)
        out[f"{prefix}main.0.kernel"] = torch.tensor(CUBIC)
        out[f"{prefix}main.14.kernel"] = 2.0 * torch.tensor(CUBIC)
        ins = (above, width, width, width if deepest else 2 * width, width, width)
        for place, c_in, c_out in zip((1, 3, 5, 8, 10, 12), ins, (*(width,) * 5, above), strict=True):
            residual(f"{prefix}main.{place}", c_in, width, c_out)
            if level >= len(WIDTHS) - ATTENDING:
                attention(f"{prefix}main.{place + 1}", c_out)
    return out


def published(x: Any, t: Any, weights: Mapping[str, Any]) -> Any:
    """Return what the published network says of x (B, C, T) at times t (B,), straight from its description."""
    import torch
    from torch.nn import functional as f

    def residual(x: Any, name: str) -> Any:
        y = f.conv1d(x, weights[f"{name}.main.0.weight"], weights[f"{name}.main.0.bias"], padding=2)
        y = f.gelu(f.group_norm(y, 1, weights[f"{name}.main.1.weight"], weights[f"{name}.main.1.bias"]))
        y = f.conv1d(y, weights[f"{name}.main.3.weight"], weights[f"{name}.main.3.bias"], padding=2)
        if f"{name}.main.4.weight" in weights:
            y = f.gelu(f.group_norm(y, 1, weights[f"{name}.main.4.weight"], weights[f"{name}.main.4.bias"]))
        skip = weights.get(f"{name}.skip.weight")
        return y + (x if skip is None else f.conv1d(x, skip))

    def attention(x: Any, name: str) -> Any:
        if f"{name}.norm.weight" not in weights:
            return x
        y = f.group_norm(x, 1, weights[f"{name}.norm.weight"], weights[f"{name}.norm.bias"])
        y = f.conv1d(y, weights[f"{name}.qkv_proj.weight"], weights[f"{name}.qkv_proj.bias"])
        width, out = x.shape[1], []
        for head in range(width // 32):
            q, k, v = (y[:, third * width + 32 * head :][:, :32] for third in range(3))
            share = torch.softmax(torch.einsum("bct,bcs->bts", q, k) / math.sqrt(32.0), dim=-1)
            out.append(torch.einsum("bts,bcs->bct", share, v))
        y = torch.cat(out, dim=1)
        return x + f.conv1d(y, weights[f"{name}.out_proj.weight"], weights[f"{name}.out_proj.bias"])

    def filtered(x: Any, kernel: Any) -> Any:
        return f.conv1d(x.flatten(0, 1)[:, None], kernel[None, None]).unflatten(0, x.shape[:2])[:, :, 0]

    def halved(x: Any, kernel: Any) -> Any:
        return filtered(f.pad(x, (3, 3), mode="reflect"), kernel)[..., ::2]

    def doubled(x: Any, kernel: Any) -> Any:
        apart = torch.zeros(*x.shape[:2], 2 * (x.shape[2] + 4))
        apart[..., ::2] = f.pad(x, (2, 2), mode="reflect")
        return filtered(apart, kernel.flip(0))[..., : 2 * x.shape[2]]

    def below(x: Any, level: int) -> Any:
        prefix = "net.3." + "main.7." * (level - 1)
        y = halved(x, weights[f"{prefix}main.0.kernel"])
        for place in (1, 3, 5):
            y = attention(residual(y, f"{prefix}main.{place}"), f"{prefix}main.{place + 1}")
        if f"{prefix}main.7.main.1.main.0.weight" in weights:
            y = below(y, level + 1)
        for place in (8, 10, 12):
            y = attention(residual(y, f"{prefix}main.{place}"), f"{prefix}main.{place + 1}")
        return torch.cat([doubled(y, weights[f"{prefix}main.14.kernel"]), x], dim=1)

    angle = 2.0 * math.pi * t[:, None] * weights["timestep_embed.weight"][:, 0]
    time = torch.cat([angle.cos(), angle.sin()], dim=1)[:, :, None].expand(-1, -1, x.shape[-1])
    y = torch.cat([x, time], dim=1)
    for k in range(3):
        y = residual(y, f"net.{k}")
    y = below(y, 1)
    for k in range(4, 7):
        y = residual(y, f"net.{k}")
    return y
