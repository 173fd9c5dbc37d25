from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dusktape.train.report import Board, Log, Progress, Wandb, reported, spoken


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.redrawn: list[tuple[str, float]] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def status(self, text: str, share: float) -> None:
        self.redrawn.append((text, share))


def job(step: int, *, validated: bool = False, **state: Any) -> Any:
    row = {"step": step, "train_loss": 3.5, "valid_loss": 3.25, "learning_rate": 0.001, "events_per_s": 1234.0}
    progress = {"epoch": 1, "batch": 3, "step": step, "recent": 3.75, "events_per_s": 1234.0, "stopped": ""}
    best = {"best": 3.25, "best_step": step, "since": 0, "history": [row] if validated else []}
    settings = SimpleNamespace(epochs=4, steps=0, report_steps=10)
    return SimpleNamespace(
        state=SimpleNamespace(**{**progress, **best, **state}), settings=settings, steps=100, validated=validated
    )


def test_progress_tells_place_loss_speed_and_time_left() -> None:
    said = Said()
    progress = Progress(said)
    for step in range(1, 11):
        progress(job(step))
    ((text, share),) = said.redrawn
    assert text.startswith("epoch 2/4 step 10  loss 3.750  1,234 events/s  ")
    assert text.endswith(" left")
    assert share == 0.1
    assert said.lines == []


def test_speed_is_told_in_what_the_examples_hold() -> None:
    said = Said()
    Progress(said, "sounds")(job(10, events_per_s=1.25))
    assert "  1.2 sounds/s" in said.redrawn[0][0]


def test_where_steps_end_a_training_they_are_counted() -> None:
    said, other = Said(), job(10)
    other.settings.steps = 100
    Progress(said)(other)
    assert said.redrawn[0][0].startswith("step 10/100  loss 3.750")


def test_a_validation_is_a_sentence_of_its_own() -> None:
    said = Said()
    progress = Progress(said)
    progress(job(20, validated=True))
    progress(job(40, validated=True, best=3.125, best_step=20))
    assert said.lines[0] == "epoch 2/4 step 20  train 3.500  valid 3.250 (best so far)  1,234 events/s"
    assert "valid 3.250 (best was 3.125)  1,234 events/s" in said.lines[1]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"stopped": "early", "since": 5}, "no better for 5 validations; it stops"),
        ({"stopped": "diverged", "best_step": 9}, "the loss diverged (last 3.750); it stops and goes back to step 9"),
        ({"stopped": "diverged", "best_step": 0}, "it stops and goes back to the untrained network"),
        ({"stopped": "early", "since": 3, "best_step": 0}, "no better for 3 validations; it stops"),
    ],
)
def test_why_it_stops_is_said(state: dict[str, Any], said: str) -> None:
    heard = Said()
    Progress(heard)(job(20, **state))
    assert said in heard.lines[0]
    assert ("nothing was learned" in heard.lines[-1]) == (state.get("best_step") == 0)


def test_a_divergence_that_validation_saw_is_told_with_its_figures() -> None:
    heard = Said()
    rows = [{"step": 0, "valid_loss": 8.4375}, {"step": 20, "valid_loss": 16916.25}]
    Progress(heard)(job(20, stopped="diverged", best_step=0, history=rows))
    assert "diverged (validation: 16,916.250, before the first step 8.438); it stops" in heard.lines[0]


def test_times_are_said_as_people_say_them() -> None:
    assert [spoken(s) for s in (3.4, 61, 3599, 7380)] == ["3 s", "1 min 1 s", "59 min 59 s", "2 h 3 min"]


def test_the_log_says_what_the_history_says(tmp_path: Path) -> None:
    log = Log(SimpleNamespace(kept=True, folder=tmp_path))  # type: ignore[arg-type]
    for step in (10, 20):
        log(job(step, validated=True))
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [20]
    log(job(25, stopped="diverged", history=[{"step": 25}]))
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [25]
    Log(SimpleNamespace(kept=False, folder=tmp_path / "none"))(job(10, validated=True))  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()


def test_curves_are_reported_at_their_cadence() -> None:
    assert reported(job(7)) == {}
    assert reported(job(20)) == {"loss/train": 3.75, "speed/events_per_s": 1234.0}
    assert reported(job(7, validated=True)).keys() == {
        *("loss/train", "loss/valid", "learning_rate", "speed/events_per_s")
    }


def test_tensorboard_can_read_the_curves(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    board = Board(SimpleNamespace(kept=True, folder=tmp_path))  # type: ignore[arg-type]
    board(job(10))
    board(job(20, validated=True))
    board.close()
    events = reader.EventAccumulator(str(tmp_path / "logs")).Reload()
    assert [e.step for e in events.Scalars("loss/train")] == [10, 20]
    assert events.Scalars("loss/valid")[0].value == 3.25


def test_weights_and_biases_is_told_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[Any] = []
    service = SimpleNamespace(log=lambda figures, step: told.append((step, figures)), finish=lambda: told.append("end"))
    module = SimpleNamespace(init=lambda **how: told.append(how["config"]) or service)
    monkeypatch.setitem(__import__("sys").modules, "wandb", module)
    wandb = Wandb("toy", {"epochs": 3}, tmp_path / "run")
    wandb(job(7))
    wandb(job(20))
    wandb.close()
    assert told == [{"epochs": 3}, (20, {"loss/train": 3.75, "speed/events_per_s": 1234.0}), "end"]
