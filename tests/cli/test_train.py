from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

TOY = Path(__file__).parents[1] / "train" / "toy_model.py"
QUICK = [
    word
    for change in ("train.epochs=1", "train.tensorboard=false", "train.energy=false", "train.demos=false")
    for word in ("--set", change)
]


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The toy model and data for it."""
    torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")
    torch.set_num_threads(1)
    spec = importlib.util.spec_from_file_location("toy_model", TOY)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "toy_model", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr("dusktape.train.run.find", lambda group, name: module.MODEL)
    module.write_data(tmp_path / "data")
    return module


def test_the_folder_is_all_that_stands_on_stdout(toy, dusktape, tmp_path):
    said = dusktape("train", "toy", "--data", "data", "--out", "run", "--device", "cpu", *QUICK)
    assert said.code == 0, said.err
    assert said.out == "run\n"
    assert (tmp_path / "run" / "weights.safetensors").exists()
    assert "epoch 1/1 step 6  train " in said.err
    assert (tmp_path / "run" / "README.md").exists()
    again = dusktape("train", "toy", "--data", "data", "--resume", "run", "--device", "cpu")
    assert (again.code, again.out) == (0, "run\n")
    assert "run is finished; there is nothing to go on with" in again.err


def test_quiet_says_nothing_but_the_path_and_the_folder_has_a_default_name(toy, dusktape, tmp_path):
    said = dusktape("train", "toy", "--data", "data", "--device", "cpu", "--quiet", *QUICK)
    assert (said.out, said.err) == ("toy-weights\n", "")
    assert (tmp_path / "toy-weights" / "weights.json").exists()


def test_a_config_file_is_read_and_settings_have_the_last_word(toy, dusktape, tmp_path):
    (tmp_path / "c.toml").write_text("[train]\nbatch_size = 12\n[model]\nhidden = 3\n")
    said = dusktape(
        "train", "toy", "--data", "data", "--config", "c.toml", "--set", "model.hidden=5", "--device", "cpu", *QUICK
    )
    assert "epoch 1/1 step 2 " in said.err
    assert "hidden = 5" in (tmp_path / "toy-weights" / "config.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--config", "none.toml"], "'none.toml' cannot be read"),
        (["--config", "bad.toml"], "bad.toml: train: unknown key 'epoch'; did you mean 'epochs'?"),
        (["--set", "epochs=3"], "'epochs=3' is no setting; write table.key=value, as in train.epochs=3"),
        (["--set", "train.clip=soft"], "--set: train.clip is a number, got 'soft'"),
        (["--epochs", "0"], "a training takes 1 epoch or more, got 0"),
        (["--seed", "-1"], "train.seed is 0 or more, got -1"),
        (["--resume", "a", "--out", "b"], "--resume goes on in the folder it names; leave --out away"),
        (["--resume", "nowhere"], "there is no checkpoint nowhere/checkpoint.safetensors; train without --resume"),
        (["--resume", "bad.toml"], "bad.toml is a file; give the folder of a run"),
        (["--device", "cuda:99"], "torch cannot use the device 'cuda:99'"),
        (["--device", "mps", "--set", "train.processes=2"], "train.processes is 2, and --device mps is one device"),
        (["--out", "data"], "'data' is there and not empty; choose another name, or say --force"),
    ],
)
def test_nonsense_is_one_line_and_nothing_is_written(toy, refused, tmp_path, arguments, told):
    (tmp_path / "bad.toml").write_text("[train]\nepoch = 3\n")
    assert told in refused("train", "toy", "--data", "data", *arguments)


def test_data_that_is_none_is_one_line(toy, refused, tmp_path):
    assert "nowhere is no folder; give the one that holds the sources" in refused("train", "toy", "--data", "nowhere")
    (tmp_path / "empty").mkdir()
    assert "empty has no songs.json" in refused("train", "toy", "--data", "empty")


def test_ctrl_c_says_how_to_go_on(toy, dusktape, monkeypatch):
    import signal

    from dusktape.train import loop

    look = loop.Job.look

    def looked(job: Any) -> None:
        look(job)
        if job.state.step == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(loop.Job, "look", looked)
    said = dusktape("train", "toy", "--data", "data", "--out", "run", "--device", "cpu", *QUICK)
    assert said.code == 130
    assert said.out == ""
    told = "dusktape: stopped at step 3; go on with: dusktape train toy --data data --resume run"
    assert [line for line in said.err.splitlines() if "stopped" in line] == [told]
    assert said.err.splitlines()[-1] == told


def test_ctrl_c_before_there_is_a_checkpoint_leaves_nothing_and_says_so(toy, dusktape, monkeypatch, tmp_path):
    def stopped(*how: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(toy, "build", stopped)
    said = dusktape("train", "toy", "--data", "data", "--out", "run", "--device", "cpu", *QUICK)
    assert said.err.splitlines()[-1] == "dusktape: stopped; nothing half-written was left behind"
    assert not (tmp_path / "run").exists()


def test_sigterm_keeps_a_checkpoint_too(toy, dusktape, monkeypatch, tmp_path):
    import signal

    from dusktape.train import loop

    look = loop.Job.look

    def looked(job: Any) -> None:
        look(job)
        if job.state.step == 3:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(loop.Job, "look", looked)
    said = dusktape("train", "toy", "--data", "data", "--out", "run", "--device", "cpu", *QUICK)
    assert said.code == 143
    assert (tmp_path / "run" / "checkpoint.safetensors").exists()
