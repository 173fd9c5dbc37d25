"""Measure which gain brings short songs of every recipe to a station's loudness, and fit what foretells it.

python tools/interlude_gains.py measure songs.jsonl --rounds 14     (about 4 s a song; can be cut off, goes on)
python tools/interlude_gains.py fit songs.jsonl                     (writes radio/interlude_gains.json)
python tools/interlude_gains.py heard songs.jsonl                   (says what the first half a minute adds)
python tools/interlude_gains.py test --rounds 2 --first 500         (other seeds, through the limiter, measured)
"""

from __future__ import annotations

import argparse
import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.mix.master import Ceiling, FirstPass
from dusktape.radio import foretell
from dusktape.radio.choosing import TARGET_LUFS
from dusktape.radio.interlude import Interlude
from dusktape.studio.presets import recipe_files
from dusktape.studio.production import Production
from dusktape.studio.wish import Wish

DATA = Path(foretell.__file__).with_name("interlude_gains.json")
RIDGE, RIDGE_RECIPE = 1.0, 2.0


def songs(rounds: range) -> list[tuple[str, int, float]]:
    """Return recipe, seed and minutes of songs: every recipe in each round, all of different seeds."""
    names = sorted(recipe_files())
    return [
        (name, seed := 1000 * (k + 1) + one, round(Seed(seed).at("minutes").between(1.0, 1.5), 2))
        for one in rounds
        for k, name in enumerate(names)
    ]


def measure(file: Path, rounds: range) -> None:
    """Append a line for each song: its features, and the gain that it needs."""
    done = {tuple(json.loads(line)["song"][:2]) for line in file.read_text().splitlines()} if file.exists() else set()
    with file.open("a") as out:
        for name, seed, minutes in songs(rounds):
            if (name, seed) in done:
                continue
            made = Production(Wish(name, minutes).resolve(Seed(seed)), Seed(seed))
            limiter = find("effects", "limiter")(ceiling_dbtp=made.recipe.master.ceiling_dbtp)
            heard = FirstPass(SAMPLE_RATE, frames=made.frames + SAMPLE_RATE)
            blocks = made.mix()
            held, early = foretell.hear(blocks, 0.0)
            for block in chain(held, blocks):
                heard.process(block)
            gain = heard.gain_db(TARGET_LUFS, Ceiling(limiter.ceiling_dbtp, limiter.release_ms, limiter.lookahead_ms))
            told = {"song": [name, seed, minutes], "gain_db": gain, "early_lufs": early}
            print(json.dumps(told | {"features": foretell.features(made)}), file=out, flush=True)


def line(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the line through songs: ridge regression, recipes as offsets."""
    names, recipes = list(rows[0]["features"]), sorted({row["song"][0] for row in rows})
    values = np.array([[row["features"][name] for name in names] for row in rows])
    gains = np.array([row["gain_db"] for row in rows])
    middle, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    which = np.array([[row["song"][0] == recipe for recipe in recipes] for row in rows], float)
    known = np.concatenate([(values - middle) / spread, which], axis=1)
    ridge = np.diag([RIDGE] * len(names) + [RIDGE_RECIPE] * len(recipes))
    found = np.linalg.solve(known.T @ known + ridge, known.T @ (gains - gains.mean()))
    return {
        "mean_db": round(float(gains.mean()), 3),
        "recipes": {r: round(float(v), 3) for r, v in zip(recipes, found[len(names) :], strict=True)},
        "middles": {n: round(float(v), 4) for n, v in zip(names, middle, strict=True)},
        "slopes": {n: round(float(v), 5) for n, v in zip(names, found[: len(names)] / spread, strict=True)},
    }


def told(table: dict[str, Any], row: dict[str, Any]) -> float:
    """Return the gain that a line foretells."""
    here = row["features"]
    tilt = sum(table["slopes"][name] * (here[name] - table["middles"][name]) for name in here)
    return float(table["mean_db"] + table["recipes"].get(row["song"][0], 0.0) + tilt)


def fit(file: Path) -> None:
    """Write the line, and say how far it is off for songs that it was not fitted to."""
    rows = [json.loads(one) for one in file.read_text().splitlines()]
    off = []
    for fold in range(7):
        here = line([row for row in rows if row["song"][1] % 7 != fold])
        off += [told(here, row) - row["gain_db"] for row in rows if row["song"][1] % 7 == fold]
    report("left out of the fit", off)
    DATA.write_text(json.dumps(line(rows), indent=1) + "\n")


def heard(file: Path) -> None:
    """Say which line corrects what the table foretells by the first half a minute, and how far both are off."""
    rows = [json.loads(one) for one in file.read_text().splitlines()]
    table = foretell.fitted()
    lacks = np.array([row["gain_db"] - told(table, row) for row in rows])
    early = np.array([row["early_lufs"] + told(table, row) - TARGET_LUFS for row in rows])
    turn = np.arange(len(rows)) % 9
    off = np.zeros(len(rows))
    for fold in range(9):
        slope, offset = np.polyfit(early[turn != fold], lacks[turn != fold], 1)
        off[turn == fold] = (offset + slope * early - lacks)[turn == fold]
    report("as foretold", list(lacks))
    report("left out of the fit", list(off))
    print("offset and slope:", *np.polyfit(early, lacks, 1)[::-1].round(3))


def test(rounds: range) -> None:
    """Render songs as a station does, and say how far from the target they are."""
    off = []
    for name, seed, minutes in songs(rounds):
        meter = LoudnessMeter(SAMPLE_RATE, 2)
        for block in Interlude({"recipe": name, "seed": seed, "minutes": minutes}).blocks():
            meter.process(block)
        off.append(meter.integrated_lufs - TARGET_LUFS)
        print(f"{name} {seed}: {off[-1]:+.2f} LU, {meter.true_peak_db:.1f} dBTP", flush=True)
    report("other seeds, measured", off)


def report(what: str, off: list[float]) -> None:
    """Print how large errors are."""
    size = np.abs(off)
    print(
        f"{what}: {len(off)} songs, mean {np.mean(off):+.2f}, spread {np.std(off):.2f}, median size "
        f"{np.median(size):.2f}, largest {size.max():.2f} LU; {np.mean(size <= 2.0):.1%} within 2 LU"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("measure", "fit", "heard", "test"))
    parser.add_argument("file", type=Path, nargs="?", default=Path("songs.jsonl"))
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    turns = range(asked.first, asked.first + asked.rounds)
    match asked.what:
        case "measure":
            measure(asked.file, turns)
        case "fit":
            fit(asked.file)
        case "heard":
            heard(asked.file)
        case "test":
            test(turns)
