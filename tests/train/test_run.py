from __future__ import annotations

import json
import pickle
import shutil
import signal
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import DusktapeError, InputError, OutputError, PluginError, WeightsError
from dusktape.data import dataset
from dusktape.nn.run import Run
from dusktape.nn.weights import load, metadata
from dusktape.train import run

torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")

from dusktape.train import checkpoint, costs, loop  # noqa: E402
from dusktape.train.device import used  # noqa: E402


class Said:
    """Hears everything."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.redrawn: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def status(self, text: str, share: float) -> None:
        self.redrawn.append(text)


@pytest.fixture
def data(toy: Any, tmp_path: Path) -> Path:
    return Path(toy.write_data(tmp_path / "data"))


@pytest.fixture
def go(toy: Any, data: Path, tmp_path: Path, quiet: dict[str, Any]) -> Any:
    """Trains the toy model, quickly and quietly."""

    def train(out: str = "out", *, said: Said | None = None, train: Any = None, model: Any = None, **how: Any) -> Path:
        config = {"train": {**quiet, **(train or {})}, "model": model or {}}
        how = {"data": data, "device": "cpu", **how}
        return run.train("toy", out=tmp_path / out, config=config, listener=said, **how)

    return train


@pytest.fixture
def counter(toy: Any) -> Any:
    """A trainer that counts and needs no torch."""
    toy.COUNT = lambda data: ({"table": np.ones(2)}, {"epochs": 1, "parameters": 2})
    return toy


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def stop_at(monkeypatch: pytest.MonkeyPatch, step: int, how: Any) -> None:
    """Make something happen right after a step."""
    look = loop.Job.look

    def looked(job: loop.Job) -> None:
        look(job)
        if job.state.step == step:
            how()

    monkeypatch.setattr(loop.Job, "look", looked)


def interrupted() -> None:
    signal.raise_signal(signal.SIGINT)


FINISHED = [
    *("README.md", "checkpoint.safetensors", "config.toml", "curves.png", "index.npz", "log.jsonl"),
    *("weights.json", "weights.safetensors"),
]


def test_a_training_leaves_a_run_with_weights_that_open_by_themselves(go: Any, data: Path, tmp_path: Path) -> None:
    path = go(epochs=2, seed=5)
    assert path == tmp_path / "out" / "weights.safetensors"
    assert files(tmp_path / "out") == FINISHED
    facts = json.loads((tmp_path / "out" / "weights.json").read_text())
    assert (facts["model"], facts["seed"], facts["epochs"], facts["stopped"]) == ("toy", 5, 2, "done")
    assert facts["songs"] == {"train": 24, "valid": 5, "test": 5}
    assert facts["events"] == {"train": sum(12 + k % 4 for k in range(24)), "valid": 66, "test": 66}
    assert facts["options"] == {"hidden": 8, "dropout": 0.2}
    assert facts["data"]["name"] == "data"
    assert len(facts["data"]["sha256"]) == 64
    assert 0.5 < facts["test_bits_per_event"] < 2.1
    assert facts["baselines"]["best"] < facts["baselines"]["unigram"]
    about = metadata(path)
    assert about["model"] == "toy"
    assert json.loads(about["options"]) == facts["options"]
    assert json.loads(about["vocabulary"]) == {"words": ["a", "b", "c", "d"]}
    assert [json.loads(line)["epoch"] for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()] == [
        0,
        1,
        2,
    ]


def test_the_device_is_the_one_that_was_used(go: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    go(epochs=1, device=None)
    device = json.loads((tmp_path / "out" / "weights.json").read_text())["device"]
    assert device.startswith(best)
    assert f" s on {device}" in (tmp_path / "out" / "README.md").read_text()
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert used(torch.nn.Linear(1, 1)) == "4 x cpu"


def test_it_says_what_it_is_at_before_and_after_it_learns(
    go: Any, data: Path, counter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Said()
    go("counted", said=counted)
    assert counted.redrawn == [f"counting what is in {data}"]
    del counter.COUNT
    said, again, last = Said(), Said(), Said()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 7, interrupted)
        go(said=said)
    assert said.redrawn[0] == f"reading {data}"
    assert said.lines[0] == "toy, 504 parameters; validating once before the first step"
    go(said=again, resume=True)
    assert again.lines[0] == "toy, 504 parameters; going on at step 7"
    assert again.lines[-1] == "measuring what was learned"
    go("last", said=last, train={"hold_out": False})
    assert last.lines[0] == "toy, 504 parameters"


def test_the_index_knows_what_people_share_where_the_trainer_tells_held_out_lines(
    go: Any, toy: Any, data: Path, tmp_path: Path
) -> None:
    go(epochs=1)
    toy.held_out_lines = toy.lines
    go("more", epochs=1)
    without, told = (np.load(tmp_path / name / "index.npz") for name in ("out", "more"))
    assert sum(without[name].size for name in without.files) < sum(told[name].size for name in told.files)


def test_a_run_can_be_opened_and_trained_again_from_its_config(
    go: Any, toy: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    path = go(epochs=1, model={"hidden": 4})
    monkeypatch.setattr("dusktape.nn.run.find", lambda group, name: toy.MODEL)
    opened = Run.read(tmp_path / "out")
    assert opened.open().weights["head.weight"].shape == (4, 4)
    table = tomllib.loads((tmp_path / "out" / "config.toml").read_text())
    assert table["train"]["epochs"] == 1
    again = go("again", train=table["train"], model=table["model"])
    assert again.read_bytes() == path.read_bytes()


def test_figures_are_those_of_the_weights_that_are_stored(go: Any, toy: Any, data: Path, tmp_path: Path) -> None:
    path = go(epochs=1)
    stored = {name: torch.from_numpy(w.astype(np.float32)) for name, w in load(path).items()}
    splits = toy.load_splits(data, toy.OPTIONS)
    net = toy.build(0, splits, toy.OPTIONS)
    net.load_state_dict(stored)
    facts = json.loads((tmp_path / "out" / "weights.json").read_text())
    bits = costs.bits(net, splits.test, loop.Settings()) / 66
    assert facts["test_bits_per_event"] == pytest.approx(bits, rel=1e-6)


@pytest.mark.parametrize("step", [3, 9, 12])
def test_a_stopped_training_goes_on_to_the_same_weights(
    go: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    unbroken = go("whole")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) as stop:
        stop_at(patch, step, interrupted)
        go()
    assert stop.value.__notes__ == [
        f"stopped at step {step}; go on with: dusktape train toy --data {data} --resume {tmp_path / 'out'}"
    ]
    assert "weights.json" not in files(tmp_path / "out")
    with pytest.raises(WeightsError, match="no finished training"):
        Run.read(tmp_path / "out")
    again = go(resume=True)
    assert again.read_bytes() == unbroken.read_bytes()
    assert files(tmp_path / "out") == FINISHED
    steps = [json.loads(line)["step"] for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert steps == [0, 6, 12, 18]


@pytest.mark.parametrize("step", [0, 6, 18])
def test_a_validation_is_broken_off_and_made_up_for(
    go: Any, data: Path, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    unbroken = go("whole")
    summed, batches_done = loop.summed, []

    def measured(net: Any, some: Any, fetch: Any, hurry: Any) -> float:
        def until(job_step: int) -> Any:
            for k, batch in enumerate(some):
                if k == 1 and len(batches_done) == job_step // 6:
                    interrupted()
                yield batch

        try:
            return summed(net, until(step), fetch, hurry)
        finally:
            batches_done.append(1)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) as stop:
        patch.setattr(loop, "summed", measured)
        go()
    assert stop.value.__notes__[0].startswith(f"stopped at step {step}; go on with: ")
    assert go(resume=True).read_bytes() == unbroken.read_bytes()
    ours, theirs = (
        [
            {k: row[k] for k in ("step", "train_loss", "valid_loss")}
            for row in map(json.loads, path.read_text().splitlines())
        ]
        for path in (tmp_path / "out" / "log.jsonl", tmp_path / "whole" / "log.jsonl")
    )
    assert ours == theirs


def test_the_second_ctrl_c_stops_at_once(go: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_at(monkeypatch, 2, lambda: [interrupted(), interrupted()])
    with pytest.raises(KeyboardInterrupt):
        go()
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_it_measures_says_how_to_go_on_too(go: Any, toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt) as stop:
        patch.setattr(toy, "export", lambda net, splits: interrupted())
        go()
    assert stop.value.__notes__[0].startswith("stopped at step 18; go on with: ")
    assert go(resume=True).exists()


def test_signals_are_heard_as_before_when_it_has_ended(go: Any) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    go(epochs=1)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_run_remembers_what_it_was_asked_for(go: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 7, interrupted)
        go(seed=3, epochs=2, model={"hidden": 5})
    go(resume=True, train={"demo_steps": 17})
    facts = json.loads((tmp_path / "out" / "weights.json").read_text())
    assert (facts["seed"], facts["epochs"], facts["options"]["hidden"]) == (3, 2, 5)
    assert facts["train"]["demo_steps"] == 17


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"epochs": 9}, r"was begun with train\.epochs = 3, not 9; give it the same, or train without --resume"),
        ({"seed": 9}, r"train\.seed = 0, not 9"),
        ({"train": {"batch_size": 3}}, r"train\.batch_size = 4, not 3"),
        ({"model": {"hidden": 7}, "epochs": 4}, r"train\.epochs = 3, not 4; model\.hidden = 8, not 7"),
        ({"model": {"hiden": 7}}, "model: unknown key 'hiden'; did you mean 'hidden'?"),
    ],
)
def test_going_on_with_something_else_says_what_differs(
    go: Any, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], said: str
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 7, interrupted)
        go()
    with pytest.raises(DusktapeError, match=said) as caught:
        go(resume=True, **how)
    assert "\n" not in str(caught.value)


def test_going_on_with_other_data_says_what_differs(
    go: Any, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 7, interrupted)
        go()
    with pytest.raises(
        WeightsError, match=r"was begun with the dataset [0-9a-f]{12}, not [0-9a-f]{12}; give it the same"
    ):
        go(resume=True, data=toy.write_data(tmp_path / "more", train=25))
    with pytest.raises(WeightsError, match=r"was begun with another vocabulary \(words\); give it the same"):
        go(resume=True, data=toy.write_data(tmp_path / "words", words="abce"))


def test_going_on_with_another_model_says_which_one_it_is_of(
    go: Any, toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 7, interrupted)
        go()
    object.__setattr__(toy.MODEL, "name", "toy2")
    toy.OPTIONS = {"layers": 2}
    with pytest.raises(WeightsError, match="is a run of toy, not of toy2; dusktape train toy goes on with it"):
        go(resume=True, model={"layers": 3})


def test_there_may_be_nothing_to_go_on_with(go: Any, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"there is no checkpoint .*; train without --resume"):
        go(resume=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "checkpoint.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"is no checkpoint: .*; train without --resume"):
        go(resume=True)


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "checkpoint.pt", "model.ckpt", "state.pkl"])
def test_a_checkpoint_that_is_a_pickle_is_refused(go: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(WeightsError, match=f"{name} is a pickle, which may hold code"):
        go(resume=True)
    with pytest.raises(WeightsError, match=f"{name} is a pickle, which may hold code"):
        go(f"out/{name}", resume=True)


def test_a_finished_run_is_left_as_it_is(go: Any, tmp_path: Path) -> None:
    path, said = go(), Said()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").iterdir()}
    assert go(said=said, resume=True) == path
    assert said.lines == [f"{tmp_path / 'out'} is finished; there is nothing to go on with"]
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").iterdir()} == before


def test_a_run_that_was_killed_while_it_finished_finishes(go: Any, tmp_path: Path) -> None:
    path = go()
    before = path.read_bytes()
    for name in ("weights.json", "weights.safetensors", "README.md"):
        (tmp_path / "out" / name).unlink()
    assert go(resume=True).read_bytes() == before
    assert files(tmp_path / "out") == FINISHED


def test_a_diverged_training_ends_properly_and_says_so(go: Any, tmp_path: Path) -> None:
    said = Said()
    go(said=said, train={"learning_rate": 1e5, "epochs": 300, "patience": 300})
    facts = json.loads((tmp_path / "out" / "weights.json").read_text())
    assert facts["stopped"] == "diverged"
    assert facts["best_step"] == 0
    assert facts["test_bits_per_event"] == pytest.approx(2.0, abs=0.2)
    assert any("the loss diverged" in line and "goes back to the untrained network" in line for line in said.lines)
    assert "Its training diverged" in (tmp_path / "out" / "README.md").read_text()


def test_without_songs_to_validate_or_test_it_still_trains(go: Any, toy: Any, tmp_path: Path) -> None:
    go(data=toy.write_data(tmp_path / "few", train=3, valid=0, test=0), epochs=1)
    facts = json.loads((tmp_path / "out" / "weights.json").read_text())
    assert facts["test_bits_per_event"] is None
    assert "baselines" not in facts


def test_nothing_to_learn_from_is_refused(go: Any, toy: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none has nothing to learn from for toy; make it from other files"):
        go(data=toy.write_data(tmp_path / "none", train=0))
    assert not (tmp_path / "out").exists()


def test_a_dataset_in_place_of_sources_is_told(go: Any, toy: Any, tmp_path: Path) -> None:
    def load_splits(folder: Path, options: Any) -> Any:
        try:
            return (folder / "songs" / "songs.npz").read_bytes()
        except OSError as error:
            raise InputError(f"cannot read songs: {error}") from error

    toy.load_splits = load_splits
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="cannot read songs"):
        go(data=tmp_path / "mine")
    for name in (dataset.MANIFEST, dataset.NOTES):
        (tmp_path / "mine" / name).write_text("{}")
    told = "mine is a dataset, but toy learns from sources; give the folder of those in its card"
    with pytest.raises(InputError, match=told):
        go(data=tmp_path / "mine")
    toy.COUNT = lambda folder: load_splits(folder, {})
    with pytest.raises(InputError, match=told):
        go(data=tmp_path / "mine")


def test_sources_in_place_of_a_dataset_are_told(go: Any, toy: Any, data: Path) -> None:
    toy.load_splits = lambda folder, options: dataset.Dataset.read(folder)
    told = "data is no dataset, which toy learns from; make one: dusktape data midi DIR --out lofi.dataset"
    with pytest.raises(InputError, match=told):
        go()


def test_counting_needs_neither_epochs_nor_a_device(counter: Any, go: Any, tmp_path: Path) -> None:
    go(epochs=9, device="nonsense")
    assert files(tmp_path / "out") == ["README.md", "weights.json", "weights.safetensors"]
    assert json.loads((tmp_path / "out" / "weights.json").read_text())["epochs"] == 1


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_overwritten_unasked(go: Any, tmp_path: Path, force: bool) -> None:
    go(epochs=1, train={"hold_out": False})
    out = tmp_path / "out"
    (out / "notes.txt").write_text("mine")
    before = (out / "weights.json").read_text()
    if force:
        go(force=True)
        assert files(out) == sorted([*FINISHED, "notes.txt"])
    else:
        with pytest.raises(OutputError, match="is there and not empty; choose another name, or say --force"):
            go()
    assert (out / "notes.txt").read_text() == "mine"
    assert ((out / "weights.json").read_text() == before) is not force


def test_what_is_replaced_stays_until_there_is_something_to_replace_it(
    go: Any, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go()
    before = files(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(ValueError, match="bug"):
        patch.setattr(toy, "augment", lambda e, rng: (_ for _ in ()).throw(ValueError("bug")))
        go(force=True)
    assert files(tmp_path) == before
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, 2, interrupted)
        go(force=True)
    assert files(tmp_path / "out") == ["README.md", "checkpoint.safetensors"], "nothing that looks finished"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"epochs": 0}, "a training takes 1 epoch or more, got 0; leave it out"),
        ({"epochs": -3}, "a training takes 1 epoch or more, got -3"),
        ({"device": "gpu"}, "torch cannot use the device 'gpu': .*; take --device cpu"),
        ({"device": "cuda:99"}, "torch cannot use the device 'cuda:99': .*; take --device cpu"),
        ({"device": "meta"}, "torch cannot use the device 'meta': .*; take --device cpu"),
        ({"train": {"epoch": 3}}, "train: unknown key 'epoch'; did you mean 'epochs'?"),
    ],
)
def test_what_cannot_be_trained_with_is_refused_before_any_work(
    go: Any, toy: Any, tmp_path: Path, wish: dict[str, Any], said: str
) -> None:
    toy.load_splits = lambda data, options: pytest.fail("loaded in vain")
    with pytest.raises(InputError, match=said) as caught:
        go(**wish)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_refused_before_any_work(go: Any, toy: Any, tmp_path: Path) -> None:
    toy.load_splits = lambda data, options: pytest.fail("loaded in vain")
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/out", "nowhere/out"):
        with pytest.raises(OutputError, match=r"file|no folder"):
            go(place)


def test_options_that_build_no_network_are_one_line(go: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"toy cannot be built with these options: .*; change \[model\]") as caught:
        go(model={"hidden": -3})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_memory_that_runs_out_says_which_batch_size_to_try(
    go: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(job: Any, examples: Any) -> None:
        raise error

    monkeypatch.setattr(loop.Job, "learn", full)
    with pytest.raises(
        InputError, match=r"memory has run out with batches of 4; batches of 2 fit: --set train\.batch_size=2"
    ):
        go()
    with pytest.raises(InputError, match=r"memory has run out with batches of 1; make the model smaller\.?$"):
        go(train={"batch_size": 1})
    assert not (tmp_path / "out").exists()


def test_a_batch_size_is_named_that_takes_a_step(go: Any, toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    build, most = toy.build, 2

    def small(seed: int, splits: Any, options: Any) -> Any:
        net = build(seed, splits, options)
        nats = type(net).nats

        def full(self: Any, batch: Any) -> Any:
            if self.training and len(batch["y"]) > most:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return nats(self, batch)

        monkeypatch.setattr(type(net), "nats", full)
        return net

    monkeypatch.setattr(toy, "build", small)
    with pytest.raises(InputError, match=r"with batches of 16; batches of 2 fit: --set train\.batch_size=2"):
        go(train={"batch_size": 16})
    most = 0
    with pytest.raises(InputError, match=r"with batches of 16, and no smaller batch fits; make the model smaller"):
        go(train={"batch_size": 16})


def test_a_long_training_is_told_once(go: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said()
    monkeypatch.setattr("dusktape.train.report._LONG_S", 0.0)
    go(said=said)
    assert [("left at this speed" in line) for line in said.lines].count(True) == 1


def test_other_errors_of_torch_are_ours_and_loud(go: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: Any, examples: Any) -> None:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(loop.Job, "learn", broken)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        go()


def test_weights_and_biases_is_asked_for_before_any_work(go: Any, toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "wandb", None)
    toy.load_splits = lambda data, options: pytest.fail("loaded in vain")
    with pytest.raises(PluginError, match="--wandb needs Weights & Biases; install it with: pip install wandb"):
        go(wandb=True)


def test_a_missing_extra_is_one_line(go: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(
        PluginError, match=r"training needs accelerate; install it with: pip install 'dusktape\[train\]'"
    ):
        go()


def test_ctrl_c_before_the_first_step_leaves_nothing(go: Any, toy: Any, tmp_path: Path) -> None:
    def stopped(*how: Any) -> Any:
        raise KeyboardInterrupt

    toy.build = stopped
    with pytest.raises(KeyboardInterrupt):
        go()
    assert not (tmp_path / "out").exists()


def test_an_older_checkpoint_than_the_last_step_is_enough(
    go: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = go("whole", train={"checkpoint_steps": 4})
    kept: list[Path] = []

    def copy() -> None:
        kept.append(Path(shutil.copy(tmp_path / "out" / "checkpoint.safetensors", tmp_path / "copy")))

    with monkeypatch.context() as patch:
        stop_at(patch, 11, copy)
        go(train={"checkpoint_steps": 4})
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    kept[0].rename(tmp_path / "out" / "checkpoint.safetensors")
    assert checkpoint.read(tmp_path / "out" / "checkpoint.safetensors")["state"]["step"] == 8
    assert go(resume=True).read_bytes() == unbroken.read_bytes()


def test_everything_at_once_with_demos_curves_and_energy(
    toy: ModuleType, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("asked the network"))
    rendered: list[str] = []
    monkeypatch.setattr("dusktape.train.demo.render", lambda score, path, seed: rendered.append(path.name))
    config = {"train": {"demo_steps": 4, "country": "DEU", "checkpoint_steps": 1000}}
    run.train("toy", data, tmp_path / "out", config=config, epochs=1, device="cpu")
    demos = files(tmp_path / "out" / "demos")
    assert demos == [f"step-{k}.{kind}" for k in ("0000004", "last") for kind in ("mid", "png")]
    assert rendered == ["step-0000004.flac", "step-last.flac"]
    assert any(name.startswith("events.out") for name in files(tmp_path / "out" / "logs"))
    facts = json.loads((tmp_path / "out" / "weights.json").read_text())
    assert facts["energy"]["energy_kwh"] > 0
    assert facts["energy"]["co2_kg"] > 0
    assert "equivalents at the average of DEU" in (tmp_path / "out" / "README.md").read_text()


def test_a_run_from_before_a_setting_was_there_goes_on(go: Any, tmp_path: Path) -> None:
    whole = go("whole", epochs=2)
    go(epochs=2)
    path = tmp_path / "out" / "checkpoint.safetensors"
    saved = checkpoint.read(path)
    for name in ("steps", "validate_epochs", "ema_early"):
        del saved["about"]["train"][name]
    del saved["state"]["seen"]
    checkpoint.write(path, saved)
    for name in ("weights.json", "weights.safetensors"):
        (tmp_path / "out" / name).unlink()
    assert go(epochs=2, resume=True).read_bytes() == whole.read_bytes()
