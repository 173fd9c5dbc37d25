"""`dusktape doctor`: is everything where it should be?"""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click

from dusktape.core import plugins
from dusktape.core.errors import DusktapeError
from dusktape.core.version import __version__

_GAINS = {
    "train": "train the networks on your own data",
    "evaluate": "measure anybody's MIDI, and draw the plots of a report",
    "lofi": "find the beat of recordings",
    "sf2": "play SoundFonts",
}
_OURS_ALONE = "dev"


@click.command()
def command() -> int:
    """Say what is installed, what an extra would add, and whether sound can be written.

    Exits 1 if something is amiss.
    """
    well = True
    print(f"dusktape {__version__}, Python {platform.python_version()}, {platform.platform()}")
    base, extras = needed()
    for package in base:
        if found := _version(package):
            print(f"ok       {package} {found}")
        else:
            well = False
            print(f"missing  {package}; install it with: pip install {package}")
    for extra, packages in extras.items():
        missing = [package for package in packages if not _version(package)]
        gain = f"extra {extra}: {_GAINS.get(extra, ', '.join(packages))}"
        print(f"optional {gain}{_how(extra, missing)}" if missing else f"ok       {gain}")
    for group in plugins.GROUPS:
        well = _group(group) and well
    well = _weights() and well
    well = _files() and well
    return 0 if well else 1


def _group(group: str) -> bool:
    """Say how many parts of a group there are, which are broken, and which are passed over."""
    from dusktape.studio import presets, yours
    from dusktape.studio.understanding import unheard

    amiss, count, passed = list(plugins.broken(group).values()), len(plugins.names(group)), plugins.clashes(group)
    if group == "recipes":
        count = len(presets.working_recipes())
        amiss += [f"recipe {name}: {reason}" for name, reason in presets.broken_recipes().items()]
        passed += presets.recipe_clashes()
    elif group == "instruments":
        passed += [*yours.remarks(), *unheard()]
    print(f"{'broken  ' if amiss else 'ok      '} {count} {group}")
    for line in (*amiss, *passed):
        print(f"         {line}")
    return not amiss


def needed() -> tuple[list[str], dict[str, list[str]]]:
    """Return the packages that dusktape cannot do without, and those of each extra, as it was installed."""
    base: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in requires("dusktape") or ():
        package, extra = re.split(r"[^\w.-]", line, maxsplit=1)[0], re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        (extras.setdefault(extra[1], []) if extra else base).append(package)
    extras.pop(_OURS_ALONE, None)
    return base, extras


def _version(package: str) -> str:
    """Return what is installed; nothing where it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _how(extra: str, missing: Sequence[str]) -> str:
    lacks = f"; it lacks {', '.join(missing)}"
    return f"{lacks}; add it with: pip install 'dusktape[{extra}]', or in a clone: pip install -e '.[{extra}]'"


def _weights() -> bool:
    well = True
    for name in plugins.names("models"):
        try:
            model = plugins.find("models", name)
            if not model.ships:
                print(f"optional weights of {name}: make some with dusktape train {name}, play them with --composer")
                continue
            model.open()
            print(f"ok       weights of {name}, sha256 {model.sha256[:12]}")
        except DusktapeError as error:
            well = False
            print(f"broken   weights of {name}: {error}")
    return well


def _files() -> bool:
    import numpy as np

    from dusktape.core.seed import Seed
    from dusktape.io.audiofile import FORMATS, AudioWriter, read

    well = True
    for suffix in FORMATS:
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"tone{suffix}"
                with AudioWriter(path, seed=Seed(0)) as writer:
                    writer.write(np.full((2, 4410), 0.1, np.float32))
                frames = read(path).samples.shape[1]
            print(f"ok       {suffix} can be written ({frames} frames read back)")
        except (DusktapeError, OSError) as error:
            well = False
            print(f"broken   {suffix} cannot be written: {error}", file=sys.stdout)
    return well
