"""Drives one customer's journey: runs it up to its next question, sees that it is asked at its time, and hands the answer back."""

from time import monotonic_ns
from types import FrameType, GeneratorType
from typing import NoReturn, Protocol

from locustfiles.crowd.customer import NOTHING, OUTCOME_ONLY, Customer, SharedFacts
from locustfiles.crowd.journey_steps import NO_KEY, Ask, Bell, Journey, Parallel, Step, Think
from locustfiles.crowd.workload import JourneyFunction
from locustfiles.engine.attempt import Attempt, AttemptOwner, Operation
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.timers import Scheduled, TimerQueue
from scenarios.errors import BadInput, StormdrillError
from scenarios.plugins import JOURNEY
from scenarios.plugins.failures import RAISED, failure_of
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.outcomes import FOLD_RANK, Outcome, Probe
from scenarios.run.records import CODE_MISMATCH, CODE_MISSING, FLAG_FINAL, FLAG_UNSENT, answer_digest
from scenarios.target.operation_codec import KEY, Answer, TransportError

_REACTION_S = (0.15, 0.6)
_OWED = {Probe.MISMATCH: CODE_MISMATCH, Probe.MISSING: CODE_MISSING}
"""A service that turns a misused key down as it must has answered correctly: that is a refusal, no failure."""

_NO_PROBE, _SHED = Probe.NONE, Outcome.SHED  # looking members up costs time in the hot path

_FAR_NS = 1 << 62
_KEYS, _FEN = 1 << 64, 1 << 63  # what a record holds
_MOST_PAUSES = 10_000
"""A journey that pauses so often between two questions does not mean to ask any more."""


class ImpossibleRequest(StormdrillError):
    """A journey asks for what cannot be said."""


class RunnerContext(Protocol):
    """What a journey needs of the engine."""

    timers: TimerQueue
    recorder: Recorder
    operations: dict[str, Operation]
    shared: SharedFacts
    spare_attempts: list[Attempt]
    """Ended ones, to be used again."""
    t0_ns: int
    end_ns: int

    def entered(self) -> None:
        """A customer has come."""

    def left(self, arrival: int) -> None:
        """A customer has gone; by the number of the arrival."""

    def journey_broke(self, failure: PluginFailed) -> None:
        """A journey raised, or asked for what cannot be."""


def new_attempt(
    context: RunnerContext, owner: AttemptOwner, ask: Ask, customer: Customer, operation_id: int, attempt_number: int
) -> Attempt:
    """An attempt with its bytes, ready to be submitted to its pool.

    Raises:
        ImpossibleRequest: there is no such operation, or it needs something that the customer does not know.
    """
    operation = context.operations.get(ask.operation)
    if operation is None:
        raise ImpossibleRequest(f"the target has no operation {ask.operation!r}")
    spare, session, args, encoder = context.spare_attempts, customer.session, ask.args, operation.encoder
    attempt = spare.pop() if spare else Attempt()
    attempt.begin(owner, operation, session.number, operation_id, attempt_number)
    attempt.probe = ask.probe
    try:
        if operation.effectful:
            attempt.key = key = customer.new_key() if ask.key is None else ask.key
            if key == NO_KEY:
                attempt.business = encoder.business({**args, KEY: ""}, session)
            else:
                args = {**args, KEY: context.shared.key_text(key)}
                attempt.business = encoder.business(args, session)
            attempt.asked_fen = fen = encoder.fixed_fen if encoder.amount is None else int(encoder.amount(args, session))
            if (ask.key is not None and not 0 <= key < _KEYS) or (encoder.amount is not None and not -_FEN <= fen < _FEN):
                _refuse(key, fen)
            attempt.terms = encoder.fixed_terms if encoder.terms is None else answer_digest(encoder.terms(args, session))
        elif operation.views is not None:
            attempt.subjects = operation.views.subjects(args, session, session.number)
        attempt.data = encoder.encode(args, session)
    except KeyError as error:
        raise ImpossibleRequest(f"{ask.operation} needs {{{error.args[0]}}}, which nobody has told this customer") from None
    except Exception as error:  # noqa: BLE001 - whatever the texts of a journey's values raise
        raise ImpossibleRequest(f"{ask.operation} cannot be said: {error}") from None
    return attempt


def _refuse(key: int, fen: int) -> NoReturn:
    what = f"{fen} fen" if 0 <= key < _KEYS else f"the key {key}"
    raise ValueError(f"{what} is beyond what a record holds; allowed: keys of 64 bits, amounts of 63")


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
            for _ in range(_MOST_PAUSES):
                step = send(answer)  # type: ignore[arg-type]  # a generator is started by sending None
                if type(step) is Ask:
                    if step.after_s:
                        self._next_ns += int(step.after_s * 1e9)
                    return step
                if type(step) is Parallel:
                    return step
                answer = NOTHING
                self._pause(step)
                if self._next_ns > until_ns:
                    return step
        except StopIteration:
            pass
        except RAISED as error:
            self._broke(error)
        return None

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
            self._wait_for_bell(self._context.t0_ns + int((step.at_s + self.between(*_REACTION_S)) * 1e9))
        else:
            raise BadInput(f"a journey yielded {step!r}; allowed: customer.ask(…), think(…), bell(…), parallel(…)")

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
            self._broke(error)
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
        if attempt.probe is not _NO_PROBE and answer.code and answer.code == _OWED.get(attempt.probe):
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
            if None in extracted.values():
                extracted = {name: value for name, value in extracted.items() if value is not None}
            self.session.update(extracted)

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
            self._context.recorder.record(attempt, operation.decoder.without_response(TransportError.REFUSED), FLAG_UNSENT | FLAG_FINAL)
        return 0

    def _leave(self) -> None:
        self._ask = None
        try:
            self._journey.close()
        except RAISED as error:  # what it would not leave undone, or could not undo
            self._broke(error)
        self._context.left(self.origin >> 16)


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
    """Where a journey stands; that of the part of it which it has handed over to. None where it has ended."""
    below = getattr(journey, "gi_yieldfrom", None)
    return _frame_of(below) if isinstance(below, GeneratorType) else getattr(journey, "gi_frame", None)
