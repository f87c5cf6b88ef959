"""Drives one customer's journey: runs it up to its next question, sees that it is asked at its time, and hands the answer back."""

from time import monotonic_ns
from types import FrameType, GeneratorType

from locustfiles.crowd.customer import NOTHING, OUTCOME_ONLY, Customer
from locustfiles.crowd.journey_steps import NO_KEY, Ask, Bell, Journey, Parallel, Step, Think
from locustfiles.crowd.probes import is_turned_down
from locustfiles.crowd.workload import JourneyFunction
from locustfiles.engine.asking import ImpossibleRequest, RunnerContext, new_attempt
from locustfiles.engine.attempt import Attempt, AttemptOwner
from locustfiles.engine.timers import Scheduled
from scenarios.errors import BadInput
from scenarios.plugins import JOURNEY
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.run.outcomes import FOLD_RANK, Outcome, Probe
from scenarios.run.records import FLAG_FINAL, FLAG_UNSENT
from scenarios.target.operation_codec import Answer, TransportError

_REACTION_S = (0.15, 0.6)
_NO_PROBE, _SHED = Probe.NONE, Outcome.SHED  # looking members up costs time in the hot path

_FAR_NS = 1 << 62
_INSISTING = Customer.insists_on.__code__
_MOST_PAUSES = 10_000
"""A journey that pauses so often between two questions does not mean to ask any more."""


