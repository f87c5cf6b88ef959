"""Customers whose tokens run out: each is renewed in time or, at the latest, when an answer says so; and sessions are ended.

What keeps a session is no operation of the customer's: it has ids of a stream of its own, and is counted apart. One renewal of a customer
is under way at a time. It waits for what is asked, and what would be asked meanwhile waits for it, since a new token may end the old one.
Who logged in together does not renew together: each renews at a moment of their own before the token runs out.
"""

import time
from collections.abc import Callable
from time import monotonic_ns

from locustfiles.crowd.customer import NEVER_NS
from locustfiles.crowd.journey_steps import NO_KEY, Ask
from locustfiles.crowd.seeded_random import STREAM_RENEWALS, draw
from locustfiles.crowd.workload import JourneyFunction
from locustfiles.engine.asking import ImpossibleRequest, RunnerContext, new_attempt
from locustfiles.engine.attempt import Attempt, AttemptOwner
from locustfiles.engine.journey_runner import JourneyRunner
from locustfiles.engine.timers import Scheduled
from scenarios.run.outcomes import ONE_EFFECT, Outcome, Probe
from scenarios.run.records import CODE_EXPIRED, FLAG_FINAL, FLAG_NOT_SENT, STREAM_PULSE, STREAM_SESSIONS, operation_id
from scenarios.target.operation_codec import Answer

_EARLIEST, _LATEST = 0.5, 0.85
"""A token is renewed when so much of its life is over."""

_LEAST_S = 0.2
"""No token is renewed again sooner than that, however short its life is said to be."""

_LONGEST_S = 1e9
_44_BITS = (1 << 44) - 1
_NOT_NOW, _OUT_OF_ORDER = frozenset({408, 425, 429}), 500
_HONEST = frozenset(ONE_EFFECT)
"""What is asked on purpose of another's account, or without a key, may be turned down by any word, and is not asked twice."""

Waiting = Callable[[int | None], None]
"""Goes on when a renewal has ended: since when there is a new token, None where there is none."""


class _RenewalTime(Scheduled):
    """The moment at which a customer's token is to be renewed."""

    __slots__ = ("runner",)

    def __init__(self, runner: "SessionKeeper") -> None:
        self.runner: SessionKeeper | None = runner

    def due(self, at_ns: int) -> None:  # noqa: ARG002 - the queue's signature
        if self.runner is not None:
            self.runner.renew_in_time(self)


class _Requests:
    """Requests that keep a session, one after the other as long as each succeeds; others instead where one is refused."""

    __slots__ = ("_ended", "_instead", "_left", "_runner")

    def __init__(self, runner: "SessionKeeper", operations: tuple[str, ...], ended: Waiting, instead: tuple[str, ...] = ()) -> None:
        self._runner = runner
        self._left = list(operations)
        self._instead = instead
        self._ended = ended

    def send(self) -> None:
        """The next. Raises ImpossibleRequest where the customer was not told what it needs, nor what comes instead."""
        try:
            self._runner.attempt_apart(self, self._left.pop(0))
        except ImpossibleRequest:
            if not self._instead:
                raise
            self._turn_to_instead()
            self.send()

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """One is answered."""
        done_ns, refused = attempt.done_ns, _is_refused(attempt, answer)
        if not self._runner.answered_apart(attempt, answer):
            if not (refused and self._instead):
                self._ended(None)
                return
            self._turn_to_instead()
        if not self._left:
            self._ended(done_ns)
            return
        try:
            self.send()
        except ImpossibleRequest as error:
            self._runner.not_kept(error)
            self._ended(None)

    def _turn_to_instead(self) -> None:
        self._left, self._instead = list(self._instead), ()


def _is_refused(attempt: Attempt, answer: Answer) -> bool:
    """Whether the service has said no for good. Where it is out of order, sheds load or has not answered, a login would add to it."""
    if answer.outcome in (Outcome.SHED, Outcome.UNKNOWN):
        return False
    return 0 < attempt.status < _OUT_OF_ORDER and attempt.status not in _NOT_NOW


