"""A few seconds of a choice on this machine's speakers, while somebody is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import DusktapeError
from dusktape.core.seed import Seed

Say = Callable[[str], None]
"""Shows a remark behind what the choice is."""


class Audition:
    """Plays one excerpt at a time; the one asked for last.

    Parameters
    ----------
    sound
        `sounddevice`; None where nothing can be heard.
    seed
        Of the track.
    """

    def __init__(self, sound: Any, seed: Seed) -> None:
        self._sound, self._seed = sound, seed
        self._turn = 0
        self._lock = threading.Lock()

    @classmethod
    def here(cls, seed: Seed) -> Audition:
        """Return one for this machine: without `sounddevice`, PortAudio or a device it plays nothing."""
        from dusktape.radio.outputs import speakers

        try:
            there = any(True for _ in speakers.devices())
            return cls(speakers.portaudio() if there else None, seed)
        except Exception:  # whatever ails PortAudio, the questions can be answered by reading
            return cls(None, seed)

    @property
    def audible(self) -> bool:
        """Whether anything can be heard."""
        return self._sound is not None

    def play(self, arguments: Sequence[str], solo: str, say: Say) -> None:
        """Make an excerpt beside the questions, as `studio.excerpt` does, and play it when it is there."""
        self.stop()
        turn = self._turn
        say("(wait a moment)")
        threading.Thread(target=self._played, args=(list(arguments), solo, say, turn), daemon=True).start()

    def stop(self) -> None:
        """End what plays, and what is still being made."""
        with self._lock:
            self._turn += 1
            if self._sound is not None:
                self._sound.stop()

    def _played(self, arguments: Sequence[str], solo: str, say: Say, turn: int) -> None:
        from dusktape.studio.excerpt import excerpt

        try:
            sound = excerpt(arguments, self._seed, solo=solo)
        except DusktapeError as error:
            say(f"({error})")
            return
        with self._lock:
            current = turn == self._turn
            if current:
                try:
                    self._sound.play(sound.T, SAMPLE_RATE)
                except Exception as error:  # PortAudio's own kind, which cannot be named without it
                    say(f"(the sound device does not play: {error})")
                    return
        say("")
