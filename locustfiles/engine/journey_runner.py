"""Drives one customer's journey: runs it up to its next question, sees that it is asked at its time, and hands the answer back."""

from time import monotonic_ns
from traceback import walk_tb
from typing import Protocol

from locustfiles.crowd.customer import BARE, NOTHING, Customer, Setting
from locustfiles.crowd.journey_steps import NO_KEY, Ask, Bell, Journey, Step, Think, Together
from locustfiles.crowd.workload import JourneyFunction
from locustfiles.engine.attempt import Call, Owner
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.request_encoder import Prepared
from locustfiles.engine.timers import Due, Moments
from scenarios.errors import BadInput, StormdrillError
from scenarios.run.outcomes import FOLD_RANK, Outcome, Probe
from scenarios.run.records import CODE_MISMATCH, CODE_MISSING, FLAG_FINAL, FLAG_UNSENT, answer_digest
from scenarios.target.operation_codec import KEY, Answer, TransportError

_REACTION_S = (0.15, 0.6)
_OWED = {Probe.MISMATCH: CODE_MISMATCH, Probe.MISSING: CODE_MISSING}
"""A service that turns a misused key down as it must has answered correctly: that is a refusal, no failure."""

_NO_PROBE, _SHED = Probe.NONE, Outcome.SHED  # looking members up costs time in the hot path

_FAR_NS = 1 << 62
_MOST_PAUSES = 10_000
"""A journey that pauses so often between two questions does not mean to ask any more."""


class Impossible(StormdrillError):
    """A journey asks for what cannot be said."""


class Scene(Protocol):
    """What a visit needs of the engine."""

    moments: Moments
    recorder: Recorder
    prepared: dict[str, Prepared]
    setting: Setting
    calls: list[Call]
    t0_ns: int
    end_ns: int

    def entered(self) -> None:
        """A customer has come."""

    def left(self, visit: int) -> None:
        """A customer has gone; `visit` is the number of the arrival."""

    def journey_broke(self, name: str, where: str) -> None:
        """A journey raised."""


def new_call(scene: Scene, owner: Owner, ask: Ask, customer: Customer, operation: int, attempt: int) -> Call:
    """An attempt with its bytes, ready to be submitted to its pool.

    Raises:
        Impossible: there is no such operation, or it needs something that the customer does not know.
    """
    prepared = scene.prepared.get(ask.op)
    if prepared is None:
        raise Impossible(f"the target has no operation {ask.op!r}")
    calls, session, args = scene.calls, customer.session, ask.args
    call = calls.pop() if calls else Call()
    call.begin(owner, prepared, session.number, operation, attempt)
    call.probe = ask.probe
    try:
        if prepared.effectful:
            call.key = key = customer.new_key() if ask.key is None else ask.key
            if key == NO_KEY:
                call.business = prepared.business({**args, KEY: ""}, session)
            else:
                args = {**args, KEY: scene.setting.key_text(key)}
                call.business = prepared.business(args, session)
            call.asked_fen = prepared.fixed_fen if prepared.amount is None else int(prepared.amount(args, session))
            call.terms = prepared.fixed_terms if prepared.terms is None else answer_digest(prepared.terms(args, session))
        call.data = prepared.request(args, session)
    except KeyError as error:
        raise Impossible(f"{ask.op} needs {{{error.args[0]}}}, which nobody has told this customer") from None
    except (TypeError, ValueError) as error:
        raise Impossible(f"{ask.op} cannot be said: {error}") from None
    return call


