"""Where the power lies: bands, rolloff, tilt, air, and how wide low and high are."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.evaluate.sound.extra import needed
from dusktape.evaluate.sound.level import db
from dusktape.evaluate.sound.source import RATE

_WINDOW = 2048
_FLOOR = 1e-14
_BANDS_HZ = {
    "e_sub": (20, 60),
    "e_bass": (60, 250),
    "e_lowmid": (250, 500),
    "e_mid": (500, 2000),
    "e_pres": (2000, 6000),
    "e_air": (6000, 15_500),
}


def measure(mid: Floats, side: Floats) -> dict[str, float]:
    """Return the spectral measures of an excerpt at -18 LUFS.

    Parameters
    ----------
    mid, side
        Shape (frames,), at `RATE`: half the sum and half the difference of both channels.
    """
    librosa = needed("librosa")
    power = np.abs(librosa.stft(mid, n_fft=_WINDOW, hop_length=512)) ** 2 + _FLOOR
    hz = librosa.fft_frequencies(sr=RATE, n_fft=_WINDOW)
    mean = power.mean(axis=1)
    found = {
        name: float(db(mean[(hz >= low) & (hz < high)].sum() / mean[hz > 20].sum()))
        for name, (low, high) in _BANDS_HZ.items()
    }
    share = np.cumsum(mean) / mean.sum()
    for percent in (85, 95, 99):
        found[f"rolloff{percent}"] = float(hz[min(len(hz) - 1, np.searchsorted(share, percent / 100))])
    magnitude = np.sqrt(power)
    found["centroid_librosa"] = float(((hz[:, None] * magnitude).sum(axis=0) / magnitude.sum(axis=0)).mean())
    found["tilt_db_oct"] = _tilt(mean, hz)
    air = power[(hz > 3000) & (hz < 10_000)].sum(axis=0)
    found["noise_floor_hf_db"] = float(db(np.percentile(air, 5)) - db(power.sum(axis=0).mean()))
    wide = np.abs(librosa.stft(side, n_fft=_WINDOW, hop_length=2048)) ** 2 + _FLOOR
    for name, place in (("side_low_db", hz < 150), ("side_high_db", hz > 3000)):
        found[name] = max(-50.0, float(db(wide[place].mean()) - db(power[place].mean())))
    return found


def _tilt(mean: Floats, hz: Floats) -> float:
    """Return the slope of third-octave levels from 100 Hz to 9 kHz, in dB an octave."""
    centres, levels = [], []
    for centre in 100.0 * 2.0 ** np.arange(0, 6.4, 1 / 3):
        inside = (hz >= centre / 2 ** (1 / 6)) & (hz < centre * 2 ** (1 / 6))
        if centre < 9000 and inside.any():
            centres.append(centre)
            levels.append(db(mean[inside].mean()))
    return float(np.polyfit(np.log2(centres), levels, 1)[0])
