from __future__ import annotations

import numpy as np
import pytest

from dusktape.dsp import mulaw


def test_every_bin_is_decoded_into_itself() -> None:
    assert mulaw.encode(mulaw.decode(np.arange(256))).tolist() == list(range(256))


def test_expanding_undoes_compressing() -> None:
    x = np.linspace(-1.0, 1.0, 999)
    assert mulaw.expand(mulaw.compress(x)) == pytest.approx(x, abs=1e-12)


def test_bins_lie_between_their_edges_and_are_finer_where_it_is_quiet() -> None:
    edges = mulaw.edges()
    middles = mulaw.decode(np.arange(256))
    assert edges[[0, 128, 256]] == pytest.approx([-1.0, 0.0, 1.0])
    assert ((edges[:-1] < middles) & (middles < edges[1:])).all()
    assert np.diff(edges)[128] < np.diff(edges)[255] / 200.0


def test_what_is_beyond_full_scale_lies_in_the_outermost_bins() -> None:
    assert mulaw.encode(np.array([-7.0, -1.0, 1.0, 7.0])).tolist() == [0, 0, 255, 255]


def test_eight_bits_keep_loud_and_soft_sines_30_db_above_their_noise() -> None:
    for level in (0.5, 0.05):
        x = level * np.sin(np.arange(9000) * 0.1)
        error = x - mulaw.decode(mulaw.encode(x))
        assert 10 * np.log10(np.mean(x**2) / np.mean(error**2)) > 30.0
