"""Is the same seed the same song everywhere? `python tools/determinism.py`: exits 1 if not.

Writes the same songs in child processes that pretend to be other machines (older BLAS kernels, other threads, no AVX2
in the C library, no SIMD in numpy) and compares the SHA-256 of their scores; then renders some and holds the sound to
1e-5. What a processor or library cannot pretend, this cannot find.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.seed import Seed
from dusktape.studio import production as module
from dusktape.studio.presets import recipe_files
from dusktape.studio.production import Production, compose
from dusktape.studio.wish import Wish

Song = tuple[str, str, int]
"""Recipe, composer, seed."""

TOLERANCE = 1e-5
_OLD_LIBM = "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable"
_PLAIN_NUMPY = "X86_V3 X86_V4 AVX512_ICL AVX512_SPR AVX2 FMA3 AVX512F AVX512CD AVX512_SKX"

MACHINES: dict[str, dict[str, str]] = {
    "old kernel": {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "1"},
    "another kernel": {"OPENBLAS_CORETYPE": "Sandybridge", "OPENBLAS_NUM_THREADS": "2", "PYTHONHASHSEED": "2"},
    "newer kernel": {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "4", "TZ": "Asia/Tokyo"},
    "C library without AVX2": {"GLIBC_TUNABLES": _OLD_LIBM, "PYTHONHASHSEED": "3"},
    "numpy without SIMD": {"NPY_DISABLE_CPU_FEATURES": _PLAIN_NUMPY, "PYTHONHASHSEED": "4"},
    "old machine": {
        "OPENBLAS_CORETYPE": "Prescott",
        "OPENBLAS_NUM_THREADS": "2",
        "GLIBC_TUNABLES": _OLD_LIBM,
        "NPY_DISABLE_CPU_FEATURES": _PLAIN_NUMPY,
        "PYTHONHASHSEED": "5",
        "LC_ALL": "C",
    },
}
"""What a child is told to be. Sound, held to 1e-5 on one platform, is compared where kernels and threads differ."""

_SAME_PLATFORM = ("old kernel", "another kernel", "newer kernel")
_HOPS = {"old kernel": 10_007, "another kernel": 4_001}


def song_hash(song: Song) -> str:
    """Return the SHA-256 of a song's score."""
    recipe, composer, seed = song
    wish = Wish(recipe, settings=(f"composer={composer}",))
    score = compose(wish.resolve(Seed(seed)), Seed(seed))
    return hashlib.sha256(score.to_json().encode()).hexdigest()


def hashes_on(machine: Mapping[str, str], songs: Sequence[Song]) -> list[str]:
    """Return the hashes of songs as another process writes them."""
    told = _child(machine, "--child-scores", text=json.dumps(songs))
    return [str(h) for h in json.loads(told)]


def sound(recipe: str, seed: int, *, hop: int = module.HOP, threads: int = module.THREADS) -> Block:
    """Return half a minute of a recipe, rendered in hops of a size."""
    production = Production(Wish(recipe, minutes=0.5).resolve(Seed(seed)), Seed(seed), threads=threads)
    vars(production)["stems"] = partial(production.stems, hop)
    return np.concatenate(list(production.master()), axis=1)


def _child(machine: Mapping[str, str], *arguments: str, text: str = "") -> str:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, *arguments],
        env={**os.environ, **machine},
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return run.stdout


def _songs(seeds: int, *, every: bool) -> list[Song]:
    names = sorted(recipe_files())
    by_networks = [(names[s % len(names)], "networks", s) for s in range(seeds)]
    if every:
        by_networks = [(name, "networks", s) for name in names for s in range(seeds)]
    return [*by_networks, *((name, "rules", s) for name in names for s in range(seeds))]


def _compare_scores(songs: Sequence[Song]) -> int:
    here = [song_hash(song) for song in songs]
    failures = 0
    for name, machine in MACHINES.items():
        there = hashes_on(machine, songs)
        other = [song for song, a, b in zip(songs, here, there, strict=True) if a != b]
        failures += len(other)
        print(f"{name}: {len(songs) - len(other)} of {len(songs)} scores are the same", *other[:5], flush=True)
    return failures


def _compare_sounds(recipes: Sequence[str]) -> int:
    failures = 0
    for recipe in recipes:
        here = sound(recipe, 5)
        for name in _SAME_PLATFORM:
            with tempfile.TemporaryDirectory() as folder:
                file, hop = Path(folder) / "sound.npy", _HOPS.get(name, module.HOP)
                _child(MACHINES[name], "--child-sound", recipe, str(hop), str(file))
                there = np.load(file)
            apart = float(np.abs(here - there).max()) if here.shape == there.shape else np.inf
            failures += apart > TOLERANCE
            print(f"{name}, hops of {hop}: {recipe} is {apart:.1e} apart", flush=True)
    return failures


def main() -> None:
    """Compare, or be the child that is compared with."""
    parser = argparse.ArgumentParser(description="Compare scores and sound between pretended machines.")
    parser.add_argument("--seeds", type=int, default=50, metavar="N", help="default: 50")
    parser.add_argument("--every", action="store_true", help="each seed with each recipe for the networks too; slow")
    parser.add_argument("--no-sound", action="store_true", help="scores only")
    parser.add_argument("--child-scores", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--child-sound", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child_scores:
        print(json.dumps([song_hash((r, c, s)) for r, c, s in json.load(sys.stdin)]))
    elif options.child_sound:
        recipe, hop, file = options.child_sound
        np.save(file, sound(recipe, 5, hop=int(hop), threads=1))
    else:
        failures = _compare_scores(_songs(options.seeds, every=options.every))
        if not options.no_sound:
            failures += _compare_sounds(("dusk", "boombap", "nylon", "neon"))
        sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
