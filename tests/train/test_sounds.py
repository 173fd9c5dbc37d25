from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dusktape.core.audio import Block
from dusktape.core.errors import InputError, OutputError, PluginError, WeightsError
from dusktape.core.seed import Seed
from dusktape.io import audiofile
from dusktape.nn.run import Run
from dusktape.train import finish, keep, run, sounds

from ..diffusion_kit import RATE, SMALL, write_dataset

pytest.importorskip("torch", reason="training needs torch; install 'dusktape[audio]'")
pytest.importorskip("diffusers", reason="diffusion needs diffusers; install 'dusktape[audio]'")

from dusktape.models.diffusion.net import OPTIONS, load_splits

TRAIN: dict[str, Any] = {
    "steps": 6,
    "batch_size": 4,
    "validate_steps": 3,
    "checkpoint_steps": 2,
    "demo_steps": 4,
    "tensorboard": False,
    "energy": False,
    "demos": False,
}


class Beeper:
    """Makes tones of full scale, and beyond if asked to."""

    sample_rate, channels, frames, labels = 8_000, 2, 2_000, ()

    def __init__(self, peak: float = 0.5, hz: float = 1_000.0) -> None:
        self._peak, self._hz = peak, hz

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Block]:
        wave = self._peak * np.sin(2.0 * np.pi * self._hz * np.arange(self.frames) / self.sample_rate)
        return [np.repeat(wave[None], 2, axis=0).astype(np.float32)] * count


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "tones")


def go(data: Path, out: Path, *, train: Any = None, model: Any = None, **how: Any) -> Path:
    config = {"train": {**TRAIN, **(train or {})}, "model": {**SMALL, **(model or {})}}
    return run.train("diffusion", data, out, config=config, device="cpu", **how)


def test_a_demo_is_a_file_of_sounds_and_their_spectrograms(tmp_path: Path) -> None:
    sounds.write(Beeper(), tmp_path / "step-1", title="beeps", seed=Seed(1))
    audio = audiofile.read(tmp_path / "step-1.flac")
    assert (audio.sample_rate, audio.samples.shape) == (8_000, (2, 4 * (2_000 + 1_600)))
    assert np.abs(audio.samples).max() == pytest.approx(0.5, abs=1e-3)
    image = Image.open(io.BytesIO((tmp_path / "step-1.png").read_bytes()))
    assert image.width > 2 * image.height


def test_a_demo_beyond_full_scale_is_turned_down_not_clipped(tmp_path: Path) -> None:
    sounds.write(Beeper(peak=3.0), tmp_path / "step-1", title="beeps", seed=Seed(1))
    assert np.abs(audiofile.read(tmp_path / "step-1.flac").samples).max() == pytest.approx(0.99, abs=1e-3)


@pytest.mark.parametrize(("hz", "rate"), [(200.0, 44_100), (1_000.0, 8_000), (5_000.0, 48_000)])
def test_a_tone_stands_in_the_mel_band_of_its_frequency_at_its_level(hz: float, rate: int) -> None:
    tone = 0.5 * np.sin(2.0 * np.pi * hz * np.arange(2 * rate) / rate)
    middle = sounds.log_mel(tone, rate)[:, 20:-20].mean(1)
    loudest = int(middle.argmax())
    nearest = int(np.abs(np.log(sounds.centres(rate) / hz)).argmin())
    assert abs(loudest - nearest) <= 1
    assert -14.0 < middle[loudest] < 0.0
    assert sounds.log_mel(np.zeros(rate), rate).max() == sounds.FLOOR_DB


