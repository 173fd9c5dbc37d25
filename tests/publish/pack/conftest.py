from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.data.sounds import CLIPS, Clip, SoundDataset, manifest_text
from dusktape.io.audiofile import AudioWriter
from dusktape.nn.model import Model
from dusktape.nn.run import FACTS, WEIGHTS
from dusktape.nn.weights import save
from dusktape.publish.pack.order import Order

RATE = 16_000


def thud(seed: Seed, frames: int = 6_000, rate: int = RATE) -> np.ndarray:
    """A drum of a kind: a note that falls, and noise, both drawn. Shape (1, frames)."""
    t = np.arange(frames) / rate
    hz, fall = seed.at("hz").between(60.0, 900.0), seed.at("fall").between(15.0, 60.0)
    noise = seed.at("noise").rng().standard_normal(frames) * seed.at("share").between(0.0, 0.8)
    sound = (np.sin(2.0 * np.pi * hz * t * (1.0 + np.exp(-30.0 * t))) + noise) * np.exp(-fall * t)
    return np.asarray(0.4 * sound / np.abs(sound).max(), np.float32)[None, :]


class Thuds:
    """A model of sounds: every draw is another thud; `kick` is all it is told."""

    sample_rate, channels, frames = RATE, 1, 6_000
    labels: tuple[str, ...] = ("kick", "closed_hat")

    def write_sounds(self, count, *, seed, label="", frames=0, steps=0):
        return [thud(seed.at("sound", i), frames or self.frames) for i in range(count)]


class Same(Thuds):
    """Has learned one sound."""

    def write_sounds(self, count, *, seed, label="", frames=0, steps=0):
        return [thud(Seed(5)) for _ in range(count)]


class Broken(Thuds):
    """Has learned nothing."""

    def write_sounds(self, count, *, seed, label="", frames=0, steps=0):
        return [np.full((1, 6_000), np.nan, np.float32)] * count


class Hums(Thuds):
    """Draws long sounds that do not end, and knows no labels."""

    frames, labels = 6 * RATE, ()

    def write_sounds(self, count, *, seed, label="", frames=0, steps=0):
        frames = frames or self.frames
        if frames > 20 * RATE:
            raise InputError(f"{frames} frames are too many; ask for fewer")
        hums = []
        for i in range(count):
            here = seed.at("sound", i)
            noise = here.rng().standard_normal(frames).cumsum()
            tone = np.sin(2.0 * np.pi * here.at("hz").between(90.0, 900.0) * np.arange(frames) / RATE)
            hums.append(np.asarray(0.1 * np.diff(noise, prepend=0.0) + 0.1 * tone, np.float32)[None, :])
        return hums


class Waves(Hums):
    """Is told its tempo and how to draw, as a dilated net is, and remembers what it was told."""

    told: ClassVar[list[dict[str, float]]] = []

    def drawn(self, **how: float):
        self.told.append(how)
        return self

    def run_on(self, *what: object) -> None:
        raise AssertionError("nothing runs on in these tests")


class Diffusing(Thuds):
    """Takes steps and a sampler, and remembers them."""

    labels: tuple[str, ...] = ()
    heard: ClassVar[list[tuple[str, int, int]]] = []

    def __init__(self, sampler: str = "") -> None:
        self.sampler = sampler

    def sampling(self, sampler):
        return Diffusing(sampler)

    def write_sounds(self, count, *, seed, label="", frames=0, steps=0):
        self.heard.append((self.sampler, steps, count))
        return super().write_sounds(count, seed=seed, frames=frames)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes the folder of a training whose model draws thuds, and returns its path."""

    def make(writer: type = Thuds, name: str = "run", **data: object) -> str:
        folder = tmp_path / name
        folder.mkdir()
        sha256 = save(folder / WEIGHTS, {"nothing": np.zeros(1, np.float32)}, {"model": "thuds"})
        told = {"name": "thuds", "licences": {"CC0-1.0": 9}} | data
        (folder / FACTS).write_text(json.dumps({"model": "thuds", "sha256": sha256, "data": told}))
        model = Model("thuds", "thuds", folder, (), lambda path, sha: writer(), "", role="sound", ships=False)
        monkeypatch.setattr("dusktape.nn.run.find", lambda group, name: model)
        return str(folder)

    return make


@pytest.fixture
def order(tmp_path: Path) -> Callable[..., Order]:
    """Makes orders of a pack in an empty folder."""

    def make(what: str, **more: object) -> Order:
        told = {"out": tmp_path / "Dusty Kicks Vol 1", "seed": Seed(3), "count": 4} | more
        return Order(what, **told)

    return make


@pytest.fixture
def dataset(tmp_path: Path) -> Callable[..., SoundDataset]:
    """Makes a dataset of sounds: name to sound and split."""

    def make(sounds: dict[str, tuple[np.ndarray, str]], rate: int = RATE) -> SoundDataset:
        folder = tmp_path / "thuds.dataset"
        (folder / CLIPS).mkdir(parents=True)
        clips = []
        for name, (sound, split) in sounds.items():
            with AudioWriter(folder / CLIPS / f"{name}.flac", rate, 1, seed=Seed(1)) as file:
                file.write(sound)
            clips.append(Clip(name, f"{name}.wav", split, sound.shape[1], "0" * 64, label="kick"))
        text = manifest_text(sample_rate=rate, channels=1, clips=clips, files=[])
        (folder / "manifest.json").write_text(text, encoding="utf-8")
        return SoundDataset.read(folder)

    return make


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a recipe of keys, drums and vinyl, by rules, with short chains."""
    path = tmp_path_factory.mktemp("recipes") / "bare.toml"
    path.write_text(BARE, encoding="utf-8")
    return str(path)


BARE = """
description = "Keys and drums over vinyl, by rules: quickly made."
composer = "rules"
[form]
fullness = 1.0
[parts]
lead = false
pad = false
bass = false
room = false
rain = false
riser = false
guest = false
air = false
[parts.keys]
instrument = "rhodes"
[parts.keys.chain]
room = false
tremolo = false
[parts.drums.chain]
crush = false
[master.chain]
wow = false
compressor = false
"""
