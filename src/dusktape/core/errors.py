"""What goes wrong because of what a user asked, said in one line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class DusktapeError(Exception):
    """A user's mistake: the message names what, where and the way out. The command line prints it and exits 1."""


class RecipeError(DusktapeError):
    """A recipe, or a value meant for one, that cannot be made into music."""


class PluginError(DusktapeError):
    """A part that is not there, does not import, or needs an extra."""


class OutputError(DusktapeError):
    """A file that cannot be written, or that is already there."""


class WeightsError(DusktapeError):
    """Network weights that are missing, damaged or not the ones the card names."""


class InputError(DusktapeError):
    """A file given by the user that cannot be read as what it should be."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `"; did you mean 'x'?"`, or `"; there is a, b, c"` when nothing is close.

    Parameters
    ----------
    name
        What was asked for.
    known
        What exists.
    """
    names = sorted(set(known))
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is {', '.join(names)}" if names else ""
