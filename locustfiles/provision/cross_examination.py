"""Asks customers, when all is over, what they see: their own lists, balances and the state of what they did; others' must be refused.

`python -m locustfiles.provision.cross_examination RUN_FOLDER`, started before the load: it waits for a line on stdin until the read-back is
there, and goes where stdin ends without one. What it hears is written beside the read-back, which the judge holds against it.
"""

import sys
import time
from collections import ChainMap, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from locustfiles.crowd.customer import Session
from locustfiles.crowd.seeded_random import STREAM_WITNESSES, RandomStream
from locustfiles.crowd.shared_facts import shared_facts, to_be_told
from locustfiles.provision.foreign_effects import Done, tried_effects
from locustfiles.provision.foreign_keys import borrowed_keys
from locustfiles.provision.own_keys import repeated_keys
from locustfiles.provision.trespassing import trespasses
from scenarios.client.http import HttpClient, Unreachable, keep_cookies, with_cookies
from scenarios.errors import EXIT_USAGE, BadInput, StormdrillError
from scenarios.plan.campaign import campaign_date
from scenarios.run.enrolled import read_enrolled
from scenarios.run.folder import Plan, Run, open_run
from scenarios.run.outcomes import Outcome
from scenarios.run.readback_tables import read_manifest, stored_rows
from scenarios.run.statements import Statement, ToldEffect, write_statements
from scenarios.target.operation_codec import OperationCodec, compile_target
from scenarios.target.responses import Response
from scenarios.target.secrets import redacted, redacted_values, secret_scope, shapes
from scenarios.target.templates import TextTemplate
from scenarios.target.view_reading import row_reader, view_reader
from scenarios.target.views import BalanceView, Passing, RowsView, StateView, View
from scenarios.wire.cookies import CookieJar
from scenarios.wire.request_bytes import Request

WITNESSES = 50
_STATES_EACH = 3
"""So many customers are asked, and each of them after so many effects of an operation at most."""

_ALL_S = 20.0
_PARTIES = ("payer", "payee")
"""Fields of a row that tell between which accounts it moved money."""

_TRIES, _PAUSE_S = 3, 0.3
_NOT_NOW = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Question:
    """An operation that a customer can be asked to look at."""

    operation: str
    views: tuple[tuple[int, View], ...]  # by their numbers
    before: tuple[str, ...]  # operations that tell what it needs

    @property
    def of_effects(self) -> StateView | None:
        """The view that is of one effect, where there is one: it is asked for each of them."""
        return next((view for _, view in self.views if isinstance(view, StateView)), None)


def cross_examine(run: Run, examiner: "Examiner", until: float) -> None:
    """Asks, and writes down what is answered. After `until`, of the monotonic clock, nobody is asked any more."""
    plan = examiner.plan
    tables, hidden = _effects(run, plan), shapes(plan.target)
    heard: list[Statement] = []
    people, examiner.until = witnesses(run, plan), until
    for number in people:
        mine = {op: [done.id for done in rows[number][:_STATES_EACH]] for op, rows in tables.items() if number in rows}
        heard += examiner.hear(number, mine)
    heard += trespasses(examiner, people)
    if all(table.complete for table in read_manifest(run.readback_folder).values()):  # what comes of it is in no table that is read later
        acks = run.acks()
        heard += [*borrowed_keys(examiner, acks), *repeated_keys(examiner, acks), *tried_effects(examiner, tables)]
    write_statements(run.readback_folder, [_without_secrets(told, hidden, plan) for told in heard])


def witnesses(run: Run, plan: Plan) -> list[int]:
    """Numbers of the customers that are asked: of each operation with an effect some who were told that it succeeded, drawn by the seed."""
    acks = run.acks()
    done = acks[acks["outcome"] == Outcome.SUCCESS]
    chance = RandomStream(plan.seed, STREAM_WITNESSES)
    by_operation = [
        _drawn(np.unique(done["customer"][done["operation_index"] == op]).tolist(), chance)
        for op in np.unique(done["operation_index"]).tolist()
    ]
    in_turn = (people[turn] for turn in range(WITNESSES) for people in by_operation if turn < len(people))
    return list(dict.fromkeys(in_turn))[:WITNESSES]


