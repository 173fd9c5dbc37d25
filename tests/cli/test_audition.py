"""What is heard of a choice: the one asked for last, and never an error that ends the questions."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from dusktape.cli.audition import Audition
from dusktape.core.errors import PluginError, RecipeError
from dusktape.core.seed import Seed
from dusktape.studio import excerpt as made


@pytest.fixture
def speakers():
    """Keeps what is played, in place of sounddevice."""
    played: list[float] = []
    return SimpleNamespace(played=played, play=lambda sound, rate: played.append(float(sound[0, 0])), stop=lambda: None)


def waited(name="_played"):
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and name in thread.name:
            thread.join(10)


def test_only_what_was_asked_for_last_is_heard(monkeypatch, speakers):
    first_may_end = threading.Event()

    def excerpt(arguments, seed, *, solo):
        if arguments[0] == "first":
            first_may_end.wait(10)
        return np.full((2, 10), 1.0 if arguments[0] == "first" else 2.0, np.float32)

    monkeypatch.setattr(made, "excerpt", excerpt)
    audition, said = Audition(speakers, Seed(1)), []
    audition.play(["first"], "", said.append)
    audition.play(["second"], "", said.append)
    while not speakers.played:
        pass
    first_may_end.set()
    waited()
    assert speakers.played == [2.0]
    assert said.count("(wait a moment)") == 2 and said.count("") == 2


def test_what_cannot_be_made_or_played_is_said_behind_the_choice(monkeypatch, speakers):
    def refuse(arguments, seed, *, solo):
        raise RecipeError("there is no recipe 'first'")

    monkeypatch.setattr(made, "excerpt", refuse)
    said: list[str] = []
    Audition(speakers, Seed(1)).play(["first"], "", said.append)
    waited()
    assert said == ["(wait a moment)", "(there is no recipe 'first')"]
    monkeypatch.setattr(made, "excerpt", lambda arguments, seed, *, solo: np.zeros((2, 10), np.float32))
    speakers.play = lambda sound, rate: 1 / 0
    Audition(speakers, Seed(1)).play(["first"], "", said.append)
    waited()
    assert said[-1] == "(the sound device does not play: division by zero)"


@pytest.mark.parametrize("devices", [lambda: iter(()), lambda: (_ for _ in ()).throw(PluginError("no PortAudio"))])
def test_without_a_device_there_is_nothing_to_hear(monkeypatch, devices):
    monkeypatch.setattr("dusktape.radio.outputs.speakers.devices", devices)
    audition = Audition.here(Seed(1))
    assert not audition.audible
    audition.stop()
