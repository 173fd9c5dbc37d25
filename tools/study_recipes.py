"""Do the recipes sound like people's tracks, spread like them, and differ from each other?

    python tools/study_recipes.py --build build/recipes [--seed 4000]

Makes what is not there yet: 48 tracks of all recipes; 12 of 90 s for each of sixteen; 12 of 90 s with and without five
methods. Measures them with `evaluate.sound`, and writes `docs/studies/recipes.md`. Can be stopped, and goes on.
Needs the extra `evaluate`; an hour and a half on two cores.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.evaluate.sound.bands import bands, share_in_band
from dusktape.evaluate.sound.summary import measure_all, spread_rows, track_lines, verdict
from dusktape.studio.batch import ALL, recipe_names

PAGE = Path("docs/studies/recipes.md")
TRACKS, SEEDS, SHORT_MINUTES, FOLDS = 48, 12, 1.5, 5
LEFT_OUT = ("dusk", "surprise")
"""They may sound like any other, by design."""

METHODS = {
    "chopped loop": ("keys.instrument=chop",),
    "off a record": ("keys.chain.record.wear=0.7", "keys.chain.record.crackle=0.5"),
    "half time": ("drums.half_time=true",),
    "no drums": ("drums.on=false",),
    "cassette": ("master.chain.cassette.age=0.7", "master.chain.cassette.wander_cents=4"),
}
"""One setting each against the same seeds without it."""

NOTHING_MOVES = (
    "Nothing moves alike in ten songs: what changes is when the same chords sound, by turns this way and that."
)

PLAIN = ("keys.instrument=rhodes",)
"""What all of them start from, so that only the method differs."""

Measures = Mapping[str, float]


def make(*arguments: str) -> None:
    """Call the command."""
    subprocess.run(
        [sys.executable, "-c", "from dusktape.cli import main; main()", "make", *arguments, "--quiet"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def make_short(jobs: Sequence[tuple[Path, Sequence[str]]]) -> None:
    """Make the tracks of 90 s that are missing, two at a time."""
    missing = [(path, how) for path, how in jobs if not path.exists()]
    for path, _ in missing:
        path.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: make(*job[1], "--minutes", str(SHORT_MINUTES), "-o", str(job[0])), missing))


def measured(paths: Sequence[Path], store: Path) -> dict[str, dict[str, float]]:
    """Return path to measures; what was measured before is read back."""
    known = json.loads(store.read_text()) if store.exists() else {}
    missing = [p for p in paths if str(p) not in known]
    if missing:
        found, failed = measure_all(missing, jobs=2)
        if failed:
            raise SystemExit(f"could not be measured: {failed}")
        known |= found
        store.write_text(json.dumps(known, indent=1) + "\n")
    return {str(p): known[str(p)] for p in paths}


def told_apart(by_recipe: Mapping[str, Sequence[Measures]]) -> tuple[float, dict[str, float]]:
    """Return how many of the tracks a classifier names rightly, 5-fold, in all and by recipe.

    Linear discriminants with a shrunken covariance (Ledoit and Wolf), over the ranks of the measures.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    names = sorted(by_recipe)
    columns = [name for name in bands() if name != "duration_s"]
    rows = [[one[c] for c in columns] for name in names for one in by_recipe[name]]
    x = np.array(rows, float)
    x = np.where(np.isfinite(x), x, np.nanmedian(x, axis=0))
    y = np.repeat(names, [len(by_recipe[name]) for name in names])
    ranks = QuantileTransformer(n_quantiles=64, output_distribution="normal")
    model = make_pipeline(ranks, LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"))
    guessed = cross_val_predict(model, x, y, cv=StratifiedKFold(FOLDS, shuffle=True, random_state=0))
    right = guessed == y
    return float(np.mean(right)), {name: float(np.mean(right[y == name])) for name in names}


def moved(without: Sequence[Measures], with_it: Sequence[Measures]) -> list[tuple[str, float, float, int]]:
    """Return the measures that move alike in at least ten of twelve songs: name, medians before and after, how many."""
    rows = []
    for name, band in bands().items():
        before, after = (np.array([m[name] for m in some], float) for some in (without, with_it))
        step = after - before
        same = max(int(np.sum(step > 0)), int(np.sum(step < 0)))
        if same >= 10 and abs(np.median(step)) > 0.15 * band.quartiles_apart:
            rows.append((name, float(np.median(before)), float(np.median(after)), same))
    return rows


def table(rows: Sequence[Sequence[Any]]) -> str:
    """Return rows, head first, as Markdown."""
    head, *rest = [[str(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rest))


def page(
    whole: Mapping[str, Measures], by_recipe: Mapping[str, Sequence[Measures]], ablations: Mapping[str, Any]
) -> str:
    """Return the study as Markdown."""
    found = verdict(list(whole.values()))
    right, each = told_apart(by_recipe)
    low = [name for name, share in each.items() if share < 0.5]
    parts = [
        "# Do the recipes sound like people's tracks, and unlike each other?\n",
        f"{TRACKS} tracks of full length by `dusktape make --recipes all -n {TRACKS} --out DIR`, measured as 72 tracks "
        "by people were ([inspecting](../guides/inspecting.md)). Made by `python tools/study_recipes.py`.\n",
        table(
            [
                ["what", "must be", "is"],
                [
                    "share of the measures in people's band, median track",
                    ".84 to .95",
                    f"{found['median_in_band']:.2f}",
                ],
                ["the same, lowest track", "at least .70", f"{found['lowest_in_band']:.2f}"],
                [
                    "measures whose inter-quartile range is 0.6 to 1.6 times people's",
                    "at least .85",
                    f"{found['wide_enough']:.2f}",
                ],
                [
                    f"a classifier names the recipe, {len(each)} of them, {SEEDS} tracks of 90 s each",
                    "at least .60",
                    f"{right:.2f}",
                ],
            ]
        ),
        "\n## Every measure\n",
        table(spread_rows(list(whole.values()))),
        "\n## Every track\n\nShare in band, and what lies outside.\n\n```text\n"
        + track_lines({Path(p).stem: m for p, m in whole.items()})
        + "\n```",
        "\n## Told apart\n\nShare of the tracks that the classifier names rightly; chance is "
        f"{1.0 / len(each):.2f}." + (f" Often taken for others: {', '.join(low)}." if low else "") + "\n",
        table(
            [["recipe", "named rightly", "share in band, mean"]]
            + [[n, f"{s:.2f}", f"{np.mean([share_in_band(m) for m in by_recipe[n]]):.2f}"] for n, s in each.items()]
        ),
        f"\n## What methods change\n\n{SEEDS} seeds of `dusk` with a Rhodes, with and without; measures that move the "
        "same way in at least ten of the songs, by more than .15 of people's inter-quartile range. Medians.\n",
    ]
    for name, (settings, rows) in ablations.items():
        shown = " ".join(f"`--set {s}`" for s in settings)
        lines = [[n, f"{a:.3g}", f"{b:.3g}", f"{k} of {SEEDS}"] for n, a, b, k in rows]
        found_here = table([["measure", "without", "with", "alike"], *lines]) if lines else NOTHING_MOVES
        parts.append(f"### {name.capitalize()}\n\n{shown}\n\n{found_here}\n")
    return "\n".join(parts)


def main() -> None:
    """Make, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/recipes"))
    parser.add_argument("--seed", type=int, default=4000)
    parser.add_argument("--write", type=Path, default=PAGE)
    asked = parser.parse_args()
    build, seed = asked.build, asked.seed
    build.mkdir(parents=True, exist_ok=True)
    whole = build / "all"
    if len(list(whole.glob("*.flac"))) < TRACKS:
        make("--recipes", ALL, "-n", str(TRACKS), "--seed", str(seed), "--out", str(whole), "--force")
    names = [n for n in recipe_names([ALL]) if n not in LEFT_OUT]
    short = {n: [build / "short" / f"{n}-{seed + 100 + k}.flac" for k in range(SEEDS)] for n in names}
    ways = {"plain": (), **METHODS}
    ablated = {
        w: [build / "methods" / f"{w.replace(' ', '-')}-{seed + 200 + k}.flac" for k in range(SEEDS)] for w in ways
    }
    jobs: list[tuple[Path, Sequence[str]]] = [
        (path, (name, "--seed", path.stem.rpartition("-")[2])) for name, paths in short.items() for path in paths
    ]
    for way, paths in ablated.items():
        told = [word for setting in (*PLAIN, *ways[way]) for word in ("--set", setting)]
        jobs += [(path, ("dusk", "--seed", path.stem.rpartition("-")[2], *told)) for path in paths]
    make_short(jobs)
    store = build / "measures.json"
    everything = sorted(whole.glob("*.flac"))
    of_all = measured(everything, store)
    by_recipe = {n: list(measured(paths, store).values()) for n, paths in short.items()}
    plain = list(measured(ablated["plain"], store).values())
    ablations = {
        way: (settings, moved(plain, list(measured(ablated[way], store).values()))) for way, settings in METHODS.items()
    }
    asked.write.write_text(page(of_all, by_recipe, ablations), encoding="utf-8")
    print(asked.write)


if __name__ == "__main__":
    main()
