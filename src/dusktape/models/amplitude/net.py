"""The amplitude net in torch: what is trained. `infer.py` runs the same in numpy, sample by sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.data.crops import Crops, resplit, spread_over, varied
from dusktape.data.dataset import SPLITS
from dusktape.data.sounds import SoundDataset
from dusktape.dsp import prediction
from dusktape.models.amplitude.shape import (
    CHANNELS,
    CONTEXT,
    SAMPLE_RATE,
    SHARES,
    WINDOW,
    convolutions,
    weight_scale,
)
from dusktape.nn import foresight
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {
    "epochs": 20,
    "batch_size": 4,
    "learning_rate": 1e-2,
    "warmup_steps": 10,
    "weight_decay": 0.0,
    "clip": 1.0,
    "patience": 8,
}
OPTIONS: dict[str, Any] = {"layers": 6, "stretch_windows": 4, "held_out_windows": 64}

COUNTED = "windows"
"""What its examples are, where speed is told."""

_BY_FFT = 100_000
"""Weights from which a layer is computed by FFT."""

_FFT = 512

_FITTED_WINDOWS = 48
"""Training windows that the rules beside the net are fitted to, evenly spread."""

augment = varied


class Causal(nn.Module):
    """A causal convolution. What is stored of its weights and bias is their value over `shape.weight_scale`."""

    scale: torch.Tensor

    def __init__(self, ins: int, outs: int, kernel: int) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(weight_scale(ins, kernel), dtype=torch.float32), persistent=False)
        self.weight = nn.Parameter(torch.randn(outs, ins, kernel))
        self.bias = nn.Parameter(torch.zeros(outs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, in, T) to (B, out, T); the output at a sample hears it and those before."""
        weight, kernel = self.weight * self.scale, self.weight.shape[2]
        padded = functional.pad(x, (kernel - 1, 0))
        convolved = Overlapped.apply if weight.numel() >= _BY_FFT else _summed
        y: torch.Tensor = convolved(padded, weight)
        return y + (self.bias * self.scale[0])[:, None]


