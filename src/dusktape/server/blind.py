"""A blind comparison of two folders of tracks: excerpts at equal loudness, answers that are never lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dusktape.core.audio import Audio, Block
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import lufs, true_peak_db
from dusktape.evaluate.listening import Answer, as_table, summary
from dusktape.io import atomic, audiofile

FORMAT = 1
LOUDNESS_LUFS = -20.0
"""Everything plays this loud, or as loud as its peaks allow."""

CEILING_DBTP = -1.0
_PLACE = 0.3
"""Where in a track an excerpt begins, as a share of what there is room for."""

_FADE_S = 0.05


@dataclass(frozen=True, slots=True)
class Trial:
    """Two files to compare, by their names inside the folders, and which is offered first."""

    number: int
    file_a: Path
    file_b: Path
    name_a: str
    name_b: str
    first: str

    @property
    def in_order(self) -> tuple[Path, Path]:
        """The files as they are offered."""
        return (self.file_a, self.file_b) if self.first == "A" else (self.file_b, self.file_a)


@dataclass
class Comparison:
    """Trials to answer, and the file that keeps the answers.

    Parameters
    ----------
    a, b
        Folders of sound files. Files of one name are compared with each other; the others in a drawn order.
    out
        Where the answers go, as JSON. Answers that are there already count, and their trials are not asked again.
    seconds
        Length of an excerpt.
    seed
        Of the pairs, their order and who comes first.

    Raises
    ------
    InputError
        If a folder holds nothing to hear, or `out` keeps the answers of another comparison.
    """

    a: Path
    b: Path
    out: Path
    seconds: float = 30.0
    seed: Seed = field(default_factory=lambda: Seed(0))

    def __post_init__(self) -> None:
        if not 1.0 <= self.seconds <= 600.0:
            raise InputError(f"an excerpt lasts 1 to 600 s, got {self.seconds:g}; choose --seconds in that range")
        self.trials = _pairs(self.a, self.b, self.seed)
        self.answers: list[Answer] = []
        self._target_lufs = LOUDNESS_LUFS
        if self.out.exists():
            self._take_up()
        else:
            atomic.check_writable(self.out)

    def _take_up(self) -> None:
        try:
            kept = json.loads(self.out.read_text(encoding="utf-8"))
            same = kept["format"] == FORMAT and [kept[k] for k in ("a", "b", "seed")] == self._identity()
            answers = [Answer(**row) for row in kept["answers"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self.out} keeps no answers of ours: {error!r}; name another file with --out") from error
        if not same:
            raise InputError(f"{self.out} keeps the answers of another comparison; name another file with --out")
        self.answers = answers

    def _identity(self) -> list[Any]:
        return [str(self.a), str(self.b), self.seed.value]

    def open_trials(self, listener: str) -> list[Trial]:
        """Return what this listener has not answered yet."""
        done = {(x.file_a, x.file_b) for x in self.answers if x.listener == listener}
        return [t for t in self.trials if (t.name_a, t.name_b) not in done]

    def prepare(self, folder: Path, told: Callable[[str, float], None]) -> None:
        """Write the excerpts as WAV files `NUMBER-0.wav` and `NUMBER-1.wav`, in the order in which they are offered.

        All play at one loudness: the lowest at which every excerpt keeps its peaks below -1 dBTP.

        Raises
        ------
        InputError
            If a file cannot be read, is silent, or is shorter than a second.
        """
        files = sorted({p for t in self.trials for p in t.in_order})
        facts = {}
        for i, path in enumerate(files):
            told("measuring", i / len(files))
            excerpt, rate = _excerpt(path, self.seconds)
            loudness = lufs(excerpt, rate)
            if not np.isfinite(loudness):
                raise InputError(f"{path} is silent where its excerpt lies; take it out of the folder")
            facts[path] = (loudness, true_peak_db(excerpt))
        self._target_lufs = min([LOUDNESS_LUFS, *(level + CEILING_DBTP - peak for level, peak in facts.values())])
        for i, trial in enumerate(self.trials):
            told("writing", i / len(self.trials))
            for place, path in enumerate(trial.in_order):
                excerpt, rate = _excerpt(path, self.seconds)
                gain = 10.0 ** ((self._target_lufs - facts[path][0]) / 20.0)
                soundfile.write(folder / f"{trial.number}-{place}.wav", (excerpt * gain).T, rate, subtype="PCM_16")
        told("writing", 1.0)

    def take(self, number: int, listener: str, preferred: str, ratings: tuple[int, int]) -> None:
        """Keep an answer, on disk before this returns. `preferred` is `first`, `second` or `neither`."""
        trial = self.trials[number]
        ahead, behind = ("A", "B") if trial.first == "A" else ("B", "A")
        a, b = ratings if trial.first == "A" else ratings[::-1]
        answer = Answer(
            listener=listener,
            file_a=trial.name_a,
            file_b=trial.name_b,
            first=ahead,  # type: ignore[arg-type]
            preferred={"first": ahead, "second": behind}.get(preferred, "neither"),  # type: ignore[arg-type]
            rating_a=a,
            rating_b=b,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        same = (answer.listener, answer.file_a, answer.file_b)
        self.answers = [x for x in self.answers if (x.listener, x.file_a, x.file_b) != same] + [answer]
        self.save()

    def save(self) -> None:
        """Write the answers and what they amount to."""
        a, b, seed = self._identity()
        table = {
            "format": FORMAT,
            "a": a,
            "b": b,
            "seed": seed,
            "seconds": self.seconds,
            "loudness_lufs": round(self._target_lufs, 2),
            "summary": summary(self.answers),
            "answers": [as_table(x) for x in self.answers],
        }
        atomic.write_bytes(self.out, (json.dumps(table, indent=1) + "\n").encode(), force=True)


def sounds(folder: Path) -> list[Path]:
    """Return the sound files of a folder and of the folders in it, sorted; stems are left out.

    Raises
    ------
    InputError
        If there is none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give two folders of tracks")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in audiofile.FORMATS and p.is_file())
    found = [p for p in found if not any(part == "stems" or part.endswith("-stems") for part in p.parts[:-1])]
    if not found:
        raise InputError(f"{folder} holds no sound; put {', '.join(audiofile.FORMATS)} files there")
    return found


