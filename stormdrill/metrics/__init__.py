"""Hands a run's figures out while it runs: a page for Prometheus, a push to an OpenTelemetry collector.

All of it happens at the door, from the run folder's tail; the load processes know nothing of it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from scenarios.errors import BadInput
from scenarios.run.events import EventTail
from scenarios.run.folder import Plan, Run
from scenarios.run.records import Records
from stormdrill.metrics.counters import Counters, Family

_ALLOWED = "allowed: PORT, HOST:PORT, otlp:http://HOST:PORT"
_LOOPBACK = "127.0.0.1"
_MOST_PORT = 65535
_PUSH = "otlp:"
_PUSH_PATH = "/v1/metrics"

Tell = Callable[[str], None]
Figures = tuple[Family, ...]


class Outlet(Protocol):
    """Where figures go. Takes them from one thread and may use them in another; they never change."""

    def show(self, figures: Figures) -> None:
        """The figures as they are now."""


@dataclass
class Metrics:
    """The outlets of one rehearsal; without any it does nothing."""

    outlets: Sequence[Outlet] = ()
    _counters: Counters | None = None
    _events: EventTail | None = None

    def follow(self, run: Run, plan: Plan) -> None:
        """From now on counts this run."""
        if self.outlets:
            self._counters, self._events = Counters(plan), EventTail(run.events_folder)

    def take(self, fresh: Records) -> None:
        """New samples."""
        if self._counters is not None:
            self._counters.count_samples(fresh)

    def refresh(self, now_s: float) -> None:
        """Takes in new events and shows the figures of now, in seconds since T0."""
        if self._counters is None or self._events is None:
            return
        for event in self._events.take():
            self._counters.count_event(event)
        figures = self._counters.families(now_s)
        for outlet in self.outlets:
            outlet.show(figures)


@contextmanager
def open_metrics(places: Sequence[str], tell: Tell) -> Iterator[Metrics]:
    """Opens an outlet for each place, as `--metrics` names it, until the end; what is pushed is pushed once more then.

    Raises:
        BadInput: a place is none, its port is taken, or what it needs is not installed.
    """
    with ExitStack() as stack:
        outlets = [stack.enter_context(_opened(place, tell)) for place in places]
        yield Metrics(outlets)


@contextmanager
def _opened(place: str, tell: Tell) -> Iterator[Outlet]:
    if place.startswith(_PUSH):
        from stormdrill.metrics.otlp import pushing  # noqa: PLC0415 - its packages are an extra

        with pushing(endpoint(place), tell) as push:
            yield push
        return
    from stormdrill.metrics.prometheus import serving  # noqa: PLC0415 - commands load only what they need

    with serving(*address(place), tell) as page:
        yield page


def address(place: str) -> tuple[str, int]:
    """Host and port of `[HOST:]PORT`; loopback where no host is named. Raises BadInput."""
    host, _, port = place.rpartition(":")
    if not port.isdecimal() or int(port) > _MOST_PORT:
        raise BadInput(f"--metrics {place!r} is no place for metrics; {_ALLOWED}")
    return host.strip("[]") or _LOOPBACK, int(port)


def endpoint(place: str) -> str:
    """The address that `otlp:URL` pushes to: with OTLP's own path where the URL has none. Raises BadInput."""
    url = place.removeprefix(_PUSH)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"--metrics {place!r} is no place for metrics; {_ALLOWED}")
    if "@" in parts.netloc:
        raise BadInput("--metrics otlp:… names a password in its URL; give it in OTEL_EXPORTER_OTLP_HEADERS instead")
    return url if parts.path.strip("/") else url.rstrip("/") + _PUSH_PATH
