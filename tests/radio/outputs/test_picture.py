from __future__ import annotations

import sys

import numpy as np
import pytest

from dusktape.core.errors import PluginError
from dusktape.radio.outputs.picture import KEPT_S, Picture, bundled

NIGHT = {"hour": 23.0, "rain": 0.5, "snow": 0.0, "fog": 0.0, "level": 0.5, "beat": 0.0, "kick": 0.0, "playing": 1.0}


@pytest.fixture
def picture() -> Picture:
    pytest.importorskip("py_mini_racer")
    return Picture(320, 180, 7)


def test_the_room_is_painted_and_moves(picture):
    first = picture.paint(0.0, NIGHT).copy()
    assert first.shape == (180, 320, 4)
    assert first[:, :, :3].std() > 10
    assert np.all(first[:, :, 3] == 255)
    assert np.any(picture.paint(0.5, NIGHT) != first)


def test_the_same_moment_is_the_same_picture(picture):
    first = picture.paint(1.0, NIGHT).copy()
    picture.paint(2.0, NIGHT)
    assert np.array_equal(picture.paint(1.0, NIGHT), first)


def test_day_comes_when_the_still_part_is_painted_again(picture):
    night = picture.paint(0.0, NIGHT)[:, :, :3].mean()
    day = {**NIGHT, "hour": 12.0, "rain": 0.0}
    picture.paint(1.0, day)
    assert picture.paint(KEPT_S + 1.0, day)[:, :, :3].mean() > 1.5 * night


def test_a_missing_engine_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    with pytest.raises(PluginError, match=r"pip install 'dusktape\[stream\]'"):
        Picture(320, 180)


def test_modules_are_bundled_each_once_with_their_names(tmp_path):
    (tmp_path / "a.js").write_text(
        'import * as b from "./b.js";\nimport { two as deux, THREE } from "./c-d.js";\n'
        "export function sum() { return b.one() + deux() + THREE; }\n"
    )
    (tmp_path / "b.js").write_text(
        'import { THREE } from "./c-d.js";\nexport function one() { return 1 + 0 * THREE; }\n'
    )
    (tmp_path / "c-d.js").write_text("export function two() { return 2; }\nexport const THREE = 3;\n")
    code = bundled("a", tmp_path)
    assert code.count("THREE = 3") == 1
    engine = pytest.importorskip("py_mini_racer").MiniRacer()
    assert engine.eval(f"{code}.sum()") == 6