def _summed(padded: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Map (B, in, K - 1 + T) with (out, in, K) to (B, out, T), sum by sum."""
    return functional.conv1d(padded, weight.flip(2))


class Overlapped(torch.autograd.Function):
    """A causal convolution by overlap-save in blocks of `_FFT`, and its gradient the same way.

    A kernel of 256 taps costs about forty times less than its sums. Source: Stockham 1966. Written out because torch
    takes the gradient of a real transform by a complex one of twice the size.
    """

    @staticmethod
    def forward(context: Any, padded: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Map (B, in, K - 1 + T) with (out, in, K) to (B, out, T)."""
        kernel, frames = weight.shape[2], padded.shape[2] - weight.shape[2] + 1
        hop = _FFT - kernel + 1
        blocks = -(-frames // hop)
        windows = functional.pad(padded, (0, blocks * hop - frames)).unfold(2, _FFT, hop)
        heard, response = _bins(windows), torch.fft.rfft(weight, _FFT).permute(2, 1, 0)
        context.save_for_backward(heard, response)
        context.sizes = kernel, frames, blocks
        y = _blocks(heard @ response, len(padded))[..., kernel - 1 :]
        out: torch.Tensor = y.transpose(1, 2).flatten(2)[..., :frames].contiguous()
        return out

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the padded input and of the weight."""
        heard, response = context.saved_tensors
        kernel, frames, blocks = context.sizes
        hop = _FFT - kernel + 1
        asked = functional.pad(gradients[0], (0, blocks * hop - frames)).unfold(2, hop, hop)
        wanted = _bins(functional.pad(asked, (kernel - 1, 0)))
        back = _blocks(wanted @ response.mH, len(asked))  # (B, blocks, in, _FFT)
        into = functional.fold(
            back.permute(0, 2, 3, 1).flatten(1, 2), (1, (blocks - 1) * hop + _FFT), (1, _FFT), stride=(1, hop)
        )
        by_weight = torch.fft.irfft((heard.mH @ wanted).permute(2, 1, 0), _FFT)[..., :kernel]
        return into[:, :, 0, : frames + kernel - 1], by_weight


def _bins(windows: torch.Tensor) -> torch.Tensor:
    """Map (B, C, blocks, _FFT) to the spectra (bins, B blocks, C)."""
    batch, channels, blocks, _ = windows.shape
    spectra: torch.Tensor = torch.fft.rfft(windows).permute(3, 0, 2, 1).reshape(-1, batch * blocks, channels)
    return spectra


def _blocks(spectra: torch.Tensor, batch: int) -> torch.Tensor:
    """Map the spectra (bins, B blocks, C) to (B, blocks, C, _FFT)."""
    blocks: torch.Tensor = torch.fft.irfft(spectra.permute(1, 2, 0), _FFT).unflatten(0, (batch, -1))
    return blocks


class Net(nn.Module):
    """Causal convolutions with ReLU between them; the output at a sample is what is foreseen of the next one."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        shapes = convolutions(layers)
        last = Causal(*shapes[-1])
        nn.init.zeros_(last.weight)  # it begins as always zero
        self.layers = nn.ModuleList([*(Causal(*shape) for shape in shapes[:-1]), last])

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Map samples (B, T) to what is foreseen of the samples one later (B, T)."""
        x = samples[:, None]
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        foreseen: torch.Tensor = self.layers[-1](x)[:, 0]
        return foreseen

    def loss(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the mean squared error of each window, summed over the windows, over the mean power of music.

        In training all samples count, as published; otherwise those that have `CONTEXT` samples before them.
        """
        samples = batch["samples"]
        first = 0 if self.training else CONTEXT - 1
        error = (self(samples)[:, :-1] - samples[:, 1:])[:, first:]
        summed: torch.Tensor = error.square().mean(1).sum() / _POWER
        return summed


_POWER = 0.01
"""The loss is the mean squared error over this (-20 dB): a plain one has only zeros behind the point."""


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read where the windows of a dataset of sounds lie, its files split anew in 70, 20 and 10 %.

    Raises
    ------
    InputError
        If it is at another rate, or too short.
    """
    _check(options)
    dataset = SoundDataset.read(data)
    if dataset.sample_rate != SAMPLE_RATE:
        raise InputError(
            f"{data} is at {dataset.sample_rate} Hz and amplitude learns at {SAMPLE_RATE}; make it again with "
            f"dusktape data audio --rate {SAMPLE_RATE}"
        )
    crops = Crops(dataset, WINDOW)
    clips = resplit([clip for clip in dataset.clips if clip.frames >= WINDOW], SHARES, dataset.groups)
    most = options["held_out_windows"]
    learned = crops.to_judge(clips["train"], _FITTED_WINDOWS)
    if not learned:
        raise InputError(f"no clip of {data} has {WINDOW} samples; make it again with longer ones (--seconds, --count)")
    heard = [crops.samples(example) for example in learned]
    weights = prediction.fitted(heard, foresight.ORDER)
    error = [x - prediction.predicted(x, weights) for x in heard]

    def fetch(example: Example) -> Example:
        return {"samples": crops.samples(example).astype(np.float32)}

    return Splits(
        crops.to_learn(clips["train"], options["stretch_windows"]),
        crops.to_judge(clips["valid"], most),
        crops.to_judge(clips["test"], most),
        events=lambda example: 1,
        vocabulary={
            "sample_rate": SAMPLE_RATE,
            "layers": options["layers"],
            "prime": [round(float(w), 6) for w in weights],
            "prime_rms": round(float(np.sqrt(np.mean(np.square(error)))), 8),
            "files": {split: sorted({clip.file for clip in clips[split]}) for split in SPLITS},
        },
        fetch=fetch,
    )


def _check(options: Mapping[str, Any]) -> None:
    if options["layers"] not in CHANNELS:
        raise InputError(f"model.layers is one of {', '.join(map(str, CHANNELS))}, got {options['layers']!r}")
    for name in ("stretch_windows", "held_out_windows"):
        if options[name] < 1:
            raise InputError(f"model.{name} is 1 or more, got {options[name]!r}; choose a larger one")


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return an untrained network."""
    torch.manual_seed(seed)
    return Net(options["layers"])


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them: stored weights, and the level of the net's own error.

    `error` (1,) is the decimal logarithm of the mean squared error on the validation windows, or on training windows
    where there are none.
    """
    weights = {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}
    error, _ = foreseen(net, splits, splits.valid or splits.train[:16])
    return {**weights, "error": np.array([np.log10(max(float(np.mean(error**2)), 1e-8))])}


@torch.no_grad()
def foreseen(net: Net, splits: Splits, examples: Sequence[Example]) -> tuple[Floats, Floats]:
    """Return the net's errors and the sound, (N, WINDOW - CONTEXT) each, where all the past is known."""
    device = next(iter(net.parameters())).device
    errors, sounds = [], []
    for example in examples:
        samples = torch.from_numpy(splits.fetch(example)["samples"])[None].to(device)
        errors.append((samples[:, 1:] - net(samples)[:, :-1])[0, CONTEXT - 1 :].cpu().numpy())
        sounds.append(samples[0, CONTEXT:].cpu().numpy())
    return np.array(errors, np.float64), np.array(sounds, np.float64)


def details(net: Net, splits: Splits, batch: Callable[[Example], Any]) -> dict[str, float]:
    """Return the figures of the test windows, the net's beside those of rules: errors in dB, and bits a sample.

    Spreads and coefficients are those of training windows.
    """

    def heard(examples: Sequence[Example]) -> Floats:
        return np.array([splits.fetch(example)["samples"] for example in examples], np.float64)

    learned, held_out = spread_over(splits.train, _FITTED_WINDOWS), heard(splits.test)
    rules = foresight.Rules.fitted(heard(learned), CONTEXT)
    found: dict[str, float] = {}
    for name, guess in rules.guesses(held_out).items():
        _put(found, name, held_out[:, CONTEXT:], guess[:, CONTEXT:], rules.spreads[name])
    error, sound = foreseen(net, splits, splits.test)
    _put(found, "amplitude", sound, sound - error, foresight.spread(foreseen(net, splits, learned)[0]))
    found["mean squared error of always zero"] = float((sound**2).mean())
    found["mean squared error of amplitude"] = float((error**2).mean())
    return found


def _put(found: dict[str, float], name: str, sound: Floats, guess: Floats, spreads: tuple[float, float]) -> None:
    found[f"{name}: error, dB"] = foresight.relative_db(sound - guess, sound)
    found[f"{name}: bits a sample"] = min(foresight.bits(guess, sound, spreads).values())