class _AtOnce:
    """One of several questions, or one that comes before another, which is asked once more where the token had run out."""

    __slots__ = ("_ask", "_owner", "_runner")

    def __init__(self, runner: "SessionKeeper", owner: AttemptOwner, ask: Ask) -> None:
        self._runner = runner
        self._owner = owner
        self._ask = ask

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """The answer, or the first of two."""
        if self._runner.takes(attempt, answer, self._ask, self._owner):
            self._owner.answered(attempt, answer)


class SessionKeeper(JourneyRunner):
    """A customer on a journey, whose token may run out."""

    __slots__ = ("_again", "_held_ns", "_late", "_open", "_requests", "_said", "_session_at", "_told_ns", "_waiting", "session_until_ns")

    def __init__(self, context: RunnerContext, function: JourneyFunction, number: int, origin: int) -> None:
        """As a journey's runner. The pulse's customers stay when their journey is over, until `end_session`."""
        super().__init__(context, function, number, origin)
        self._session_at: _RenewalTime | None = None
        self.session_until_ns = NEVER_NS
        self._requests = 0  # that kept the session so far
        self._told_ns = 0  # when the customer was last told a token
        self._open = 0  # questions under way
        self._late = False  # the token is to be renewed as soon as there are none
        self._waiting: list[Waiting] | None = None  # for the end of the renewal that is under way
        self._held_ns = 0  # when the question that waits was due
        self._again: Attempt | None = None  # the journey's question, asked once more
        self._said: Attempt | None = None  # a first try whose record stands already

    def answered(self, attempt: Attempt, answer: Answer) -> None:
        """The answer to the journey's question, or the first of two."""
        first = attempt is not self._again
        self._again = None
        if self.takes(attempt, answer, self._ask if first else None, self):  # type: ignore[arg-type]  # one question was asked
            super().answered(attempt, answer)

    def takes(self, attempt: Attempt, answer: Answer, ask: Ask | None, owner: AttemptOwner) -> bool:
        """Looks after the session, as an answer has come to a question; False where that is asked once more. None: it may not be."""
        self._open -= 1
        if ask is not None and answer.code == CODE_EXPIRED and self._asks_again(attempt, answer, ask, owner):
            return False
        self._heard(attempt, answer)
        if self._late and not self._open and self._waiting is None:
            self._renew(self._look_after)
        return True

    def answered_one(self, attempt: Attempt, answer: Answer) -> None:
        """One of several answers has come."""
        if attempt is self._said:
            self._said = None
            self._learn(attempt, answer)
            self._context.spare_attempts.append(attempt)
            return
        super().answered_one(attempt, answer)

    def one_of_parallel(self, owner: AttemptOwner, ask: Ask) -> Attempt:
        """One of several attempts at once."""
        attempt = super().one_of_parallel(_AtOnce(self, owner, ask), ask)
        self._open += 1
        return attempt

    def _ask_first(self, error: ImpossibleRequest) -> None:
        self._open = 0  # what could not be said is not under way
        super()._ask_first(error)

    @property
    def renewing(self) -> bool:
        """Whether the session is being renewed, with or without the old one meanwhile; or should be by now, which a stall may have kept."""
        return self._waiting is not None or self._is_overdue()

    def _is_overdue(self) -> bool:
        return monotonic_ns() >= self.session_until_ns

    def due(self, at_ns: int) -> None:
        """The time of the next question has come; while the token is renewed, it waits. After a stall what was due before comes first."""
        if self._is_overdue() and not self._open:
            self._renew(self._look_after)
        if self._waiting is None or self._ask is None:
            self._open = int(type(self._ask) is Ask)
            super().due(at_ns)
            return
        self._held_ns = at_ns
        self._context.held.add(self)
        self._waiting.append(self._let_go)

    def outlived(self, attempt: Attempt) -> bool:
        """The question could not leave before the token's time: it is as if it had come due only now."""
        if attempt is self._again or self._open > 1:
            return False
        if attempt.attempt_number > 1:
            self._attempt_number -= 1
        else:
            self._step -= 1
        self._context.spare_attempts.append(attempt)
        self._open = 0
        self.due(attempt.ready_ns)
        return True

    def _let_go(self, renewed_ns: int | None) -> None:
        """Asks what has waited for a renewal: as late as it is, and meant to be asked when it was due."""
        self._context.held.discard(self)
        self._bell_ns = self._bell_ns or self._held_ns
        self._open = int(type(self._ask) is Ask)
        super().due(renewed_ns or monotonic_ns())
        self._held_ns = 0

    def _anew(self) -> bool:
        return not self._held_ns and super()._anew()

    def _blame(self) -> int:
        return FLAG_NOT_SENT if self._held_ns else super()._blame()

    def _asks_again(self, attempt: Attempt, answer: Answer, ask: Ask, owner: AttemptOwner) -> bool:
        """Records an answer by which the token has run out, has it renewed, and asks once more; False where that is not to be.

        What is asked again is the same operation under the same key, its second try.
        """
        if attempt.probe not in _HONEST or attempt.done_ns >= self._context.end_ns:
            return False
        self._context.recorder.record(attempt, answer, attempt.flags)

        def go_on(renewed_ns: int | None) -> None:
            if renewed_ns is None or not self._sent_again(attempt, ask, owner, renewed_ns):
                self._resign(attempt, answer, owner)

        if attempt.sent_ns < self._told_ns:
            go_on(attempt.done_ns)  # meanwhile there is another
        else:
            self._renew(go_on)
        return True

    def _sent_again(self, first: Attempt, ask: Ask, owner: AttemptOwner, at_ns: int) -> bool:
        same = Ask(ask.operation, ask.args, first.key if first.operation.effectful else None, 0.0, ask.probe)
        try:
            attempt = new_attempt(self._context, owner, same, self, first.operation_id, first.attempt_number + 1)
        except ImpossibleRequest as error:
            self.not_kept(error)
            return False
        attempt.intended_ns = attempt.ready_ns = at_ns
        if owner is self:
            self._again, self._attempt_number = attempt, attempt.attempt_number
        self._context.spare_attempts.append(first)
        self._open += 1
        attempt.operation.pool.submit(attempt)
        return True

    def _resign(self, attempt: Attempt, answer: Answer, owner: AttemptOwner) -> None:
        """There is no new token: the answer stays what it was, and its record stands."""
        if owner is not self:
            self._said = attempt
            owner.answered(attempt, answer)
            return
        self._learn(attempt, answer)
        self._next_ns = max(self._next_ns, monotonic_ns())
        self._key = NO_KEY
        self._context.spare_attempts.append(attempt)
        self._go_on(self._advance(answer, self._next_ns))

    def expired(self, sent_ns: int) -> None:
        """An answer to what was sent then says that the token has run out; nobody asks again."""
        if sent_ns > self._told_ns and monotonic_ns() < self._context.end_ns:
            self._renew(lambda _renewed_ns: None)

    def renew_in_time(self, moment: _RenewalTime) -> None:
        """The token's time is coming."""
        if moment is not self._session_at or self._waiting is not None:
            return
        if self._open:
            self._late = True
        else:
            self._renew(self._look_after)

    def _look_after(self, renewed_ns: int | None) -> None:
        """Where a renewal in time has failed, it is tried once more in a while."""
        if renewed_ns is None:
            self._renew_at(monotonic_ns() + int(1e9 * (_LEAST_S + self._share() * 2)))

    def _renew(self, then: Waiting) -> None:
        """Renews the token, or waits for the renewal that is under way."""
        if self._waiting is not None:
            self._waiting.append(then)
            return
        self._waiting, self._late = [then], False
        try:
            _Requests(self, self._context.kept.renewal, self._renewed, self._context.kept.login).send()
        except ImpossibleRequest as error:
            self.not_kept(error)
            self._renewed(None)

    def _renewed(self, renewed_ns: int | None) -> None:
        waiting, self._waiting = self._waiting or [], None
        for go_on in waiting:
            go_on(renewed_ns)

    def attempt_apart(self, owner: AttemptOwner, name: str) -> None:
        """Sends a request that keeps the session. Raises ImpossibleRequest."""
        self._requests += 1
        apart = operation_id(STREAM_SESSIONS, self.origin >> 16 & _44_BITS, self._requests & 0xFFFF)
        attempt = new_attempt(self._context, owner, Ask(name, {}, None, 0.0, Probe.NONE), self, apart, 1)
        attempt.intended_ns = attempt.ready_ns = monotonic_ns()
        attempt.operation.pool.submit(attempt)

    def answered_apart(self, attempt: Attempt, answer: Answer) -> bool:
        """Records it, and learns from it; the journey hears nothing. Whether it has done what it is for."""
        self._context.recorder.record(attempt, answer, attempt.flags | FLAG_FINAL)
        self.session.learn(answer.extracted)
        told = self._heard(attempt, answer)
        self._context.spare_attempts.append(attempt)
        return answer.outcome is Outcome.SUCCESS and (told or attempt.operation.name not in self._context.kept.tellers)

    def _heard(self, attempt: Attempt, answer: Answer) -> bool:
        """Whether an answer tells a token; then its time is looked after."""
        kept, told = self._context.kept, answer.extracted
        if attempt.operation.name not in kept.tellers or any(told.get(name) is None for name in kept.tokens):
            return False
        self._told_ns = attempt.done_ns
        lifetime_s = kept.lifetime_of(told)
        if lifetime_s is None and kept.cookie is not None and self.session.cookies is not None:
            lifetime_s = self.session.cookies.lives_s(kept.cookie, time.time())
        if lifetime_s is None:
            self._forget_time()  # whose end nobody has told
        else:
            share = _EARLIEST + (_LATEST - _EARLIEST) * self._share()
            self._renew_at(attempt.sent_ns + int(1e9 * max(_LEAST_S, min(lifetime_s, _LONGEST_S) * share)))
        return True

    def _share(self) -> float:
        """A draw of this customer's own, apart from those of the journey."""
        return draw(self.shared.seed, STREAM_RENEWALS, (self.origin >> 16 & _44_BITS) << 16 | self._requests & 0xFFFF)

    def _renew_at(self, at_ns: int) -> None:
        self._forget_time()
        if at_ns < self._context.end_ns:
            self._session_at, self.session_until_ns = _RenewalTime(self), at_ns
            self._context.timers.at(at_ns, self._session_at)

    def _forget_time(self) -> None:
        if self._session_at is not None:
            self._session_at.runner = None  # it stays in the queue until its time
            self._session_at, self.session_until_ns = None, NEVER_NS

    def not_kept(self, error: ImpossibleRequest) -> None:
        """A session cannot be kept as the target's file says: the journey's failure."""
        self._broke(error)

    def _leave(self) -> None:
        """The journey is over; the session is ended where the target's file says how."""
        self._ask = None
        if self.origin >> 60 == STREAM_PULSE:
            super()._leave()
        else:
            self._end(super()._leave)

    def end_session(self, then: Callable[[], None]) -> None:
        """The load is over: a customer of the pulse ends theirs; then something else may be done."""
        self._end(then)

    def _end(self, then: Callable[[], None]) -> None:
        self._forget_time()
        logout = self._context.kept.logout
        if logout is None or not self._told_ns:
            then()
        elif self._waiting is not None:
            self._waiting.append(lambda _renewed_ns: self._end(then))
        else:
            try:
                _Requests(self, (logout,), lambda _done_ns: then()).send()
            except ImpossibleRequest as error:
                self.not_kept(error)
                then()
