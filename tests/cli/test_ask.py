"""`dusktape make --ask`, with real keys pressed in a terminal that is none."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dusktape.instruments import soundfont
from dusktape.studio.questions import length_question, recipe_question, sound_questions

from .. import sounds

DOWN, SPACE, ENTER, ESCAPE, CTRL_C = "\x1b[B", " ", "\r", "\x1b", "\x03"
RUN = (sys.executable, "-c", "from dusktape.cli import main; main()", "make", "--ask")

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")


@pytest.fixture
def session(tmp_path):
    """Starts commands in terminals of their own, and ends those that a failed test leaves behind."""
    started = []

    def start(*arguments, **surroundings):
        started.append(Session(tmp_path, *arguments, **surroundings))
        return started[-1]

    yield start
    for one in started:
        one.end()


class Session:
    """A command in a terminal of its own, whose stdout goes elsewhere."""

    def __init__(self, folder, *arguments, **surroundings):
        import pty  # Windows has none

        self._terminal, inside = pty.openpty()
        surroundings = {**surroundings, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "100", "LINES": "60"}
        self._process = subprocess.Popen(
            [*RUN, *map(str, arguments)],
            cwd=folder,
            env={**os.environ, **surroundings},
            stdin=inside,
            stderr=inside,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(inside)
        self.seen = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                more = os.read(self._terminal, 1 << 16)
            except OSError:  # as Linux says that nobody is on the other side any more
                return
            if not more:
                return
            self.seen += more.decode(errors="replace")

    def answer(self, question, *keys):
        """Wait for a question and press keys."""
        end = time.monotonic() + 60.0
        while question not in self.seen:
            assert time.monotonic() < end, self.seen
            time.sleep(0.02)
        time.sleep(0.1)
        for key in keys:
            os.write(self._terminal, key.encode())

    def left(self):
        """Return exit code and stdout, at the end."""
        out, _ = self._process.communicate(timeout=120)
        self._reader.join(10)
        return self._process.returncode, out

    def end(self):
        self._process.kill()
        self._process.communicate()
        self._reader.join(10)
        os.close(self._terminal)


def place(question, name):
    return next(k for k, choice in enumerate(question.choices) if choice.name == name)


@posix
def test_arrow_keys_choose_and_the_command_shown_makes_the_same(tmp_path, dusktape, session):
    asked = session("--bundle", "asked", "--seed", "5", "--instruments", ".")
    keys, _, _, bass, drums, _, weather, _ = sound_questions("sleepy")
    asked.answer("Which recipe?", *[DOWN] * place(recipe_question(), "sleepy"), ENTER)
    asked.answer("Who plays the chords?", *[DOWN] * place(keys, "kalimba"), ENTER)
    asked.answer("Who plays the melody?", ENTER)
    asked.answer("as a pad?", ENTER)
    asked.answer("Who plays the bass?", *[DOWN] * place(bass, "upright bass"), ENTER)
    asked.answer("Which drums?", *[DOWN] * place(drums, "no drums"), ENTER)
    asked.answer("as a guest?", ENTER)
    asked.answer("What is heard behind it?", *[DOWN] * place(weather, "fire"), SPACE, ENTER)
    asked.answer("What is it played from?", ENTER)
    asked.answer("How long?", *[DOWN] * place(length_question(), "a loop of 4 bars"), ENTER)
    code, out = asked.left()
    assert (code, out) == (0, "asked\n"), asked.seen
    shown = next(line for line in asked.seen.splitlines() if "dusktape make" in line)
    shown = shown[shown.index("dusktape make") :]
    told = shlex.split(shown)[1:]
    assert {
        "sleepy",
        "--loop",
        "keys.instrument=kalimba",
        "bass.instrument=upright_bass",
        "drums.on=false",
        str(tmp_path),
    } <= set(told)
    assert dusktape(*("typed" if word == "asked" else word for word in told)).code == 0
    ours, typed = (json.loads((tmp_path / b / "track.json").read_text()) for b in ("asked", "typed"))
    assert ours["recipe"]["parts"]["keys"]["instrument"] == "kalimba"
    assert "fire" in ours["recipe"]["parts"]
    assert ours == typed


@posix
def test_a_font_asks_for_its_preset_and_the_command_says_it(tmp_path, monkeypatch, session):
    if missing := soundfont.SoundFont.missing():
        pytest.skip(missing)
    (tmp_path / "home" / "instruments").mkdir(parents=True)
    presets = ((0, 0, "Grand"), (0, 4, "Tine"), (0, 73, "Flute"))
    sounds.font(tmp_path / "home" / "instruments" / "many.sf2", presets)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path / "home"))
    asked = session("-o", "a.wav", "--seed", "5")
    keys = sound_questions("sleepy")[0]
    asked.answer("Which recipe?", *[DOWN] * place(recipe_question(), "sleepy"), ENTER)
    asked.answer("Who plays the chords?", *[DOWN] * place(keys, "many"), ENTER)
    asked.answer("Which of the 3 presets of many?", DOWN, ENTER)
    for question in ("the melody?", "as a pad?", "the bass?", "Which drums?", "as a guest?", "behind it?", "from?"):
        asked.answer(question, ENTER)
    asked.answer("How long?", *[DOWN] * place(length_question(), "a loop of 4 bars"), ENTER)
    code, out = asked.left()
    assert (code, out) == (0, "a.wav\n"), asked.seen
    shown = next(line for line in asked.seen.splitlines() if "dusktape make" in line)
    told = shlex.split(shown[shown.index("dusktape make") :])
    assert {"keys.instrument=many", 'keys.preset="Tine"'} <= set(told)


@posix
def test_what_a_recipe_is_stands_below_the_list(session):
    asked = session()
    asked.answer(recipe_question().choices[0].text, CTRL_C)
    assert asked.left() == (130, "")


SPEAKERS = """
from pathlib import Path

