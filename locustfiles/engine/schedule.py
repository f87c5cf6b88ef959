"""What starts by itself: customers by the crowd's schedule, and the beats of a drill's pulse."""

from array import array
from bisect import bisect_left
from time import monotonic_ns

import numpy as np

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Ask, Journey, think
from locustfiles.crowd.workload import JourneyFunction, Workload, arguments
from locustfiles.engine.asking import ImpossibleRequest, RunnerContext, new_attempt
from locustfiles.engine.attempt import Attempt
from locustfiles.engine.journey_runner import JourneyRunner
from locustfiles.engine.session_keeper import SessionKeeper
from locustfiles.engine.timers import Scheduled
from scenarios.plan.scenario import Pulse
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import (
    CODE_EXPIRED,
    FLAG_FINAL,
    FLAG_NOT_SENT,
    FLAG_PULSE,
    FLAG_UNSENT,
    STREAM_CROWD,
    STREAM_PULSE,
    operation_id,
)
from scenarios.target.operation_codec import Answer, TransportError

_INTRODUCTIONS = 1 << 43
"""Arrival numbers of the pulse's own customers making themselves known begin here, beyond all beats."""

_INTRODUCTION_TRIES = 8
_FIRST_INTRODUCTION_NS = 20_000_000
_BETWEEN_INTRODUCTIONS_NS = 5_000_000
_LEAVING_AT_ONCE = 4


class ArrivalSchedule(Scheduled):
    """The customers of one load process; lies in the heap with the next of them."""

    def __init__(self, context: RunnerContext, workload: Workload, functions: dict[str, JourneyFunction], share: tuple[int, int]) -> None:
        """`share` is (k, N): this process takes the arrivals i with i mod N = k."""
        self._worker, self._workers = share
        self._context = context
        self._workload = workload
        self._runner = runner_for(context)
        self._journeys = [functions[name] for name in workload.journey_names]
        times_ns = (workload.times_s[self._worker :: self._workers] * 1e9).astype(np.int64) + context.t0_ns
        self._times_ns = array("q", times_ns.tobytes())  # whose numbers are Python's own, one after the other
        self._chosen = workload.journeys[self._worker :: self._workers].tobytes()
        self._at = 0

    @property
    def planned(self) -> int:
        """How many there are."""
        return len(self._times_ns)

    def begin(self) -> None:
        """Waits for the first."""
        if self.planned:
            self._context.timers.at(self._times_ns[0], self)

    def due(self, at_ns: int) -> None:
        """The next customer arrives."""
        context = self._context
        if at_ns >= context.end_ns:
            return
        index = self._at
        self._at = index + 1
        if index + 1 < len(self._times_ns):
            context.timers.at(self._times_ns[index + 1], self)
        arrival = index * self._workers + self._worker
        context.entered()
        journey = self._journeys[self._chosen[index]]
        self._runner(context, journey, self._workload.customer(arrival), operation_id(STREAM_CROWD, arrival, 0)).begin(at_ns)

    def missed(self) -> int:
        """How many were due and never came."""
        until_ns = min(monotonic_ns(), self._context.end_ns)
        return bisect_left(self._times_ns, until_ns) - self._at

    def cancelled(self) -> int:
        """How many would have come after an early end."""
        return self.planned - bisect_left(self._times_ns, self._context.end_ns)


def runner_for(context: RunnerContext) -> type[JourneyRunner]:
    """What drives a customer: one whose token runs out needs more than others."""
    return SessionKeeper if context.kept.renewal else JourneyRunner


def introduction(customer: Customer, operations: list[str]) -> Journey:
    """Logs in, and learns whatever else the pulse's operations need to know; tries again a few times."""
    for operation in operations:
        for _ in range(_INTRODUCTION_TRIES):
            answer = yield Ask(operation, arguments(customer, 1), None, 0.0, Probe.NONE)
            if answer.outcome is Outcome.SUCCESS:
                break
            yield think(0.3, p95=0.6)
        else:
            return


