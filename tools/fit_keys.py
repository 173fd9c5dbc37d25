"""Fit our reed piano and electric grand to recordings.

`python tools/fit_keys.py --data DIR --write docs/studies/keys.md`

DIR holds the e-piano samples by Greg Sullivan (CC BY 3.0), as FLAC files or as the tar they came in. Every note is
measured (see keys_measure.py), our constants are fitted to what was measured, our own tones are measured the same
way, and the page shows both. The constants are printed as the code holds them; putting them there is left to a person.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

sys.path.insert(0, str(Path(__file__).parent))

import keys_page
from keys_measure import Floats, Measured, Note, from_strike, measure, recordings, shown

from dusktape.core.seed import Seed
from dusktape.dsp.harmonics import bell_harmonics
from dusktape.dsp.oscillator import hertz
from dusktape.dsp.strings import A3, Strings
from dusktape.instruments.electric_grand import GRAND, ElectricGrand, ElectricGrandVoice
from dusktape.instruments.reed_piano import PLUCKED, STRUCK, ReedPiano, ReedPianoVoice, Reeds

HEARD_S = 0.1
SEED = 5
FLAT = (0.0,) * 8
TIED = (0.3,) * 7 + (1.0,)
"""How firmly a colour is held to flat: its top, where few partials reach, most of all."""
REED_GUESS = Reeds((0.5, 0.0), (-0.3, 1.5, -0.5, 0.0, 0.0), FLAT, (0.4, -0.4, 0.0), -30.0, 2.0)
STRING_GUESS = Strings(
    (-8.0, 0.8, 0.1),
    (-6.0, 0.0),
    (7.6, 1.5, 0.3, 0.0),
    0.125,
    FLAT,
    (0.4, -0.5, -0.5, 0.0),
    (0.8, -0.5, -0.5, 0.0),
    -24.0,
    2.0,
)

Constants = Reeds | Strings


@dataclass(frozen=True)
class Piano:
    """One make: its recordings, what they measure, and constants before and after the fit."""

    name: str
    title: str
    notes: list[Note]
    measured: list[Measured]
    guess: Constants
    held: Constants


def predicted(constants: Constants, pitch: int, velocity: float) -> Floats:
    """Return levels of partials 1 to 12 in dB, their powers summing to 1, from the constants alone."""
    f = hertz(pitch)
    k = np.arange(1.0, 13.0)
    if isinstance(constants, Reeds):
        swing = np.array([constants.swing_at(pitch, velocity) * np.exp(-HEARD_S / constants.decay_at(pitch))])
        heights = np.abs(bell_harmonics(np.maximum(swing, 1e-4), constants.rest_at(pitch), 12)[0])
        db = 20.0 * np.log10(heights * constants.colour(k * f) + 1e-12)
    else:
        db = constants.levels_db(pitch, velocity, constants.partials(pitch, f, 12))
    return np.asarray(db - 10.0 * np.log10(np.sum(10.0 ** (db / 10.0))))


def fit(piano: Piano) -> Constants:
    """Return the constants that come closest to the recordings."""
    return _fit_reeds(piano) if isinstance(piano.guess, Reeds) else _fit_strings(piano)


def _solve(piano: Piano, make: Callable[[Floats], Constants], starts: Sequence[Floats], still: Floats) -> Constants:
    """Return the best of some descents. `still` says how firmly each number is held to where it started."""

    def residuals(x: Floats, start: Floats) -> Floats:
        constants = make(x)
        off = [
            shown(predicted(constants, n.pitch, n.velocity)) - shown(m.db)
            for n, m in zip(piano.notes, piano.measured, strict=True)
        ]
        return np.concatenate([*off, (x - start) * still])

    found = [least_squares(residuals, s, args=(s,), loss="soft_l1", f_scale=6.0, x_scale="jac") for s in starts]
    return make(min(found, key=lambda one: float(one.cost)).x)


def _fit_reeds(piano: Piano) -> Reeds:
    x, tau = [], []
    for note, m in zip(piano.notes, piano.measured, strict=True):
        seen = m.late_s[0] if np.isfinite(m.late_s[0]) else m.early_s[0]
        if note.velocity <= 0.7 and np.isfinite(seen) and seen < 19.0:
            x.append((note.pitch - A3) / 12.0)
            tau.append(np.log(seen))
    bend, octave, at = np.polyfit(x, tau, 2)
    base = replace(piano.guess, decay=(float(at), float(octave), float(bend)))
    assert isinstance(base, Reeds)

    def make(v: Floats) -> Reeds:
        c = [float(one) for one in v]
        return replace(base, rest=(c[0], c[1]), swing=(c[2], c[3], c[4], c[5], c[6]), colour_db=tuple(c[7:]))

    starts = [
        np.array([rest, 0.0, swing, touch, -0.5, 0.0, 0.0, *FLAT])
        for rest, swing, touch in ((0.2, -0.7, 1.0), (0.5, 0.3, 2.5), (0.9, 0.3, 2.5), (0.95, 0.9, 2.0))
    ]
    return _rounded(_solve(piano, make, starts, np.array([2.0, 4.0, 0.5, 0.5, 1.0, 4.0, 1.0, *TIED])))


def _fit_strings(piano: Piano) -> Strings:
    x = np.array([(n.pitch - A3) / 12.0 for n in piano.notes])
    stiff = np.array([m.stiffness for m in piano.measured])
    sure = stiff > 1e-5
    bend, octave, at = np.polyfit(x[sure], np.log(stiff[sure]), 2)
    early, late = (_fit_decays(x, [getattr(m, which) for m in piano.measured]) for which in ("early_s", "late_s"))
    base = replace(piano.guess, stiffness=(float(at), float(octave), float(bend)), early=early, late=late)
    assert isinstance(base, Strings)

    def make(v: Floats) -> Strings:
        c = [float(one) for one in v]
        softness = (c[2], c[3], c[4], c[5])
        return replace(base, tilt_db=(c[0], c[1]), softness=softness, strike_point=c[6], colour_db=tuple(c[7:]))

    starts = [np.array([-5.0, 0.0, 7.6, 1.5, 0.3, 0.0, point, *FLAT]) for point in (0.115, 0.125, 0.14)]
    return _rounded(
        _solve(piano, make, starts, np.array([0.3, 0.5, 1.0, 0.5, 1.0, 1.0, 20.0, *(0.5 * t for t in TIED)]))
    )


def _fit_decays(x: Floats, taus: Sequence[Floats]) -> tuple[float, float, float, float]:
    """Return what the time constants of partials 1 to 6 follow, by iterated least squares on their logarithms."""
    rows = [(1.0, x[i], np.log2(k + 1.0), x[i] ** 2, tau[k]) for i, tau in enumerate(taus) for k in range(6)]
    table = np.array([row for row in rows if np.isfinite(row[4]) and row[4] < 19.0])
    weight, solved = np.ones(len(table)), np.zeros(4)
    for _ in range(8):
        solved = np.linalg.lstsq(table[:, :4] * weight[:, None], np.log(table[:, 4]) * weight, rcond=None)[0]
        weight = 1.0 / np.sqrt(1.0 + np.abs(np.log(table[:, 4]) - table[:, :4] @ solved) / 0.4)
    return float(solved[0]), float(solved[1]), float(solved[2]), float(solved[3])


def _rounded(constants: Constants) -> Constants:
    def short(value: object) -> object:
        return tuple(round(v, 3) for v in value) if isinstance(value, tuple) else round(float(value), 3)  # type: ignore[arg-type]

    return replace(constants, **{k: short(getattr(constants, k)) for k in constants.__dataclass_fields__})


def tone(constants: Constants, note: Note) -> Floats:
    """Return our own tone of a recorded note's pitch and velocity, as long as the recording, 4 s at most."""
    frames = min(note.samples.size, 4 * note.rate)
    if isinstance(constants, Reeds):
        voice = ReedPianoVoice(ReedPiano(decay_s=own_decay(constants)), note.rate, Seed(SEED), constants)
        sound = voice.tone(note.pitch, note.velocity, 0, frames)
    else:
        piano = ElectricGrand(decay_s=own_decay(constants))
        sound = ElectricGrandVoice(piano, note.rate, Seed(SEED), constants).tone(note.pitch, note.velocity, 0, frames)
    return from_strike(sound[0].astype(np.float64))