def _drawn(numbers: list[int], chance: RandomStream) -> list[int]:
    """Some of them, in an order of chance."""
    for place in range(min(WITNESSES, len(numbers) - 1)):
        other = place + chance.below(len(numbers) - place)
        numbers[place], numbers[other] = numbers[other], numbers[place]
    return numbers[:WITNESSES]


class Examiner:
    """Speaks for one customer after the other, one question at a time."""

    def __init__(self, plan: Plan) -> None:
        """Compiles the target. Raises BadInput where that cannot be."""
        statics: dict[str, object] = {**plan.statics, **secret_scope(plan.target)}
        self.plan = plan
        self._client = HttpClient(plan.target, statics, plan.pins)
        self.codecs = compile_target(plan.target, statics)
        self.questions = questions(plan, self.codecs)
        self.shared = shared_facts(plan)
        self.shared.date = campaign_date(plan.t0_wall)
        self.until = 0.0
        """Of the monotonic clock: after it nobody is asked any more."""

    def hear(self, number: int, effects: Mapping[str, Sequence[str]]) -> Iterator[Statement]:
        """All that a customer has to say; `effects` are the ids of what the read-back says they did, by operation."""
        session = Session(self.shared, number)
        asked: set[str] = set()
        for question in self.questions:
            state = question.of_effects
            for effect in effects.get(state.of, ()) if state else ("",):
                if state:
                    session[state.effect] = effect
                answer = self._prepare(session, question.before, asked) or self.ask(question.operation, session)
                for place, view in question.views:
                    yield _statement(Statement(number, question.operation, place, _subject(view, session, effect)), view, answer)

    def learn(self, session: Session, name: str) -> str:
        """Lets the customer learn what this read needs; why they do not, empty where they do."""
        before = next((question.before for question in self.questions if question.operation == name), None)
        return f"nothing tells what {name} needs" if before is None else self._prepare(session, before, set())

    def learn_for(self, session: Session, name: str, known: Mapping[str, object]) -> str:
        """Lets the customer learn what this operation needs besides; why they do not, empty where they do."""
        before = _before(self.codecs[name].placeholders - known.keys(), self.codecs, ())
        return f"nothing tells what {name} needs" if before is None else self._prepare(session, dict.fromkeys(before), set())

    def _prepare(self, session: Session, operations: Iterable[str], asked: set[str]) -> str:
        """Lets the customer learn what a question needs; why they do not, empty where they do."""
        for name in operations:
            if name in asked:
                continue
            answer = self.ask(name, session)
            if isinstance(answer, str):
                return answer
            decoded = self.codecs[name].decode(answer)
            if decoded.outcome is not Outcome.SUCCESS:
                return f"{name} answers {answer.status}"
            session.learn(decoded.extracted)
            asked.add(name)
        return ""

    def ask(self, name: str, scope: Mapping[str, object], content: Mapping[str, object] | None = None) -> Response | str:
        """The answer; a sentence where none comes, or none that is one, however often it is asked for.

        `content` is what path and body are made of where that is another customer's.
        """
        codec, trouble = self.codecs[name], "the time for questions is over"
        for attempt in range(_TRIES):
            left_s = self.until - time.monotonic()
            if left_s <= 0:
                return trouble
            if attempt:
                time.sleep(min(_PAUSE_S, left_s))
            try:
                request = codec.request(scope)
                if content is not None:
                    request = codec.request(content).under(request)
                response = self._sent(request, _jar_of(scope), min(codec.timeout_s, left_s))
            except Unreachable as error:
                trouble = str(error)
                continue
            except (BadInput, KeyError) as error:
                return f"{name} cannot be asked: {error}"
            if response.status not in _NOT_NOW and codec.outcome(response) is not Outcome.SHED:
                return response
            trouble = f"{name} answers {response.status}"
        return trouble

    def _sent(self, request: Request, jar: CookieJar, timeout_s: float) -> Response:
        """The answer to a customer with these cookies. Raises Unreachable."""
        request = with_cookies(self._client.signed(request), jar)
        response = self._client.send_signed(request, timeout_s)
        keep_cookies(request, response, jar)
        return response


def _jar_of(scope: Mapping[str, object]) -> CookieJar:
    """The cookies of the customer who asks, in whose session the scope ends."""
    session = next((each for each in (scope.maps if isinstance(scope, ChainMap) else (scope,)) if isinstance(each, Session)), None)
    if session is None:
        return CookieJar()
    session.cookies = session.cookies or CookieJar()
    return session.cookies


