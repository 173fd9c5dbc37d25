"""Drums nobody has heard before: a kick, a snare, a hat from noise, by class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model, Source


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.oneshot.infer import OneShots

    return OneShots.load(weights, expected_sha256)


MODEL = Model(
    name="oneshot",
    role="sound",
    summary="makes drum one-shots: kick, snare, rim, clap, closed and open hat, shaker, tom, percussion",
    folder=Path(__file__).parent,
    sources=(
        Source(
            name="sonic-pi-samples, the files under CC0",
            licence="CC0-1.0",
            attribution="sounds from freesound.org by adammusic18, Adriak909, dio_333, Dolfeus, DWSD, EKVelika, "
            "Neotone, qubodup, Rodrigo The Mad, soneproject, SoundCollectah and Zajo (CC0), packaged with "
            "Sonic Pi; "
            "held out, to judge by: AlaskaRobotics, cubix, looppool, menegass, n1ghthawk, Peram, Snapper4298, zgump",
        ),
        Source(
            name="uzu-drumkit",
            licence="Unlicense",
            attribution="tidalcycles/uzu-drumkit, by mot4i, Switch Angel and Ludens (Unlicense)",
        ),
    ),
    opener=_open,
    trainer="dusktape.models.oneshot.net",
)
