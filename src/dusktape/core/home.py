"""Where a user's own sounds and recipes are on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "DUSKTAPE_HOME"
"""Environment variable that moves the home."""

INSTRUMENTS = "DUSKTAPE_INSTRUMENTS"
"""Environment variable with further folders of instruments, parted as in PATH; processes that we start inherit it."""

FOLDERS = {
    "instruments": "SoundFonts (.sf2, .sf3), and folders of notes named by pitch",
    "kits": "folders of one-shots named by kind",
    "effects": "recordings that are laid over: .wav, .flac, .mp3; among the instruments in dusktape parts",
    "recipes": "recipes of your own: .toml",
}
"""What lies in the home, and what goes there."""


def home() -> Path:
    r"""Return the folder of everything that is the user's; it need not be there.

    `DUSKTAPE_HOME`, or `%APPDATA%\Dusktape` on Windows, `~/Library/Application Support/Dusktape` on macOS, and
    `$XDG_DATA_HOME/dusktape` (`~/.local/share/dusktape`) elsewhere.

    Source
    ------
    XDG Base Directory Specification 0.8; Apple, File System Programming Guide; Microsoft, Known Folders.
    """
    if told := os.environ.get(VARIABLE):
        return Path(told).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "Dusktape"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Dusktape"
    told = os.environ.get("XDG_DATA_HOME", "")
    return (Path(told) if os.path.isabs(told) else Path.home() / ".local" / "share") / "dusktape"  # noqa: PTH117


def folder(name: str) -> Path:
    """Return one of `FOLDERS`; it need not be there."""
    return home() / name


def instrument_folders() -> tuple[Path, ...]:
    """Return where instruments are looked for, in order: folders that were named first, then the home's."""
    told = os.environ.get(INSTRUMENTS, "").split(os.pathsep)
    return (*(Path(one) for one in told if one), folder("instruments"))


def look_in(place: Path) -> None:
    """Look for instruments in this folder too, before the others; so do processes that are started from here on."""
    others = [one for one in os.environ.get(INSTRUMENTS, "").split(os.pathsep) if one]
    place = place.absolute()
    os.environ[INSTRUMENTS] = os.pathsep.join([str(place), *(one for one in others if one != str(place))])
