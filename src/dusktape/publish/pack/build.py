"""Makes a pack: draws until there are enough sounds that are fit for it, writes them and all that goes with them."""

from __future__ import annotations

import math
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dusktape.core.counting import counted
from dusktape.core.errors import InputError, suggestion
from dusktape.core.version import __version__
from dusktape.io import atomic
from dusktape.publish.pack import cover, licence, nearest, page
from dusktape.publish.pack.checks import Checks
from dusktape.publish.pack.finish import bar_frames, finished
from dusktape.publish.pack.manifest import FILE as MANIFEST
from dusktape.publish.pack.manifest import Entry, dump, old_files
from dusktape.publish.pack.naming import Names
from dusktape.publish.pack.oneshots import spelled
from dusktape.publish.pack.order import Order
from dusktape.publish.pack.source import FromModel, Source, source_of
from dusktape.publish.pack.stretches import LONG_S
from dusktape.publish.pack.take import KINDS, Series, Take
from dusktape.publish.pack.write import write

LICENCE, PAGE = "LICENSE.txt", "index.html"
FORMAT = 1

NOT_AT_HAND = "what the model learned from is not at hand"
"""Why a model's sounds are not compared."""

Told = Callable[[str, float], None]
"""Called with what is being done and how much of it is, 0 to 1."""

RESTING = "resting"
"""Why a place in a finished track gives no loop: the part hardly plays there."""

_TRIES, _MORE_TRIES = 4, 12


@dataclass
class _Packer:
    """Fills a folder with samples."""

    order: Order
    source: Source
    licence: str
    checks: Checks
    folder: Path
    told: Told
    say: Callable[[str], None]
    entries: list[Entry] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def fill(self, series: Sequence[Series]) -> None:
        """Draw every series."""
        order = self.order
        names, total = Names(order.count, order.format), sum(one.wanted for one in series)
        if any(one.what == "loops" for one in series) and (told := _windows(self.source, order)):
            self.say(told)
        for one in series:
            self._gather(one, names, total)

    def _gather(self, series: Series, names: Names, total: int) -> None:
        rate = self.order.rate or self.source.sample_rate
        have, tried, why = 0, 0, Counter[str]()
        for take in _some(series):
            tried += 1
            if take.rests:
                why[RESTING] += 1
                continue
            sample = finished(take, rate)
            verdict = self.checks.look(sample) if sample else None
            if sample is None or verdict is None or verdict.refused:
                why[verdict.refused if verdict else "silent"] += 1
                continue
            name = names.name(take)
            self.entries.append(write(self.folder, name, sample, verdict, self.order, self.source, self.licence))
            have += 1
            if series.missing:
                series.missing.count -= 1
            self.told(f"{series.what}: {have} of {series.wanted}", len(self.entries) / total)
            if have == series.wanted:
                break
        self.refused += why
        if why[RESTING] and have == series.wanted:
            self.say(f"{series.what}: passed over {counted(why[RESTING], 'place')} where a part rests")
        if have < series.wanted:
            told = ", ".join(f"{number} {reason}" for reason, number in why.most_common())
            over = tried - why[RESTING] < _bound(series)  # nothing but the end of the candidates stopped it
            left = "; ".join([*([f"left out: {told}"] if told else []), *(["there are no more"] if over else [])])
            self.say(f"{series.what}: {have} of {series.wanted} after {counted(tried, 'try', several='tries')}; {left}")


def _series(order: Order, source: Source) -> list[Series]:
    """Return what is to be drawn; nothing is drawn yet. What the source cannot make is refused."""
    return [one for kind in _kinds(order, source) for one in source.series(kind, order)]


def _kinds(order: Order, source: Source) -> list[str]:
    """Return the kinds to make, in order: all, or those that have one of the labels."""
    kinds = [kind for kind in KINDS if kind in (order.kinds or source.kinds)]
    if not order.labels:
        return kinds
    known = {kind: {spelled(label) for label in source.labels(kind)} for kind in kinds}
    asked = {spelled(label) for label in order.labels}
    for label in order.labels:
        if not any(spelled(label) in labels for labels in known.values()):
            raise InputError(_no_label(label, kinds, sorted(set().union(*known.values())), source, order.source))
    return [kind for kind in kinds if known[kind] & asked]


def _no_label(label: str, kinds: Sequence[str], there: Sequence[str], source: Source, word: str) -> str:
    """Return why a label cannot be had, and what can."""
    if there or not isinstance(source, FromModel) or source.writer.labels:
        told = suggestion(spelled(label), there) if there else "; leave out --label"
        return f"there is no label {label!r} among its {' and '.join(kinds)}{told}"
    return (
        f"{word} was not taught which of its sounds is a {label}: it draws whatever it learned from; leave out "
        f"--label, or train one on {label} sounds alone (its pack is named by them)"
    )


def _windows(source: Source, order: Order) -> str:
    """Return what to tell of loops that a model has to draw in several windows, which takes long; else nothing."""
    if not isinstance(source, FromModel) or order.bpm is None or not hasattr(source.writer, "denoiser"):
        return ""
    rate, window = source.sample_rate, source.writer.frames
    frames = bar_frames(order.bars, order.bpm, rate)
    if frames <= window:
        return ""
    return (
        f"each loop lasts {frames / rate:.1f} s and is drawn in {math.ceil(2 * frames / window) - 1} windows of "
        f"{window / rate:.1f} s: this can take minutes without a GPU"
    )