def test_a_run_holds_what_a_run_of_sounds_should(data: Path, tmp_path: Path) -> None:
    path = go(data, tmp_path / "run", train={"demos": True, "tensorboard": True})
    demos = sorted(p.name for p in (tmp_path / "run" / "demos").iterdir())
    assert demos == [f"{name}.{ending}" for name in ("step-0000004", "step-last") for ending in ("flac", "png")]
    facts = json.loads((tmp_path / "run" / "weights.json").read_text())
    assert (facts["steps"], facts["stopped"], facts["stored"]) == (6, "done", "float32")
    assert facts["data"]["kind"] == "sounds"
    assert facts["counted"] == "sounds"
    assert facts["data"]["licences"] == {"CC0-1.0": 12}
    assert "data_at" not in facts
    assert data.resolve() in Run.read(path.parent).data_places
    for file in (tmp_path / "run").rglob("*"):
        assert not file.is_file() or os.fsencode(tmp_path) not in file.read_bytes(), file
    assert facts["test_loss"] > 0.0
    assert "test_bits_per_event" not in facts
    card = (tmp_path / "run" / "README.md").read_text()
    assert "dusktape sample ." in card
    assert "make --composer" not in card
    assert "squared error of v" in card
    writer = Run.read(path.parent).open()
    assert (writer.sample_rate, writer.channels, writer.frames) == (RATE, 1, 256)
    assert _heard_on_the_board(tmp_path / "run" / "logs") == {"demo"}


@pytest.mark.parametrize(
    ("here", "home", "told"),
    [
        ("", "", ["../../sets/tones"]),
        ("", "../other", ["../../sets/tones"]),
        ("runs", "", []),
        ("", "below/alice", []),
    ],
)
def test_a_run_names_no_folders_but_those_of_the_project(
    here: str, home: str, told: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path / here)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / home)
    assert finish.whereabouts(tmp_path / "sets" / "tones", tmp_path / "runs" / "one") == told


def test_a_run_tells_how_its_sounds_were_cut(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "tones")
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"cut": "bars"}))
    path = go(folder, tmp_path / "run", train={"steps": 2})
    assert json.loads((path.parent / "weights.json").read_text())["data"]["cut"] == "bars"


def _heard_on_the_board(logs: Path) -> set[str]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(logs), size_guidance={"audio": 0})
    board.Reload()
    assert set(board.Tags()["images"]) == {"demo"}
    return set(board.Tags()["audio"])