def _pairs(a: Path, b: Path, seed: Seed) -> list[Trial]:
    side_a, side_b = ({p.relative_to(side).as_posix(): p for p in sounds(side)} for side in (a, b))
    both = [name for name in side_a if name in side_b]
    rest_a, rest_b = ([name for name in side if name not in both] for side in (side_a, side_b))
    order = seed.at("pairs").rng().permutation(len(rest_b)).tolist()
    pairs = [*((name, name) for name in both), *((x, rest_b[j]) for x, j in zip(rest_a, order, strict=False))]
    turned = seed.at("order").rng().permutation(len(pairs)).tolist()
    firsts = _firsts(len(pairs), seed.at("first"))
    return [
        Trial(number, side_a[x], side_b[y], x, y, first)
        for number, ((x, y), first) in enumerate(zip((pairs[j] for j in turned), firsts, strict=True))
    ]


def _firsts(count: int, seed: Seed) -> list[str]:
    """Return who is offered first in each pair: each in half of them, in a drawn order; an odd one is drawn too."""
    even = "AB" if seed.at("odd").chance(0.5) else "BA"
    sides = [even[k % 2] for k in range(count)]
    return [sides[k] for k in seed.at("order").rng().permutation(count).tolist()]


def _excerpt(path: Path, seconds: float) -> tuple[Block, int]:
    audio: Audio = audiofile.read(path)
    frames = round(seconds * audio.sample_rate)
    samples = audio.samples
    if samples.shape[1] < audio.sample_rate:
        raise InputError(f"{path} is shorter than a second; take it out of the folder")
    first = round(max(0, samples.shape[1] - frames) * _PLACE)
    cut = samples[:, first : first + frames].astype(np.float32)
    fade = min(cut.shape[1] // 2, round(_FADE_S * audio.sample_rate))
    ramp = np.sin(np.linspace(0.0, np.pi / 2, fade, dtype=np.float32)) ** 2
    cut[:, :fade] *= ramp
    cut[:, -fade:] *= ramp[::-1]
    return cut, audio.sample_rate