def _some(series: Series) -> Iterator[Take]:
    """Yield candidates until the bound: whoever found too few by then would not find them soon."""
    tried = 0
    for take in series.takes:
        if tried >= _bound(series):
            return
        tried += not take.rests  # which costs nothing, and may be most of a song
        yield take


def _bound(series: Series) -> int:
    """Return how many candidates are tried."""
    return _TRIES * series.wanted + _MORE_TRIES


def make(order: Order, *, told: Told = lambda *_: None, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Make a pack and return its manifest.

    The folder appears when it is whole; whatever goes wrong, Ctrl-C included, leaves none.

    Parameters
    ----------
    order
        What is asked.
    told
        Called with what is being done and how much of it is.
    say
        Called with what a user should know.

    Raises
    ------
    DusktapeError
        If the source is none, makes none of what is asked, or nothing can be written.
    """
    order.check()
    source = source_of(order)
    terms = licence.chosen(order.licence, source.materials)
    series = _series(order, source)
    training, compared = _training(order, source, told)
    say(f"pack of {order.source}, seed {order.seed.value}")
    if compared["checked"]:
        say(f"compared with {compared['clips']:,} training sounds{_limit(compared)}")
    elif isinstance(source, FromModel):
        say(f"not compared with training sounds: {compared['why']}")
    before = old_files(order.out)
    with atomic.replacing_folder(order.out, force=order.force) as folder:
        packer = _Packer(order, source, terms, Checks(training), folder, told, say)
        packer.fill(series)
        if not packer.entries:
            raise InputError(f"{order.source} gave no sound that is fit for a pack; {_way_out(packer.refused)}")
        mood, weather = source.mood
        (folder / cover.FILE).write_bytes(cover.draw(order.seed, order.title, mood, weather))
        statement = " ".join(filter(None, [source.statement, _told(source, compared)]))
        text = licence.text(order.title, terms, statement, source.materials, source.credits)
        (folder / LICENCE).write_text(text, encoding="utf-8", newline="\n")
        facts = {
            "format": FORMAT,
            "dusktape": __version__,
            "title": order.title,
            "licence": terms,
            "statement": statement,
            "seed": order.seed.value,
            "source": source.facts(),
            "compared": compared,
            "refused": dict(sorted(packer.refused.items())),
            "files": [entry.facts for entry in packer.entries],
        }
        html = page.document(facts, packer.entries, order.seed, mood, weather)
        (folder / PAGE).write_text(html, encoding="utf-8", newline="\n")
        (folder / MANIFEST).write_text(dump(facts), encoding="utf-8", newline="\n")
        if order.zipped:
            with atomic.replacing(order.archive, force=order.force) as archive:
                _zip(folder, archive, order.title)
    _forget(order.out, before - {entry.facts["file"] for entry in packer.entries})
    return facts


def _training(order: Order, source: Source, told: Told) -> tuple[nearest.Training | None, dict[str, Any]]:
    """Return what to compare with, and what the manifest says of the comparison."""
    if not isinstance(source, FromModel):
        if order.data is not None:
            raise InputError(
                "--data is what a model learned from; leave it out, since nothing here was learned from sounds"
            )
        why = "synthesised: nothing in it was learned from recordings"
        return None, {"checked": False, "why": why}
    if order.data is None and (index := source.maker.place / nearest.FILE).is_file():
        training = nearest.Training.load(index)
        return training, {"checked": True, **training.facts()}
    data = order.data or nearest.at_hand(source.maker.data_places, source.data)
    if data is None:
        return None, {"checked": False, "why": f"{NOT_AT_HAND}; name it with --data"}
    training = nearest.of_dataset(data, source.data, told, source.maker.learned, along=_long(order, source))
    return training, {"checked": True, **training.facts()}


def _long(order: Order, source: FromModel) -> bool:
    """Return whether sounds will be in the pack that are compared all along."""
    struck = tuple(order.kinds or source.kinds) == ("oneshots",)
    return not struck or source.writer.frames > LONG_S * source.sample_rate


def _limit(compared: Mapping[str, Any]) -> str:
    """Return what to say of the limit where no held-out sounds say which it is; else nothing."""
    if compared["held_out"]:
        return ""
    return f"; none was held out, so nothing nearer than {compared['allowed_db']['all']:g} dB gets in"


def _way_out(refused: Mapping[str, int]) -> str:
    """Return what to do where every sound was refused."""
    if refused and max(refused, key=lambda why: refused[why]) == "near training":
        return "what it draws is too near to what it learned from: train it on more sounds, or for fewer steps"
    return "try another seed, source or kind"


def _told(source: Source, compared: Mapping[str, Any]) -> str:
    """Return a sentence for listeners on the comparison with training sounds; nothing if there are none."""
    if not isinstance(source, FromModel):
        return ""
    if compared["checked"]:
        return f"Each was compared with {compared['clips']:,} sounds that the network learned from."
    return (
        "They were not compared with the sounds that the network learned from, so copies may be among them "
        "(dusktape pack compares where it finds these sounds, or is told where with --data)."
    )


def _zip(folder: Path, archive: Path, title: str) -> None:
    """Write everything in a folder into an archive, the same bytes every time."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{title}/{path.relative_to(folder).as_posix()}")
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            file.writestr(entry, path.read_bytes())


def _forget(folder: Path, files: set[str]) -> None:
    """Take away what an earlier pack of ours left in the folder, and folders that are empty then."""
    for name in files:
        with suppress(OSError):
            (folder / name).unlink()
            for parent in list((folder / name).relative_to(folder).parents)[:-1]:
                (folder / parent).rmdir()
