from __future__ import annotations

import math

import pytest

from dusktape.evaluate.sound import summary
from dusktape.evaluate.sound.bands import bands

from . import tones


def at(share: int) -> dict[str, float]:
    """Return a track that measures as people's 5th, 25th, 50th, 75th or 95th percentile in everything."""
    return {name: band.percentiles[share] for name, band in bands().items()}


def test_tracks_spread_as_people_s_have_a_ratio_of_one():
    rows = summary.spread([at(k) for k in (0, 1, 2, 3, 4)])
    for name, row in rows.items():
        assert row["iqr_ratio"] == pytest.approx(1.0), name
        assert row["in_band"] == 1.0
        assert row["p50"] == bands()[name].percentiles[2]


def test_one_producer_repeating_himself_does_not_spread():
    found = summary.verdict([at(2)] * 8)
    assert found == {"tracks": 8.0, "median_in_band": 1.0, "lowest_in_band": 1.0, "wide_enough": 0.0}


def test_what_was_not_measured_does_not_count():
    rows = summary.spread([at(2) | {"rep_best": math.nan}, at(2)])
    assert rows["rep_best"]["in_band"] == 1.0
    none = summary.spread([at(2) | {"rep_best": math.nan}])["rep_best"]
    assert math.isnan(none["in_band"])
    row = next(r for r in summary.spread_rows([at(2) | {"rep_best": math.nan}]) if r[0] == "rep_best")
    assert row[1:] == [*("-" * 5), "0.248", "0.583", "0.8", "-", "-"]


def test_the_lowest_track_is_seen():
    stray = at(2) | {"tempo": 1.0, "lufs": 0.0}
    assert summary.verdict([at(2), at(2), stray])["lowest_in_band"] == pytest.approx(35 / 37)
    lines = summary.track_lines({"a.wav": at(2), "stray.wav": stray}).splitlines()
    assert lines == ["1.00  a.wav      nothing outside", "0.95  stray.wav  lufs 0, tempo 1"]


def test_a_broken_file_costs_itself_alone(tmp_path):
    good = tones.write(tmp_path / "good.wav", tones.beat(12.0))
    empty = tmp_path / "empty.wav"
    empty.touch()
    short = tones.write(tmp_path / "short.wav", tones.both(tones.sine(440.0, 1.0)))
    heard = []
    found, skipped = summary.measure_all([empty, good, short], jobs=1, told=lambda _, share: heard.append(share))
    assert list(found) == [str(good)]
    assert "0 bytes" in skipped[str(empty)]
    assert "too short" in skipped[str(short)]
    assert heard[-1] == 1.0


def test_other_processes_answer_in_the_order_asked(tmp_path):
    paths = [tmp_path / f"{k}.wav" for k in range(5)]
    for path in paths:
        path.write_bytes(b"" if path.stem == "3" else b"this is text")
    found, skipped = summary.measure_all(paths, jobs=2)
    assert found == {}
    assert list(skipped) == [str(path) for path in paths]
    assert ["0 bytes" in reason for reason in skipped.values()] == [False, False, False, True, False]
