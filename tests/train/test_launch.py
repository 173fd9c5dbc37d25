from __future__ import annotations

import pytest

from dusktape.core.errors import InputError
from dusktape.train import launch

torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")


def config(processes: int) -> dict[str, dict[str, int]]:
    return {"train": {"processes": processes}}


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """Says how many GPUs there are."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    return lambda count: monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


@pytest.mark.parametrize(
    ("asked", "device", "there", "started"),
    [
        (0, None, 0, 1),
        (0, None, 4, 4),
        (0, "cuda", 4, 4),
        (0, "cuda:1", 4, 1),
        (0, "mps", 0, 1),
        (1, "mps", 0, 1),
        (2, None, 4, 2),
        (4, "cuda", 4, 4),
        (2, "cpu", 1, 2),
        (2, None, 0, 2),
    ],
)
def test_so_many_processes_are_started(gpus, asked, device, there, started):
    gpus(there)
    assert launch.wanted(config(asked), device) == started


@pytest.mark.parametrize(
    ("asked", "device", "there", "told"),
    [
        (2, "mps", 0, "train.processes is 2, and --device mps is one device; leave train.processes out"),
        (2, "cuda:1", 4, "train.processes is 2, and --device cuda:1 is one device; leave train.processes out"),
        (3, "cuda", 1, "train.processes is 3, and this machine has one GPU; leave train.processes out"),
        (3, None, 2, "train.processes is 3, and this machine has 2 GPUs; leave train.processes out"),
        (2, "cuda", 0, "train.processes is 2, and this machine has 0 GPUs; leave train.processes out"),
    ],
)
def test_processes_that_cannot_train_together_are_not_started(gpus, asked, device, there, told):
    gpus(there)
    with pytest.raises(InputError, match=told) as refused:
        launch.wanted(config(asked), device)
    assert str(refused.value).endswith("or take --device cpu")


def test_processes_that_somebody_else_started_are_counted_too(gpus, monkeypatch):
    from dusktape.train import device

    gpus(0)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(InputError, match="--device mps is one device"):
        device.check("mps")
    device.check("cpu")
