"""What the registry knows of a learned part: where its weights lie, what they learned from, how to open it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dusktape.core.errors import WeightsError


@dataclass(frozen=True, slots=True)
class Source:
    """Data that weights learned from: what it is, its licence and the line its licence asks for."""

    name: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Model:
    """A learned part, described without loading it.

    Parameters
    ----------
    name
        As registered.
    summary
        What it writes, in one line.
    folder
        Where `card.md`, `weights.safetensors` and `weights.json` (sha256, figures) lie.
    sources
        What it learned from.
    opener
        From (weights file, expected SHA-256 or None) to a writer from `core.roles`.
    trainer
        Module that trains it, imported only for that.
    role
        What it writes: `harmony`, `melody`, `drums`, `comping`, `song` (harmony and melody together) or `sound`.
    ships
        Whether weights come with the package. Those of the others come from `dusktape train`.
    takes
        Whether a path, or a name that was published, is a checkpoint of somebody else's for its opener, whose writer
        has a `sha256` then. None where it opens nothing but its own.
    """

    name: str
    summary: str
    folder: Path
    sources: tuple[Source, ...]
    opener: Callable[[Path, str | None], Any]
    trainer: str
    role: str = ""
    ships: bool = True
    takes: Callable[[Path], bool] | None = None

    @property
    def weights(self) -> Path:
        """The file that ships."""
        return self.folder / "weights.safetensors"

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the training command wrote beside the weights: `sha256` and the figures of the card."""
        path = self.folder / "weights.json"
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(facts["sha256"], str):
                raise ValueError("its sha256 is no text")
        except OSError as error:
            raise WeightsError(f"cannot read {path}: {error.strerror}; reinstall dusktape") from error
        except (ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"{path} does not describe weights: {error}; reinstall dusktape") from error
        return facts

    @property
    def sha256(self) -> str:
        """Hash that the shipped weights must have."""
        return str(self.facts["sha256"])

    def open(self, weights: Path | None = None, expected_sha256: str | None = None) -> Any:
        """Return the writer, with the shipped weights (checked) or with others that the user trained.

        Parameters
        ----------
        weights
            A file that `dusktape train` wrote; the shipped one if not given.
        expected_sha256
            What that file must hash to, if that is known.

        Raises
        ------
        WeightsError
            If the weights are missing, damaged or swapped.
        """
        if weights is None and not self.ships:
            raise WeightsError(f"no weights of {self.name} come with dusktape; make some: dusktape train {self.name}")
        path = self.weights if weights is None else weights
        try:
            return self.opener(path, self.sha256 if weights is None else expected_sha256)
        except (KeyError, ValueError) as error:
            way_out = (
                "reinstall dusktape" if weights is None else f"give weights that `dusktape train {self.name}` wrote"
            )
            raise WeightsError(f"weights {path} are not those of {self.name}: {error}; {way_out}") from error
