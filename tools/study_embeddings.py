"""One, two and three embeddings beside our composer: trained on one dataset, judged in one way.

    python tools/study_embeddings.py --data lofi.dataset --runs build/runs

Trains what is not trained yet, lets everybody write, and rewrites the figures in `docs/studies/embeddings.md` between
its markers; the words around them are written by people.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.data.dataset import Dataset
from dusktape.evaluate import gather, judgement, pictures, subjects
from dusktape.evaluate.report import bits_rows, number
from dusktape.nn.line import Line
from dusktape.nn.phrases import FILE, Phrases
from dusktape.nn.run import FACTS
from dusktape.nn.sampling import Sampling
from dusktape.train.run import train

PAGE = Path("docs/studies/embeddings.md")
PICTURES = Path("docs/pictures")
MODELS = ("embeddings1", "embeddings2", "embeddings3")
RULES = {"drawn": Sampling(min_p=0.0), "argmax": Sampling(min_p=0.0, rule="argmax")}
LINES, NOTES, SEED = 50, 200, Seed(900)
REACH = 181
"""Places of a line of `NOTES` notes where twenty were played."""
LEAST = 10
"""A curve ends where fewer lines reach."""


def told(stage: str, share: float) -> None:
    """Say how far things are."""
    print(f"\r{stage} {share:4.0%}   ", end="", file=sys.stderr, flush=True)


def trained(name: str, data: Path, runs: Path, config: Mapping[str, Any]) -> Path:
    """Return the folder of a model's training, trained first if need be."""
    folder = runs / name
    if not (folder / FACTS).is_file():
        told(f"training {name}", 0.0)
        train(name, data, folder, config=config)
    return folder


def cut(line: Line, notes: int) -> Line:
    """Return the first notes of a line."""
    columns = (column[:notes] for column in (line.pitch, line.step, line.duration, line.velocity))
    return Line(line.name, line.key, line.chords, *columns)


def written(dataset: Dataset, runs: Mapping[str, Path]) -> dict[str, list[Line]]:
    """Return by writer the lines that are judged, all of `NOTES` notes but the songs."""
    test = dataset.lines("test")
    lines: dict[str, list[Line]] = {}
    for name, folder in runs.items():
        model = subjects.opened(folder)
        for rule, sampling in RULES.items():
            lines[f"{name}, {rule}"] = subjects.generated(
                model, lines=LINES, notes=NOTES, seed=SEED, sampling=sampling, under=test, told=told
            )
    ours = find("models", "melody").open()
    lines["dusktape, drawn"] = subjects.generated(
        ours, lines=LINES, notes=NOTES, seed=SEED, sampling=RULES["drawn"], under=test, told=told
    )
    lines["dusktape, songs"] = [gather.line(*song) for song in gather.fresh(LINES, SEED.value)]
    lines["people"] = [cut(line, NOTES) for line in test]
    return lines


def phrases(dataset: Dataset, runs: Mapping[str, Path]) -> Phrases:
    """Return the index of the dataset's training songs, which the trainings share."""
    return Phrases.load(next(iter(runs.values())) / FILE)


def rows(found: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Return head and rows of the table."""
    head = ["written by", "repeated, bag", "in place", "longest match p95, rhythm", "intervals"]
    head += ["15 notes, rhythm", "intervals", "nearest melodies"]
    names = ("repetition.bag", "repetition.positional", "copying.rhythm.longest_p95", "copying.intervals.longest_p95")
    names += ("copying.rhythm.share_15", "copying.intervals.share_15", "diversity.melody")
    return [head, *([name, *(number(f["figures"][n]) for n in names)] for name, f in found.items())]


def markdown(table: Sequence[Sequence[str]]) -> str:
    """Return rows, the first one the head, as a table."""
    head, *body = (f"| {' | '.join(row)} |" for row in table)
    return "\n".join([head, "|---" + "|---:" * (len(table[0]) - 1) + "|", *body])


def draw(found: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw the two figures of the study."""
    curves = {n: f["repetition"] for n, f in found.items()}
    ends = {n: min(REACH, sum(count >= LEAST for count in c["songs"])) for n, c in curves.items()}
    repeated = {n: (c["place"][: ends[n]], c["bag"][: ends[n]]) for n, c in curves.items()}
    picture = pictures.curves(repeated, x="notes played", y="share repeated")
    (PICTURES / "repetition.svg").write_text(_standing(picture), encoding="utf-8")
    for mode in ("rhythm", "intervals"):
        shares = {n: (f["copying"][mode]["length"], f["copying"][mode]["share"]) for n, f in found.items()}
        picture = pictures.curves(shares, x=f"length in notes ({mode})", y="share that stands in training", log=True)
        (PICTURES / f"copying_{mode}.svg").write_text(_standing(picture), encoding="utf-8")


def _standing(svg: str) -> str:
    # Outside a page there is no text colour to take: grey is read on light and dark alike.
    return svg.replace("currentColor", "#777777")


def put(name: str, text: str) -> None:
    """Replace what stands between the markers of this name."""
    page = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE} has no markers {name}")
    PAGE.write_text(pattern.sub(lambda m: f"{m[1]}{text}\n{m[2]}", page), encoding="utf-8")


def main() -> None:
    """Train, write, judge, and set the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--epochs", type=int)
    options = parser.parse_args()
    config = {"train": {"epochs": options.epochs}} if options.epochs else {}
    dataset = Dataset.read(options.data)
    runs = {name: trained(name, options.data, options.runs, config) for name in MODELS}
    index = phrases(dataset, runs)
    found = {name: judgement.of_lines(lines, index) for name, lines in written(dataset, runs).items()}
    everybody = {"dusktape": find("models", "melody").open(), **{n: subjects.opened(f) for n, f in runs.items()}}
    bits = subjects.held_out_bits(everybody, dataset, [subjects.shipped_phrases(), index], seed=SEED, told=told)
    draw(found)
    put("table", markdown(rows(found)))
    put("bits", markdown(bits_rows(bits)))
    put("facts", facts(dataset, runs))
    (options.runs / "study.json").write_text(json.dumps({"bits": bits}, indent=1), encoding="utf-8")
    print(PAGE)


def facts(dataset: Dataset, runs: Mapping[str, Path]) -> str:
    """Return a line on the data, and one on each training."""
    count = {split: len(dataset.lines(split)) for split in ("train", "valid", "test")}
    notes = sum(map(len, dataset.lines("train")))
    told_of = [
        f"{count['train']} songs to learn from ({notes:,} notes), {count['valid']} to stop by, {count['test']} to be "
        f"judged on; dataset sha256 `{dataset.sha256[:12]}`."
    ]
    for name, folder in runs.items():
        known = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        told_of.append(
            f"{name}: {known['parameters']:,} parameters, best of {known['epochs']} epochs, "
            f"{known['seconds'] / 60:.0f} min."
        )
    return "\n".join(f"- {line}" for line in told_of)


if __name__ == "__main__":
    main()
