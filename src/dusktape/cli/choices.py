"""One of a few words, refused in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from dusktape.core.errors import InputError, suggestion

if TYPE_CHECKING:
    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # takes no type before click 8.2


class OneOf(_Choice):
    """One of a few words.

    Parameters
    ----------
    words
        What there is.
    what
        What they are, as in `weather`.
    """

    def __init__(self, words: Sequence[str], *, what: str) -> None:
        super().__init__(words)
        self._what = what

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word; refuse another.

        Raises
        ------
        InputError
            Naming the one that is like it, or all of them.
        """
        try:
            return str(super().convert(value, param, ctx))
        except click.BadParameter as error:
            told = str(value)[:40]
            raise InputError(f"there is no {self._what} {told!r}{suggestion(told, map(str, self.choices))}") from error


__all__ = ["OneOf"]