def questions(plan: Plan, codecs: Mapping[str, OperationCodec]) -> list[Question]:
    """What customers can look at without doing anything; what passes is none of it."""
    found: list[Question] = []
    for name, operation in sorted(plan.target.operations.items()):
        views = tuple(enumerate(operation.shows.views)) if operation.shows else ()
        question = Question(name, tuple((number, view) for number, view in views if not isinstance(view, Passing)), ())
        accounts = [TextTemplate.of(view.account).placeholders for _, view in question.views if isinstance(view, BalanceView)]
        given = {question.of_effects.effect} if question.of_effects else set()
        before = _before(codecs[name].placeholders.union(*accounts) - given, codecs, ())
        if before is not None and question.views:
            found.append(replace(question, before=tuple(dict.fromkeys(before))))
    return found


def _before(needs: Iterable[str], codecs: Mapping[str, OperationCodec], above: tuple[str, ...]) -> list[str] | None:
    """Reads that tell these names, each behind what it needs itself; None where only doing something would tell them."""
    order: list[str] = []
    for need in sorted(to_be_told(needs)):
        telling = (name for name, codec in codecs.items() if need in codec.outputs and not (codec.effectful or codec.only_keeps))
        ways = ((source, _before(codecs[source].placeholders, codecs, (*above, source))) for source in telling if source not in above)
        source, more = next(((source, more) for source, more in ways if more is not None), ("", None))
        if more is None:
            return None
        order += [*more, source]
    return order


def _subject(view: View, session: Session, effect: str) -> str:
    """Whom or what a view is of; an account that the customer was not told of is not known."""
    if isinstance(view, BalanceView):
        template = TextTemplate.of(view.account)
        return template.render(session) if all(session.get(name) is not None for name in to_be_told(template.placeholders)) else ""
    return effect if isinstance(view, StateView) else ""


def _statement(asked: Statement, view: View, answer: Response | str) -> Statement:
    if isinstance(answer, str):
        return replace(asked, reason=answer)
    unclear = replace(asked, reason=f"{asked.operation} answers {answer.status}, and shows nothing")
    if isinstance(view, RowsView):
        rows = row_reader(view)(answer)
        told = () if rows is None else tuple(ToldEffect(row.effect, row.fen, row.at_ms) for row in rows)
        return unclear if rows is None else replace(asked, answered=True, rows=told)
    shown = view_reader(view)(answer, asked.subject)
    return unclear if shown is None else replace(asked, answered=True, value=shown.value, fen=shown.known_fen)


def _effects(run: Run, plan: Plan) -> dict[str, dict[int, list[Done]]]:
    """The effects that the read-back shows, by operation and customer."""
    found: dict[str, dict[int, list[Done]]] = defaultdict(lambda: defaultdict(list))
    sources = plan.target.readback.tables if plan.target.readback else {}
    for name, table in read_manifest(run.readback_folder).items():
        if table.complete and name in sources and sources[name].role == "effects":
            for row in stored_rows(run.readback_folder, name):
                customer, effect = row.get("customer"), row.get("id")
                if isinstance(customer, int) and effect is not None and row.get("final") is not False:
                    parties = frozenset(str(row[name]) for name in _PARTIES if row.get(name) is not None)
                    found[str(row.get("op"))][customer].append(Done(str(effect), parties))
    return found


def _without_secrets(told: Statement, hidden: tuple[str, ...], plan: Plan) -> Statement:
    rows = tuple(replace(row, effect=str(redacted_values(row.effect, hidden))) if row.effect is not None else row for row in told.rows)
    return replace(told, rows=rows, reason=redacted(told.reason, plan.target), subject=str(redacted_values(told.subject, hidden)))


def main(arguments: list[str]) -> int:
    """The command; returns its exit code. What is wrong it says in one sentence on stderr."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m locustfiles.provision.cross_examination RUN_FOLDER\n")
        return EXIT_USAGE
    try:
        run = open_run(Path(arguments[0]))
        examiner = Examiner(run.plan())
        if sys.stdin.readline():
            examiner.shared.enrolled = read_enrolled(run)
            cross_examine(run, examiner, time.monotonic() + _ALL_S)
    except StormdrillError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
