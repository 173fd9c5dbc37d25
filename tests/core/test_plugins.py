from __future__ import annotations

import re
import sys
from collections import Counter
from importlib.metadata import Distribution

import pytest

from dusktape.core import plugins
from dusktape.core.errors import PluginError

ENTRY_POINTS = """
[dusktape.instruments]
good = stranger_good:Part
bad = stranger_bad:Part
absent = stranger_good:NoSuchThing
needy = stranger_extra:Part [organ]
bare = stranger_extra:Part
quitter = stranger_quits:Part
flute = stranger_good:Part
plain = stranger_shapes:Plain
listed = stranger_shapes:LISTED
made = stranger_shapes:MADE
closed = stranger_shapes:Closed
raiser = stranger_shapes:Raiser
narrow = stranger_shapes:Narrow

[dusktape.effects]
number = stranger_shapes:NUMBER
tearing = stranger_shapes:Tearing
hollow = stranger_shapes:Hollow

[dusktape.recipes]
strangers = stranger_bad:FOLDER
"""


GOOD = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Part:
    'Sounds like nothing.'

    def open(self, sample_rate, notes, *, cues, seed): ...
"""

SHAPES = """
from dataclasses import dataclass
import numpy as np

class Plain: ...

@dataclass(frozen=True)
class Closed: ...

@dataclass(frozen=True)
class Raiser:
    def open(self, sample_rate, notes, *, cues, seed):
        raise KeyError('no\\nreed')

class Player:
    channels, tail_frames = 2, 0
    def render(self, frames):
        return np.zeros(frames, np.float32)

@dataclass(frozen=True)
class Narrow:
    def open(self, sample_rate, notes, *, cues, seed):
        return Player()

class Torn:
    latency_frames = tail_frames = 0
    channels = 2
    def process(self, block):
        raise ValueError('torn')

@dataclass(frozen=True)
class Tearing:
    def open(self, sample_rate, channels, *, cues, seed):
        return Torn()

@dataclass(frozen=True)
class Hollow:
    def open(self, sample_rate, channels, *, cues, seed):
        return None

LISTED, NUMBER, MADE = [1], 1.5, Raiser()
"""


class Ordered:
    """Entry points in the order in which they are found, or the other way round."""

    def __init__(self, found, order):
        self._found, self._order = found, order

    def select(self, group):
        return list(self._found.select(group=group))[:: self._order]


def forget():
    for known in (plugins._entries, plugins._table, plugins._imported):
        known.cache_clear()


@pytest.fixture
def stranger(monkeypatch, tmp_path):
    """Somebody else's package, as pip would install it; most of its parts are broken in different ways."""
    (tmp_path / "stranger_good.py").write_text(GOOD)
    (tmp_path / "stranger_shapes.py").write_text(SHAPES)
    (tmp_path / "stranger_bad.py").write_text("raise RuntimeError('no\\n\\nluck')\n")
    (tmp_path / "stranger_extra.py").write_text("import nowhere_to_be_found\n")
    (tmp_path / "stranger_quits.py").write_text("import sys\nsys.exit()\n")
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield
    forget()
    for name in ("stranger_good", "stranger_bad", "stranger_extra", "stranger_quits", "stranger_shapes"):
        sys.modules.pop(name, None)


def test_a_part_is_found_by_name(stranger):
    assert plugins.find("instruments", "good").__name__ == "Part"
    assert plugins.find("instruments", "rhodes").__name__ == "Rhodes"


def test_a_part_of_ours_keeps_its_name_and_a_line_says_so(stranger, monkeypatch):
    from dusktape.instruments.flute import Flute

    real = plugins.entry_points
    for order in (1, -1):
        monkeypatch.setattr(plugins, "entry_points", lambda order=order: Ordered(real(), order))
        forget()
        assert plugins.find("instruments", "flute") is Flute
        assert plugins.clashes("instruments") == [
            "instrument 'flute' of stranger is passed over: there is one of ours; its author should give it another "
            "name"
        ]
    assert plugins.clashes("effects") == []


def test_parts_and_doctor_say_whose_part_is_passed_over(stranger, capsys):
    from dusktape.cli.commands import run

    run(["parts", "instruments"])
    assert "'flute' of stranger is passed over" in capsys.readouterr().err
    run(["doctor"])
    assert "'flute' of stranger is passed over" in capsys.readouterr().out


def test_a_package_is_asked_for_its_name_once_however_many_parts_it_has(stranger, monkeypatch):
    asked = Counter()
    name = Distribution.name.fget

    def counted(package):
        asked[id(package)] += 1
        return name(package)

    monkeypatch.setattr(Distribution, "name", property(counted))
    assert {"good", "rhodes"} <= set(plugins.names("instruments"))
    assert plugins.shelves()
    assert len(asked) == 2
    assert set(asked.values()) == {1}


