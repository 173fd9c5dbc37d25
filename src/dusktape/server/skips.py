"""Skips: taken at once, also before the API has loaded, and answered with where to listen again."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dusktape.server.app import Radio

PATH = re.compile(r"/api/v1/stations/([^/]+)/skip")
PATIENCE_S = 0.5
"""So long the frame to listen from is waited for; what is not ready by then may take seconds."""

_LOOK_S = 0.05


async def skip(radio: Radio, station: str, client: str) -> tuple[int, dict[str, Any]]:
    """Order a skip; return status and answer: 200 where it is carried out, 202 where something must be ready first.

    Raises
    ------
    TooMuchError
        If the client skipped too often lately.
    """
    radio.shares.skips.take(client)
    head = radio.live.feeds[station].head
    order = await asyncio.to_thread(radio.state.order, station, "skip", {})
    at = await _joined(radio, station, order, head)
    return (202 if at is None else 200), {"at": at, "order": order}


async def _joined(radio: Radio, station: str, order: int, head: int) -> int | None:
    """Return the frame at which the entry begins that an order brought; None if none came by now."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + PATIENCE_S
    while loop.time() < ends:
        await asyncio.sleep(_LOOK_S)
        new = await asyncio.to_thread(radio.state.entries, station, since=head, limit=20)
        named = [e for e in new if e.spec.get("order") == order]
        if named:
            return named[0].start
    return None