class PulseSchedule(Scheduled):
    """The pulse: each operation at a fixed rate, in turn, by customers of its own, one try each."""

    def __init__(self, context: RunnerContext, workload: Workload, pulse: Pulse, needs: list[str], share: tuple[int, int]) -> None:
        """`needs` are the operations of the introduction; this process has the customers r with r mod N = k."""
        self._worker, self._workers = share
        self._context = context
        self._workload = workload
        self._operations = pulse.operations
        self._needs = needs
        self._period_ns = 1e9 / (pulse.rate * len(pulse.operations))
        self._beat = 0
        self._customers: dict[int, JourneyRunner] = {}
        self._spare_attempts = context.spare_attempts

    def begin(self) -> None:
        """Lets the pulse's customers introduce themselves now, and waits for T0."""
        start_ns = monotonic_ns() + _FIRST_INTRODUCTION_NS
        for place in range(self._worker, self._workload.reserved, self._workers):
            origin = operation_id(STREAM_PULSE, _INTRODUCTIONS + place, 0)
            runner = runner_for(self._context)(self._context, self._introduce, self._workload.pulse_customer(place), origin)
            self._customers[place] = runner
            self._context.entered()
            self._context.timers.at(start_ns + place * _BETWEEN_INTRODUCTIONS_NS, _Beginning(runner))
        self._schedule()

    def _introduce(self, customer: Customer) -> Journey:
        return introduction(customer, self._needs)

    def _schedule(self) -> None:
        """Waits for the next beat that a customer of this process has."""
        while self._place() not in self._customers:
            self._beat += 1
        self._context.timers.at(self._when(self._beat), self)

    def _place(self) -> int:
        return self._beat % self._workload.reserved

    def _sender(self) -> JourneyRunner:
        """Whose turn it is; while their session is renewed they may have none to ask with, and the next one who has asks instead."""
        mine = self._customers[self._place()]
        if not mine.renewing:
            return mine
        return next((customer for customer in self._customers.values() if not customer.renewing), mine)

    def _when(self, beat: int) -> int:
        return self._context.t0_ns + int(beat * self._period_ns)

    def due(self, at_ns: int) -> None:
        """A beat."""
        if at_ns >= self._context.end_ns:
            return
        beat, customer = self._beat, self._sender()
        self._beat += 1
        self._schedule()
        self._ask(self._operations[beat % len(self._operations)], customer, operation_id(STREAM_PULSE, beat, 1), at_ns)

    def _ask(self, operation: str, customer: JourneyRunner, beat_id: int, at_ns: int) -> None:
        ask = Ask(operation, arguments(customer, 1), None, 0.0, Probe.NONE)
        try:
            attempt = new_attempt(self._context, self, ask, customer, beat_id, 1)
        except ImpossibleRequest:
            self._record_unasked(operation, customer, beat_id, at_ns)
            return
        attempt.good_until_ns = customer.session_until_ns
        attempt.flags = FLAG_PULSE
        attempt.intended_ns = attempt.ready_ns = at_ns
        attempt.operation.pool.submit(attempt)

    def outlived(self, attempt: Attempt) -> bool:
        """A beat that waited while its customer's token was to be renewed: somebody else sends it."""
        customer = next((each for each in self._customers.values() if not each.renewing), None)
        if customer is None:
            return False
        self._spare_attempts.append(attempt)
        self._ask(attempt.operation.name, customer, attempt.operation_id, attempt.ready_ns)
        return True

    def _record_unasked(self, name: str, customer: JourneyRunner, operation_id: int, at_ns: int) -> None:
        """A beat whose customer could not log in: the target's doing once they have tried, else ours."""
        attempt = Attempt()
        attempt.begin(self, self._context.operations[name], customer.number, operation_id, 1)
        attempt.intended_ns = attempt.ready_ns = at_ns
        attempt.end_unanswered(monotonic_ns())
        flags = FLAG_PULSE | FLAG_FINAL | (FLAG_NOT_SENT if customer.tried else FLAG_UNSENT)
        self._context.recorder.record(attempt, attempt.operation.decoder.without_response(TransportError.REFUSED), flags)

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """The one answer to a beat."""
        self._context.recorder.record(attempt, answer, attempt.flags | FLAG_FINAL)
        if answer.code == CODE_EXPIRED and isinstance(keeper := self._customers[attempt.customer - self._workload.visiting], SessionKeeper):
            keeper.expired(attempt.sent_ns)
        self._spare_attempts.append(attempt)

    def end(self) -> None:
        """The load is over: its customers end their sessions, a few at a time."""
        left = iter([customer for customer in self._customers.values() if isinstance(customer, SessionKeeper)])

        def go_on() -> None:
            if (customer := next(left, None)) is not None:
                customer.end_session(go_on)

        for _ in range(_LEAVING_AT_ONCE):
            go_on()

    def missed(self) -> int:
        """How many beats of this process were due and never came."""
        until_ns = min(monotonic_ns(), self._context.end_ns)
        last = int((until_ns - self._context.t0_ns) / self._period_ns)
        return sum(1 for beat in range(self._beat, last) if beat % self._workload.reserved in self._customers)


class _Beginning(Scheduled):
    """A customer that begins at its moment."""

    __slots__ = ("_runner",)

    def __init__(self, runner: JourneyRunner) -> None:
        self._runner = runner

    def due(self, at_ns: int) -> None:
        """Its moment."""
        self._runner.begin(at_ns)
