"""How what a customer asks becomes an attempt with its bytes, and what that takes of the engine."""

import time
from typing import Protocol

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import NO_KEY, Ask
from locustfiles.crowd.shared_facts import SharedFacts
from locustfiles.engine.attempt import Attempt, AttemptOwner, Operation
from locustfiles.engine.recorder import Recorder
from locustfiles.engine.timers import Scheduled, TimerQueue
from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import PluginFailed
from scenarios.run.records import answer_digest
from scenarios.target.request_encoder import KEY
from scenarios.target.sessions import KeptSession


class ImpossibleRequest(StormdrillError):
    """A journey asks for what cannot be said."""

    def __init__(self, sentence: str, operation: str = "", missing: str = "") -> None:
        """`missing` is the name that nobody has told, which `operation` needs."""
        super().__init__(sentence)
        self.operation = operation
        self.missing = missing


class RunnerContext(Protocol):
    """What a journey needs of the engine."""

    timers: TimerQueue
    recorder: Recorder
    operations: dict[str, Operation]
    shared: SharedFacts
    spare_attempts: list[Attempt]
    """Ended ones, to be used again."""
    kept: KeptSession
    """How customers' sessions are kept."""
    held: set[Scheduled]
    """Whose question waits for a new token."""
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
    spare, session, args, encode = context.spare_attempts, customer.session, ask.args, operation.encode
    attempt = spare.pop() if spare else Attempt()
    attempt.begin(owner, operation, session.number, operation_id, attempt_number)
    attempt.probe = ask.probe
    try:
        if operation.effectful:
            effect = operation.effect
            attempt.key = key = customer.new_key() if ask.key is None else ask.key
            if key == NO_KEY:
                attempt.business = effect.business({**args, KEY: ""}, session)
            else:
                encode = operation.encode_keyed
                args = {**args, KEY: context.shared.key_text(key)}
                attempt.business = effect.business(args, session)
            attempt.asked_fen = effect.fixed_fen if effect.amount is None else effect.amount(args, session)
            attempt.terms = effect.fixed_terms if effect.terms is None else answer_digest(effect.terms(args, session))
        if operation.views is not None:
            attempt.subjects = operation.views.subjects(args, session, session.number)
        attempt.data = encode(args, session)
        attempt.session = session
        if session.cookies is not None:
            host, _, secure = operation.endpoint
            attempt.data = session.cookies.added_to(attempt.data, host, time.time(), secure=secure)
    except KeyError as error:
        sentence = f"{ask.operation} needs {{{error.args[0]}}}, which nobody has told this customer"
        raise ImpossibleRequest(sentence, ask.operation, str(error.args[0])) from None
    except Exception as error:  # noqa: BLE001 - whatever the texts of a journey's values raise
        raise ImpossibleRequest(f"{ask.operation} cannot be said: {error}") from None
    return attempt
