"""The tools that draw and measure for the documentation."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile
from PIL import Image

from dusktape.core.audio import SAMPLE_RATE

ROOT = Path(__file__).parents[2]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    return tool("recipe_pictures")


@pytest.fixture(scope="module")
def trips() -> ModuleType:
    return tool("mp3_round_trip")


def song(pictures: ModuleType, hertz: float, seconds: float = 2.0):
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = 0.5 * np.sin(2.0 * np.pi * hertz * time) * (time > 0.5 * seconds)
    samples = np.stack([sound, sound]).astype(np.float32)
    return pictures.Song(f"tone {hertz:g}", samples, [("intro", 0.0), ("A", 0.5 * seconds)], "72 bpm")


def test_ten_recipes_take_two_pages_and_the_same_songs_the_same_bytes(pictures: ModuleType, monkeypatch) -> None:
    monkeypatch.setattr(pictures, "WIDTH", 24)
    songs = [song(pictures, 1_000.0)] * 10
    first, again = pictures.pages(songs, 1), pictures.pages(songs, 1)
    assert len(first) == 2
    saved = [[io.BytesIO(), io.BytesIO()] for _ in range(2)]
    for files, page, same in zip(saved, first, again, strict=True):
        page.save(files[0], "PNG")
        same.save(files[1], "PNG")
        assert files[0].getvalue() == files[1].getvalue()


def test_a_tone_stands_at_its_frequency_and_in_its_half_of_the_panel(pictures: ModuleType) -> None:
    (page,) = pictures.pages([song(pictures, 1_000.0)], 1)
    grey = np.asarray(page.convert("RGB").convert("L"), float)
    top = pictures.HEAD + pictures.RIBBON + pictures.WAVE
    panel = grey[top : top + pictures.BANDS, pictures.LEFT : pictures.LEFT + pictures.WIDTH]
    half = pictures.WIDTH // 2
    at = np.log(1_000.0 / pictures.LOW_HZ) / np.log(pictures.HIGH_HZ / pictures.LOW_HZ)
    brightest = int(np.argmax(panel[:, half + 20 :].mean(axis=1)))
    assert brightest == pytest.approx(pictures.BANDS * (1.0 - at), abs=2.0)
    assert panel[:, half + 20 :].max() > 3.0 * panel[:, : half - 20].max()


def test_a_page_of_noise_is_no_larger_than_promised(pictures: ModuleType, monkeypatch) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 4 * SAMPLE_RATE)).astype(np.float32)
    noise = pictures.Song("noise", samples, [("A", 0.0)], "")
    drawn = pictures.spectrogram(samples, SAMPLE_RATE, pictures.WIDTH, pictures.BANDS)
    shuffled = np.random.default_rng(3)  # or the nine panels would pack as one
    monkeypatch.setattr(pictures, "spectrogram", lambda *_: shuffled.permutation(drawn, axis=1))
    (page,) = pictures.pages([noise] * (pictures.COLUMNS * pictures.ROWS), 1)
    out = io.BytesIO()
    page.save(out, "PNG", optimize=True)
    assert out.tell() < 600_000
    assert Image.open(out).mode == "P"


def test_the_guide_shows_every_page_once_however_often_it_is_written(pictures: ModuleType) -> None:
    guide = (ROOT / "docs" / "guides" / "recipes.md").read_text(encoding="utf-8")
    assert pictures.BEGIN in guide and pictures.END in guide
    once = pictures.written(guide, [["attic", "boombap"], ["tape"]], 1)
    assert once.count("![") == guide.partition(pictures.BEGIN)[0].count("![") + 2
    assert "spectrograms of attic, boombap](../pictures/recipes_1.png)" in once
    assert pictures.written(once, [["attic", "boombap"], ["tape"]], 1) == once


@pytest.fixture
def hot(tmp_path: Path) -> Path:
    """Noise clipped at -1 dBFS: the worst that a codec may get."""
    noise = 2.0 * np.random.default_rng(2).standard_normal((4 * SAMPLE_RATE, 2))
    soundfile.write(tmp_path / "hot.flac", np.clip(noise, -0.89, 0.89), SAMPLE_RATE, subtype="PCM_24")
    return tmp_path / "hot.flac"


def test_a_codec_raises_peaks_and_our_limiter_gives_way(trips: ModuleType, hot: Path) -> None:
    found = trips.trip(hot, 128)
    assert found.plain > found.before
    assert found.ours < found.plain - 0.5
    told = "\n".join(trips.table([found], 128))
    assert f"| hot | {found.before:+.2f} | {found.ours:+.2f} | {found.plain:+.2f} |" in told


def test_a_quiet_tone_comes_back_as_loud_as_it_went(trips: ModuleType, tmp_path: Path) -> None:
    tone = 0.25 * np.sin(2.0 * np.pi * 500.0 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
    soundfile.write(tmp_path / "tone.wav", tone * np.hanning(tone.size), SAMPLE_RATE)
    found = trips.trip(tmp_path / "tone.wav", 128)
    assert found.ours == pytest.approx(found.before, abs=0.6)  # LAME takes 0.45 dB off
    assert found.before == pytest.approx(20.0 * np.log10(0.25), abs=0.05)


def test_what_is_too_loud_ends_with_exit_code_1_and_is_named(trips: ModuleType, hot: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(trips, "PROMISED_DBTP", -12.0)
    monkeypatch.setattr(sys, "argv", ["mp3_round_trip.py", str(hot.parent)])
    with pytest.raises(SystemExit, match="1 track above -12 dBTP: hot"):
        trips.main()
    assert "| highest of 1 |" in capsys.readouterr().out
