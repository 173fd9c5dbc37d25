from __future__ import annotations

import math

import pytest

from dusktape.evaluate.sound.bands import bands, outside, share_in_band


def middles() -> dict[str, float]:
    return {name: band.percentiles[2] for name, band in bands().items()}


def test_every_band_ascends_and_says_what_it_is():
    assert len(bands()) == 37
    for band in bands().values():
        assert list(band.percentiles) == sorted(band.percentiles)
        assert len(band.percentiles) == 5
        assert band.low < band.high
        assert band.what


def test_people_s_median_lies_in_every_band():
    assert share_in_band(middles()) == 1.0


def test_a_stray_is_named_and_costs_its_share():
    measures = middles() | {"tempo": 140.0}
    assert outside(measures) == ["tempo"]
    assert share_in_band(measures) == pytest.approx(36 / 37)


def test_what_could_not_be_measured_is_not_outside():
    assert outside(middles() | {"fm_cents": math.nan}) == []


def test_a_value_between_two_percentiles_lies_between_them():
    band = bands()["tempo"]
    assert [band.percentile(p) for p in band.percentiles] == [5.0, 25.0, 50.0, 75.0, 95.0]
    assert band.percentile((band.percentiles[1] + band.percentiles[2]) / 2) == pytest.approx(37.5)
    assert (band.percentile(1.0), band.percentile(999.0)) == (5.0, 95.0)
    assert math.isnan(band.percentile(math.nan))
