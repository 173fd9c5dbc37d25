"""Libraries that only measuring needs, imported when it begins."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from dusktape.core.errors import PluginError

_ALL = ("librosa", "matplotlib.figure", "pyloudnorm", "scipy.signal", "soxr")


def needed(name: str) -> Any:
    """Return a module of the extra.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        raise PluginError(
            f"measuring sound needs {package}; install it with: pip install 'dusktape[evaluate]'"
        ) from error


def check() -> None:
    """Refuse to begin where something is missing that the end will need. Raises as `needed`."""
    for name in _ALL:
        needed(name)
