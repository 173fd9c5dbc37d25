from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from dusktape.train.energy import Meter


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No network, and nobody else's settings."""
    pytest.importorskip("codecarbon", reason="energy needs codecarbon; install 'dusktape[train]'")
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("asked the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: pytest.fail("asked the network"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("alone")
def test_energy_is_counted_here_and_leaves_no_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    meter = Meter("DEU", before_kwh=5.0)
    sum(range(10**6))
    figures = meter.stop()
    assert 5.0 < figures["energy_kwh"] < 5.1
    assert 0.05 < figures["co2_kg"] / figures["energy_kwh"] < 1.5, "kilograms a kilowatt-hour"
    assert figures["country"] == "DEU"
    assert list(tmp_path.iterdir()) == []
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("country", ["", "QQQ"])
@pytest.mark.usefixtures("alone")
def test_without_a_country_that_it_knows_there_is_no_telling_the_co2(country: str) -> None:
    figures = Meter(country).stop()
    assert figures["co2_kg"] is None
    assert figures["country"] == (country or None)


def test_without_codecarbon_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    meter = Meter("DEU")
    assert meter.kwh is None
    assert meter.stop()["energy_kwh"] is None
