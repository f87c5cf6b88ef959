"""The engine of one load process: builds its share of the crowd, lets it loose at T0, waits for the last answers, closes the files."""

import asyncio
import gc
import resource
import sys
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from threading import get_native_id
from time import monotonic_ns
from typing import Any

import uvloop

from locustfiles.crowd.workload import PreparedCrowd, prerequisites
from locustfiles.engine.attempt import Attempt, Operation, Place
from locustfiles.engine.connection_pool import ConnectionPool
from locustfiles.engine.connector import Connector, DurationHistogram, was_cut_off
from locustfiles.engine.per_customer_pool import PerCustomerPool
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.schedule import ArrivalSchedule, PulseSchedule
from locustfiles.engine.shown_views import ShownViews
from locustfiles.engine.timers import Scheduled, TimeoutWheel, TimerQueue
from locustfiles.engine.told_details import ToldDetails
from locustfiles.engine.unkept_pool import UnkeptPool
from scenarios.errors import StormdrillError
from scenarios.plan.campaign import campaign_date
from scenarios.run.enrolled import read_enrolled
from scenarios.run.event_kinds import Connections, PluginFailed
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_CENSORED, FLAG_FINAL, FLAG_NOT_SENT, SHOWN_MOST
from scenarios.target.operation_codec import Answer, compile_target
from scenarios.target.secrets import redacted
from scenarios.target.sessions import kept_session
from scenarios.target.templates import Scope

_TICK_S = 0.01
_STALL_NS = 50_000_000
"""A tick that comes so late was kept up by the process, which has not read meanwhile what has come."""
_READING_S = 0.001

_STOP_S = 2.0
"""How long an engine that is told to stop still waits for answers."""

_SWITCH_S = 0.0002
"""How long Locust's own thread may hold the interpreter while the engine's wants it."""

_MOST_FAILURES = 100
"""So many kinds of journeys' failures are told apart; what a journey raises may have another text for every customer."""

_SHOWN_EACH = 12
"""So much a customer is shown on a visit, at a guess on the high side."""

_SPARE_FILES = 256
_MOST_CONNECTIONS = 16_384
_UNANSWERED = Answer(Outcome.UNKNOWN, cause="no answer when the run drained")
_UNSERVED = Answer(Outcome.FAILURE, cause="no connection when the run drained")


@dataclass(frozen=True, slots=True)
class Totals:
    """What an engine has done so far, in attempts; and its planned arrivals."""

    planned: int
    offered: int
    sent: int
    not_sent: int  # by the target's fault
    unsent: int  # by our own
    cancelled: int  # arrivals after an early end
    late_s: float  # how long after T0 the engine was ready


