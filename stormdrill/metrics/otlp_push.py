"""Pushes figures to an OpenTelemetry collector: OTLP over HTTP, every few seconds and once more at the end.

The samples are counted already, so the points are made directly rather than through instruments, which would count each sample again.
Credentials and certificates come from OpenTelemetry's own environment variables (OTEL_EXPORTER_OTLP_HEADERS and the like).
"""

import logging
import time
from collections.abc import Callable
from importlib.metadata import version
from threading import Event, Thread
from typing import Any

from scenarios.errors import BadInput
from stormdrill.metrics.counters import BOUNDS_S, Buckets, Family, MetricKind, Point

try:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics.export import (
        AggregationTemporality,
        Gauge,
        Histogram,
        HistogramDataPoint,
        Metric,
        MetricExportResult,
        MetricsData,
        NumberDataPoint,
        ResourceMetrics,
        ScopeMetrics,
        Sum,
    )
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
except ImportError:
    raise BadInput("--metrics otlp:… needs packages of its own; install them: pip install 'stormdrill[otel]'") from None

_EVERY_S = 5.0
_DEADLINE_S = 5.0
_NO_SCHEMA = ""


class Push:
    """Pushes what was shown last, from a thread of its own."""

    def __init__(self, url: str, tell: Callable[[str], None]) -> None:
        """Starts the thread."""
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # what it has to say is said by `tell`, once
        self._url = url
        self._tell = tell
        self._exporter = OTLPMetricExporter(endpoint=url, timeout=_DEADLINE_S)
        self._resource = Resource.create({"service.name": "stormdrill", "service.version": version("stormdrill")})
        self._began_ns = time.time_ns()
        self._figures: tuple[Family, ...] = ()
        self._failing = False
        self._over = Event()
        self._thread = Thread(target=self._push_on, name="otlp", daemon=True)
        self._thread.start()

    def show(self, figures: tuple[Family, ...]) -> None:
        """The figures as they are now."""
        self._figures = figures

    def _push_on(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._push()
        self._push()

    def _push(self) -> None:
        if not self._figures:
            return
        now_ns = time.time_ns()
        metrics = [_metric(family, self._began_ns, now_ns) for family in self._figures]
        scope = ScopeMetrics(InstrumentationScope("stormdrill", version("stormdrill")), metrics, _NO_SCHEMA)
        sent = self._exporter.export(MetricsData([ResourceMetrics(self._resource, [scope], _NO_SCHEMA)]))
        failed = sent is not MetricExportResult.SUCCESS
        if failed and (self._over.is_set() or not self._failing):
            self._tell(f"metrics do not reach {self._url}; the rehearsal goes on without them")
        self._failing = failed

    def close(self) -> None:
        """Pushes the last figures, in bounded time."""
        self._over.set()
        self._thread.join(3 * _DEADLINE_S)
        self._exporter.shutdown()


def _metric(family: Family, began_ns: int, now_ns: int) -> Metric:
    """The family as OpenTelemetry has it; its translation into Prometheus' names gives those of our page."""
    unit = "{" + family.name + "}" if not family.unit else family.unit
    return Metric(f"stormdrill.{family.name}", family.describe, unit, _data(family, began_ns, now_ns))


def _data(family: Family, began_ns: int, now_ns: int) -> Sum | Gauge | Histogram:
    if family.kind is MetricKind.HISTOGRAM:
        return Histogram([_histogram(point, began_ns, now_ns) for point in family.points], AggregationTemporality.CUMULATIVE)
    numbers = [
        NumberDataPoint(dict(point.labels), began_ns, now_ns, point.value)
        for point in family.points
        if not isinstance(point.value, Buckets)
    ]
    if family.kind is MetricKind.COUNTER:
        return Sum(numbers, AggregationTemporality.CUMULATIVE, is_monotonic=True)
    return Gauge(numbers)


def _histogram(point: Point, began_ns: int, now_ns: int) -> HistogramDataPoint:
    assert isinstance(point.value, Buckets)  # noqa: S101 - a histogram's points are
    counts, total_s = point.value.counts, point.value.total_s
    least: Any = None  # it and the most are not kept; OTLP has them optional, though the type has not
    return HistogramDataPoint(dict(point.labels), began_ns, now_ns, sum(counts), total_s, counts, BOUNDS_S, least, least)
