from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Nets this small only wait for each other on more; and the other processes have one, too."""
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(1)


TOY = Path(__file__).with_name("toy_model.py")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The toy model, registered as the only one there is."""
    spec = importlib.util.spec_from_file_location("toy_model", TOY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "toy_model", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr("dusktape.train.run.find", lambda group, name: module.MODEL)
    return module


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment in which other processes find the toy model as an installed package."""
    site = tmp_path / "site"
    about = site / "toy_model-1.0.dist-info"
    about.mkdir(parents=True)
    shutil.copy(TOY, site)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[dusktape.models]\ntoy = toy_model:MODEL\n")
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    yield {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


QUIET = {"tensorboard": False, "energy": False, "demos": False}


@pytest.fixture
def quiet() -> dict[str, object]:
    """Settings without the watchers that take seconds to wake up."""
    return dict(QUIET)
