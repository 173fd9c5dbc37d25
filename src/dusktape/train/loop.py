"""The training loop that every network shares, readable from `fit` down.

A network gives `nats(batch)`, or `loss(batch)`, or both; this file shuffles, pads, steps AdamW with warm-up and cosine
decay, clips, validates, keeps the best, stops early, notices when it diverges, and can be put down and taken up at
any step. What else a training does (checkpoints, curves, demos, talk) watches it from modules of its own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch

from dusktape.core.seed import Seed
from dusktape.nn.training import Example, Splits
from dusktape.train import batches, divergence
from dusktape.train.average import copied, decay, finite, follow
from dusktape.train.batches import Augment, collate
from dusktape.train.costs import BrokenOffError, summed, unit
from dusktape.train.device import accelerator, part
from dusktape.train.randomness import random_states, seed_torch, set_random_states
from dusktape.train.settings import Settings


class Net(Protocol):
    """What the loop asks of a `torch.nn.Module`. Where what is minimised is something else, it has a `loss` too.

    One that draws from a sequence may have `seek(seen, process, processes)`: it is told before every step how many
    examples all processes have seen. One that gains by being compiled may have `compile_parts()`.
    """

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch, masked by `batch["mask"]` (B, T)."""
        ...


Watch = Callable[["Job"], None]
"""Called after every step, when the job has validated if it was due."""


def fit(
    net: Any,
    splits: Splits,
    settings: Settings,
    augment: Augment | None = None,
    *,
    state: State | None = None,
    device: str | None = None,
    saved: Mapping[str, Any] | None = None,
    watch: Watch = lambda job: None,
    hurry: Callable[[], bool] = lambda: False,
) -> Any:
    """Train in place and return the network with its best weights on the validation examples.

    Parameters
    ----------
    net
        A `torch.nn.Module` with `nats(batch)` or `loss(batch)`.
    splits
        What to learn from and what to stop by.
    settings
        How.
    augment
        Called on each training example, each epoch.
    state
        Is filled: how far it went, why it stopped, one row of history for each validation.
    device
        `cpu`, `cuda`; the best there is if not given.
    saved
        `Job.snapshot` of a training of the same network, examples and settings, to go on from.
    watch
        Called after every step.
    hurry
        Whether somebody waits for the next call of `watch`: a validation is then broken off, and made up for when the
        training goes on.
    """
    parameters = sum(p.numel() for p in net.parameters())
    where = accelerator(device, settings.precision, parameters)
    job = Job(net, splits, settings, augment, state or State(), where, hurry)
    if saved:
        job.restore(saved)
    if not saved or job.state.owed:
        job.look()  # at what the untrained network costs, or what there was no time for
        if saved or job.state.owed:
            watch(job)
    while not job.state.stopped:
        for examples in job.rest_of_epoch():
            job.learn(examples)
            job.look()
            watch(job)
            if job.state.stopped:
                break
    job.take_best()
    part()
    return net