class JourneyRunner(Customer, Scheduled):
    """A customer on a journey. Holds no timer, task or attempt; thinking, it lies in the queue of timers, its journey at its pause."""

    __slots__ = ("_ask", "_attempt_number", "_bell_ns", "_context", "_ideal_ns", "_journey", "_key", "_next_ns", "_step")

    def __init__(self, context: RunnerContext, function: JourneyFunction, number: int, origin: int) -> None:
        """As `Customer`, on the journey that the function makes."""
        super().__init__(context.shared, number, origin)
        self._context = context
        self._step = 0
        self._attempt_number = 0
        self._key = NO_KEY  # of the operation that the next question may be a retry of
        self._bell_ns = 0
        self._next_ns = self._ideal_ns = context.t0_ns
        self._ask: Ask | Parallel | None = None  # what is asked, or will be when its time has come
        self._journey: Journey = function(self)

    @property
    def at_s(self) -> float:
        """Seconds since T0."""
        return (self._next_ns - self._context.t0_ns) / 1e9

    @property
    def renewing(self) -> bool:
        """Whether a session of theirs is being renewed, or should be by now; where none is kept, never."""
        return False

    @property
    def tried(self) -> bool:
        """Whether anything has been asked for yet."""
        return self._step > 0

    def begin(self, intended_ns: int) -> None:
        """The customer arrives."""
        self._next_ns = self._ideal_ns = intended_ns
        self._go_on(self._advance(None, monotonic_ns()))

    def _advance(self, answer: Answer | None, until_ns: int) -> Step | None:
        """Runs the journey up to its next question, or to a pause that lasts beyond a time; None where it is over."""
        send = self._journey.send
        try:
            step, pauses = send(answer), 0  # type: ignore[arg-type]  # a generator is started by sending None
            while type(step) is not Ask:
                if type(step) is Parallel:
                    return step
                self._pause(step)
                pauses += 1
                if self._next_ns > until_ns:
                    return step
                if pauses == _MOST_PAUSES:
                    return None
                step = send(NOTHING)
        except StopIteration:
            return None
        except RAISED as error:
            self._broke(error)
            return None
        if step.after_s:
            self._next_ns += int(step.after_s * 1e9)
        return step

    def _broke(self, error: BaseException) -> None:
        """That one journey's failure, on the line where it stands, or where it raised."""
        failure = failure_of(JOURNEY, self._name, error)
        frame = _frame_of(self._journey)
        if frame is not None:
            failure = failure.model_copy(update={"file": frame.f_code.co_filename, "line": frame.f_lineno})
        self._context.journey_broke(failure)

    @property
    def _name(self) -> str:
        return str(getattr(self._journey, "__name__", "?")).replace("_", "-")

    def _pause(self, step: object) -> None:
        if type(step) is Think:
            pause_ns = int(self.log_normal(step.median_s, step.p95_s) * 1e9)
            self._next_ns += pause_ns
            self._ideal_ns += pause_ns
            self._bell_ns = 0
        elif type(step) is Bell:
            reaction_s = self.between(*_REACTION_S) if step.by_hand else 0.0
            self._wait_for_bell(self._context.t0_ns + int((step.at_s + reaction_s) * 1e9))
        else:
            raise BadInput(f"a journey yielded {step!r}; allowed: customer.ask(…), think(…), bell(…), moment(…), parallel(…)")

    def _wait_for_bell(self, rings_ns: int) -> None:
        """Waits for the bell. Whoever would have been there in time, had all answers come at once, is still meant to act when it rings."""
        if self._ideal_ns <= rings_ns:
            self._bell_ns = self._ideal_ns = rings_ns
            self._next_ns = max(rings_ns, self._next_ns)

    def _go_on(self, step: Step | None) -> None:
        """Waits for the intended time; who would come after the load's end stays away."""
        self._ask = step if type(step) is Ask or type(step) is Parallel else None
        next_ns = self._next_ns
        if step is None or next_ns >= self._context.end_ns:
            self._leave()
        elif self._ask is not None and next_ns <= monotonic_ns():
            self.due(next_ns)
        else:
            self._context.timers.at(next_ns, self)

    def due(self, at_ns: int) -> None:
        """The time of the next question has come; or the end of a pause, behind which it stands."""
        step = self._ask
        try:
            if type(step) is Ask:
                if self._key != NO_KEY and step.key == self._key and step.probe is _NO_PROBE:
                    self._attempt_number += 1
                else:
                    self._step += 1
                    self._attempt_number = 1
                attempt = new_attempt(self._context, self, step, self, self.origin + self._step, self._attempt_number)
                attempt.intended_ns = self._bell_ns or at_ns
                attempt.ready_ns = at_ns
                attempt.good_until_ns = self.session_until_ns
                if self._bell_ns and self._anew():
                    attempt.operation.pool.submit_reconnected(attempt)
                else:
                    attempt.operation.pool.submit(attempt)
            elif type(step) is Parallel:
                for attempt in _ParallelAttempts(self).attempts(step.asks):
                    attempt.intended_ns = self._bell_ns or at_ns
                    attempt.ready_ns = at_ns
                    attempt.operation.pool.submit(attempt)
            else:
                self._go_on(self._advance(NOTHING, at_ns))
        except ImpossibleRequest as error:
            self._ask_first(error)

    def _ask_first(self, error: ImpossibleRequest) -> None:
        """Lets the customer learn what is missing, by the reads that the target's file names for that; where there is none, it is over."""
        asked: set[str] = set()
        while (before := self._teller(error, asked)) is not None:
            asked.add(before)
            try:
                attempt = self.one_of_parallel(_Detour(self, error.missing), self.ask(before))
            except ImpossibleRequest as deeper:
                error = deeper
                continue
            attempt.intended_ns = attempt.ready_ns = max(self._next_ns, monotonic_ns())
            attempt.operation.pool.submit(attempt)
            return
        self._broke(error)
        self._leave()

    def _teller(self, error: ImpossibleRequest, asked: set[str]) -> str | None:
        """What tells the missing name, where it was not asked already."""
        operations = self._context.operations
        before = operations[error.operation].before if error.operation in operations else ()
        return next((name for name in before if name not in asked and error.missing in operations[name].outputs), None)

    def learned(self, missing: str) -> None:
        """What was asked first is answered: now comes the question itself. Who was not told gives up, as at a login that fails."""
        if self.succeeded() and self.knows(missing) and self._next_ns < self._context.end_ns:
            self.due(self._next_ns)
        else:
            self._leave()

    def _anew(self) -> bool:
        """Whether this customer has lost their connection while waiting for the bell."""
        share = self.shared.reconnect_at_bell
        return share > 0 and self.happens(share)

    def one_of_parallel(self, owner: AttemptOwner, ask: Ask) -> Attempt:
        """One of several attempts at once: an operation of its own, which is never repeated."""
        self._step += 1
        return new_attempt(self._context, owner, ask, self, self.origin + self._step, 1)

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """The answer to the journey's question."""
        if attempt.probe is not _NO_PROBE and is_turned_down(attempt.probe, answer, attempt.status):
            answer = answer._replace(outcome=Outcome.REFUSAL)
        context = self._context
        self._learn(attempt, answer)
        asked = self._ask
        # Behind an answer to a key of the journey's own the next question is looked for at once, since it may try the same again.
        step = self._advance(answer, attempt.done_ns if asked.key is None else _FAR_NS)  # type: ignore[union-attr]  # one question was asked
        if type(step) is Ask and step.key is not None and self._repeats(step, attempt):
            self._key = attempt.key
            context.recorder.record(attempt, answer, attempt.flags)
        else:
            self._key = NO_KEY
            context.recorder.record(attempt, answer, attempt.flags | FLAG_FINAL)
        context.spare_attempts.append(attempt)
        next_ns = self._next_ns
        if type(step) is Ask and next_ns <= attempt.done_ns and next_ns < context.end_ns:
            self._ask = step
            self.due(next_ns)
        else:
            self._go_on(step)

    def _repeats(self, step: Ask, attempt: Attempt) -> bool:
        """Whether the next question tries the same operation once more, before the load ends."""
        return step.key == attempt.key and step.probe is attempt.probe is _NO_PROBE and self._next_ns < self._context.end_ns

    def answered_one(self, attempt: Attempt, answer: Answer) -> None:
        """One of several answers has come."""
        if attempt.probe is not _NO_PROBE and is_turned_down(attempt.probe, answer, attempt.status):
            answer = answer._replace(outcome=Outcome.REFUSAL)
        self._learn(attempt, answer)
        self._context.recorder.record(attempt, answer, attempt.flags | FLAG_FINAL)
        self._context.spare_attempts.append(attempt)

    def _learn(self, attempt: Attempt, answer: Answer) -> None:
        """Takes in what an answer tells."""
        extracted = answer.extracted
        self.last = OUTCOME_ONLY[answer.outcome]
        if answer.outcome is _SHED:
            self.retry_after_s = _seconds(attempt.retry_after)
        elif self.retry_after_s:
            self.retry_after_s = 0.0
        self._next_ns = attempt.done_ns
        self._bell_ns = 0
        if extracted:
            self.session.learn(extracted)

    def all_answered(self, worst: Answer) -> None:
        """The last of several answers has come."""
        self.last = OUTCOME_ONLY[worst.outcome]
        self._key = NO_KEY
        self._go_on(self._advance(worst, self._next_ns))

    def missed(self) -> int:
        """It was due and never served: writes that down."""
        step = self._ask or self._advance(NOTHING, _FAR_NS)
        asks = (step,) if type(step) is Ask else step.asks if type(step) is Parallel else ()
        for ask in asks:
            operation = self._context.operations.get(ask.operation)
            if operation is None:
                continue
            self._step += 1
            attempt = Attempt()
            attempt.begin(self, operation, self.number, self.origin + self._step, 1)
            attempt.intended_ns = attempt.ready_ns = self._next_ns
            attempt.end_unanswered(monotonic_ns())
            self._context.recorder.record(attempt, operation.decoder.without_response(TransportError.REFUSED), self._blame() | FLAG_FINAL)
        return 0

    def _blame(self) -> int:
        """Whose fault it is that something was never served."""
        return FLAG_UNSENT

    def _leave(self) -> None:
        self._ask = None
        try:
            self._journey.close()
        except RAISED as error:  # what it would not leave undone, or could not undo
            self._broke(error)
        self._context.left(self.origin >> 16)


