"""What becomes of measured files: which are marked, which are copies, which are left out, which split each is in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from dusktape.core.seed import Seed
from dusktape.data.audio.finding import Finding
from dusktape.data.audio.judge import judge
from dusktape.data.audio.neighbours import FEWEST, Printed, near_duplicates, outliers
from dusktape.data.audio.options import Entry, Options
from dusktape.data.dataset import SPLITS
from dusktape.data.split import fold


def review(entries: Sequence[Entry], found: Mapping[str, Finding], options: Options) -> None:
    """Mark, drop and split files in place.

    Parameters
    ----------
    entries
        Every file, measured; those that could not be are passed over.
    found
        What was found, by the hash of the file.
    options
        What to drop.
    """
    usable = [entry for entry in entries if not entry.why]
    for entry in usable:
        entry.flags |= judge(entry.facts, rate=options.sample_rate, channels=options.channels)
    first = _exact(usable, options)
    home = _near(first, found)
    _outliers([entry for entry in first if not entry.why], found)
    for entry in usable:
        for flag in sorted(entry.flags):
            if not entry.why and flag in options.drop:
                entry.drop(flag, entry.flags[flag])
    kept = {entry.found.file: entry for entry in usable}
    homes = {}
    for entry in usable:
        if not entry.why:
            one = kept[entry.twin] if entry.twin else entry
            homes[entry.found.file] = home.get(one.found.file, one.found.name)
    splits = _folds(set(homes.values()), options.seed)
    for entry in usable:
        if not entry.why:
            entry.split = splits[homes[entry.found.file]]


def _folds(names: set[str], seed: int) -> dict[str, str]:
    """Return the split of each name, by its hash; of three names or more none is left empty.

    What is empty gets a name of the largest split: few names split unevenly.
    """
    found = {name: fold(name, seed) for name in sorted(names)}
    for split in SPLITS if len(names) >= len(SPLITS) else ():
        if split not in found.values():
            largest = Counter(found.values()).most_common(1)[0][0]
            some = [name for name in found if found[name] == largest]
            found[min(some, key=lambda name: Seed(seed).at("moved", name).key)] = split
    return found


def _exact(usable: Sequence[Entry], options: Options) -> list[Entry]:
    """Drop, or mark with their twin, files with the same samples; return the first of each."""
    seen: dict[str, Entry] = {}
    for entry in usable:
        one = seen.setdefault(entry.facts["audio_sha256"], entry)
        if one is not entry:
            entry.twin = one.found.file
            if options.drop_duplicates:
                same = "bytes" if one.sha256 == entry.sha256 else "samples"
                entry.drop("duplicate", f"it has the same {same} as {one.found.file}")
    return list(seen.values())


def _near(files: Sequence[Entry], found: Mapping[str, Finding]) -> dict[str, str]:
    """Mark near copies; return, by file, the name that its group is split by."""
    printed = []
    for entry in files:
        arrays = found[entry.sha256].arrays
        seconds = entry.facts["sound_to_s"] - entry.facts["sound_from_s"]
        prints, anchors = arrays["prints"].astype(np.float32), arrays["anchors"].astype(float)
        printed.append(Printed(prints, anchors, seconds, arrays["track"]))
    home = {}
    for places, likeness in near_duplicates(printed):
        group = [files[place] for place in places]
        best = max(group, key=lambda entry: (entry.facts["rate"], entry.facts["bits"], entry.facts["seconds"]))
        for entry in group:
            home[entry.found.file] = best.found.name
            if entry is not best:
                entry.twin = best.found.file
                entry.flags["near-duplicate"] = f"it sounds like {best.found.file} (likeness {likeness:.3f} or more)"
    return home


def _outliers(files: Sequence[Entry], found: Mapping[str, Finding]) -> None:
    """Mark what is far from the rest: from those of its label where there are enough of them, else from all others."""
    by_label: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in files:
        by_label[entry.label].append(entry)
    rest: list[Entry] = []
    groups = []
    for group in by_label.values():
        if len(group) >= FEWEST:
            groups.append(group)
        else:
            rest += group
    for group in [*groups, rest]:
        textures = [found[entry.sha256].arrays["texture"].astype(float) for entry in group]
        for place, told in outliers([dict(entry.facts) for entry in group], textures).items():
            group[place].flags["outlier"] = told