@dataclass(slots=True)
class State:
    """How far a training is: numbers only.

    Parameters
    ----------
    epoch, batch
        The place of the next batch in the data.
    step, seen, seconds
        Steps done, examples seen in them, each time counted, and how long they and the validations took.
    learned, learning_s
        Events learned from, each time counted, and how long that took.
    reported, recent
        Step of the last report, and the loss per event since the one before.
    total, events, busy_s
        Sum of the loss, events, and how long they took, since the last validation.
    first, lowest, above
        Reported losses: of the untrained network, the lowest; for how many steps it has been far above.
    owed
        Whether a validation was broken off.
    best, best_step, since
        Validation loss and place of the best weights; validations since then.
    stopped
        Empty while it runs; then `done`, `early` or `diverged`.
    history
        One row for each validation.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    seen: int = 0
    seconds: float = 0.0
    learned: int = 0
    learning_s: float = 0.0
    reported: int = 0
    recent: float | None = None
    total: float = 0.0
    events: int = 0
    busy_s: float = 0.0
    first: float | None = None
    lowest: float | None = None
    above: int = 0
    owed: bool = False
    best: float | None = None
    best_step: int = 0
    since: int = 0
    stopped: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def events_per_s(self) -> float:
        """Speed of learning since the last validation; right after it, before it."""
        if self.busy_s:
            return self.events / self.busy_s
        return float(self.history[-1]["events_per_s"]) if self.history else 0.0


class Job:
    """A network in training: weights, optimiser, average, best weights, and the state."""

    def __init__(
        self,
        net: Any,
        splits: Splits,
        settings: Settings,
        augment: Augment | None,
        state: State,
        accelerator: Any,
        hurry: Callable[[], bool] = lambda: False,
    ) -> None:
        held_out = splits.valid if settings.hold_out else []
        self.train = splits.train if settings.hold_out else splits.all_to_learn
        self.valid, self.count_events, self.fetch = held_out, splits.events, splits.fetch
        self.net, self.settings, self.augment, self.state = net, settings, augment, state
        self.accelerator, self._hurry = accelerator, hurry
        seed_torch(Seed(settings.seed).at("torch", accelerator.process_index))
        objective = Objective(net).to(accelerator.device)
        if settings.compile and accelerator.device.type == "cuda" and hasattr(net, "compile_parts"):
            net.compile_parts()
        optimiser = torch.optim.AdamW(
            net.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, foreach=True
        )
        self.objective, self.optimiser = accelerator.prepare(objective, optimiser)
        self.average = copied(net) if settings.ema else None
        self.best = copied(net)
        self._since_flush = torch.zeros((), device=accelerator.device)
        self._events, self._busy_s = 0, 0.0

    @property
    def batches(self) -> int:
        """Batches in an epoch."""
        return batches.count(self.train, self.settings.batch_size)

    @property
    def steps(self) -> int:
        """Steps in all epochs, or as many as are asked for."""
        steps = self.settings.epochs * self.batches
        return min(steps, self.settings.steps or steps)

    @property
    def validated(self) -> bool:
        """Whether it validated after the last step."""
        return bool(self.state.history) and self.state.history[-1]["step"] == self.state.step

    @property
    def _ends_epoch(self) -> bool:
        """Whether the last step ended an epoch that is validated, or none has been taken."""
        every = self.settings.validate_epochs
        return self.state.batch == 0 and bool(not self.state.epoch or (every and self.state.epoch % every == 0))

    def rest_of_epoch(self) -> Iterator[list[Example]]:
        """Yield the epoch's batches from the place in the data on."""
        seed = Seed(self.settings.seed).at("epoch", self.state.epoch)
        yield from batches.epoch(
            self.train, self.settings.batch_size, seed=seed, augment=self.augment, first=self.state.batch
        )

    def learn(self, examples: list[Example]) -> None:
        """Take one step on a batch, of which every process computes its share."""
        started, state = time.perf_counter(), self.state
        share = examples[self.accelerator.process_index :: self.accelerator.num_processes]
        self.objective.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(state.step, self.steps, self.settings)
        if hasattr(self.net, "seek"):
            self.net.seek(state.seen, self.accelerator.process_index, self.accelerator.num_processes)
        # A process without a share computes another's, for nothing: all of them have to take part.
        own = [self.fetch(example) for example in share or examples[:1]]
        loss = self.objective(collate(own, self.accelerator.device)) * float(bool(share))
        places = sum(map(batches.length, examples))
        self.accelerator.backward(loss * (self.accelerator.num_processes / places))
        if self.settings.clip:
            self.accelerator.clip_grad_norm_(self.objective.parameters(), self.settings.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.average is not None:
            follow(self.average, self.net, decay(state.step, self.settings))
        self._since_flush += loss.detach()
        self._events += sum(map(self.count_events, examples))
        state.step, state.seen = state.step + 1, state.seen + len(examples)
        state.epoch, state.batch = divmod(state.epoch * self.batches + state.batch + 1, self.batches)
        self._busy_s += time.perf_counter() - started

    def look(self) -> None:
        """Report, validate and stop, each when it is due. Before the first step there is only validating."""
        state, settings = self.state, self.settings
        done = state.step == self.steps
        due = done or self._ends_epoch or bool(settings.validate_steps and state.step % settings.validate_steps == 0)
        if not state.owed and (state.step == 1 or (state.step and (due or state.step % settings.report_steps == 0))):
            self._report()
        if state.stopped:
            return
        if due:
            self._validate()
        if done and not (state.stopped or state.owed):
            state.stopped = "done"

    def _report(self) -> None:
        """Fetch the loss from the device, which has to wait for it; see whether it runs away."""
        started, state = time.perf_counter(), self.state
        total = float(self.accelerator.reduce(self._since_flush, "sum"))
        total *= 1.0 if hasattr(self.net, "loss") else unit(self.net)
        self._busy_s += time.perf_counter() - started
        state.recent = total / max(1, self._events)
        state.total, state.events = state.total + total, state.events + self._events
        state.learned, state.busy_s = state.learned + self._events, state.busy_s + self._busy_s
        state.learning_s, state.seconds = state.learning_s + self._busy_s, state.seconds + self._busy_s
        self._since_flush = torch.zeros_like(self._since_flush)
        self._events, self._busy_s = 0, 0.0
        if divergence.climbs(state, noisy=not hasattr(self.net, "nats")):
            state.stopped = "diverged"
        state.reported = state.step

    def _validate(self) -> None:
        state = self.state
        started = time.perf_counter()
        state.owed = True
        try:
            valid = self.measured(self.valid) if self.valid else None
        except BrokenOffError:
            return
        state.owed = False
        state.seconds += time.perf_counter() - started
        if not self.valid and not finite(self.net):
            valid = math.nan  # nothing else would tell
        row = {
            "epoch": state.epoch if state.batch == 0 else state.epoch + 1,
            "step": state.step,
            "train_loss": state.total / state.events if state.events else None,
            "valid_loss": valid if valid is None or math.isfinite(valid) else None,
            "learning_rate": learning_rate(max(0, state.step - 1), self.steps, self.settings),
            "events_per_s": state.events_per_s,
            "seconds": state.seconds,
        }
        state.history.append(row)
        state.total, state.events, state.busy_s = 0.0, 0, 0.0
        if divergence.blows_up(state, valid):
            state.stopped = "diverged"
        elif valid is None or state.best is None or valid < state.best or self.settings.keep == "last":
            state.best, state.best_step, state.since = valid, state.step, 0
            self._keep_best()
        else:
            state.since += 1
            if state.since >= self.settings.patience:
                state.stopped = "early"

    def _keep_best(self) -> None:
        with self.averaged():
            self.best = copied(self.net)

    def measured(self, examples: Sequence[Example]) -> float:
        """Return what the network costs an event: bits where it has `nats`, else its loss. Shared by all processes."""
        with self.averaged():
            mine = list(batches.in_order(examples, self.settings.batch_size))
            mine = mine[self.accelerator.process_index :: self.accelerator.num_processes]
            total = torch.tensor(summed(self.net, mine, self.fetch, self._hurry), device=self.accelerator.device)
        events = sum(map(self.count_events, examples))
        return float(self.accelerator.reduce(total, "sum")) * unit(self.net) / max(1, events)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Lend the network its average weights, if it has an average."""
        if self.average is None:
            yield
            return
        own = copied(self.net)
        self.net.load_state_dict(self.average)
        try:
            yield
        finally:
            self.net.load_state_dict(own)

    def take_best(self) -> None:
        """Give the network its best weights; before the first validation those it began with."""
        self.net.load_state_dict(self.best)
        self.net.eval()

    def snapshot(self) -> dict[str, Any]:
        """Return all that it takes to go on as if nothing had happened. All processes have to call it."""
        from accelerate.utils import gather_object

        scaler = self.accelerator.scaler
        return {
            "state": asdict(self.state),
            "since_flush": self.accelerator.reduce(self._since_flush, "sum"),
            "events_since_flush": self._events,
            "net": self.net.state_dict(),
            "best": self.best,
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "scaler": scaler.state_dict() if scaler else None,
            "random": gather_object([random_states()]),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from a snapshot."""
        for name, value in saved["state"].items():
            setattr(self.state, name, value)
        self.net.load_state_dict(saved["net"])
        self.best, self.average = saved["best"], saved["average"]
        if self.average is not None:
            self.average = {k: v.to(self.accelerator.device) for k, v in self.average.items()}
        self.optimiser.load_state_dict(saved["optimiser"])
        if self.accelerator.scaler and saved["scaler"]:
            self.accelerator.scaler.load_state_dict(saved["scaler"])
        if self.accelerator.is_main_process:
            self._since_flush = saved["since_flush"].to(self.accelerator.device)
        self._events = saved["events_since_flush"]
        if self.accelerator.process_index < len(saved["random"]):
            set_random_states(saved["random"][self.accelerator.process_index])


class Objective(torch.nn.Module):
    """What is minimised, as the `forward` that accelerate wraps."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed loss of a batch."""
        loss: torch.Tensor = self.net.loss(batch) if hasattr(self.net, "loss") else self.net.nats(batch)
        return loss


def learning_rate(step: int, steps: int, settings: Settings) -> float:
    """Return the rate of a step: linear warm-up, then a cosine that ends at a fiftieth (Loshchilov and Hutter 2017).

    Warm-up takes a fifth of all steps at most: a small training would be over before it is warm.
    """
    warm = min(1.0, (step + 1) / max(1, min(settings.warmup_steps, steps // 5)))
    return settings.learning_rate * warm * (0.02 + 0.49 * (1.0 + math.cos(math.pi * step / steps)))
