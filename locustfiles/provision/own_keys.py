"""Customers send, when all is over, what they sent long before, under its own key: what was told them then is told them again.

The oldest of each operation are sent again, so that in a run with a failover they are from before it.
"""

from collections import ChainMap
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from locustfiles.crowd.customer import Session
from locustfiles.provision.foreign_keys import Asking, asked_with, keyed_successes
from scenarios.run.outcomes import Outcome
from scenarios.run.records import CODE_EXPIRED, CODE_MISMATCH, Records
from scenarios.run.statements import Statement
from scenarios.target.effects import Effect

REPEATERS = 6
"""So many of each operation."""

_SAYS_NOTHING = frozenset({Outcome.UNKNOWN, Outcome.SHED})


def repeated_keys(asking: Asking, acks: Records) -> Iterator[Statement]:
    """What customers are told who send their own request once more."""
    for name, effect, rows in keyed_successes(asking, acks):
        for ack in rows[:REPEATERS]:
            yield from _repeated(asking, name, effect, ack)


def _repeated(asking: Asking, name: str, effect: Effect, ack: np.void) -> Iterator[Statement]:
    customer, asked = int(ack["customer"]), asked_with(asking, effect, ack)
    session = Session(asking.shared, customer)
    if asking.learn_for(session, name, asked):
        return
    answer = asking.ask(name, ChainMap(asked, session))
    tried = Statement(customer, name, 0, owner=customer, under_key=True)
    if isinstance(answer, str):
        yield replace(tried, reason=answer)
        return
    got = asking.codecs[name].decode(answer)
    if got.code == CODE_MISMATCH:
        return  # the journey had chosen something that nobody knows any more: it was another request
    if got.outcome in _SAYS_NOTHING or got.code == CODE_EXPIRED:
        yield replace(tried, reason=f"{name} answers {answer.status}")
        return
    yield replace(tried, answered=True, value=int(got.outcome is Outcome.SUCCESS and got.digest == int(ack["answer"])))
