"""How a model of sounds is to draw: what of it a user may say, and what refuses what does not apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dusktape.core.errors import InputError
from dusktape.core.roles import SoundWriter
from dusktape.publish import makers
from dusktape.publish.makers import Maker

STEPS = 20
"""Of a sampler, where nobody says how many."""

_MOST = {"temperature": 2.0, "top_p": 1.0}


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was said of how a model draws; what is None is left to it.

    Parameters
    ----------
    steps
        Of a sampler, 1 to 1000.
    sampler
        One of `models.diffusion.samplers`.
    temperature, top_p
        As `models.wavenet` draws: 0 to 2, and 0 to 1.
    device
        Of torch.

    Raises
    ------
    InputError
        If one is out of range or unknown.
    """

    steps: int | None = None
    sampler: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        check(self.steps, self.sampler)

    @property
    def said(self) -> dict[str, Any]:
        """What is not None, by its name."""
        asked = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in asked.items() if value is not None}

    def check_unsaid(self, source: str) -> None:
        """Refuse whatever was said, for a source that is no model of sounds.

        Raises
        ------
        InputError
            Naming it.
        """
        if said := self.said:
            raise InputError(f"{_option(said)} is for models of sounds, and {source} is none; leave it out")

    def writer(self, maker: Maker) -> SoundWriter:
        """Return who draws like this.

        Raises
        ------
        InputError
            If what was said does not apply to the model, naming it.
        """
        writer: Any = makers.on_device(maker, self.device)
        writer = drawn(writer, maker, {"temperature": self.temperature, "top_p": self.top_p})
        check_steps(writer, maker, self.steps)
        if self.sampler is not None:
            if not hasattr(writer, "sampling"):
                raise InputError(f"{maker.model.name} has no --sampler; that is for diffusion: leave it out")
            writer = writer.sampling(self.sampler)
        found: SoundWriter = writer
        return found


def check(steps: int | None, sampler: str | None, eta: float | None = None) -> None:
    """Refuse steps and samplers that no model can take, before one is loaded."""
    from dusktape.models.diffusion.samplers import DEFAULT
    from dusktape.models.diffusion.samplers import check as check_sampler

    if steps is not None and not 1 <= steps <= 1000:
        raise InputError(f"--steps is 1 to 1000, got {steps}; {STEPS} is usual")
    if sampler is not None or eta is not None:
        check_sampler(sampler or DEFAULT, eta)


def drawn(writer: Any, maker: Maker, asked: Mapping[str, float | None]) -> Any:
    """Return who draws sample by sample as it is asked to: `temperature`, `top_p`, `bpm`."""
    said = {name: value for name, value in asked.items() if value is not None}
    if not said:
        return writer
    if not hasattr(writer, "drawn"):
        raise InputError(f"{maker.model.name} has no {_option(said)}; that is for a training of wavenet: leave it out")
    for name, most in _MOST.items():
        if name in said and not 0.0 < said[name] <= most:
            raise InputError(
                f"{_option([name])} is above 0 and at most {most:g}, got {said[name]:g}; leave it out for 1"
            )
    return writer.drawn(**said)


def check_steps(writer: Any, maker: Maker, steps: int | None) -> None:
    """Refuse steps where there is one to each sample of the sound."""
    if steps is not None and hasattr(writer, "run_on"):
        raise InputError(f"{maker.model.name} has no --steps, it draws sample by sample; leave it out")


def _option(names: Any) -> str:
    return f"--{next(iter(names)).replace('_', '-')}"
