"""Customers send, when all is over, what another customer has sent, under that one's idempotency key: the answer must not be that one's."""

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from locustfiles.crowd.customer import Session
from locustfiles.crowd.shared_facts import SharedFacts
from scenarios.run.folder import Plan
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, Records
from scenarios.run.statements import Statement
from scenarios.target.effects import Effect
from scenarios.target.operation_codec import OperationCodec
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.templates import TextTemplate

BORROWERS = 4
"""So many of each operation."""


class Asking(Protocol):
    """What asks for them."""

    plan: Plan
    codecs: dict[str, OperationCodec]
    shared: SharedFacts

    def learn_for(self, session: Session, name: str, known: Mapping[str, object]) -> str:
        """Lets the customer learn what this operation needs besides; why they do not, empty where they do."""

    def ask(self, name: str, scope: Mapping[str, object], content: Mapping[str, object] | None = None) -> Response | str:
        """The answer, or why there is none; `content` is what path and body are made of where that is another's."""


def borrowed_keys(asking: Asking, acks: Records) -> Iterator[Statement]:
    """What customers are told who send another's request under that one's key, each with a session of their own."""
    for name, effect, rows in keyed_successes(asking, acks):
        for ack, next_one in zip(rows[:BORROWERS], np.roll(rows, -1)[:BORROWERS], strict=True):
            if ack["customer"] != next_one["customer"]:
                yield from _borrowed(asking, name, effect, ack, int(next_one["customer"]))


def keyed_successes(asking: Asking, acks: Records) -> Iterator[tuple[str, Effect, Records]]:
    """Each operation with an effect, and the oldest success of each customer that told one and had a key of this run, the oldest first."""
    told = acks[(acks["outcome"] == Outcome.SUCCESS) & (acks["answer"] != 0) & (acks["key_hi"] == asking.shared.key_half)]
    told = told[np.argsort(told["intended_ns"], kind="stable")]
    for index, name in enumerate(asking.plan.operations):
        effect = asking.plan.target.operations[name].effect
        if effect is not None:
            rows = told[told["operation_index"] == index]
            yield name, effect, rows[np.sort(np.unique(rows["customer"], return_index=True)[1])]


def asked_with(asking: Asking, effect: Effect, ack: np.void) -> dict[str, object]:
    """The key and the amount that a request was sent with."""
    key = asking.shared.key_text(int(ack["key_lo"]))
    return {KEY: key, **dict.fromkeys(TextTemplate.of(effect.amount or "").placeholders, int(ack["asked_fen"]))}


def _borrowed(asking: Asking, name: str, effect: Effect, ack: np.void, borrower: int) -> Iterator[Statement]:
    owner = int(ack["customer"])
    asked = asked_with(asking, effect, ack)
    own, theirs = (Session(asking.shared, number) for number in (borrower, owner))
    if asking.learn_for(own, name, asked) or asking.learn_for(theirs, name, asked):
        return
    answer = asking.ask(name, ChainMap(asked, own), ChainMap(asked, theirs))
    tried = Statement(borrower, name, 0, owner=owner, under_key=True)
    if isinstance(answer, str):
        yield replace(tried, reason=answer)
        return
    got = asking.codecs[name].decode(answer)
    theirs_told = got.outcome is Outcome.SUCCESS and got.digest == int(ack["answer"])
    fen = None if got.shown_fen == NO_AMOUNT else got.shown_fen
    yield replace(tried, answered=True, value=int(theirs_told), fen=fen if theirs_told else None)
