"""Health in one answer, and figures for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dusktape.core.errors import PluginError
from dusktape.core.version import __version__
from dusktape.radio.state import State
from dusktape.server.delivery import Live
from dusktape.server.hls import Hls
from dusktape.server.limits import Held

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_SILENT_S = 10.0
"""A station whose ring does not move for so long is not well."""


@dataclass
class Figures:
    """What the server counts, as plain numbers: whoever serves must not wait for who measures.

    Parameters
    ----------
    live, hls
        Who delivers.
    streams
        Open streams of events.
    """

    live: Live
    hls: Hls
    streams: Held
    started: float = field(default_factory=time.time)
    answers: dict[str, int] = field(default_factory=dict)
    _moved: dict[str, tuple[int, float]] = field(default_factory=dict)

    def count(self, status: int) -> None:
        """Count an answer."""
        kind = f"{status // 100}xx"
        self.answers[kind] = self.answers.get(kind, 0) + 1

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Return whether every station sounds, and how each is."""
        now = time.monotonic()
        stations = {}
        for name, feed in self.live.feeds.items():
            last, since = self._moved.get(name, (-1, now))
            if feed.newest != last:
                since = now
            self._moved[name] = feed.newest, since
            sounds = feed.newest > 0 and now - since < _SILENT_S
            stations[name] = {"sounds": sounds, "head": feed.head, "listeners": self.live.listening[name]}
        starting = time.time() - self.started < _SILENT_S
        well = starting or all(one["sounds"] for one in stations.values())
        return well, {
            "ok": well,
            "version": __version__,
            "uptime_s": round(time.time() - self.started, 1),
            "stations": stations,
        }


class _Collector:
    """Hands our figures to Prometheus' client when they are asked for."""

    def __init__(self, figures: Figures, state: State) -> None:
        self._figures = figures
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """Yield all figures."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        figures, heard = self._figures, self._figures.live.heard
        listeners = GaugeMetricFamily("dusktape_listeners", "Who listens now.", labels=["station"])
        heads = CounterMetricFamily("dusktape_station_frames", "Newest frame of a station.", labels=["station"])
        for name, feed in figures.live.feeds.items():
            listeners.add_metric([name], figures.live.listening[name])
            heads.add_metric([name], feed.head)
        yield listeners
        yield heads
        for name, text, value in (
            ("dusktape_listeners_started", "Listeners that came.", heard.starts),
            ("dusktape_listeners_skipped", "Times that a slow listener skipped forward.", heard.skipped),
            ("dusktape_sound_bytes", "Bytes of live sound that were sent.", heard.bytes),
            ("dusktape_hls_segments", "Segments that were sent.", figures.hls.served),
        ):
            yield CounterMetricFamily(name, text, value=value)
        answers = CounterMetricFamily("dusktape_answers", "Answers by class of status.", labels=["status"])
        for kind, count in sorted(figures.answers.items()):
            answers.add_metric([kind], count)
        yield answers
        yield GaugeMetricFamily("dusktape_event_streams", "Open streams of events.", value=figures.streams.count)
        jobs = GaugeMetricFamily("dusktape_jobs", "Jobs that wait or run.", labels=["state"])
        active = [job.state for job in self._state.jobs(states=("queued", "running"), limit=10_000)]
        for name in ("queued", "running"):
            jobs.add_metric([name], active.count(name))
        yield jobs
        yield GaugeMetricFamily(
            "dusktape_uptime_seconds", "Since the server started.", value=time.time() - figures.started
        )


def exposition(figures: Figures, state: State) -> bytes:
    """Return all figures in Prometheus' text format.

    Raises
    ------
    PluginError
        If its client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
    except ImportError as error:
        raise PluginError("metrics need prometheus_client; install it with: pip install prometheus_client") from error
    registry = CollectorRegistry()
    registry.register(_Collector(figures, state))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
