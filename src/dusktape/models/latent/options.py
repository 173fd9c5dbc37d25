"""How large the network is, and what its training weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dusktape.core.errors import InputError
from dusktape.models.latent.tokens import PITCHES, TOKENS

LEAPS = 2 * PITCHES - 1
OUT_SIZES = (TOKENS, 12, LEAPS)
"""What is asked at each sixteenth: a token, each pitch class above the chord's root, each leap from the last note."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a network is built and trained with.

    Parameters
    ----------
    latents
        Dimensions of the space.
    beta
        What a nat of the point costs in training; less than 1 lets points say more (Higgins et al. 2017).
    free_nats
        Of each latent, so much costs nothing (Kingma et al. 2016).
    warmup_steps
        Until then that cost grows from nothing (Bowman et al. 2016).
    word_dropout
        Share of the past that is hidden from the decoder in training (Bowman et al. 2016).
    dropout
        Of hidden values.
    control_weight
        What a squared error of a control (in standard deviations) costs in training.
    small, chord, encoder, pooled, chord_point, chord_hidden, point, conductor, context, note, hidden
        Widths of embeddings and layers.
    """

    latents: int = 96
    beta: float = 0.2
    free_nats: float = 0.02
    warmup_steps: int = 1500
    word_dropout: float = 0.25
    dropout: float = 0.1
    control_weight: float = 1.0
    small: int = 16
    chord: int = 24
    encoder: int = 96
    pooled: int = 32
    chord_point: int = 64
    chord_hidden: int = 96
    point: int = 96
    conductor: int = 160
    context: int = 64
    note: int = 32
    hidden: int = 96

    def __post_init__(self) -> None:
        for name, value in self.table().items():
            whole = isinstance(Options.__dataclass_fields__[name].default, int)
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                raise InputError(f"latent: {name} is a {'whole ' * whole}number, got {value!r}")
            if whole and name != "warmup_steps" and not 1 <= value <= 4096:
                raise InputError(f"latent: {name} is a whole number from 1 to 4096, got {value!r}")
            if name in ("word_dropout", "dropout") and not 0.0 <= value < 1.0:
                raise InputError(f"latent: {name} is at least 0 and less than 1, got {value!r}")
            if not value >= 0:
                raise InputError(f"latent: {name} is 0 or more, got {value!r}")

    def table(self) -> dict[str, Any]:
        """Return name to value."""
        return asdict(self)

    @staticmethod
    def of(values: Mapping[str, Any]) -> Options:
        """Read them from a configuration.

        Raises
        ------
        InputError
            If one is unknown or not what it should be.
        """
        known = Options.__dataclass_fields__
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InputError(f"latent: there is no option {unknown[0]!r}; there are {', '.join(known)}")
        return Options(**values)
