"""From folders of sounds to one dataset: find, measure, mark, leave out, split, cut, write."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError, OutputError, PluginError
from dusktape.core.version import __version__
from dusktape.data import pool
from dusktape.data.audio import cut, manifest, measure, plans, source, worker
from dusktape.data.audio.finding import Finding
from dusktape.data.audio.labels import label
from dusktape.data.audio.options import Entry, Options
from dusktape.data.audio.review import review
from dusktape.data.dataset import MANIFEST
from dusktape.data.find import check_place, find, look
from dusktape.data.journal import Journal
from dusktape.data.licences import check_licences
from dusktape.data.sounds import CLIPS, manifest_text
from dusktape.io import atomic

Say = Callable[[str], None]
Progress = Callable[[str, float], None]

PARTIAL = ".partial"
"""What the folder of unfinished work is called: the dataset's name and this."""

_LEAST_S, _BYTES_S = 120.0, 200_000.0
"""Seconds that a file may take at least, and bytes for one more: a three-hour MP3 has a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Built:
    """A dataset that was made.

    Parameters
    ----------
    folder
        Where it is.
    counts
        Of its manifest.
    entries
        What became of every file.
    cut
        How the files were cut.
    """

    folder: Path
    counts: Mapping[str, Any]
    entries: Sequence[Entry]
    cut: str


@dataclass(frozen=True, slots=True)
class _Work:
    """What every stage needs: options, where unfinished work lies, how many processes, whom to tell."""

    options: Options
    journal: Journal
    folder: Path
    workers: int
    say: Say
    progress: Progress


def build(
    folders: Sequence[Path],
    out: Path,
    options: Options,
    *,
    workers: int | None = None,
    force: bool = False,
    say: Say = lambda text: None,
    progress: Progress = lambda stage, share: None,
) -> Built:
    """Make a dataset. The same files and options make the same bytes, however many workers there are.

    What was measured and cut is kept in `OUT.partial` until the dataset is there, so a call that was cut off is gone on
    with by the next one.

    Parameters
    ----------
    folders
        Of sound files, looked through with all that is below.
    out
        The folder to write.
    options
        What the dataset depends on besides the files.
    workers
        Processes at once; as many as there are cores if None.
    force
        Whether files in `out` may be replaced.
    say, progress
        Are told what goes on: a sentence; a stage and how much of it is done, 0 to 1.

    Raises
    ------
    InputError
        If a folder is missing or there is nothing to learn from.
    OutputError
        If `out` cannot be written, is there (and not `force`), or the disk is full.
    PluginError
        If an extra is missing.
    """
    _check_extras(options)
    check_place(folders, out, force=force)
    partial = out.resolve().with_name(out.resolve().name + PARTIAL)
    entries = [Entry(found) for found in find(folders, source.SOUNDS, without=[out, partial])]
    check_licences((entry.found.file for entry in entries), options.licences)
    look(entries, _refused, progress)
    journal = Journal(partial, json.dumps(versions(), sort_keys=True))
    work = _Work(options, journal, partial, workers or pool.cores(), say, progress)
    try:
        with atomic.writing(out):
            found = _examine(entries, work)
            progress("comparing", 0.0)
            review(entries, found, options)
            progress("comparing", 1.0)
            how, staged = _cut(entries, found, work)
        if not any(not entry.why for entry in entries):
            _clean(journal, partial)
            raise InputError(manifest.nothing(folders, entries))
        with atomic.replacing_folder(out, force=force) as folder:
            progress("writing", 0.0)
            counts = _write(folder, folders, entries, found, options, how, staged)
            progress("writing", 1.0)
        _clean(journal, partial)
    finally:
        journal.close()
    return Built(out, counts, entries, how)


def versions() -> dict[str, str]:
    """Return what the same files are read with."""
    return {
        "dusktape": __version__,
        "soundfile": version("soundfile"),
        "soxr": version("soxr"),
        "measure": str(measure.VERSION),
    }


def _check_extras(options: Options) -> None:
    """Raise PluginError now rather than when ten thousand files have been read."""
    cut.check_extras()
    if find_spec("matplotlib") is None:
        raise PluginError("the page of a dataset needs matplotlib; install it with: pip install 'dusktape[audio]'")
    if options.cut in ("beats", "bars") and find_spec("librosa") is None:
        raise PluginError("beats are found by librosa; install it with: pip install 'dusktape[audio]'")


def _refused(place: Path) -> tuple[str, str] | None:
    return ("unreadable", source.NEEDS_FFMPEG) if source.is_foreign(place) and not source.ffmpeg() else None


def _limit_s(place: Path) -> float:
    return _LEAST_S + place.stat().st_size / _BYTES_S


def _examine(entries: Sequence[Entry], work: _Work) -> dict[str, Finding]:
    """Have every file measured that the journal does not know; return what was found, by hash of the file."""
    wanted = {entry.sha256: entry for entry in reversed(entries) if entry.sha256}
    new = [entry for sha256, entry in sorted(wanted.items()) if sha256 not in work.journal]
    known = len(wanted) - len(new)
    if known:
        work.say(f"{known:,} of {len(wanted):,} files were measured by an earlier call that was stopped; going on")
    orders = [{"place": os.fspath(e.found.place), "sha256": e.sha256, "limit_s": _limit_s(e.found.place)} for e in new]
    lost: dict[str, str] = {}
    for done, (place, answer) in enumerate(_answers(orders, work), known + 1):
        if isinstance(answer, pool.Lost):
            lost[new[place].sha256] = answer.reason
        else:
            work.journal.put(new[place].sha256, answer)
        work.progress("measuring", done / len(wanted))
    found = {sha256: Finding.decoded(work.journal.get(sha256)) for sha256 in wanted if sha256 not in lost}
    for entry in entries:
        entry.label = label(entry.found.file, work.options.label_from)
        if entry.sha256 in lost:
            entry.drop("broken", lost[entry.sha256])
        elif entry.sha256:
            finding = found[entry.sha256]
            entry.facts, entry.why, entry.reason = finding.facts, finding.why, finding.reason
    return found


def _answers(orders: Sequence[pool.Order], work: _Work) -> Iterator[tuple[int, bytes | pool.Lost]]:
    answers = pool.examine(orders, worker.COMMAND, workers=work.workers)
    with closing(answers):
        yield from answers


def _cut(entries: Sequence[Entry], found: Mapping[str, Finding], work: _Work) -> tuple[str, Path]:
    """Have every kept file cut whose clips are not there yet; return how, and the folder of the clips."""
    how = work.options.cut or plans.usual_cut(entries)
    if not work.options.cut and not all(entry.why for entry in entries):
        work.say(f"cut as {'one-shots' if how == 'oneshots' else 'fixed lengths'}: most files are "
                 f"{'short' if how == 'oneshots' else 'long'} (--cut {how})")  # fmt: skip
    orders, owners = [], []
    stamp = hashlib.sha256(json.dumps([work.options.sample_rate, work.options.channels, how]).encode()).hexdigest()
    staged = work.folder / f"{CLIPS}-{stamp[:16]}"
    for entry, stem in zip(entries, plans.stems([e.found.name for e in entries]), strict=True):
        if entry.why or not plans.long_enough(entry, how, work.options):
            continue
        plan = plans.plan(entry, how, work.options, found[entry.sha256].arrays["strikes"].tolist())
        order = {"sha256": entry.sha256, "stem": stem, "plan": plan}
        orders.append(order)
        owners.append(entry)
    if not orders:
        return how, staged
    staged.mkdir(parents=True, exist_ok=True)
    keys = [hashlib.sha256(json.dumps(order, sort_keys=True).encode()).hexdigest() for order in orders]
    new = [i for i, key in enumerate(keys) if not _is_there(work.journal, key, staged)]
    if len(new) < len(keys):
        work.say(f"{len(keys) - len(new):,} of {len(keys):,} files were cut by it, too")
    asked = [
        {**orders[i], "place": os.fspath(owners[i].found.place), "folder": os.fspath(staged),
         "limit_s": _limit_s(owners[i].found.place)} for i in new
    ]  # fmt: skip
    for done, (place, answer) in enumerate(_answers(asked, work), len(orders) - len(new) + 1):
        entry = owners[new[place]]
        if isinstance(answer, pool.Lost):
            entry.drop("broken", answer.reason)
        elif stop := json.loads(answer).get("stop"):
            raise OutputError(stop.replace(os.fspath(staged), os.fspath(work.folder)))
        else:
            work.journal.put(keys[new[place]], answer)
        work.progress("cutting", done / len(orders))
    for entry, key in zip(owners, keys, strict=True):
        if not entry.why:
            _take(entry, json.loads(work.journal.get(key)))
    return how, staged


def _is_there(journal: Journal, key: str, staged: Path) -> bool:
    if key not in journal:
        return False
    made = json.loads(journal.get(key)).get("clips", [])
    return all((staged / f"{clip['name']}.flac").is_file() for clip in made)


def _take(entry: Entry, answer: Mapping[str, Any]) -> None:
    if "why" in answer:
        entry.drop(answer["why"], answer["reason"])
        return
    entry.clips, entry.left_out = answer["clips"], answer["left_out"]
    if not entry.clips:
        why, many = max(entry.left_out.items(), key=lambda item: item[1], default=("silent", 0))
        entry.drop(why, f"all of its {many} clips are {why}" if many > 1 else f"its only clip is {why}")


def _write(
    folder: Path,
    folders: Sequence[Path],
    entries: Sequence[Entry],
    found: Mapping[str, Finding],
    options: Options,
    how: str,
    staged: Path,
) -> dict[str, Any]:
    made = manifest.clips(entries, options)
    (folder / CLIPS).mkdir()
    for clip in made:
        _linked(staged / f"{clip.name}.flac", folder / CLIPS / f"{clip.name}.flac")
    counts = manifest.counts(entries, made, options.sample_rate)
    text = manifest_text(
        sample_rate=options.sample_rate,
        channels=options.channels,
        clips=made,
        files=manifest.files(entries, options),
        **versions(),
        folders=sorted(folder.resolve().name for folder in folders),
        cut=how,
        options=options.told(),
        counts=counts,
    )
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
    describe(folder, found)
    return counts


def describe(folder: Path, found: Mapping[str, Finding]) -> None:
    """Write the page of a dataset into its folder."""
    from dusktape.data.audio.page import write_page

    write_page(folder, {sha256: finding.arrays for sha256, finding in found.items()})


def _linked(staged: Path, place: Path) -> None:
    """Put a clip into the dataset and leave it where it is, too: a call that is stopped here loses nothing."""
    try:
        os.link(staged, place)
    except OSError:
        shutil.copyfile(staged, place)


def _clean(journal: Journal, partial: Path) -> None:
    for staged in partial.glob(f"{CLIPS}-*"):
        shutil.rmtree(staged, ignore_errors=True)
    journal.remove()
