"""A page for Prometheus: text exposition over HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from scenarios.errors import BadInput
from stormdrill.metrics.counters import BOUNDS_S, Buckets, Family, MetricKind

PLACE = "PORT, HOST:PORT"
_LOOPBACK = "127.0.0.1"
_MOST_PORT = 65535
_STOP_S = 5.0
_SUFFIXES = {"s": "_seconds", "1": "_ratio", "": ""}
_LES = (*(f"{bound:g}" for bound in BOUNDS_S), "+Inf")


class Page(Collector):
    """What was shown last, in Prometheus' own terms."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._figures: tuple[Family, ...] = ()

    def show(self, figures: tuple[Family, ...]) -> None:
        """The figures as they are now."""
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """One metric per family."""
        return map(_metric, self._figures)


def name_of(family: Family) -> str:
    """The family's name as Prometheus' conventions want it, but for a counter's `_total`, which its library adds."""
    return f"stormdrill_{family.name}{_SUFFIXES[family.unit]}"


def _metric(family: Family) -> Metric:
    name, labels = name_of(family), list(family.points[0].labels)
    if family.kind is MetricKind.HISTOGRAM:
        histogram = HistogramMetricFamily(name, family.describe, labels=labels)
        for point in family.points:
            assert isinstance(point.value, Buckets)  # noqa: S101 - a histogram's points are
            buckets = list(zip(_LES, accumulate(point.value.counts), strict=True))
            histogram.add_metric(list(point.labels.values()), buckets, point.value.total_s)
        return histogram
    made = (CounterMetricFamily if family.kind is MetricKind.COUNTER else GaugeMetricFamily)(name, family.describe, labels=labels)
    for point in family.points:
        assert not isinstance(point.value, Buckets)  # noqa: S101 - a number's points are numbers
        made.add_metric(list(point.labels.values()), float(point.value))
    return made


@contextmanager
def opened(place: str, tell: Callable[[str], None]) -> Iterator[Page]:
    """Serves the page at `[HOST:]PORT` until the end.

    Raises:
        BadInput: that is no place, the port is taken, or the host is none of this machine's.
    """
    host, port = address(place)
    page, registry = Page(), CollectorRegistry(auto_describe=False)
    registry.register(page)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"--metrics cannot listen on {host}:{port} ({reason}); give a free PORT or HOST:PORT") from None
    shown = f"[{host}]" if ":" in host else host
    tell(f"metrics for Prometheus at http://{shown}:{server.server_address[1]}/metrics")
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_STOP_S)


def address(place: str) -> tuple[str, int]:
    """Host and port of `[HOST:]PORT`; loopback where no host is named. Raises BadInput."""
    host, _, port = place.rpartition(":")
    if not port.isdecimal() or int(port) > _MOST_PORT:
        raise BadInput(f"--metrics {place!r} is no place for metrics; allowed: {PLACE}")
    return host.strip("[]") or _LOOPBACK, int(port)
