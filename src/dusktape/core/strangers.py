"""Parts of other packages, told from ours: a mistake of theirs is one line that names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from dusktape.core import plugins
from dusktape.core.audio import Block, Cues, Effect, Instrument, PlayedNote, Player, Processor
from dusktape.core.errors import DusktapeError, PluginError
from dusktape.core.seed import Seed

_CHANNELS = (1, 2)


@dataclass(frozen=True, slots=True)
class Stranger:
    """A part that another package brought.

    Parameters
    ----------
    part
        What it is and its name, for messages: `effect 'fold'`.
    package
        Who brought it.
    """

    part: str
    package: str

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Turn what is raised within into one line that names the part and its package.

        Raises
        ------
        PluginError
            In place of anything but a `DusktapeError`, which is such a line already.
        """
        try:
            yield
        except DusktapeError:
            raise
        except Exception as error:
            told = " ".join(str(error).split())
            raise self.fault(f"fails: {type(error).__name__}{f': {told}' if told else ''}") from error

    def fault(self, what: str) -> PluginError:
        """Return what is wrong with the part, as an error with its way out."""
        return PluginError(f"{self.part} of {self.package} {what}; update or uninstall {self.package}")

    def check_block(self, block: object, channels: int, frames: int) -> None:
        """Refuse what is no block of this shape.

        Raises
        ------
        PluginError
            Saying what it is.
        """
        if not isinstance(block, np.ndarray):
            raise self.fault(f"hands out a {type(block).__name__} in place of an array")
        if block.shape != (channels, frames):
            raise self.fault(f"hands out a block of shape {block.shape} in place of {(channels, frames)}")


def stranger(group: str, kind: type) -> Stranger | None:
    """Return who brought a class that was found in a group; None of ours, and of what nobody registered."""
    if kind.__module__.startswith(f"{plugins.OURS}."):
        return None
    for name, package in plugins.brought(group).items():
        try:
            if plugins.find(group, name) is kind:
                return Stranger(f"{group.removesuffix('s')} {name!r}", package)
        except PluginError:
            continue
    return None


def open_player(
    instrument: Instrument, sample_rate: int, notes: Sequence[PlayedNote], cues: Cues, seed: Seed
) -> Player:
    """Return an instrument's player at frame 0; one of another package's is watched.

    Raises
    ------
    PluginError
        If it is another package's, and cannot be opened.
    """
    who = stranger("instruments", type(instrument))
    if who is None:
        return instrument.open(sample_rate, notes, cues=cues, seed=seed)
    with who.watched():
        return WatchedPlayer(instrument.open(sample_rate, notes, cues=cues, seed=seed), who)


def open_processor(effect: Effect, sample_rate: int, channels: int, cues: Cues, seed: Seed) -> Processor:
    """Return an effect's processor at rest; one of another package's is watched.

    Raises
    ------
    PluginError
        If it is another package's, and cannot be opened.
    """
    who = stranger("effects", type(effect))
    if who is None:
        return effect.open(sample_rate, channels, cues=cues, seed=seed)
    with who.watched():
        return WatchedProcessor(effect.open(sample_rate, channels, cues=cues, seed=seed), who)


class WatchedPlayer:
    """Another package's player: hands on what it makes, once that is known to have the right shape."""

    def __init__(self, player: Player, who: Stranger) -> None:
        self._player, self._who = player, who
        self.channels = player.channels
        if self.channels not in _CHANNELS:
            raise who.fault(f"has {self.channels!r} channels in place of 1 or 2")

    @property
    def tail_frames(self) -> int:
        """As the player says."""
        return self._player.tail_frames

    def render(self, frames: int) -> Block:
        """Return the next frames, shape (channels, frames)."""
        with self._who.watched():
            block = self._player.render(frames)
        self._who.check_block(block, self.channels, frames)
        return block


class WatchedProcessor:
    """Another package's effect: hands on what it makes, once that is known to have the right shape."""

    def __init__(self, processor: Processor, who: Stranger) -> None:
        self._processor, self._who = processor, who
        self.channels = processor.channels
        self.latency_frames, self.tail_frames = processor.latency_frames, processor.tail_frames
        if self.channels not in _CHANNELS:
            raise who.fault(f"has {self.channels!r} channels in place of 1 or 2")

    def process(self, block: Block) -> Block:
        """Return the processed block, shape (channels, frames)."""
        with self._who.watched():
            out = self._processor.process(block)
        self._who.check_block(out, self.channels, block.shape[1])
        return out
