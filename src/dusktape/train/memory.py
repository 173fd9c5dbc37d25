"""When memory runs out: which batch size would fit, found by trying."""

from __future__ import annotations

import gc
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from dusktape.nn.training import Example, Splits
from dusktape.train import batches
from dusktape.train.batches import collate
from dusktape.train.launch import processes
from dusktape.train.settings import Settings


def ran_out(error: BaseException) -> bool:
    """Whether this is how torch says that memory has run out."""
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("allocate memory" in str(error) or "out of memory" in str(error))
    )


def told(
    error: BaseException,
    net: Any,
    splits: Splits,
    settings: Settings,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Return what ran out and which batch size fits: the largest half, quarter ... that takes a step here.

    Each try is said before it begins. The network is of no use afterwards.
    """
    size = settings.batch_size
    gone = f"memory has run out with batches of {size}"
    if size == 1:
        return f"{gone}; {_otherwise(net)}"
    if processes() > 1:
        return f"{gone}; try --set train.batch_size={size // 2}"
    traceback.clear_frames(error.__traceback__)  # they hold what the step had computed
    fits = fitting(net, splits, size // 2, lambda half: say(f"memory has run out; trying a batch of {half}"))
    if not fits:
        return f"{gone}, and no smaller batch fits; {_otherwise(net)}"
    return f"{gone}; batches of {fits} fit: --set train.batch_size={fits}"


def _otherwise(net: Any) -> str:
    """Return the way out where a smaller batch is none."""
    if next(iter(net.parameters())).device.type == "cpu":
        return "make the model smaller"
    return "make the model smaller, or take --device cpu"


def fitting(net: Any, splits: Splits, size: int, tried: Callable[[int], None] = lambda _: None) -> int:
    """Return the largest of `size` and its halves whose longest batch takes a step in 32 bits; 0 if none does."""
    longest = sorted(splits.train, key=batches.length, reverse=True)
    while size:
        tried(size)
        try:
            with _ends_at_once():
                _step(net, [splits.fetch(example) for example in longest[:size]])
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
            traceback.clear_frames(error.__traceback__)
            size //= 2
        else:
            return size
        _tidy(net)
    return 0


@contextmanager
def _ends_at_once() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the process within a step: torch may compute for minutes, nothing is lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: handler for number in numbers if (handler := signal.getsignal(number)) is not None}
    for number in before:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _step(net: Any, examples: Sequence[Example]) -> None:
    """Take a step as a training does, with the optimiser's memory of all weights."""
    _tidy(net)
    net.train()
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-9, foreach=True)
    batch = collate(examples, next(iter(net.parameters())).device)
    (net.loss(batch) if hasattr(net, "loss") else net.nats(batch)).backward()
    optimiser.step()


def _tidy(net: Any) -> None:
    for parameter in net.parameters():
        parameter.grad = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
