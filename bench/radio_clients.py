"""Many listeners of a radio in a process of their own: raw HTTP over asyncio. Prints what they got as JSON.

python -m bench.radio_clients live PORT LISTENERS SECONDS BYTES_A_SECOND
python -m bench.radio_clients hls PORT CONNECTIONS SECONDS SEGMENT
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from dusktape.server.limits import raise_open_files

A_SECOND = 400
"""New listeners a second: faster than a page that is talked about, slower than an attack."""


class Listener(asyncio.Protocol):
    """Counts what comes, and for how long it would have had nothing to play."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.first = self.last = 0.0
        self.bytes = 0
        self.starved_s = 0.0
        self.longest_s = 0.0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.asked = time.perf_counter()
        transport.write(b"GET /live.mp3 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.first = self.first or now
        self._dry(now)
        self.bytes += len(data)

    def _dry(self, now: float) -> None:
        """Take down how long the sound that had come was used up before now."""
        if self.last:
            self.longest_s = max(self.longest_s, now - self.last)
            played_to = self.first + self.starved_s + self.bytes / self.rate
            self.starved_s += max(0.0, now - max(played_to, self.last))
        self.last = now

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True


class Fetcher(asyncio.Protocol):
    """Asks for a segment, and for the next one when it is there."""

    def __init__(self, request: bytes, ends: float) -> None:
        self.request = request
        self.ends = ends
        self.done = 0
        self.bytes = 0
        self.wrong = 0
        self._left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)
        if not self._left:
            head, _, body = data.partition(b"\r\n\r\n")
            self.wrong += not head.startswith(b"HTTP/1.1 200")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            self._left = int(length.split(b":")[1])
            data = body
        self._left -= len(data)
        if not self._left:
            self.done += 1
            if time.perf_counter() < self.ends:
                self.transport.write(self.request)  # type: ignore[attr-defined]
            else:
                self.transport.close()


async def live(port: int, count: int, seconds: float, rate: float) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    everybody = []
    for place in range(count):
        _, one = await loop.create_connection(lambda: Listener(rate), "127.0.0.1", port)
        everybody.append(one)
        if place % 20 == 19:
            await asyncio.sleep(20 / A_SECOND)
    waits_until = time.perf_counter() + 30.0
    while not all(one.first for one in everybody) and time.perf_counter() < waits_until:
        await asyncio.sleep(0.1)
    before = sum(one.bytes for one in everybody)
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    now = time.perf_counter()
    for one in everybody:
        one._dry(now)
    waits = sorted(one.first - one.asked if one.first else 99.0 for one in everybody)
    return {
        "listeners": count,
        "served": sum(one.first > 0 for one in everybody),
        "lost": sum(one.lost for one in everybody),
        "starved": sum(one.starved_s > 0.05 for one in everybody),
        "longest_starved_s": max(one.starved_s for one in everybody),
        "longest_gap_s": max(one.longest_s for one in everybody),
        "first_byte_median_s": waits[count // 2],
        "first_byte_p99_s": waits[round(0.99 * (count - 1))],
        "megabytes_a_second": (sum(one.bytes for one in everybody) - before) / (now - start) / 1e6,
    }


async def hls(port: int, count: int, seconds: float, segment: str) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    request = f"GET {segment} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    start = time.perf_counter()
    found = [
        await loop.create_connection(lambda: Fetcher(request, start + seconds), "127.0.0.1", port) for _ in range(count)
    ]
    await asyncio.sleep(seconds + 0.5)
    everybody = [one for _, one in found]
    done = sum(one.done for one in everybody)
    return {
        "a_second": done / seconds,
        "wrong": sum(one.wrong for one in everybody),
        "megabytes_a_second": sum(one.bytes for one in everybody) / seconds / 1e6,
    }


def main() -> None:
    raise_open_files()
    kind, port, count, seconds, last = sys.argv[1:6]
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    told = (
        live(int(port), int(count), float(seconds), float(last))
        if kind == "live"
        else hls(int(port), int(count), float(seconds), last)
    )
    print(json.dumps(run(told)))


if __name__ == "__main__":
    main()
