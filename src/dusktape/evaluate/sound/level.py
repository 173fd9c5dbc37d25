"""How loud, how even, how wide."""

from __future__ import annotations

from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.evaluate.sound.extra import needed
from dusktape.evaluate.sound.source import RATE

_SHORT_S, _STEPS_PER_SECOND = 3, 10
_SHELF, _HIGHPASS = (4.0, 1.0 / np.sqrt(2.0), 1500.0), (0.0, 0.5, 38.0)
_CONTEXT = 64


def db(power: Floats | np.floating[Any] | float) -> Floats:
    """Return power in dB, never below -120."""
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-12)))


def measure(samples: Floats) -> dict[str, float]:
    """Return loudness, its range, peaks, contour and stereo of a whole track.

    Parameters
    ----------
    samples
        Shape (2, frames), at `RATE`.

    Raises
    ------
    InputError
        If it is silent.

    Source
    ------
    ITU-R BS.1770-4 and EBU Tech 3342, as pyloudnorm takes them: at 32 kHz its K-weighting lies 0.06 dB below the
    standard's, in people's figures as in ours.
    """
    lufs = float(needed("pyloudnorm").Meter(RATE).integrated_loudness(samples.T))
    short = _short_term(samples)
    short = short[short > -70.0]
    if not np.isfinite(lufs) or not len(short):
        raise InputError("it is silent; there is nothing to measure")
    gated = short[short > db(np.mean(10.0 ** (short / 10.0))) - 20.0]
    true_peak = 20.0 * np.log10(_true_peak(samples) + 1e-9)
    left, right = samples
    return {
        "lufs": lufs,
        "lra": float(np.percentile(gated, 95) - np.percentile(gated, 10)),
        "true_peak_db": float(true_peak),
        "plr": float(true_peak - lufs),
        "crest_db": float(20.0 * np.log10(np.abs(samples).max() / (np.sqrt((samples**2).mean()) + 1e-12))),
        "contour_std_db": _contour(samples),
        "lr_corr": correlation(left, right),
        "side_mid_db": max(-60.0, float(db(((left - right) ** 2).mean()) - db(((left + right) ** 2).mean()))),
    }


def correlation(left: Floats, right: Floats) -> float:
    """Return Pearson's correlation; nan where a side is silent."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(left, right)[0, 1])


def _short_term(samples: Floats) -> Floats:
    """Return the loudness of every three seconds, 100 ms apart. Shape (windows,)."""
    band = needed("pyloudnorm.iirfilter").IIRfilter
    weighted = samples
    for shape, kind in ((_SHELF, "high_shelf"), (_HIGHPASS, "high_pass")):
        weighted = np.stack([band(*shape, RATE, kind).apply_filter(channel) for channel in weighted])
    width = _SHORT_S * RATE
    total = np.concatenate([[0.0], np.cumsum((weighted**2).sum(axis=0))])
    start = np.arange(0, samples.shape[1] - width, RATE // _STEPS_PER_SECOND)
    return np.asarray(-0.691 + db((total[start + width] - total[start]) / width))


def _true_peak(samples: Floats) -> float:
    """Return the highest magnitude, four times oversampled, ten seconds at a time."""
    resample = needed("scipy.signal").resample_poly
    peak, step = 0.0, 10 * RATE
    for start in range(0, samples.shape[1], step):
        before = min(_CONTEXT, start)
        fine = np.abs(resample(samples[:, start - before : start + step + _CONTEXT], 4, 1, axis=1))
        peak = max(peak, float(fine[:, 4 * before : 4 * (before + step)].max()))
    return peak


def _contour(samples: Floats) -> float:
    """Return the standard deviation of the level of successive stretches of 8 s, in dB."""
    seconds = samples.shape[1] // RATE
    power = (samples[:, : seconds * RATE] ** 2).mean(axis=0).reshape(seconds, RATE).mean(axis=1)
    level = db(power)
    return float(np.std([level[i : i + 8].mean() for i in range(0, max(1, seconds - 7), 8)]))