class Engine:
    """One load process's engine. `run` blocks; `stop` and the figures may be used from another thread."""

    def __init__(self, run: Run, plan: Plan, secrets: Scope, crowd: PreparedCrowd, *, worker: int = 0, workers: int = 1) -> None:
        """`secrets` is the scope `secret.*`, T0 stands in the plan; takes the arrivals i with i mod `workers` = `worker`."""
        self._run = run
        self._plan = plan
        self._secrets = secrets
        self._crowd = crowd
        self.share = (worker, workers)
        self.writer = f"load-{worker}"
        self.t0_ns = plan.t0_monotonic_ns
        self.end_ns = self.t0_ns + int(plan.scenario.lasts_s * 1e9)
        self._drain_ns = int(plan.scenario.drain * 1e9)
        self._drained_ns = 0
        self.spare_attempts: list[Attempt] = []
        self.kept = kept_session(plan.target)
        self.held: set[Scheduled] = set()
        self.customers = 0
        self.broken_journeys: Counter[str] = Counter()
        self.journey_failures: list[PluginFailed] = []  # one of each kind, in their order
        self.thread = 0
        self.ready = False
        self._late_s = 0.0
        self._missed = 0
        self._fatal: BaseException | None = None
        self._stopping = False
        self._over = False
        self._reading = False
        self._answers_ns = 0

    def _build(self, closing: ExitStack) -> None:
        plan = self._plan
        codecs = compile_target(plan.target, {**plan.statics, **self._secrets})
        workload, journeys, self.shared = self._crowd.workload, self._crowd.journeys, self._crowd.shared
        self.shared.date = campaign_date(plan.t0_wall)
        self.shared.enrolled = read_enrolled(self._run)
        self.timers = TimerQueue(self._loop)
        self.timers.until_ns = self.end_ns + self._drain_ns
        closing.callback(self.timers.close)
        self._timeouts = TimeoutWheel()
        self.recorder = Recorder(self._run, self.writer, self.t0_ns, self.shared.key_half)
        closing.callback(self.recorder.close)
        self.operations = {name: Operation(codec, self._views(name)) for name, codec in codecs.items()}
        self._pools = self._make_pools()
        self._arrivals = ArrivalSchedule(self, workload, journeys, self.share)
        self._pulse: PulseSchedule | None = None
        if pulse := plan.scenario.pulse:
            self._pulse = PulseSchedule(self, workload, pulse, prerequisites(codecs, pulse.operations), self.share)

    def _views(self, name: str) -> ShownViews | ToldDetails | None:
        """What an operation shows, kept of so many customers that the records will do, by what their journeys are likely to ask."""
        operation, pulse = self._plan.target.operations[name], self._plan.scenario.pulse
        if operation.shows is None and not (operation.effect and operation.effect.tells):
            return None
        beats = pulse.rate * len(pulse.operations) * self._plan.scenario.lasts_s if pulse else 0
        expected = (len(self._crowd.workload.times_s) * _SHOWN_EACH + beats) / self.share[1]
        every = 1 + int(expected / SHOWN_MOST)
        if operation.shows is None:
            return ToldDetails(operation, every, self._plan.target.site)
        return ShownViews(operation, self._plan.statics, every, self._plan.target.site)

    def _make_pools(self) -> list[ConnectionPool]:
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        endpoints = dict.fromkeys(operation.place for operation in self.operations.values())
        room = (hard if hard > 0 else _MOST_CONNECTIONS) - _SPARE_FILES
        limit = min(_MOST_CONNECTIONS, max(16, room // len(endpoints)))
        kind = PerCustomerPool if self._plan.scenario.connections.per == "customer" else ConnectionPool
        pools: dict[Place, ConnectionPool] = {}
        for place in endpoints:
            of_kind = kind if place.keep_alive else UnkeptPool
            pools[place] = of_kind(self._loop, self._connector(place), self.recorder, self._timeouts, limit)
        for operation in self.operations.values():
            operation.pool = pools[operation.place]
        return list(pools.values())

    def _connector(self, place: Place) -> Connector:
        pins = self._plan.pins
        also = [(host, other.port) for other in place.others for host in pins.get(other.host) or [other.host]]
        return Connector(self._loop, place.endpoint, pins.get(place.endpoint[0]), place.tls, also)

    def run(self) -> None:
        """Builds, waits for T0, runs the load, drains, and closes the files.

        Raises:
            StormdrillError: the crowd cannot be built, or the run cannot go on.
        """
        self.thread = get_native_id()
        self._loop = uvloop.new_event_loop()
        self._loop.set_exception_handler(self._fail)
        sys.setswitchinterval(_SWITCH_S)
        with ExitStack() as closing:
            closing.callback(self._close_loop)
            self._build(closing)
            settle_memory()
            self._begin()
            self._loop.run_forever()
        if self._fatal is not None:
            raise self._fatal if isinstance(self._fatal, StormdrillError) else RuntimeError("the engine failed") from self._fatal

    def _close_loop(self) -> None:
        """Says goodbye to whom it can: a peer that has not ended its TLS keeps a handle busy, and by now everything is written down."""
        with suppress(OSError):
            self._loop.close()

    def _begin(self) -> None:
        now_ns = monotonic_ns()
        self._late_s = max(0.0, (now_ns - self.t0_ns) / 1e9)
        self._arrivals.begin()
        if self._pulse:
            self._pulse.begin()
        self._loop.call_later(_TICK_S, self._tick, now_ns + int(_TICK_S * 1e9))
        self.ready = True

    def _tick(self, due_ns: int) -> None:
        """A hundred times a second: looks after deadlines and the end. By a timer of the loop's, so that no backlog can delay it.

        Where the process itself stood still, the sockets have their turn first: nobody's time is over whose answer lies there.
        """
        now_ns = monotonic_ns()
        self.timers.longest_late_ns = max(self.timers.longest_late_ns, now_ns - due_ns)
        self._reading = now_ns - due_ns > _STALL_NS and not self._reading
        if self._reading:
            self._loop.call_later(_READING_S, self._tick, now_ns)
            return
        self._timeouts.turn(now_ns)
        if self._stopping and self.end_ns > now_ns:
            self.end_ns = now_ns
            self._drain_ns = min(self._drain_ns, self._answers_ns)
            self.timers.until_ns = self.end_ns + self._drain_ns
        if now_ns >= self.end_ns and not self._over:
            self._over = True
            if self._pulse:
                self._pulse.end()
        if now_ns >= self.end_ns + self._drain_ns or (now_ns >= self.end_ns and not self._busy(now_ns)):
            self._finish(now_ns)
            return
        self._loop.call_later(_TICK_S, self._tick, now_ns + int(_TICK_S * 1e9))

    def _busy(self, now_ns: int) -> bool:
        return any(pool.under_way for pool in self._pools) or bool(self.timers.overdue(min(now_ns, self.end_ns - 1)))

    def _finish(self, now_ns: int) -> None:
        """Writes down what is unanswered, and what never was sent."""
        for attempt in [attempt for pool in self._pools for attempt in pool.under_way]:
            attempt.end_unanswered(now_ns)
            if attempt.sent_ns:
                self.recorder.record(attempt, _UNANSWERED, attempt.flags | FLAG_CENSORED | FLAG_FINAL)
            else:
                attempt.pool_us = (now_ns - attempt.queued_ns) // 1000
                self.recorder.record(attempt, _UNSERVED, attempt.flags | FLAG_CENSORED | FLAG_NOT_SENT | FLAG_FINAL)
        overdue = [*self.timers.overdue(self.end_ns - 1), *self.held]
        self.timers.clear()
        self._missed = sum(what.missed() for what in overdue)
        for pool in self._pools:
            pool.close()
        self._loop.call_later(0.02, self._loop.stop)

    def _fail(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something raised that must not: the files are closed as they are, and `run` raises."""
        error = context.get("exception")
        if error is None or isinstance(error, OSError) or was_cut_off(error):
            return  # a connection's own trouble, which its attempt has been told
        self._fatal = self._fatal or error
        self._loop.stop()

    def stop(self, answers_s: float = _STOP_S) -> None:
        """Ends the load now; answers under way are awaited so long at most."""
        self._answers_ns = int(answers_s * 1e9)
        self._stopping = True

    def entered(self) -> None:
        """A customer has come."""
        self.customers += 1

    def left(self, arrival: int) -> None:
        """A customer has gone; by the number of the arrival."""
        self.customers -= 1
        for pool in self._pools:
            pool.customer_left(arrival)

    def journey_broke(self, failure: PluginFailed) -> None:
        """A journey raised, or asked for what cannot be."""
        if len(self.broken_journeys) >= _MOST_FAILURES:
            failure = failure.model_copy(update={"what": "and more of the kind"})
        name, file = failure.plugin.partition(" ")[2], failure.file.rpartition("/")[2]
        text = redacted(f"{name}: {file}:{failure.line}: {failure.what}", self._plan.target)
        if text not in self.broken_journeys:
            self.journey_failures.append(failure.model_copy(update={"what": redacted(failure.what, self._plan.target)}))
        self.broken_journeys[text] += 1

    @property
    def in_flight(self) -> int:
        """About how many attempts are sent and not answered."""
        return sum(pool.in_flight for pool in self._pools) if self.ready else 0

    @property
    def connection_queue(self) -> int:
        """About how many attempts wait for a connection."""
        return sum(pool.queued for pool in self._pools) if self.ready else 0

    @property
    def troubles(self) -> Counter[str]:
        """Why connections could not be made, and how often."""
        return sum((pool.troubles for pool in self._pools), Counter()) if self.ready else Counter()

    @property
    def unread(self) -> Counter[str]:
        """Why answers could not be read, or were not what they should be, and how often."""
        return sum((pool.unread for pool in self._pools), Counter()) if self.ready else Counter()

    @property
    def connections(self) -> Connections:
        """How many connections were made, how many of them resumed a TLS session, and how long they took."""
        found = [pool.connector.done for pool in self._pools] if self.ready else []
        connect, handshake = DurationHistogram(), DurationHistogram()
        for done in found:
            connect.join(done.connect)
            handshake.join(done.handshake)
        return Connections(
            made=sum(done.made for done in found),
            resumed=sum(done.resumed for done in found),
            connect_p50_ms=connect.quantile_ms(0.5),
            connect_p99_ms=connect.quantile_ms(0.99),
            handshake_p50_ms=handshake.quantile_ms(0.5),
            handshake_p99_ms=handshake.quantile_ms(0.99),
        )

    def take_stall_ns(self) -> int:
        """The longest that something due has waited for the engine since this was last asked."""
        if not self.ready:
            return 0
        longest, self.timers.longest_late_ns = self.timers.longest_late_ns, 0
        return longest

    @property
    def totals(self) -> Totals:
        """What has been done so far."""
        if not self.ready:
            return Totals(0, 0, 0, 0, 0, 0, 0.0)
        recorder = self.recorder
        return Totals(
            planned=self._arrivals.planned,
            offered=recorder.count + self._missed,
            sent=recorder.count - recorder.unsent - recorder.not_sent,
            not_sent=recorder.not_sent,
            unsent=recorder.unsent + self._missed,
            cancelled=self._arrivals.cancelled(),
            late_s=self._late_s,
        )


def settle_memory() -> None:
    """What there is now stays: the collector never looks at it again, and seldom at all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 1_000_000, 1_000_000)
