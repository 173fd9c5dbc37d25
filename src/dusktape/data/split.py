"""Which songs a network learns from, stops by and is judged on: by a hash of the song's name, for ever the same."""

from __future__ import annotations

import hashlib

from dusktape.core.seed import Seed


def fold(song: str, seed: int = 0) -> str:
    """Return `train` (80 %), `valid` (10 %) or `test` (10 %) for a song.

    Parameters
    ----------
    song
        A name that is the same in every source that holds the song: `pop909/001`.
    seed
        0 is the split that all shipped networks were trained with; every other number is a split of its own.
    """
    if seed:
        place = Seed(seed).at("split", song).key % 10
    else:
        place = int.from_bytes(hashlib.blake2b(song.encode(), digest_size=8).digest(), "little") % 10
    return "valid" if place == 8 else "test" if place == 9 else "train"
