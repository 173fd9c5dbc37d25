"""Numbers of things, as one says them."""

from __future__ import annotations


def counted(number: int, what: str, *, several: str = "") -> str:
    """Return `1 bar`, `2 bars`, `1,000 bars`.

    Parameters
    ----------
    number
        How many.
    what
        One of them.
    several
        More of them, where that is not the same with an s.
    """
    return f"{number:,} {what if number == 1 else several or f'{what}s'}"
