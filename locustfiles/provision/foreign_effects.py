"""Customers try, when all is over, what another customer has done: to look at it, and to go on from it as if it were theirs."""

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple
from uuid import uuid4

from locustfiles.crowd.customer import Session
from locustfiles.provision.foreign_keys import Asking
from scenarios.plugins.given_names import given_names
from scenarios.run.folder import Plan
from scenarios.run.outcomes import Outcome
from scenarios.run.statements import Statement
from scenarios.target.model import Target
from scenarios.target.operation_codec import OperationCodec
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.templates import TextTemplate
from scenarios.target.view_reading import Standing, view_reader

CURIOUS = 4
"""So many try each operation."""

_FEN = 1
_SAYS_NOTHING = frozenset({Outcome.UNKNOWN, Outcome.SHED})


class Done(NamedTuple):
    """An effect, as the read-back tells of it."""

    id: str
    parties: frozenset[str] = frozenset()  # accounts between which it moved money: whose they are may see it, too


Effects = Mapping[str, Mapping[int, Sequence[Done]]]
"""By operation and customer."""


def tried_effects(asking: Asking, effects: Effects) -> Iterator[Statement]:
    """What customers are answered who name another's effect by its id, each with a session and, where it takes one, a key of their own.

    Only operations of customers who have shown who they are (`authorised`): what anybody may see is nobody's alone.
    """
    told = effects_by_name(asking.plan.target)
    for name, operation in sorted(asking.plan.target.operations.items()):
        known = sorted(told.keys() & named_in_request(asking.codecs[name])) if operation.authorised else []
        if len(known) == 1 and told[known[0]] != name:
            pairs = _pairs(effects.get(told[known[0]], {}), asking.plan)
            for owner, effect, curious in islice(pairs, CURIOUS):
                yield from _tried(asking, name, known[0], Statement(curious, name, 0, effect, owner=owner, of_effect=True))


def effects_by_name(target: Target) -> dict[str, str]:
    """The names under which customers know the ids of their effects, each with its operation.

    What journeys give with their questions, as an order's number, may bear the name of some effect's id, and is another thing.
    """
    given = given_names()
    return {
        name: operation_name
        for operation_name, operation in sorted(target.operations.items())
        if operation.effect and operation.effect.id
        for name, path in operation.extract.items()
        if path == operation.effect.id and name not in given
    }


def named_in_request(codec: OperationCodec) -> frozenset[str]:
    """What the request itself names: what the service finds by the session alone is never another's."""
    return codec.path.placeholders | (codec.keyed_body.placeholders if codec.keyed_body else frozenset())


def _pairs(done: Mapping[int, Sequence[Done]], plan: Plan) -> Iterator[tuple[int, str, int]]:
    """Owner, their last effect, and the next one who has done the like and whom it is nothing to."""
    people, books = sorted(done), plan.target.books
    account = TextTemplate.of(books.account) if books else None
    for place, owner in enumerate(people):
        last = done[owner][-1]
        if last.parties and account is None:
            continue  # whose accounts they are is not known
        others = people[place + 1 :] + people[:place]
        strangers = (each for each in others if account is None or account.render({"customer": each}) not in last.parties)
        if (curious := next(strangers, None)) is not None:
            yield owner, last.id, curious


def _tried(asking: Asking, name: str, known: str, tried: Statement) -> Iterator[Statement]:
    own, codec = Session(asking.shared, tried.customer), asking.codecs[name]
    amount = codec.effect.amount.placeholders if codec.effect and codec.effect.amount else frozenset()
    theirs: dict[str, object] = {KEY: asking.shared.key_text(uuid4().int >> 64), **dict.fromkeys(amount, _FEN), known: tried.subject}
    if asking.learn_for(own, name, theirs):
        return
    answer = asking.ask(name, ChainMap(theirs, own))
    if isinstance(answer, str):
        yield replace(tried, reason=answer)
        return
    outcome = codec.outcome(answer)
    if outcome in _SAYS_NOTHING:
        yield replace(tried, reason=f"{name} answers {answer.status}")
        return
    yield replace(tried, answered=True, value=int(outcome is Outcome.SUCCESS and not _is_absent(asking, name, answer, tried.subject)))


def _is_absent(asking: Asking, name: str, answer: Response, effect: str) -> bool:
    """Whether a look at how it stands says that there is no such effect."""
    shows = asking.plan.target.operations[name].shows
    shown = view_reader(shows.state)(answer, effect) if shows and shows.state else None
    return shown is not None and shown.value == Standing.ABSENT
