"""Numbers that options take, refused in words."""

from __future__ import annotations

from typing import Any

import click


class Whole(click.IntRange):
    """A whole number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; refuse text that is none, and a number out of range."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            low = "any" if self.min is None else f"{self.min}"
            bounds = f"{low} or more" if self.max is None else f"{low} to {self.max}"
            self.fail(f"that is a whole number, {bounds}, got {str(value)[:40]!r}", param, ctx)


__all__ = ["Whole"]
