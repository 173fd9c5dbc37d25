"""How near to the dial a station's recipes come: there are dials that none of them reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dusktape.radio.nouns import DONE, Job
from dusktape.radio.state import State
from dusktape.radio.taste import FITS, Dial

TRIES = 4
"""So many tracks in a row that do not fit say that none will."""


def reach(state: State, settings: Mapping[str, Any], jobs: Sequence[Job]) -> float:
    """Return how far from the dial a track may lie to count as what was asked for.

    That is `FITS`; or as far as those lie that were made since the dial was turned, if none of the last `TRIES` fits.

    Parameters
    ----------
    state
        Where the tracks are.
    settings
        The station's, with its dial and when it was `steered`, in seconds since 1970.
    jobs
        The station's, newest first.
    """
    dial, since = Dial.of(settings), settings.get("steered")
    since = float(since) if isinstance(since, (int, float)) else 0.0
    done = [job.track for job in jobs if job.state == DONE and job.track and job.created_at >= since]
    made = [track for name in done if (track := state.track(name, gone=True))]
    away = [dial.away(track.mood, track.bpm) for track in made]
    beyond = len(away) >= TRIES and min(away[:TRIES]) > FITS
    return max(away) if beyond else FITS