class Visit(Customer, Due):
    """A customer on a journey. Holds no timer, task or attempt; thinking, he lies in the heap of moments, his journey at its pause."""

    __slots__ = ("_ask", "_attempt", "_bell_ns", "_ideal_ns", "_journey", "_key", "_next_ns", "_scene", "_step")

    def __init__(self, scene: Scene, function: JourneyFunction, number: int, origin: int) -> None:
        """As `Customer`, on the journey that the function makes."""
        super().__init__(scene.setting, number, origin)
        self._scene = scene
        self._step = 0
        self._attempt = 0
        self._key = NO_KEY  # of the operation that the next question may be a retry of
        self._bell_ns = 0
        self._next_ns = self._ideal_ns = scene.t0_ns
        self._ask: Ask | Together | None = None  # what is asked, or will be when its time has come
        self._journey: Journey = function(self)

    @property
    def at_s(self) -> float:
        """Seconds since T0."""
        return (self._next_ns - self._scene.t0_ns) / 1e9

    @property
    def tried(self) -> bool:
        """Whether he has asked for anything yet."""
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
                if type(step) is Together:
                    return step
                answer = NOTHING
                self._pause(step)
                if self._next_ns > until_ns:
                    return step
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - whatever a journey raises is that one journey's failure
            self._scene.journey_broke(self._name, _place(error))
        return None

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
            self._hear(self._scene.t0_ns + int((step.at_s + self.between(*_REACTION_S)) * 1e9))
        else:
            raise BadInput(f"a journey yielded {step!r}; allowed: customer.ask(…), think(…), bell(…), parallel(…)")

    def _hear(self, rings_ns: int) -> None:
        """Waits for the bell. Who would have been there in time, had all answers come at once, is still meant to act when it rings."""
        if self._ideal_ns <= rings_ns:
            self._bell_ns = self._ideal_ns = rings_ns
            self._next_ns = max(rings_ns, self._next_ns)

    def _go_on(self, step: Step | None) -> None:
        """Waits for the intended time; who would come after the load's end stays away."""
        self._ask = step if type(step) is Ask or type(step) is Together else None
        next_ns = self._next_ns
        if step is None or next_ns >= self._scene.end_ns:
            self._leave()
        elif self._ask is not None and next_ns <= monotonic_ns():
            self.due(next_ns)
        else:
            self._scene.moments.at(next_ns, self)

    def due(self, at_ns: int) -> None:
        """The time of the next question has come; or the end of a pause, behind which it stands."""
        step = self._ask
        try:
            if type(step) is Ask:
                if self._key != NO_KEY and step.key == self._key and step.probe is _NO_PROBE:
                    self._attempt += 1
                else:
                    self._step += 1
                    self._attempt = 1
                call = new_call(self._scene, self, step, self, self.origin + self._step, self._attempt)
                call.intended_ns = self._bell_ns or at_ns
                call.ready_ns = at_ns
                if self._bell_ns and self._anew():
                    call.prepared.pool.submit_anew(call)
                else:
                    call.prepared.pool.submit(call)
            elif type(step) is Together:
                for call in _Several(self).calls(step.asks):
                    call.intended_ns = self._bell_ns or at_ns
                    call.ready_ns = at_ns
                    call.prepared.pool.submit(call)
            else:
                self._go_on(self._advance(NOTHING, at_ns))
        except Impossible as error:
            self._scene.journey_broke(self._name, f"{_line_of(self._journey)}: {error}")
            self._leave()

    def _anew(self) -> bool:
        """Whether this customer has lost his connection while he waited for the bell."""
        share = self.setting.reconnect_at_bell
        return share > 0 and self.happens(share)

    def call_of_several(self, owner: Owner, ask: Ask) -> Call:
        """One of several attempts at once: an operation of its own, which is never repeated."""
        self._step += 1
        return new_call(self._scene, owner, ask, self, self.origin + self._step, 1)

    def answered(self, call: Call, answer: Answer) -> None:
        """The answer to the journey's question."""
        if call.probe is not _NO_PROBE and answer.code and answer.code == _OWED.get(call.probe):
            answer = answer._replace(outcome=Outcome.REFUSAL)
        scene = self._scene
        self._learn(call, answer)
        asked = self._ask
        # Behind an answer to a key of the journey's own the next question is looked for at once, since it may try the same again.
        step = self._advance(answer, call.done_ns if asked.key is None else _FAR_NS)  # type: ignore[union-attr]  # one question was asked
        if type(step) is Ask and step.key is not None and self._repeats(step, call):
            self._key = call.key
            scene.recorder.ended(call, answer, call.flags)
        else:
            self._key = NO_KEY
            scene.recorder.ended(call, answer, call.flags | FLAG_FINAL)
        scene.calls.append(call)
        next_ns = self._next_ns
        if type(step) is Ask and next_ns <= call.done_ns and next_ns < scene.end_ns:
            self._ask = step
            self.due(next_ns)
        else:
            self._go_on(step)

    def _repeats(self, step: Ask, call: Call) -> bool:
        """Whether the next question tries the same operation once more, before the load ends."""
        return step.key == call.key and step.probe is call.probe is _NO_PROBE and self._next_ns < self._scene.end_ns

    def answered_of_several(self, call: Call, answer: Answer) -> None:
        """One of several answers has come."""
        self._learn(call, answer)
        self._scene.recorder.ended(call, answer, call.flags | FLAG_FINAL)
        self._scene.calls.append(call)

    def _learn(self, call: Call, answer: Answer) -> None:
        """Takes in what an answer tells."""
        extracted = answer.extracted
        self.last = BARE[answer.outcome]
        if answer.outcome is _SHED:
            self.retry_after_s = _seconds(call.retry_after)
        elif self.retry_after_s:
            self.retry_after_s = 0.0
        self._next_ns = call.done_ns
        self._bell_ns = 0
        if extracted:
            if None in extracted.values():
                extracted = {name: value for name, value in extracted.items() if value is not None}
            self.session.update(extracted)

    def all_answered(self, worst: Answer) -> None:
        """The last of several answers has come."""
        self.last = BARE[worst.outcome]
        self._key = NO_KEY
        self._go_on(self._advance(worst, self._next_ns))

    def missed(self) -> int:
        """It was due and never served: writes that down."""
        step = self._ask or self._advance(NOTHING, _FAR_NS)
        asks = (step,) if type(step) is Ask else step.asks if type(step) is Together else ()
        for ask in asks:
            prepared = self._scene.prepared.get(ask.op)
            if prepared is None:
                continue
            self._step += 1
            call = Call()
            call.begin(self, prepared, self.number, self.origin + self._step, 1)
            call.intended_ns = call.ready_ns = self._next_ns
            call.end_unanswered(monotonic_ns())
            self._scene.recorder.ended(call, prepared.decoder.without_response(TransportError.REFUSED), FLAG_UNSENT | FLAG_FINAL)
        return 0

    def _leave(self) -> None:
        self._ask = None
        self._journey.close()
        self._scene.left(self.origin >> 16)


