"""Models of raw audio, sample by sample: what is computed kept, against the whole window computed again."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.effort import Effort
from bench.page import Table
from dusktape.dsp import mulaw
from dusktape.models.amplitude.infer import Amplitude
from dusktape.models.amplitude.shape import SAMPLE_RATE, WINDOW, convolutions, receptive_field
from dusktape.models.wavenet import conditions
from dusktape.models.wavenet.infer import Drawing, WaveNet
from dusktape.models.wavenet.shape import FEATURES, FRONT, KERNEL, Options

TITLE = "Sound, sample by sample"

_RATE = 16_000
_AGAIN = 3
"""Samples that the naive way makes."""

_STREAMS = (1, 16, 64)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to make samples: what it is called, how many it makes, and how."""

    name: str
    samples: int
    make: Callable[[], Any]


def run(effort: Effort) -> list[Table]:
    """Measure both nets, with weights drawn at random: speed does not depend on them."""
    return [_amplitude(effort), _wavenet(effort), _throughput(effort)]


def _raced(ways: Sequence[_Way], rate: int, repeats: int) -> list[list[str]]:
    """Run some ways in turns; return samples a second, by the clock and by the processor, and times real time."""
    for way in ways:
        way.make()
    rounds = [[_timed(way.make) for way in ways] for _ in range(repeats)]
    rows = []
    for way, times in zip(ways, zip(*rounds, strict=True), strict=True):
        wall, busy = (way.samples / statistics.median(kind) for kind in zip(*times, strict=True))
        rows.append([way.name, _speed(wall), _speed(busy), f"{busy / rate:.2g}"])
    return rows


def _timed(act: Callable[[], Any]) -> tuple[float, float]:
    wall, busy = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - busy


