from collections.abc import Iterator
from pathlib import Path

import pytest

from .station import Station


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """A station that sounds, not yet served."""
    found = Station(tmp_path)
    found.sound(20.0)
    yield found
    found.close()
