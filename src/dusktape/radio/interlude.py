"""Music on the spot: a short song that is heard while it is still being made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.seed import Seed
from dusktape.radio.choosing import TARGET_LUFS


class Interlude:
    """A short song, composed when this is made, and rendered while it plays.

    A song's loudness is known when all of it has been heard. This one's gain is foretold from its recipe instead, and
    settled by its first half a minute, which is made before it is heard (see `radio.foretell`). The limiter is on.

    Parameters
    ----------
    spec
        `recipe`, `seed`, `minutes` and what else a track's spec may hold.

    Raises
    ------
    DusktapeError
        If the recipe cannot be made into music.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        from dusktape.publish.deliver import title_of  # here: a station that has its tracks needs no studio
        from dusktape.radio.foretell import gain_db
        from dusktape.studio.production import Production
        from dusktape.studio.wish import Wish

        seed = Seed(int(spec["seed"]))
        wish = Wish(
            str(spec["recipe"]),
            minutes=spec.get("minutes"),
            bpm=spec.get("bpm"),
            key=spec.get("key"),
            mood=spec.get("mood"),
            settings=tuple(spec.get("settings", ())),
        )
        recipe = wish.resolve(seed)
        self.spec = dict(spec)
        self._made = Production(recipe, seed)
        self.recipe, self.seed = recipe, seed
        self.title = title_of(recipe, seed, None)
        self.frames = self._made.frames
        self.gain_db = gain_db(self._made)

    def blocks(self) -> Iterator[Block]:
        """Yield the song from its start, as it is heard."""
        from dusktape.core.plugins import find
        from dusktape.mix.chain import Chain
        from dusktape.radio.foretell import correction_db, hear

        made = self._made
        limiter = find("effects", "limiter")(ceiling_dbtp=made.recipe.master.ceiling_dbtp)
        last = Chain([("limiter", limiter)], SAMPLE_RATE, 2, cues=made.cues, seed=made.seed)
        blocks = made.mix()
        held, early_lufs = hear(blocks, self.gain_db)
        gain = np.float32(10.0 ** ((self.gain_db + correction_db(early_lufs)) / 20.0))
        for block in chain(held, blocks):
            yield last.process(block * gain)
        yield last.process(np.zeros((2, last.latency_frames), np.float32))

    def timeline(self) -> dict[str, Any]:
        """Return its timeline; the level is that of its sections, since nobody has heard it yet."""
        from dusktape.radio.timeline import HOP, timeline

        level = np.full(math.ceil(self.frames / HOP), TARGET_LUFS)
        for section in self._made.cues.sections:
            low, high = section.start_frame // HOP, (section.start_frame + section.frames) // HOP + 1
            gains = np.geomspace(max(section.level, 1e-3), max(section.level_end, 1e-3), high - low)
            level[low:high] = (TARGET_LUFS + 20.0 * np.log10(gains))[: len(level[low:high])]
        return timeline(self._made.score, [round(float(db)) for db in level])
