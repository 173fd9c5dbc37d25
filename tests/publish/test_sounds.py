from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dusktape.core.errors import OutputError, WeightsError
from dusktape.publish.sounds import deliver, ended, levelled, trimmed

FACTS = {"model": "toy", "sha256": "ab" * 32, "seed": 7}


def delivered(folder: Path, sounds: list[Any], **more: Any) -> dict[str, Any]:
    return deliver(folder, sounds, count=len(sounds), sample_rate=8000, name="kick", facts=FACTS, **more)


def tone(peak: float = 0.5, frames: int = 4000) -> Any:
    return (peak * np.sin(np.arange(frames) * 0.1))[None].astype(np.float32)


def test_each_sound_is_a_file_of_24_bits_and_says_who_made_it(tmp_path: Path) -> None:
    told = delivered(tmp_path / "out", [tone(), tone(0.25)])
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["kick-01.wav", "kick-02.wav", "sample.json"]
    about = soundfile.info(tmp_path / "out" / "kick-01.wav")
    assert (about.subtype, about.samplerate, about.channels, about.frames) == ("PCM_24", 8000, 1, 4000)
    assert np.allclose(soundfile.read(tmp_path / "out" / "kick-02.wav")[0], tone(0.25)[0], atol=2e-7)
    assert json.loads((tmp_path / "out" / "sample.json").read_text("utf-8")) == told
    assert told["seed"] == 7
    assert told["sounds"][0] == {"file": "kick-01.wav", "seconds": 0.5, "peak_db": -6.02}
    assert b"neural network" in (tmp_path / "out" / "kick-01.wav").read_bytes()


def test_what_is_beyond_full_scale_is_turned_down(tmp_path: Path) -> None:
    told = delivered(tmp_path / "out", [tone(2.0)])
    assert told["sounds"][0]["turned_down_db"] == pytest.approx(6.12, abs=0.01)
    assert np.abs(soundfile.read(tmp_path / "out" / "kick-01.wav")[0]).max() == pytest.approx(0.9886, abs=1e-3)
    quiet, turned_db = levelled(tone(0.9))
    assert turned_db == 0.0
    assert np.array_equal(quiet, tone(0.9))


def test_ends_without_sound_are_cut_off() -> None:
    sound = np.concatenate([tone(), 1e-5 * tone()], axis=1)
    cut = trimmed(sound, 8000)
    assert 4000 <= cut.shape[1] <= 4040
    assert cut[0, -1] == 0.0
    assert np.array_equal(cut[:, :3900], sound[:, :3900])
    assert trimmed(tone(), 8000).shape[1] == 4000
    assert trimmed(np.zeros((1, 50), np.float32), 8000).shape[1] == 50


def test_nothing_is_left_where_a_network_made_no_numbers(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no sound"):
        delivered(tmp_path / "out", [tone(), tone() * np.float32(np.nan)])
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_there_stay(tmp_path: Path) -> None:
    delivered(tmp_path / "out", [tone()])
    with pytest.raises(OutputError, match="not empty"):
        delivered(tmp_path / "out", [tone(0.1)])
    told = delivered(tmp_path / "out", [tone(0.1)], force=True)
    assert told["sounds"][0]["peak_db"] == pytest.approx(-20.0, abs=0.1)


def test_a_sound_that_breaks_off_is_faded_and_one_that_ends_is_left_alone() -> None:
    hum = np.full((1, 1000), 0.3, np.float32)
    faded = ended(hum, 8000)
    assert faded[0, -1] == 0.0
    assert np.array_equal(faded[:, :960], hum[:, :960])
    hum[0, -1] = 0.0
    assert ended(hum, 8000) is hum
