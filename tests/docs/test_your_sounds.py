"""The example package of the guide is installed as anybody's would be, and heard."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dusktape import presets

from .. import sounds
from .test_pages import commands, parse

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "dusktape-hum"
GUIDE = ROOT / "docs" / "guides" / "your-sounds.md"
STUDY = ROOT / "docs" / "studies" / "own_sounds.md"
SHOWN = ("dusktape_hum/hum.py", "dusktape_hum/fold.py", "dusktape_hum/humming.toml", "pyproject.toml")


def wheel(folder: Path) -> Path:
    """Pack the example as its build backend would, which is not at hand offline."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in table.items())
        for group, table in project["entry-points"].items()
    )
    about = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    told = {
        "METADATA": about,
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": points,
    }
    path = folder / f"dusktape_hum-{project['version']}-py3-none-any.whl"
    info = f"dusktape_hum-{project['version']}.dist-info"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted((EXAMPLE / "dusktape_hum").glob("*.*")):
            packed.write(file, f"dusktape_hum/{file.name}")
        for name, text in told.items():
            packed.writestr(f"{info}/{name}", text)
        names = [*packed.namelist(), f"{info}/RECORD"]
        packed.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed by pip, beside a package whose import raises."""
    folder = tmp_path_factory.mktemp("plugin")
    place = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(place), str(wheel(folder))], check=True, capture_output=True)
    (place / "unlucky.py").write_text("raise RuntimeError('no luck')\n", encoding="utf-8")
    info = place / "unlucky-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: unlucky\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[dusktape.instruments]\nunlucky = unlucky:Part\n", encoding="utf-8")
    return place


def dusktape(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", "import dusktape.cli; dusktape.cli.main()", *arguments]
    env = {**os.environ, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(call, capture_output=True, text=True, encoding="utf-8", env=env, check=False)


def test_the_package_is_listed_and_one_that_raises_is_named(installed: Path) -> None:
    found = json.loads(dusktape(installed, "parts", "--json").stdout)
    assert found["instruments"]["hum"]["text"] == "Somebody hums along, mouth closed."
    assert found["effects"]["fold"]["params"][0]["name"] == "drive_db"
    assert "unlucky does not import: no luck" in found["instruments"]["unlucky"]["problem"]
    assert "rhodes" in found["instruments"]
    assert "humming" in json.loads(dusktape(installed, "recipes", "--json").stdout)


def test_its_samples_reach_the_mix(installed: Path, tmp_path: Path) -> None:
    track = tmp_path / "a.wav"
    others = [name for name in tomllib.loads(presets.DEFAULT.read_text(encoding="utf-8"))["parts"] if name != "keys"]
    alone = [word for name in others for word in ("--set", f"{name}.on=false")]
    plain = ["--seed", "2", "--minutes", "0.5", "--set", "composer=rules", *alone]
    made = dusktape(installed, "make", "humming", *plain, "-o", str(track), "--stems")
    assert made.returncode == 0, made.stderr
    assert [stem.stem for stem in (tmp_path / "a-stems").iterdir()] == ["keys"]
    for path in (tmp_path / "a-stems" / "keys.flac", track):
        sound, rate = soundfile.read(path)
        power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
        hertz = np.fft.rfftfreq(len(sound), 1.0 / rate)
        assert np.std(sound) > 1e-3
        assert power[(hertz > 60.0) & (hertz < 1500.0)].sum() > 0.9 * power.sum()  # a hum, and nothing else


def test_a_part_of_a_package_that_raises_is_one_line(installed: Path, tmp_path: Path) -> None:
    made = dusktape(installed, "make", "--set", "keys.instrument=unlucky", "-o", str(tmp_path / "a.wav"))
    assert made.returncode == 1
    assert "instrument 'unlucky' of unlucky does not import: no luck" in made.stderr
    assert "Traceback" not in made.stderr


def test_the_guide_shows_the_files_as_they_are_and_none_is_long() -> None:
    blocks = re.findall(r"^```\w+\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for name in SHOWN:
        text = (EXAMPLE / name).read_text(encoding="utf-8")
        assert len(text.splitlines()) < 30, name
        assert text in blocks, f"docs/guides/your-sounds.md does not show {name} as it is"


def test_every_word_for_a_drum_is_in_the_guide() -> None:
    from dusktape.instruments.naming import DRUM_WORDS

    text = GUIDE.read_text(encoding="utf-8")
    for drum, words in DRUM_WORDS.items():
        assert f"| {drum} | {', '.join(words)} |" in text, f"run: the row of {drum} in docs/guides/your-sounds.md"


@pytest.mark.parametrize(("page", "count"), [(GUIDE, 6), (STUDY, 1)], ids=["guide", "study"])
def test_every_command_of_a_page_works_with_the_sounds_it_speaks_of(
    page: Path, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dusktape.core.seed import Seed
    from dusktape.studio import yours
    from dusktape.studio.wish import DEFAULT_RECIPE, Wish

    listed = ((0, 4, "E.Piano 1"), (0, 32, "Acoustic Bass"), (0, 35, "Fretless Bass"), (128, 0, "Standard"))
    for folder in ("instruments", "effects", "kits"):
        (tmp_path / folder).mkdir()
    sounds.font(tmp_path / "instruments" / "TimGM6mb.sf2", listed)
    sounds.font(tmp_path / "instruments" / "MuseScore_General_Lite.sf3", ((0, 4, "Tine Electric Piano"),), vorbis=True)
    sounds.notes(tmp_path / "instruments" / "my_piano")
    for name in ("cellar", "attic"):
        sounds.drums(tmp_path / "kits" / name)
    for name in ("my rain", "my_loop", "my_street"):
        sounds.rain(tmp_path / "effects" / f"{name}.wav", 1.0)
    monkeypatch.setenv("DUSKTAPE_HOME", str(tmp_path))
    lines = [line for line in commands(page) if line[0] == "make" and "--from" not in line and "humming" not in line]
    assert len(lines) >= count
    for line in lines:
        given = parse(line).params
        told = (*yours.laid_over(given["effects"]), *given["settings"])
        recipe = Wish(given["recipe"] or DEFAULT_RECIPE, settings=told).resolve(Seed(1))
        assert yours.files_of(recipe)
