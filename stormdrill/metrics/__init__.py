"""Hands a run's figures out while it runs: to a page for Prometheus, an OpenTelemetry collector, or whatever outlet is plugged in.

All of it happens at the door, from the run folder's tail; the load processes know nothing of it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from scenarios.errors import BadInput
from scenarios.plugins import METRIC, discover, module, modules
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.events import EventTail
from scenarios.run.folder import Plan, Run
from scenarios.run.records import Records
from stormdrill.metrics.counters import Counters, Family

_USUAL = "prometheus"
"""The outlet of a place that names none."""

Tell = Callable[[str], None]
Figures = tuple[Family, ...]


class Outlet(Protocol):
    """Where figures go. Takes them from one thread and may use them in another; they never change."""

    def show(self, figures: Figures) -> None:
        """The figures as they are now. Returns at once."""


@dataclass
class OpenOutlet:
    """An outlet that is open, by the name of its file."""

    name: str
    outlet: Outlet
    closing: ExitStack = field(default_factory=ExitStack)


@dataclass
class Metrics:
    """The outlets of one rehearsal; without any it does nothing. One that raises gets no more figures, and the others theirs."""

    outlets: Sequence[OpenOutlet] = ()
    failures: list[PluginFailed] = field(default_factory=list)
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
        for each in self.outlets:
            self._guard(each, partial(each.outlet.show, figures))

    def close(self) -> None:
        """Closes all outlets: what is pushed is pushed once more. Called again it does nothing."""
        for each in reversed(self.outlets):
            self._guard(each, each.closing.close)
        self.outlets = ()

    def take_failures(self) -> list[PluginFailed]:
        """What outlets have raised since this was last asked."""
        taken, self.failures = self.failures, []
        return taken

    def _guard(self, each: OpenOutlet, call: Callable[[], None]) -> None:
        try:
            call()
        except RAISED as error:
            self.failures.append(failure_of(METRIC, each.name, error))
            self.outlets = [other for other in self.outlets if other is not each]


@contextmanager
def open_metrics(places: Sequence[str], tell: Tell) -> Iterator[Metrics]:
    """Opens an outlet for each place, as `--metrics` names it, until the end.

    Raises:
        BadInput: a place is none, its port is taken, what it needs is not installed, or an outlet of the user's own raises.
    """
    metrics = Metrics()
    try:
        for place in places:
            metrics.outlets = [*metrics.outlets, _opened(place, tell)]
        yield metrics
    finally:
        metrics.close()


def _opened(place: str, tell: Tell) -> OpenOutlet:
    name, colon, rest = place.partition(":")
    if not colon or name not in discover(METRIC.folder, METRIC.suffix):
        if not place.rpartition(":")[2].isdecimal():
            raise BadInput(f"--metrics {place!r} is no place for metrics; allowed: {_places()}")
        name, rest = _USUAL, place
    closing = ExitStack()
    try:
        context: AbstractContextManager[Outlet] = module(METRIC, name).opened(rest, tell)
        return OpenOutlet(name, closing.enter_context(context), closing)
    except BadInput:
        raise
    except RAISED as error:
        failure = failure_of(METRIC, name, error)
        raise BadInput(f"the outlet {name} cannot be opened: {failure.what}", path=failure.file, line=failure.line) from None


def _places() -> str:
    """All places that there are, those that need no name first."""
    return ", ".join(outlet.PLACE for _, outlet in sorted(modules(METRIC), key=lambda each: (each[0] != _USUAL, each[0])))
