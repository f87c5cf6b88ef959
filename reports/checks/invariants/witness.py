"""The read-back is a witness too: what customers see when they are asked afterwards is what it tells of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, NotMapped
from reports.formatting import many
from reports.measures.arrays import optional
from reports.measures.books import effect_of, follows_the_answer
from reports.measures.contradictions import CLOCK_TOLERANCE_MS
from reports.measures.offenders import none_wrong
from reports.measures.reconciliation import read_back_operations
from scenarios.run.event_kinds import CustomersAsked
from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.run.statements import Statement, ToldEffect
from scenarios.target.view_reading import Standing
from scenarios.target.views import (
    AnnouncedView,
    BalanceView,
    FundsView,
    Passing,
    RowsView,
    ScoreView,
    SpentView,
    StateView,
    StockView,
    View,
)

ID = "witness"
TITLE = "The read-back tells what customers see"
KIND = Kind.INVARIANT


@dataclass(frozen=True, slots=True)
class _Row:
    """An effect as the read-back tells it."""

    effect: str
    customer: object
    fen: object
    final: bool


def check(evidence: Evidence) -> Finding:
    """Lists, states and balances that a sample of customers was shown, row by row and fen by fen."""
    shown = [operation.shows for operation in evidence.plan.target.operations.values() if operation.shows]
    if all(isinstance(view, Passing) for shows in shown for view in shows.views):
        raise NotMapped("the target's file does not say what reads show customers of their own (`shows`)")
    told = _told(evidence)
    held = _Held(evidence, [statement for statement, _ in told])
    wrong: list[str] = []
    compared = 0
    for statement, view in told:
        count, problems = held.against(statement, view)
        compared += count
        wrong += [f"customer {statement.customer}, {statement.operation}: {problem}" for problem in problems]
    if not compared:
        raise NotMapped("the read-back tells nothing of what the customers who were asked had been shown")
    asked = len({statement.customer for statement, _ in told})
    detail = (
        f"{many(asked, 'customer')} asked; {many(compared, 'row')} and balances compared, "
        f"{len(wrong) or 'none'} that the read-back tells otherwise"
    )
    return none_wrong(ID, wrong, "rows", detail)


def _told(evidence: Evidence) -> list[tuple[Statement, View]]:
    """What was answered, each with its view. Raises NoEvidence where nothing was."""
    reasons = [event.facts.reason for event in evidence.of_kind(CustomersAsked) if event.facts.reason]
    if evidence.statements is None:
        raise NoEvidence(f"customers were not asked what they see{': ' + reasons[0] if reasons else ''}")
    if not len(evidence.acks):
        raise NotMapped("no customer of this run did anything")
    own = [statement for statement in evidence.statements if statement.owner is None]
    answered = [statement for statement in own if statement.answered]
    if not answered:
        why = next((statement.reason for statement in own), "nobody had anything to show")
        raise NoEvidence(f"no customer who was asked got an answer: {why}")
    found = []
    for statement in answered:
        operation = evidence.plan.target.operations.get(statement.operation)
        views = operation.shows.views if operation and operation.shows else ()
        if 0 <= statement.view < len(views):
            found.append((statement, views[statement.view]))
    return found


class _Held:
    """The read-back, by what those who were asked have seen."""

    def __init__(self, evidence: Evidence, told: list[Statement]) -> None:
        self._evidence = evidence
        self._fresh = evidence.plan.target.world is not None
        """A world that was made for this run: what customers have, they have from it."""
        self._since_ms = None if evidence.t0_ms is None else evidence.t0_ms - CLOCK_TOLERANCE_MS
        self._tells_whose = evidence.maps("effects", "customer")
        self._operations = read_back_operations(evidence.plan, evidence.table("effects"))
        self._customers = {statement.customer for statement in told}
        self._effects = {statement.subject for statement in told} | {str(row.effect) for statement in told for row in statement.rows}

    def against(self, told: Statement, view: View) -> tuple[int, list[str]]:
        """How many figures were compared, and what differs."""
        match view:
            case BalanceView():
                return self._balance(told)
            case StateView():
                return self._state(told, view)
            case RowsView():
                return self._rows(told, view)
            case StockView() | FundsView() | SpentView() | AnnouncedView() | ScoreView():
                return 0, []

    @cached_property
    def _kept(self) -> list[tuple[str, _Row]]:
        """Effects, with their operations, of customers who were asked or that somebody has seen."""
        effects = self._evidence.table("effects")
        columns = (optional(effects, name) for name in ("op", "id", "customer", "amount_fen", "final"))
        return [
            (str(op), _Row(str(effect), customer, fen, final is not False))
            for op, effect, customer, fen, final in zip(*columns, strict=True)
            if customer in self._customers or str(effect) in self._effects
        ]

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], _Row]:
        return {(op, row.effect): row for op, row in self._kept}

    @cached_property
    def _finished(self) -> dict[tuple[str, object], list[_Row]]:
        """By operation and customer."""
        found: dict[tuple[str, object], list[_Row]] = {}
        for op, row in self._kept:
            if row.final:
                found.setdefault((op, row.customer), []).append(row)
        return found

    @cached_property
    def _balances(self) -> dict[str, object]:
        if not self._evidence.has("accounts"):
            return {}
        accounts = self._evidence.table("accounts")
        return dict(zip(map(str, optional(accounts, "account")), optional(accounts, "balance_fen"), strict=True))

    @cached_property
    def _on_their_way_fen(self) -> Counter[object]:
        """By customer: what is promised, and may be paid between the read-back and the question."""
        evidence, effects = self._evidence, self._evidence.table("effects")
        paid = {str(ref) for ref in optional(evidence.table("payouts"), "ref")} if evidence.has("payouts") else set()
        found: Counter[object] = Counter()
        columns = (optional(effects, name) for name in ("op", "id", "customer", "amount_fen"))
        for op, effect, customer, fen in zip(*columns, strict=True):
            promised = effect_of(evidence.plan, op)
            if promised and promised.pays and str(effect) not in paid and isinstance(fen, int):
                found[customer] += fen
        return found

    @cached_property
    def _asked_fen(self) -> dict[int, int]:
        """What a prize was to be worth, or was asked for, by the digest of the effect; not where the answer says how much it is."""
        keys, plan = self._evidence.keys, self._evidence.plan
        by_answer = np.array([follows_the_answer(plan, name) for name in plan.operations])
        asked = (keys.asked_fen != NO_AMOUNT) & (keys.answer != 0) & ~by_answer[keys.op]
        return dict(zip(keys.answer[asked].tolist(), keys.asked_fen[asked].tolist(), strict=True))

    @cached_property
    def _done_here(self) -> frozenset[int]:
        """Digests of the effects that this run's customers were told of."""
        return frozenset(np.unique(self._evidence.acks["answer"]).tolist())

    def _balance(self, told: Statement) -> tuple[int, list[str]]:
        kept = self._balances.get(told.subject)
        if not isinstance(kept, int) or told.value is None:
            return 0, []
        most = kept + self._on_their_way_fen[told.customer]
        return 1, [] if kept <= told.value <= most else [f"{told.subject} holds {told.value} fen, in the read-back {kept}"]

    def _state(self, told: Statement, view: StateView) -> tuple[int, list[str]]:
        row = self._by_id.get((view.of, told.subject))
        if row is None:
            return 0, []
        if told.value != Standing.DONE:
            said = "is not there" if told.value == Standing.ABSENT else "is not done"
            return 1, [f"{told.subject} {said}, in the read-back it is done"] if row.final else []
        return 1, list(self._amount(told.subject, told.fen, row))

    def _rows(self, told: Statement, view: RowsView) -> tuple[int, list[str]]:
        if view.of not in self._operations or not self._tells_whose:
            return 0, []
        problems = [problem for row in told.rows if view.effect for problem in self._row(told.customer, row, view.of)]
        if view.most is not None and len(told.rows) >= view.most:
            return len(told.rows), problems
        kept = self._finished.get((view.of, told.customer), [])
        if view.effect:
            listed = {row.effect for row in told.rows}
            problems += [f"{row.effect} is not listed, in the read-back it is theirs" for row in kept if row.effect not in listed]
        elif len(told.rows) < len(kept) or (self._fresh and len(told.rows) != len(kept)):
            problems.append(f"{len(told.rows)} of {view.of} listed, {len(kept)} in the read-back")
        return max(len(told.rows), len(kept)), problems

    def _row(self, customer: int, row: ToldEffect, of: str) -> Iterator[str]:
        """A row of a customer's list, if it is of this run."""
        if row.effect is None or not self._is_new(row):
            return
        kept = self._by_id.get((of, row.effect))
        if kept is None:
            worth = "" if row.fen is None else f" of {row.fen} fen"
            yield f"{row.effect}{worth} is listed, the read-back does not have it"
        elif isinstance(kept.customer, int) and kept.customer != customer:
            yield f"{row.effect} is listed, in the read-back it is customer {kept.customer}'s"
        else:
            yield from self._amount(row.effect, row.fen, kept)

    def _is_new(self, row: ToldEffect) -> bool:
        if row.at_ms is not None and self._since_ms is not None:
            return row.at_ms >= self._since_ms
        return self._fresh or answer_digest(str(row.effect)) in self._done_here

    def _amount(self, effect: str, shown_fen: int | None, kept: _Row) -> Iterator[str]:
        """What is shown as its worth against what the read-back tells; where that tells nothing, against what was asked for."""
        if shown_fen is None:
            return
        if isinstance(kept.fen, int):
            if shown_fen != kept.fen:
                yield f"{effect} is of {shown_fen} fen, in the read-back of {kept.fen}"
        elif (asked_fen := self._asked_fen.get(answer_digest(effect), shown_fen)) != shown_fen:
            yield f"{effect} is of {shown_fen} fen, and {asked_fen} were asked for"