class _Several:
    """Several questions of one visit, under way at once."""

    __slots__ = ("_left", "_visit", "_worst")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._left = 0
        self._worst: Answer | None = None

    def calls(self, asks: tuple[Ask, ...]) -> list[Call]:
        """Their attempts: all of them or none."""
        self._left = len(asks)
        return [self._visit.call_of_several(self, ask) for ask in asks]

    def answered(self, call: Call, answer: Answer) -> None:
        """One of the answers."""
        self._visit.answered_of_several(call, answer)
        if self._worst is None or FOLD_RANK[answer.outcome] > FOLD_RANK[self._worst.outcome]:
            self._worst = answer
        self._left -= 1
        if self._left == 0:
            self._visit.all_answered(self._worst)


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() else 0.0


def _sentence(error: BaseException) -> str:
    return str(error) if isinstance(error, StormdrillError) else f"{type(error).__name__}: {error}"


def _line_of(journey: Journey) -> str:
    frame = getattr(journey, "gi_frame", None)
    return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}" if frame else "?"


def _place(error: BaseException) -> str:
    """The journey's own file and line, and what was raised there or below."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    path, line = frames[1] if len(frames) > 1 else ("?", 0)  # the first is ours
    return f"{path.rpartition('/')[2]}:{line}: {_sentence(error)}"