def query_devices():
    return [{"name": "toy", "max_output_channels": 2}]

def play(sound, rate):
    whole = Path(__file__).with_name("half.txt")
    whole.write_text(f"{sound.shape} {rate} {abs(sound).max() > 0.01}")
    whole.rename(whole.with_name("heard.txt"))

def stop():
    pass
"""


@posix
def test_p_plays_a_few_seconds_where_there_are_speakers(tmp_path, session, mini):
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "sounddevice.py").write_text(SPEAKERS)
    (tmp_path / "home" / "recipes").mkdir(parents=True)
    (tmp_path / "home" / "recipes" / "aaa.toml").write_text(Path(mini).read_text())
    asked = session("--seed", "5", PYTHONPATH=str(tmp_path / "toys"), DUSKTAPE_HOME=str(tmp_path / "home"))
    asked.answer("(arrow keys, p plays it, enter)", DOWN, "p")
    end = time.monotonic() + 120.0
    while not (tmp_path / "toys" / "heard.txt").is_file():
        assert time.monotonic() < end, asked.seen
        time.sleep(0.05)
    assert (tmp_path / "toys" / "heard.txt").read_text() == "(352800, 2) 44100 True"
    asked.answer("Which recipe?", CTRL_C)
    assert asked.left() == (130, "")


@posix
def test_without_speakers_no_key_is_promised(tmp_path, session):
    (tmp_path / "sounddevice.py").write_text("def query_devices():\n    return []\n")
    asked = session(PYTHONPATH=str(tmp_path))
    asked.answer("(arrow keys, enter)", "p", CTRL_C)
    assert asked.left() == (130, "")


@posix
@pytest.mark.parametrize("key", [ESCAPE, CTRL_C])
def test_leaving_leaves_nothing(tmp_path, session, key):
    asked = session("-o", "x.flac")
    asked.answer("Which recipe?", ENTER)
    asked.answer("Who plays the chords?", key)
    assert asked.left() == (130, "")
    assert "left; nothing was made" in asked.seen
    assert "Traceback" not in asked.seen
    assert not list(tmp_path.iterdir())


def test_without_a_terminal_it_says_so_in_a_line(refused):
    assert refused("make", "--ask") == (
        "--ask needs a terminal to ask in; say what you want as options: dusktape make --help"
    )


def test_what_is_asked_for_cannot_be_given_too(refused):
    assert "leave out --bpm" in refused("make", "--ask", "--bpm", 80)
    assert "leave out 'rainy'" in refused("make", "--ask", "rainy")
