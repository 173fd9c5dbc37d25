"""The speakers of this machine: `dusktape play`, by PortAudio."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import numpy as np

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import OutputError, PluginError
from dusktape.radio.outputs.follow import Follower, Piece, Samples
from dusktape.radio.outputs.titles import Titles
from dusktape.radio.state import State

_RESERVE: Final = 4
_RAMP: Final = 256
_EVERY_S: Final = 0.1
_ELSEWHERE: Final = "or listen in a player: dusktape play --no-sound prints an address, dusktape radio opens a page"


class Playback:
    """What the sound card asks of us: samples at once, always, however late the station is.

    A thread keeps a second of the station ready; the card's own thread only copies. Where nothing is ready it gives
    silence, and comes back with a short ramp. `volume` (0 to 1) may be set at any time and is reached over a block.

    Parameters
    ----------
    take
        Gives the next piece, without waiting: `Follower.take`.
    heard
        Is told the frame that goes to the card, for titles.
    """

    def __init__(self, take: Callable[[], Piece], heard: Callable[[int], None] | None = None) -> None:
        self._take, self._heard = take, heard
        self._ready: queue.Queue[Piece] = queue.Queue(_RESERVE)
        self._end = threading.Event()
        self._rest: Samples = np.zeros((0, 2), np.int16)
        self._gain = 0.0
        self._dry = False
        self.volume = 1.0
        self.underruns = 0
        self._thread = threading.Thread(target=self._fill, daemon=True)

    def start(self) -> None:
        """Begin to read the station."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._end.set()

    def fill(self, out: Samples) -> None:
        """Write the next samples into `out`, shape (frames, 2). Never waits."""
        done = 0
        while done < len(out):
            if not len(self._rest):
                try:
                    piece = self._ready.get_nowait()
                except queue.Empty:
                    break
                self._rest = piece.sound
                if self._heard is not None and piece.frame is not None:
                    self._heard(piece.frame)
            part = self._rest[: len(out) - done]
            out[done : done + len(part)] = part
            self._rest = self._rest[len(part) :]
            done += len(part)
        self._level(out, done)

    def _level(self, out: Samples, done: int) -> None:
        """Set the volume of what there is; silence for the rest, without a click on either side."""
        dry = done < len(out)
        target = float(np.clip(self.volume, 0.0, 1.0))
        if done:
            gain = np.linspace(self._gain, target, done)
            if dry:
                ramp = min(_RAMP, done)
                gain[done - ramp :] *= np.linspace(1.0, 0.0, ramp)
            out[:done] = (out[:done] * gain[:, None]).astype(np.int16)
        out[done:] = 0
        self._gain = 0.0 if dry else target
        self.underruns += dry and not self._dry
        self._dry = dry

    def _fill(self) -> None:
        while not self._end.is_set():
            piece = self._take()
            while not self._end.is_set():
                with suppress(queue.Full):
                    self._ready.put(piece, timeout=_EVERY_S)
                    break


def play(
    state: State,
    station: str,
    *,
    device: str | int | None = None,
    volume: float = 1.0,
    title: Callable[[str], None] | None = None,
    until: threading.Event | None = None,
) -> int:
    """Play a station on this machine until `until` is set, or for ever; return how often nothing was ready.

    Parameters
    ----------
    state, station
        Which.
    until
        Ends it when set.
    device
        Number, or part of the name, as `devices` lists them; None for the system's own choice.
    volume
        0 to 1.
    title
        Is told what is heard, when it changes.

    Raises
    ------
    PluginError
        If PortAudio is not there.
    OutputError
        If there is no such device, or it does not open.
    """
    sound = portaudio()
    until = until or threading.Event()
    frame = -1

    def heard(at: int) -> None:
        nonlocal frame
        frame = at

    follower = Follower(state.folder / "run" / station / "pcm.ring")
    playback = Playback(follower.take, heard)
    playback.volume = volume

    def callback(out: Any, frames: int, time: Any, status: Any) -> None:
        playback.fill(np.frombuffer(out, np.int16).reshape(-1, 2))

    try:
        stream = sound.RawOutputStream(
            samplerate=SAMPLE_RATE, channels=2, dtype="int16", device=device, latency="high", callback=callback
        )
    except (sound.PortAudioError, ValueError) as error:
        raise OutputError(_unopened(sound, device, error)) from error
    titles, said = Titles(state, station), ""
    playback.start()
    try:
        with stream:
            while not until.wait(_EVERY_S):
                if not stream.active:
                    raise OutputError(f"the sound device is gone; start again, {_ELSEWHERE}")
                entry = titles.at(frame) if frame >= 0 else None
                if entry is not None and entry.title != said and title is not None:
                    said = entry.title
                    title(said)
    except sound.PortAudioError as error:
        raise OutputError(_unopened(sound, device, error)) from error
    finally:
        playback.stop()
    return playback.underruns


def devices() -> Iterator[tuple[int, str]]:
    """Yield number and name of each device that plays.

    Raises
    ------
    PluginError
        If PortAudio is not there.
    """
    for number, found in enumerate(portaudio().query_devices()):
        if found["max_output_channels"] >= 2:
            yield number, str(found["name"])


def portaudio() -> Any:
    """Return sounddevice.

    Raises
    ------
    PluginError
        If it or the PortAudio library is not there.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise PluginError(
            f"playing here needs sounddevice; install it with: pip install sounddevice; {_ELSEWHERE}"
        ) from error
    except OSError as error:  # its wheel brings PortAudio for Windows and macOS only
        raise PluginError(
            f"playing here needs the PortAudio library; on Debian: apt install libportaudio2; {_ELSEWHERE}"
        ) from error
    return sounddevice


def _unopened(sound: Any, device: str | int | None, error: BaseException) -> str:
    names = [name for _, name in devices()]
    if not names:
        return f"this machine has no sound device; {_ELSEWHERE}"
    if device is not None and isinstance(error, ValueError):
        return f"there is no sound device {device!r}; there is {', '.join(names)}"
    return f"the sound device does not open ({str(error).splitlines()[0]}); choose one of {', '.join(names)}"
