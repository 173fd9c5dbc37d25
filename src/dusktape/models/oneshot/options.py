"""How large the network is, and what it learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dusktape.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Options:
    """What a network is built and trained with.

    Parameters
    ----------
    kits
        Kits of ours that are drawn, a stroke of each class from each.
    variations
        Strokes of each class that recordings teach, which these are varied into.
    mixed
        Share of these strokes that are mixed with another of their class, each time anew.
    components
        Principal components that a stroke is described with.
    width, blocks, hidden
        Of the network: of its stream, how many residual blocks, and their inner width.
    steps
        Of the sampler, of two evaluations each.
    forget
        Share of training examples whose source, recorded or synthesised, is not told; of others the class is not.
    """

    kits: int = 600
    variations: int = 480
    mixed: float = 0.9
    components: int = 160
    width: int = 256
    blocks: int = 4
    hidden: int = 448
    steps: int = 8
    forget: float = 0.1

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            kind = float if name in ("forget", "mixed") else int
            if isinstance(value, bool) or not isinstance(value, (int, kind)) or not low <= value <= high:
                raise InputError(f"oneshot: {name} is a number from {low} to {high}, got {value!r}")

    def table(self) -> dict[str, Any]:
        """Return name to value."""
        return asdict(self)

    @staticmethod
    def of(values: Mapping[str, Any]) -> Options:
        """Read them from a configuration.

        Raises
        ------
        InputError
            If one is unknown or out of range.
        """
        unknown = sorted(set(values) - set(Options.__dataclass_fields__))
        if unknown:
            raise InputError(f"oneshot: there is no option {unknown[0]!r}; there are {', '.join(Options().table())}")
        return Options(**values)


_RANGES = {
    "kits": (0, 100_000),
    "variations": (1, 100_000),
    "components": (4, 512),
    "width": (8, 2048),
    "blocks": (1, 32),
    "hidden": (8, 4096),
    "steps": (1, 200),
    "forget": (0.0, 0.9),
    "mixed": (0.0, 1.0),
}