def _speed(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


_HEADER = ["way", "samples a second", "a processor second", "times real time"]

_CLOCKS = "*Times real time* is by the processor's clock: other work on the machine does not count against it."


def _amplitude(effort: Effort) -> Table:
    ways, frames = [], 512 if effort.quick else 2048
    for layers in (4, 6, 8):
        model, _ = _an_amplitude(layers)
        products = sum(i * o * k for i, o, k in convolutions(layers))
        name = f"{layers} layers ({products / 1e6:.1f} M products a sample), kept"
        ways.append(_Way(name, frames, lambda model=model: model.run_on(np.zeros((1, 1), np.float32), frames)))
    model, net = _an_amplitude(6)
    apart = ""
    if net is not None:
        sound = 0.1 * np.random.default_rng(3).standard_normal(WINDOW).astype(np.float32)
        heard = sound[-receptive_field(6) :]
        ways.append(_Way("6 layers, the whole window again", _AGAIN, lambda: _again(net, sound, _AGAIN)))
        ways.append(_Way("6 layers, what it hears again", _AGAIN, lambda: _again(net, heard, _AGAIN)))
        gap = abs(_again(net, sound, 1)[0] - model.foresee(sound[None])[0, -1])
        apart = f" The outputs of six layers differ by {gap:.0e}."
    return Table(
        f"The amplitude net at {SAMPLE_RATE:,} Hz, one sound, one thread. *Kept* is ours: nothing that was summed is "
        f"summed again. *Again* is torch over the last {WINDOW:,} samples, or over the {receptive_field(6):,} that the "
        f"net hears, for every sample.{apart} {_CLOCKS}",
        _HEADER,
        _raced(ways, SAMPLE_RATE, effort.repeats),
    )


def _an_amplitude(layers: int) -> tuple[Amplitude, Any]:
    rng = np.random.default_rng(layers)
    weights: dict[str, Any] = {"error": np.array([-5.0])}
    for number, (ins, outs, kernel) in enumerate(convolutions(layers)):
        weights[f"layers.{number}.weight"] = rng.standard_normal((outs, ins, kernel))
        weights[f"layers.{number}.bias"] = 0.1 * rng.standard_normal(outs)
    told = {"layers": layers, "sample_rate": SAMPLE_RATE, "prime": [0.0] * 32, "prime_rms": 0.1}
    return Amplitude.of(weights, told), _in_torch(weights, layers)


def _in_torch(weights: dict[str, Any], layers: int) -> Any:
    try:
        import torch

        from dusktape.models.amplitude.net import Net
    except ModuleNotFoundError:
        return None
    torch.set_num_threads(1)
    net = Net(layers).eval()
    net.load_state_dict({k: torch.from_numpy(v.astype(np.float32)) for k, v in weights.items() if k != "error"})
    return net


def _again(net: Any, window: Any, count: int) -> list[float]:
    import torch
    from torch.nn import functional

    out = []
    with torch.inference_mode():
        for _ in range(count):
            x = torch.from_numpy(window)[None, None]
            for number, layer in enumerate(net.layers):
                weight = layer.weight * layer.scale
                x = functional.conv1d(functional.pad(x, (weight.shape[2] - 1, 0)), weight.flip(2))
                x = x + (layer.bias * layer.scale[0])[:, None]
                x = torch.relu(x) if number + 1 < len(net.layers) else x
            out.append(float(x[0, 0, -1]))
    return out


def _wavenet(effort: Effort) -> Table:
    model, net, options = _a_wavenet()
    rng, frames = np.random.default_rng(4), 1024 if effort.quick else 4096
    told, uniform = np.zeros((1, conditions.SIZE), np.float32), rng.random((1, frames))
    bins, cool = rng.integers(100, 156, (1, options.receptive_field)), Drawing(0.9, 0.95)
    ways = [
        _Way("kept", frames, lambda: model.run_on(bins[:, :1], told, uniform)),
        _Way("kept, temperature 0.9, top-p 0.95", frames, lambda: model.run_on(bins[:, :1], told, uniform, cool)),
    ]
    apart = ""
    if net is not None:
        ways.append(_Way("what it hears again", _AGAIN, lambda: [_numbers(net, bins, told) for _ in range(_AGAIN)]))
        gap = np.abs(_numbers(net, bins, told) - model.foresee(bins, told)[0][0, -1]).max()
        apart = f" The outputs differ by {gap:.0e}."
    return Table(
        f"The dilated net at {_RATE:,} Hz: {len(options.dilations)} gated layers that hear "
        f"{options.receptive_field:,} samples ({options.receptive_field / _RATE:.2f} s), one sound, one thread, "
        f"drawing included.{apart}",
        _HEADER,
        _raced(ways, _RATE, effort.repeats),
    )


def _throughput(effort: Effort) -> Table:
    amplitude, _ = _an_amplitude(6)
    wavenet, _, _ = _a_wavenet()
    frames, rows = 128 if effort.quick else 512, []
    for streams in _STREAMS:
        told = np.zeros((streams, conditions.SIZE), np.float32)
        uniform = np.random.default_rng(5).random((streams, frames))
        zeros, silence = np.zeros((streams, 1), np.float32), np.full((streams, 1), mulaw.BINS // 2)
        one = _Way("", streams * frames, lambda zeros=zeros: amplitude.run_on(zeros, frames))
        other = _Way("", streams * frames, lambda s=silence, t=told, u=uniform: wavenet.run_on(s, t, u))
        found = [*_raced([one], SAMPLE_RATE, effort.repeats), *_raced([other], _RATE, effort.repeats)]
        rows.append([str(streams), *(value for row in found for value in row[2:])])
    return Table(
        "Sounds side by side: samples a processor second of all together, and times real time, on one thread.",
        ["sounds", "amplitude, 6 layers", "times real time", "dilated", "times real time"],
        rows,
    )


def _a_wavenet() -> tuple[WaveNet, Any, Options]:
    options, rng = Options(), np.random.default_rng(6)
    wide, gates, skip = options.residual, options.gates, options.skip
    shapes: dict[str, tuple[int, ...]] = {
        "front.weight": (wide, FEATURES, FRONT),
        "front.bias": (wide,),
        "skip_bias": (skip,),
        "out.weight": (3 * options.components, skip, 1),
        "out.bias": (3 * options.components,),
    }
    for n in range(len(options.dilations)):
        shapes |= {
            f"dilated.{n}.weight": (2 * gates, wide, KERNEL),
            f"dilated.{n}.bias": (2 * gates,),
            f"told.{n}.weight": (2 * gates, conditions.SIZE),
            f"residual.{n}.weight": (wide, gates, 1),
            f"skip.{n}.weight": (skip, gates, 1),
        }
    weights: dict[str, Any] = {
        name: rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:], initial=10.0)) for name, shape in shapes.items()
    }
    weights["linear"] = np.array([1.8, -0.85, *[0.0] * 30])
    told = {
        "missed": 0.01,
        "sample_rate": _RATE,
        "centre": [0.0] * len(conditions.STYLE),
        "spread": [1.0] * len(conditions.STYLE),
        "styles": [{"label": "", "bpm": 80.0, "style": [0.0] * len(conditions.STYLE)}],
    }
    return WaveNet.of(weights, told, options), _wavenet_in_torch(weights, options), options


def _wavenet_in_torch(weights: dict[str, Any], options: Options) -> Any:
    try:
        import torch

        from dusktape.models.wavenet.net import Net
    except ModuleNotFoundError:
        return None
    torch.set_num_threads(1)
    net = Net(options, weights["linear"], 0.01).eval()
    net.load_state_dict({k: torch.from_numpy(v.astype(np.float32)) for k, v in weights.items()})
    return net


def _numbers(net: Any, bins: Any, told: Any) -> Any:
    import torch

    with torch.inference_mode():
        numbers, _ = net(net.decoded(torch.from_numpy(bins)), torch.from_numpy(told))
    return numbers[0, :, -1].numpy()
