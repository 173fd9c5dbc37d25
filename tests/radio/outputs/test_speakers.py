from __future__ import annotations

import sys
import threading
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import OutputError, PluginError
from dusktape.radio.nouns import Entry
from dusktape.radio.outputs import speakers
from dusktape.radio.outputs.follow import Piece
from dusktape.radio.outputs.speakers import Playback
from dusktape.radio.state import State

from .conftest import RATE, SLOT, Ring, pieces, tone, until


def loaded(seconds: float) -> Playback:
    """A playback whose queue the test fills by hand."""
    playback = Playback(lambda: Piece(None, np.zeros((SLOT, 2), np.int16)))
    for piece in pieces(seconds):
        playback._ready.put_nowait(piece)
    return playback


def drawn(playback: Playback, frames: int, blocks: int) -> np.ndarray:
    out = np.full((frames * blocks, 2), 77, np.int16)
    for index in range(blocks):
        playback.fill(out[index * frames : (index + 1) * frames])
    return out


@pytest.mark.parametrize("frames", [64, 441, 1_000, 11_025])
def test_what_is_played_is_the_station_whatever_the_card_asks_for(frames):
    out = drawn(loaded(1.0), frames, RATE // frames)
    assert np.array_equal(out[frames:], tone(0, len(out))[frames:])


def test_nothing_ready_is_silence_with_a_ramp_and_counted_once():
    playback = loaded(0.25)
    out = drawn(playback, 1_000, 20)[:, 0].astype(int)
    assert playback.underruns == 1
    assert not out[SLOT:].any()
    steepest = np.abs(np.diff(tone(0, RATE)[:, 0].astype(int))).max()
    assert np.abs(np.diff(out)).max() <= 1.1 * steepest
    playback._ready.put_nowait(Piece(SLOT, tone(SLOT, SLOT)))
    again = drawn(playback, 1_000, 8)[:, 0].astype(int)
    assert again.any()
    assert abs(again[0]) < 50


def test_volume_is_reached_without_a_step():
    playback = loaded(1.0)
    drawn(playback, 1_000, 2)
    playback.volume = 0.25
    out = drawn(playback, 1_000, 8).astype(int)
    want = tone(2_000, 8_000).astype(int)
    assert np.abs(out[1_000:] - want[1_000:] // 4).max() <= 1
    assert np.abs(np.diff(out[:, 0])).max() <= np.abs(np.diff(want[:, 0])).max() + 20


class Sound(types.ModuleType):
    """PortAudio, as far as we use it."""

    class PortAudioError(Exception):
        pass

    def __init__(self, *names: str) -> None:
        super().__init__("sounddevice")
        self.names = names
        self.heard: list[np.ndarray] = []
        outer = self

        class RawOutputStream:
            active = True

            def __init__(self, **options: Any) -> None:
                if not outer.names:
                    raise outer.PortAudioError("Error querying device -1")
                if options["device"] is not None and options["device"] not in outer.names:
                    raise ValueError("No output device matching")
                self.options = options

            def __enter__(self) -> RawOutputStream:
                self._end = threading.Event()
                self._thread = threading.Thread(target=self._run)
                self._thread.start()
                return self

            def __exit__(self, *what: object) -> None:
                self._end.set()
                self._thread.join()

            def _run(self) -> None:
                while not self._end.wait(0.002):
                    block = bytearray(4 * 512)
                    self.options["callback"](memoryview(block), 512, None, None)
                    outer.heard.append(np.frombuffer(bytes(block), np.int16))

        self.RawOutputStream = RawOutputStream

    def query_devices(self) -> list[dict[str, Any]]:
        return [{"name": name, "max_output_channels": 2} for name in self.names]


@pytest.fixture
def station(tmp_path: Path) -> State:
    ring = Ring(tmp_path / "run" / "dusk" / "pcm.ring")
    ring.play(13)
    state = State.open(tmp_path)
    state.plan(Entry("dusk", "track", 0, 99 * RATE, title="quiet hours"))
    return state


def test_a_station_is_played_and_its_title_told(station, monkeypatch):
    sound = Sound("Kitchen")
    monkeypatch.setitem(sys.modules, "sounddevice", sound)
    titles: list[str] = []
    end = threading.Event()
    thread = threading.Thread(
        target=speakers.play, args=(station, "dusk"), kwargs={"title": titles.append, "until": end, "device": "Kitchen"}
    )
    thread.start()
    try:
        assert until(lambda: titles and any(block.any() for block in sound.heard))
    finally:
        end.set()
    thread.join(10)
    assert titles == ["quiet hours"]
    assert list(speakers.devices()) == [(0, "Kitchen")]


@pytest.mark.parametrize(
    ("sound", "device", "says"),
    [
        (Sound(), None, "no sound device"),
        (Sound("Kitchen"), "Attic", "there is no sound device 'Attic'; there is Kitchen"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(station, monkeypatch, sound, device, says):
    monkeypatch.setitem(sys.modules, "sounddevice", sound)
    with pytest.raises(OutputError) as told:
        speakers.play(station, "dusk", device=device)
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_package_says_how_to_get_it_or_do_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(PluginError, match="pip install"):
        speakers.portaudio()


def test_a_missing_library_says_how_to_get_it_or_do_without(monkeypatch, tmp_path):
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with pytest.raises(PluginError, match="libportaudio2"):
        speakers.portaudio()
