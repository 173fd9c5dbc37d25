"""From folders of MIDI files to one dataset: find, read and examine, leave out, split, write."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError, PluginError
from dusktape.core.version import __version__
from dusktape.data import dataset, pool
from dusktape.data.dataset import Song
from dusktape.data.find import check_place, look
from dusktape.data.journal import Journal
from dusktape.data.licences import check_licences
from dusktape.data.midi import analysis, manifest, read, worker
from dusktape.data.midi.duplicates import near_duplicates
from dusktape.data.midi.find import find
from dusktape.data.midi.finding import Finding
from dusktape.data.midi.options import Entry, Options
from dusktape.data.split import fold
from dusktape.io import atomic

Say = Callable[[str], None]
Progress = Callable[[str, float], None]

PARTIAL = ".partial"
"""What the folder of unfinished work is called: the dataset's name and this."""


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
    """

    folder: Path
    counts: Mapping[str, Any]
    entries: Sequence[Entry]


class _Songs(Sequence[Song]):
    """Songs that stay on disk until they are asked for."""

    def __init__(self, entries: Sequence[Entry], journal: Journal) -> None:
        self._entries, self._journal = entries, journal

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return _Songs(self._entries[place], self._journal)
        entry = self._entries[place]
        song = Finding.decoded(self._journal.get(entry.sha256)).song
        assert song
        return replace(song, name=entry.found.name, split=entry.split)


def build(
    folders: Sequence[Path],
    out: Path,
    options: Options,
    *,
    workers: int | None = None,
    force: bool = False,
    limit_s: float = pool.LIMIT_S,
    say: Say = lambda text: None,
    progress: Progress = lambda stage, share: None,
) -> Built:
    """Make a dataset. The same files and options make the same bytes, however many workers there are.

    What was found in a file is kept in `OUT.partial` until the dataset is there, so a call that was cut off is gone on
    with by the next one.

    Parameters
    ----------
    folders
        Of MIDI files, looked through with all that is below.
    out
        The folder to write.
    options
        What the dataset depends on besides the files.
    workers
        Processes at once; as many as there are cores if None.
    force
        Whether files in `out` may be replaced.
    limit_s
        Seconds that one file may take.
    say, progress
        Are told what goes on: a sentence; a stage and how much of it is done, 0 to 1.

    Raises
    ------
    InputError
        If a folder is missing or there is nothing to learn from.
    OutputError
        If `out` cannot be written, or is there (and not `force`).
    PluginError
        If an extra is missing.
    """
    _check_extras()
    check_place(folders, out, force=force)
    partial = out.resolve().with_name(out.resolve().name + PARTIAL)
    entries = [Entry(found) for found in find(folders, without=[out, partial])]
    check_licences((entry.found.file for entry in entries), options.licences)
    look(entries, _refused, progress)
    journal = Journal(partial, _stamp(options))
    try:
        with atomic.writing(partial):
            _examine(entries, journal, options, workers or pool.cores(), limit_s, say, progress)
        kept = _split(entries, journal, options, progress)
        if not kept:
            journal.remove()
            raise InputError(manifest.nothing(folders, entries))
        songs = _Songs(kept, journal)
        facts = manifest.manifest(folders, entries, songs, options, versions())
        with atomic.replacing_folder(out, force=force) as folder:
            progress("writing", 0.0)
            dataset.write(folder, songs, facts)
            describe(folder)
            progress("writing", 1.0)
        journal.remove()
    finally:
        journal.close()
    return Built(out, facts["counts"], entries)


def versions() -> dict[str, str]:
    """Return what the same files are read with."""
    return {
        "dusktape": __version__,
        "symusic": version("symusic"),
        "read": str(read.VERSION),
        "analysis": str(analysis.VERSION),
    }


def describe(folder: Path) -> None:
    """Write the data sheet and the page of a dataset into its folder."""
    from dusktape.data.midi.page import write_page
    from dusktape.data.midi.sheet import write_sheet

    write_sheet(folder)
    write_page(folder)


def _check_extras() -> None:
    """Raise PluginError now rather than when ten thousand files have been read."""
    read.parser()
    if find_spec("matplotlib") is None:
        raise PluginError("the page of a dataset needs matplotlib; install it with: pip install 'dusktape[train]'")


def _stamp(options: Options) -> str:
    return json.dumps([versions(), asdict(options.normalise)], sort_keys=True)


def _refused(place: Path) -> tuple[str, str] | None:
    size = place.stat().st_size
    if size <= read.MOST_BYTES:
        return None
    return "too large", f"it has {size / 1e6:,.1f} MB; no more than {read.MOST_BYTES / 1e6:g} are read"


def _examine(
    entries: Sequence[Entry],
    journal: Journal,
    options: Options,
    workers: int,
    limit_s: float,
    say: Say,
    progress: Progress,
) -> None:
    """Have every file examined that the journal does not know, and note what came of each."""
    wanted = {entry.sha256: entry for entry in reversed(entries) if entry.sha256}
    new = [entry for sha256, entry in sorted(wanted.items()) if sha256 not in journal]
    known = len(wanted) - len(new)
    if known:
        say(f"{known:,} of {len(wanted):,} files were read by an earlier call that was stopped; going on")
    orders = [
        {
            "place": os.fspath(entry.found.place),
            "file": entry.found.file,
            "sha256": entry.sha256,
            "normalise": asdict(options.normalise),
            "limit_s": limit_s,
        }
        for entry in new
    ]
    lost: dict[str, str] = {}
    answers = pool.examine(orders, worker.COMMAND, workers=workers, limit_s=limit_s)
    with closing(answers):
        for done, (place, answer) in enumerate(answers, known + 1):
            if isinstance(answer, pool.Lost):
                lost[new[place].sha256] = answer.reason
            else:
                journal.put(new[place].sha256, answer)
            progress("reading", done / len(wanted))
    for entry in entries:
        if entry.sha256 in lost:
            entry.drop("broken", lost[entry.sha256])
        elif entry.sha256:
            finding = Finding.decoded(journal.get(entry.sha256))
            entry.facts, entry.why, entry.reason = finding.found, finding.why, finding.reason


def _split(entries: Sequence[Entry], journal: Journal, options: Options, progress: Progress) -> list[Entry]:
    """Drop duplicates, or tie them together, then split by song; return what is kept, by name."""
    usable = [entry for entry in entries if not entry.why]
    kept = {entry.sha256: entry for entry in reversed(usable)}
    progress("comparing", 0.0)
    different = sorted(kept.values(), key=lambda entry: entry.found.name)
    for group in near_duplicates(_Songs(different, journal)):
        best, *others = (different[place] for place in group)
        kept.update((other.sha256, best) for other in others)
    progress("comparing", 1.0)
    for entry in usable:
        best = kept[entry.sha256]
        if best is not entry:
            entry.twin = best.found.file
        if entry.twin and options.drop_duplicates:
            same = "has the same bytes" if best.sha256 == entry.sha256 else "is the same music"
            entry.drop("duplicate", f"it {same} as {entry.twin}")
        entry.split = "" if entry.why else fold(best.found.name, options.seed)
    return [entry for entry in usable if not entry.why]
