"""Training tokens per second, beside the loops that one writes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.effort import Effort, race
from bench.page import Table, ratio

TITLE = "Training"

_BATCH, _WINDOW, _VOCABULARY = 24, 100, (131, 33, 33, 9)
_HIDDEN, _WIDTH = 512, 64


def run(effort: Effort) -> list[Table]:
    """Measure one pass through a corpus with the loop and with two straightforward ones."""
    header = ["loop", "notes a second", "ratio of ours"]
    try:
        import torch
    except ModuleNotFoundError:
        return [Table("torch is not installed.", header, [])]
    torch.set_num_threads(1)
    songs = _songs(24 if effort.quick else 72)
    notes = sum(map(len, songs))
    ours = _ours(songs)
    rows, mine = [], []
    for name, other in (
        ("songs end to end, in streams", _streams(songs)),
        ("songs side by side, padded", _padded(songs)),
    ):
        own, theirs = race(ours, other, effort.repeats)
        mine.append(own)
        rows.append([f"stateful, unshuffled: {name}", f"{notes / theirs:,.0f}", ratio(theirs, own)])
    rows.insert(0, ["`train.loop`", f"{notes / float(np.median(mine)):,.0f}", "1.0"])
    return [
        Table(
            f"One pass through {len(songs)} songs, {notes:,} notes, on one thread: embeddings of {_WIDTH}, an LSTM of "
            f"{_HIDDEN}, four heads; windows of {_WINDOW} notes, {_BATCH} side by side. Ours shuffles windows, puts "
            "those of one length together, clips, watches for divergence and can be put down at any step; the others "
            "go through the songs in their order, carry the state from window to window, and do nothing else.",
            header,
            rows,
        )
    ]


def _songs(count: int) -> list[Any]:
    """Return songs (notes, 4), as long as pop melodies are."""
    rng = np.random.default_rng(4)
    lengths = np.clip(rng.lognormal(5.75, 0.35, count), 60, 1200).astype(int)
    return [np.stack([rng.integers(0, n, length) for n in _VOCABULARY], axis=1) for length in lengths]


def _network() -> Any:
    import torch

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.tables = torch.nn.ModuleList(torch.nn.Embedding(n, _WIDTH) for n in _VOCABULARY)
            self.lstm = torch.nn.LSTM(_WIDTH, _HIDDEN, batch_first=True)
            self.heads = torch.nn.ModuleList(torch.nn.Linear(_HIDDEN, n) for n in _VOCABULARY)

        def costs(self, x: Any, y: Any, state: Any = None) -> tuple[Any, Any]:
            hidden, state = self.lstm(sum(table(x[..., k]) for k, table in enumerate(self.tables)), state)
            each = [
                torch.nn.functional.cross_entropy(head(hidden).flatten(0, 1), y[..., k].flatten(), reduction="none")
                for k, head in enumerate(self.heads)
            ]
            return torch.stack(each).sum(0), state

        def nats(self, batch: Any) -> Any:
            return (self.costs(batch["x"], batch["y"])[0] * batch["mask"].flatten()).sum()

    torch.manual_seed(0)
    return Network()


def _ours(songs: Sequence[Any]) -> Callable[[], object]:
    from dusktape.nn.training import Splits
    from dusktape.train.loop import fit
    from dusktape.train.settings import Settings

    windows = [
        {"x": x[first : first + _WINDOW], "y": y[first : first + _WINDOW]}
        for x, y in map(_shifted, songs)
        for first in range(0, len(x), _WINDOW)
    ]
    splits = Splits(windows, [], [], events=lambda e: len(e["x"]))
    settings = Settings(epochs=1, batch_size=_BATCH, hold_out=False)
    return lambda: fit(_network(), splits, settings, device="cpu")


def _streams(songs: Sequence[Any]) -> Callable[[], object]:
    """All songs one after the other, cut into as many streams as a batch has rows."""
    whole = np.concatenate(songs)
    rows = whole[: len(whole) // _BATCH * _BATCH].reshape(_BATCH, -1, 4)
    return lambda: _stateful([_shifted_rows(rows)])


def _padded(songs: Sequence[Any]) -> Callable[[], object]:
    """Batches of songs in their order, each padded to the longest beside it."""
    batches = []
    for first in range(0, len(songs), _BATCH):
        some = songs[first : first + _BATCH]
        rows = np.zeros((len(some), max(map(len, some)), 4), np.int64)
        for row, song in zip(rows, some, strict=True):
            row[: len(song)] = song
        batches.append(_shifted_rows(rows))
    return lambda: _stateful(batches)


def _stateful(batches: Sequence[tuple[Any, Any]]) -> None:
    import torch

    net = _network()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    for x, y in batches:
        state = None
        for first in range(0, x.shape[1], _WINDOW):
            window = slice(first, first + _WINDOW)
            costs, state = net.costs(torch.from_numpy(x[:, window]), torch.from_numpy(y[:, window]), state)
            state = tuple(part.detach() for part in state)
            loss = costs.mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            loss.item()


def _shifted(song: Any) -> tuple[Any, Any]:
    return np.concatenate([np.zeros((1, 4), np.int64), song[:-1]]), song


def _shifted_rows(rows: Any) -> tuple[Any, Any]:
    x = np.concatenate([np.zeros((len(rows), 1, 4), np.int64), rows[:, :-1]], axis=1)
    return np.ascontiguousarray(x), rows