def test_an_unknown_part_is_refused_with_a_suggestion():
    with pytest.raises(PluginError, match=r"^there is no instrument 'rodes'; did you mean 'rhodes'\?$"):
        plugins.find("instruments", "rodes")


def test_a_broken_part_is_named_and_the_others_are_there(stranger):
    with pytest.raises(PluginError) as caught:
        plugins.find("instruments", "bad")
    assert str(caught.value) == ("instrument 'bad' of stranger does not import: no luck; update or uninstall stranger")
    broken = plugins.broken("instruments")
    assert set(broken) == {"bad", "absent", "needy", "bare", "quitter", "plain", "listed", "made", "closed"}
    assert set(plugins.names("instruments")) > {"rhodes", "kit", "good", *broken}


def test_a_part_that_ends_the_program_when_it_is_imported_is_broken_like_others(stranger):
    with pytest.raises(PluginError, match=r"^instrument 'quitter' of stranger does not import: it ends the program; "):
        plugins.find("instruments", "quitter")


def test_ctrl_c_while_a_part_is_imported_still_ends_the_program(stranger, tmp_path):
    (tmp_path / "stranger_quits.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        plugins.find("instruments", "quitter")


def test_a_missing_extra_gives_the_command_that_installs_it(stranger):
    with pytest.raises(PluginError, match=r"^instrument 'needy' needs the module 'nowhere_to_be_found'; .*") as caught:
        plugins.find("instruments", "needy")
    assert str(caught.value).endswith("install it with: pip install 'stranger[organ]'")


def test_a_missing_module_without_an_extra_gives_a_command_too(stranger):
    with pytest.raises(PluginError, match="install it with: pip install 'nowhere_to_be_found'"):
        plugins.find("instruments", "bare")


def test_a_broken_package_does_not_cost_the_recipes_of_the_others(stranger):
    from dusktape.studio import catalogue

    assert "dusk" in catalogue.recipes()
    parts = catalogue.parts("instruments")
    assert "no luck" in parts["bad"].problem
    assert "no dataclass of parameters" in parts["plain"].problem
    assert parts["good"].text == "Sounds like nothing."
    assert parts["rhodes"].problem == ""


@pytest.mark.parametrize(
    ("group", "name", "told"),
    [
        ("instruments", "listed", "is a list, no class"),
        ("instruments", "made", "is a Raiser, no class"),
        ("instruments", "closed", "has no method open"),
        ("effects", "number", "is a float, no class"),
    ],
)
def test_what_no_part_can_be_is_broken_in_parts_and_doctor(stranger, capsys, group, name, told):
    from dusktape.cli.commands import run

    line = f"{group[:-1]} {name!r} of stranger {told}; update or uninstall stranger"
    with pytest.raises(PluginError, match=f"^{line}$"):
        plugins.find(group, name)
    assert run(["parts", group]) == 0
    listed = capsys.readouterr().out
    assert f"  {name}: {line}\n" in listed
    assert "  rhodes: " in listed or "  lowpass: " in listed
    assert run(["doctor"]) == 1
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("keys.instrument=raiser", "instrument 'raiser' of stranger fails: KeyError: 'no\\\\nreed'; "),
        (
            "keys.instrument=narrow",
            r"instrument 'narrow' of stranger hands out a block of shape \(\d+,\) in place of \(2, \d+\); ",
        ),
        ("keys.tearing=true", "effect 'tearing' of stranger fails: ValueError: torn; "),
        (
            "master.chain.hollow=true",
            "effect 'hollow' of stranger fails: AttributeError: 'NoneType' object .*; ",
        ),
    ],
)
def test_a_part_that_fails_while_it_plays_is_one_line_that_names_it(stranger, tmp_path, capsys, setting, told):
    from dusktape.cli.commands import run

    make = ["make", "--seed", "2", "--minutes", "0.5", "--set", "composer=rules", "--quiet"]
    assert run([*make, "--set", setting, "-o", str(tmp_path / "a.wav")]) == 1
    assert re.fullmatch(f"dusktape: {told}update or uninstall stranger\n", capsys.readouterr().err)


def test_listing_imports_nothing(stranger):
    plugins.names("instruments")
    assert "stranger_good" not in sys.modules


@pytest.mark.parametrize("group", ["composers", "instruments", "effects", "models", "recipes"])
def test_everything_that_comes_with_us_imports(group):
    assert plugins.names(group)
    assert plugins.broken(group) == {}
