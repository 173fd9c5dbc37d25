"""Numbers that options take, refused in words."""

from __future__ import annotations

import math
from typing import Any

import click


class Whole(click.IntRange):
    """A whole number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; refuse text that is none, and a number out of range."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(_said("a whole number", self.min, self.max, value), param, ctx)

    def _describe_range(self) -> str:
        return _bounds(self.min, self.max)


class Number(click.FloatRange):
    """A number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; refuse text that is none, what is not finite, and a number out of range."""
        try:
            found = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(_said("a number", self.min, self.max, value), param, ctx)
        if not math.isfinite(found):
            self.fail(_said("a number", self.min, self.max, value), param, ctx)
        return found

    def _describe_range(self) -> str:
        return _bounds(self.min, self.max)


def _said(kind: str, low: float | None, high: float | None, value: Any) -> str:
    bounds = _bounds(low, high)
    return f"that is {kind}{bounds and f', {bounds}'}, got {str(value)[:40]!r}"


def _bounds(low: float | None, high: float | None) -> str:
    """Return a range in words; nothing for one that is open at both ends."""
    ends = [f"{end:.15g}" for end in (low, high) if end is not None]
    return f"{ends[0]} {'or more' if high is None else 'or less' if low is None else f'to {ends[1]}'}" if ends else ""


__all__ = ["Number", "Whole"]