def own_decay(constants: Constants) -> float:
    """Return the `decay_s` at which an instrument falls as its constants say."""
    at = constants.decay_at(A3) if isinstance(constants, Reeds) else constants.decays(A3, 1)[0][0]
    return float(np.clip(at, 0.3, 6.0))


def with_noise(piano: Piano, constants: Constants) -> Constants:
    """Return constants whose strikes are as noisy as the recorded ones, in the median."""
    pairs = list(zip(piano.notes, piano.measured, strict=True))
    off = [
        m.noise_db - measure(tone(constants, n)[: n.rate], n.rate, n.pitch).noise_db
        for n, m in pairs[::2]
        if np.isfinite(m.noise_db)
    ]
    return replace(constants, noise_db=round(constants.noise_db + float(np.clip(np.median(off), -8.0, 8.0)), 1))


MAKES: tuple[tuple[str, str, Constants, Constants], ...] = (
    ("ep200", "Wurlitzer EP200", REED_GUESS, STRUCK),
    ("pianet", "Hohner Pianet T", REED_GUESS, PLUCKED),
    ("cp80", "Yamaha CP80", STRING_GUESS, GRAND),
)


def _as_code(constants: Constants) -> str:
    fields = "".join(f"    {k}={getattr(constants, k)!r},\n" for k in constants.__dataclass_fields__)
    return f"{type(constants).__name__}(\n{fields})"


def _result(notes: Sequence[Note], name: str, title: str, guess: Constants, held: Constants) -> keys_page.Result:
    """Measure and fit one make, say what came out, and return it for the page."""
    of_this = [n for n in notes if n.piano == name]
    piano = Piano(name, title, of_this, [measure(n.samples, n.rate, n.pitch) for n in of_this], guess, held)
    fitted = with_noise(piano, fit(piano))
    print(f"{title}, fitted:\n{_as_code(fitted)}\nin the code:\n{_as_code(held)}", flush=True)
    before, ours = ([tone(c, n) for n in of_this] for c in (guess, held))
    result = keys_page.Result(
        title,
        name,
        of_this,
        piano.measured,
        [measure(x, n.rate, n.pitch) for x, n in zip(before, of_this, strict=True)],
        [measure(x, n.rate, n.pitch) for x, n in zip(ours, of_this, strict=True)],
        [np.array([predicted(c, n.pitch, n.velocity) for n in of_this]) for c in (guess, fitted, held)],
        ours,
        _as_code(held),
    )
    print("\n".join(keys_page.errors(result)), flush=True)
    return result


def main() -> None:
    """Measure, fit, show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--write", type=Path, help="page to write, its pictures beside it in ../pictures")
    options = parser.parse_args()
    notes = [n for n in recordings(options.data) if n.pitch <= 96]
    if not notes:
        raise SystemExit(f"fit_keys: there are no recordings in {options.data}; give the folder that holds epianos.tar")
    results = [_result(notes, *make) for make in MAKES]
    if options.write:
        keys_page.write(results, options.write)


if __name__ == "__main__":
    main()
