"""Customers try, when all is over, what must be refused them: to look into another customer's account, and to pay from it."""

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Protocol
from uuid import uuid4

from locustfiles.crowd.customer import Session
from locustfiles.crowd.shared_facts import SharedFacts, to_be_told
from scenarios.run.folder import Plan
from scenarios.run.outcomes import Outcome
from scenarios.run.statements import Statement
from scenarios.target.operation_codec import OperationCodec
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.templates import TextTemplate
from scenarios.target.view_reading import view_reader
from scenarios.target.views import BalanceView

TRESPASSERS = 10
_FEN = 1
_DEFINITE = frozenset({Outcome.SUCCESS, Outcome.REFUSAL, Outcome.CHALLENGE, Outcome.FAILURE})


class Asking(Protocol):
    """What asks for them."""

    plan: Plan
    codecs: dict[str, OperationCodec]
    shared: SharedFacts

    def learn(self, session: Session, name: str) -> str:
        """Lets the customer learn what this read needs; why they do not, empty where they do."""

    def ask(self, name: str, scope: Mapping[str, object]) -> Response | str:
        """The answer, or why there is none."""


def trespasses(asking: Asking, people: Sequence[int]) -> Iterator[Statement]:
    """What some of them are answered, each asking for the account of the next one.

    Only where a customer names the account in the request, and has been told its name; one who cannot see an account of their own proves
    nothing about another's. What is not refused moves a fen.
    """
    for number, owner in pairwise(people[: TRESPASSERS + 1]):
        for name, operation in sorted(asking.plan.target.operations.items()):
            view = operation.shows.balance if operation.shows else None
            told = frozenset(to_be_told(TextTemplate.of(view.account).placeholders) if view else ())
            if view and told and told <= _named(asking.codecs[name]):
                yield from _trespass(asking, name, view, (number, owner), told)


def _trespass(asking: Asking, name: str, view: BalanceView, who: tuple[int, int], told: frozenset[str]) -> Iterator[Statement]:
    own, theirs = (Session(asking.shared, number) for number in who)
    if asking.learn(own, name) or asking.learn(theirs, name):
        return
    answers = [asking.ask(name, session) for session in (own, theirs)]
    reader, template = view_reader(view), TextTemplate.of(view.account)
    if any(isinstance(answer, str) or reader(answer, "") is None for answer in answers):
        return
    key: dict[str, object] = {KEY: asking.shared.key_text(uuid4().int >> 64)}
    scope = ChainMap({name: theirs[name] for name in told}, own)
    account = template.render(scope)
    if account == template.render(own):
        return
    number, owner = who
    answer = asking.ask(name, scope)
    shown = None if isinstance(answer, str) else reader(answer, account)
    yield _statement(asking, Statement(number, name, 0, account, owner=owner), answer, shown.value if shown else None)
    for effectful, asked in _payments(asking, told):
        if to_be_told(asking.codecs[effectful].placeholders) <= own.keys() | asked.keys():
            answer = asking.ask(effectful, ChainMap(key, asked, scope))
            yield _statement(asking, Statement(number, effectful, 0, account, owner=owner), answer, _FEN)


def _payments(asking: Asking, told: frozenset[str]) -> Iterator[tuple[str, dict[str, object]]]:
    """Operations that take money from such an account, each with the sum that it is asked for."""
    for name, operation in sorted(asking.plan.target.operations.items()):
        moves = operation.effect.moves if operation.effect else None
        if operation.effect and moves and told <= TextTemplate.of(moves.payer).placeholders & _named(asking.codecs[name]):
            amount = TextTemplate.of(operation.effect.amount or "").placeholders
            yield name, dict.fromkeys(amount, _FEN)


def _named(codec: OperationCodec) -> frozenset[str]:
    """What the request itself names: an account that the service finds by the session alone is never another's."""
    return codec.path.placeholders | (codec.keyed_body.placeholders if codec.keyed_body else frozenset())


def _statement(asking: Asking, tried: Statement, answer: Response | str, fen: int | None) -> Statement:
    """`fen` is what was got if it succeeded."""
    if isinstance(answer, str):
        return replace(tried, reason=answer)
    outcome = asking.codecs[tried.operation].outcome(answer)
    if outcome not in _DEFINITE:
        return replace(tried, reason=f"{tried.operation} answers {answer.status}")
    return replace(tried, answered=True, value=fen if outcome is Outcome.SUCCESS else None)