def test_a_demo_of_what_is_no_number_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no numbers; train at a lower learning rate"):
        sounds.write(Beeper(peak=float("nan")), tmp_path / "step-1", title="beeps", seed=Seed(1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("demos", [True, False])
def test_a_training_that_diverges_early_ends_with_the_untrained_network(
    data: Path, tmp_path: Path, *, demos: bool
) -> None:
    wild = {"learning_rate": 1e6, "steps": 12, "warmup_steps": 2, "demos": demos, "demo_steps": 2}
    facts = json.loads((go(data, tmp_path / "run", train=wild).parent / "weights.json").read_text())
    assert (facts["stopped"], facts["best_step"]) == ("diverged", 0)
    assert all(np.isfinite(sound).all() for sound in Run.read(tmp_path / "run").open().write_sounds(2, seed=Seed(1)))
    before = digest(tmp_path / "run" / "weights.safetensors")
    assert digest(run.train("diffusion", data, tmp_path / "run", resume=True, device="cpu")) == before


@pytest.mark.parametrize("objective", ["v", "flow"])
def test_held_out_sounds_can_be_learned_from_once_each_at_any_time(data: Path, tmp_path: Path, objective: str) -> None:
    path = go(data, tmp_path / "run", train={"hold_out": False}, model={"objective": objective})
    facts = json.loads((path.parent / "weights.json").read_text())
    assert (facts["best_step"], facts["stopped"]) == (6, "done")
    held = load_splits(data, {**OPTIONS, **SMALL, "objective": objective})
    names = [int(example["clip"][0]) for example in held.all_to_learn]
    assert sorted(names) == sorted({int(e["clip"][0]) for e in (*held.train, *held.valid)})
    assert all("time" not in held.fetch(example) for example in held.all_to_learn)


def test_demos_change_no_weight(data: Path, tmp_path: Path) -> None:
    plain = go(data, tmp_path / "plain")
    shown = go(data, tmp_path / "shown", train={"demos": True, "demo_steps": 2})
    assert plain.read_bytes() == shown.read_bytes()


def test_a_training_goes_on_from_another_one(data: Path, tmp_path: Path) -> None:
    first = go(data, tmp_path / "first", train={"learning_rate": 1e-2, "steps": 20})
    told = json.loads((first.parent / "weights.json").read_text())
    sha256, licences = told["sha256"], {"CC-BY-NC-4.0": 2}
    told["data"]["licences"] = licences
    (first.parent / "weights.json").write_text(json.dumps(told))
    second = go(data, tmp_path / "second", start=str(tmp_path / "first"), model={})
    facts = json.loads((second.parent / "weights.json").read_text())
    assert facts["from"] == {"name": "first", "sha256": sha256, "licences": licences}
    assert facts["train"]["learning_rate"] == 4e-5
    before, after = (
        [json.loads(line)["valid_loss"] for line in (path.parent / "log.jsonl").read_text().splitlines()]
        for path in (first, second)
    )
    assert after[0] == pytest.approx(min(before), rel=1e-4)
    assert sha256 in (second.parent / "README.md").read_text()


def test_a_checkpoint_for_other_sounds_is_refused_before_anything_is_made(data: Path, tmp_path: Path) -> None:
    go(data, tmp_path / "first")
    other = write_dataset(tmp_path / "other", rate=16_000)
    with pytest.raises(InputError, match=r"holds 16,000 Hz, but this network is made for 8,000; .* --rate 8000"):
        go(other, tmp_path / "second", start=str(tmp_path / "first"))
    wide = write_dataset(tmp_path / "wide", channels=2)
    with pytest.raises(InputError, match="is stereo, but this network is made for mono"):
        go(wide, tmp_path / "second", start=str(tmp_path / "first"))
    with pytest.raises(InputError, match=r"model.widths is \[8, 16, 32, 32\] in first, got"):
        go(data, tmp_path / "second", start=str(tmp_path / "first"), model={"widths": [8, 8, 32, 32]})
    with pytest.raises(InputError, match="leave --from away"):
        go(data, tmp_path / "first", start=str(tmp_path / "first"), resume=True)
    with pytest.raises(InputError, match="melody cannot begin with other weights"):
        run.train("melody", data, tmp_path / "second", start=str(tmp_path / "first"))
    assert not (tmp_path / "second").exists()


def test_a_dataset_of_notes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "manifest.json").write_text('{"format": 1}')
    for folder in (tmp_path / "notes", tmp_path):
        with pytest.raises(InputError, match=r"no dataset of sounds.* dusktape data audio DIR"):
            go(folder, tmp_path / "out")


def test_memory_that_runs_out_says_which_batch_would_fit(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from dusktape.models.diffusion.net import Net

    def full(self: Any, batch: Any) -> Any:
        if len(batch["sound"]) > 1 and self.training:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return own(self, batch)

    own = Net.loss
    monkeypatch.setattr(Net, "loss", full)
    with pytest.raises(InputError, match=r"with batches of 4; batches of 1 fit: --set train.batch_size=1"):
        go(data, tmp_path / "out")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model": {"size": "tinny"}}, "model.size: there is no 'tinny'; did you mean 'tiny'"),
        ({"model": {"sise": "tiny"}}, "model: unknown key 'sise'; did you mean 'size'"),
        ({"train": {"batch_size": 0}}, "train.batch_size is 1 or more, got 0"),
        ({"train": {"stepps": 3}}, "train: unknown key 'stepps'; did you mean 'steps'"),
    ],
)
def test_settings_are_refused_before_torch_is_loaded(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any, said: str
) -> None:
    def load(model: Any) -> Any:
        raise AssertionError("it was loaded")

    monkeypatch.setattr(run, "_trainer", load)
    with pytest.raises(InputError, match=said):
        run.train("diffusion", data, tmp_path / "out", config=config)
    with pytest.raises(InputError, match="no dataset of sounds"):
        run.train("diffusion", tmp_path, tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(OutputError, match="--force"):
        run.train("diffusion", data, tmp_path / "full")


def test_without_a_gpu_a_network_is_trained_that_a_cpu_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    from dusktape.models.diffusion import net
    from dusktape.train import device, early

    class Said:
        def __init__(self) -> None:
            self.lines: list[str] = []

        def say(self, text: str) -> None:
            self.lines.append(text)

        def status(self, text: str, share: float) -> None: ...

    own, said = {"model": {"crop": False}, "train": {"batch_size": 2}}, Said()
    found = early.for_here(net, own, "cpu", said)
    assert found == {"model": {"crop": False, "size": "tiny"}, "train": {"batch_size": 2, "steps": 4000}}
    assert said.lines == ["no GPU here, so unless you set them: model.size=tiny, train.steps=4000, train.batch_size=4"]
    assert early.for_here(net, {"model": {"size": "small"}}, "cpu", said) == {"model": {"size": "small"}}
    monkeypatch.setattr(device.torch.cuda, "is_available", lambda: True)
    assert early.for_here(net, own, None, said) == own


SLOW = """
import sys, time
from dusktape.models.diffusion import net
own = net.Net.loss
net.Net.loss = lambda self, batch: (time.sleep(0.05), own(self, batch))[1]
from dusktape.cli import main
sys.argv = ["dusktape", *sys.argv[1:]]
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_kill_9_and_going_on_gives_the_same_weights(data: Path, tmp_path: Path) -> None:
    whole = go(data, tmp_path / "whole", train={"steps": 30})
    out = tmp_path / "out"
    settings = {**{f"train.{k}": v for k, v in TRAIN.items()}, "train.steps": 30}
    sets = [word for k, v in settings.items() for word in ("--set", f"{k}={json.dumps(v)}")]
    sets += [word for k, v in SMALL.items() for word in ("--set", f"model.{k}={json.dumps(v)}")]
    where = ["train", "diffusion", "--data", str(data), "--out", str(out), "--device", "cpu"]
    same_threads = {**os.environ, "OMP_NUM_THREADS": "1"}  # as here: sums in another order differ in their last bits
    process = subprocess.Popen([sys.executable, "-c", SLOW, *where, *sets], stderr=subprocess.PIPE, env=same_threads)
    try:
        until = time.monotonic() + 120.0
        while not (out / keep.CHECKPOINT).exists() or keep.load(out)["state"]["step"] < 4:
            assert process.poll() is None, process.stderr and process.stderr.read().decode()
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert keep.load(out)["state"]["step"] < 30, "it was killed in the middle"
    again = run.train("diffusion", data, out, resume=True, device="cpu")
    assert digest(again) == digest(whole)


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_run_that_is_not_finished_or_of_another_model_cannot_be_begun_with(data: Path, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    with pytest.raises(WeightsError, match="half"):
        go(data, tmp_path / "out", start=str(tmp_path / "half"))


def test_without_diffusers_a_training_says_what_to_install(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("dusktape.models.diffusion")]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "diffusers"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(
        PluginError, match=r"training needs diffusers; install it with: pip install 'dusktape\[audio\]'"
    ):
        go(data, tmp_path / "out")


def test_the_command_begins_with_a_checkpoint(tmp_path: Path, data: Path) -> None:
    from click.testing import CliRunner

    from dusktape.cli.train import command

    asked = ["diffusion", "--data", str(data), "--out", str(tmp_path / "out"), "--from", str(tmp_path / "none.ckpt")]
    with pytest.raises(InputError, match="no such checkpoint"):
        CliRunner().invoke(command, asked, catch_exceptions=False)
