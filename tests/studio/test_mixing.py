"""Faders and mutes of a song: heard in the mix, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop
from dusktape.core.errors import InputError
from dusktape.core.level import Level, level_of
from dusktape.core.seed import Seed
from dusktape.studio import levels as module
from dusktape.studio.levels import levelled
from dusktape.studio.loop import produced
from dusktape.studio.wish import Wish

SEED = Seed(7)
BARE = (
    "composer=rules",
    "form.fullness=1.0",
    "melody.first_a=true",
    "guest.on=false",
    "pad.on=false",
    "vinyl.on=false",
)
RECIPE = Wish("dusk", minutes=0.5, settings=(*BARE, "room.on=false", "air.on=false", "riser.on=false")).resolve(SEED)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "STRETCH_S", 1.0)


def stems(levels, start=None):
    control = Control(**({"start": start} if start else {}), levels=levels)
    hops = list(produced(RECIPE, SEED, control=control).stems())
    return {part: np.concatenate([hop[part] for hop in hops], axis=1) for part in hops[0]}


@pytest.mark.parametrize("start", [None, Loop(2)])
def test_a_fader_scales_its_stem_and_a_mute_leaves_one_out(start):
    before = stems({}, start)
    after = stems({"lead": Level(-6.0), "drums": Level(mute=True)}, start)
    assert set(after) == set(before) - {"drums"}
    np.testing.assert_allclose(after["lead"], before["lead"] * 10 ** (-6.0 / 20), atol=2e-5)
    np.testing.assert_allclose(after["bass"], before["bass"], atol=2e-5)


def test_a_balance_stays_within_what_a_recipe_may_say():
    loud = levelled(RECIPE, {"drums": Level(12.0), "lead": Level(-60.0)}).parts
    assert loud["drums"].loudness_lufs == min(-8.0, RECIPE.parts["drums"].loudness_lufs + 12.0)
    assert loud["lead"].loudness_lufs >= -80.0
    with pytest.raises(InputError, match="no violin plays in this song; it has keys, lead, "):
        levelled(RECIPE, {"violin": Level()})


@pytest.mark.parametrize(
    "table", [3, {"gain_db": "loud"}, {"gain_db": 20}, {"mute": 1}, {"volume": 1}, {"gain_db": True}]
)
def test_what_is_no_level_is_refused(table):
    with pytest.raises(InputError):
        level_of(table)