class _Detour:
    """A question that comes first, so that another one can be said."""

    __slots__ = ("_missing", "_runner")

    def __init__(self, runner: JourneyRunner, missing: str) -> None:
        self._runner = runner
        self._missing = missing

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """Its answer."""
        self._runner.answered_one(attempt, answer)
        self._runner.learned(self._missing)


class _ParallelAttempts:
    """Several questions of one customer, under way at once."""

    __slots__ = ("_left", "_runner", "_worst")

    def __init__(self, runner: JourneyRunner) -> None:
        self._runner = runner
        self._left = 0
        self._worst: Answer | None = None

    def attempts(self, asks: tuple[Ask, ...]) -> list[Attempt]:
        """Their attempts: all of them or none."""
        self._left = len(asks)
        return [self._runner.one_of_parallel(self, ask) for ask in asks]

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """One of the answers."""
        self._runner.answered_one(attempt, answer)
        if self._worst is None or FOLD_RANK[answer.outcome] > FOLD_RANK[self._worst.outcome]:
            self._worst = answer
        self._left -= 1
        if self._left == 0:
            self._runner.all_answered(self._worst)


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else 0.0


def _frame_of(journey: object) -> FrameType | None:
    """Where a journey stands; that of the part of its own which it has handed over to. None where it has ended."""
    below = getattr(journey, "gi_yieldfrom", None)
    its_own = isinstance(below, GeneratorType) and below.gi_code is not _INSISTING
    return _frame_of(below) if its_own else getattr(journey, "gi_frame", None)
