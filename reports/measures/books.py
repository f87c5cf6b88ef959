"""What the world owes: worked out from what customers asked and were told, and from the plan; the system's tables are held against it.

An effect in the read-back is *ours* where a key of this run stands behind it. Ours are entered into the books as the target's file says
(`moves`, `grants`, `pays`, `books`); whatever else the ledger or the accounts show is owed to nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.finding import NotMapped
from reports.measures.arrays import I64, U64, column, integers, known, optional
from reports.measures.reconciliation import Reconciliation
from scenarios.run.folder import Plan
from scenarios.run.records import ACK, answer_digest
from scenarios.target.effects import (
    Effect,
    credited_terms,
    granted_terms,
    invited_terms,
    joined_terms,
    moved_terms,
    reserved_terms,
    shipped_terms,
)
from scenarios.target.templates import TextTemplate

NO_TERMS = 0

Legs = pd.Series
"""How often each entry, an account and a sum in fen (a credit above zero), stands in a ledger: counts by (account, fen)."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What the ledger must show, and what it may show: promises whose time is not over."""

    due: "Legs[int]"
    pending: "Legs[int]"


def effect_of(plan: Plan, op: object) -> Effect | None:
    """What the target's file says of an operation's effect."""
    operation = plan.target.operations.get(str(op))
    return operation.effect if operation else None


def follows_the_answer(plan: Plan, op: object) -> bool:
    """Whether the answer, and not the customer, says how much is moved."""
    effect = effect_of(plan, op)
    return bool(effect and effect.moves and effect.moves.amount == "shown")


def other_ways(plan: Plan) -> dict[str, str]:
    """Operations that do another's work, and whose: the one that does it in the ordinary way."""
    found = {name: effect.instead_of for name in plan.operations if (effect := effect_of(plan, name))}
    return {name: ordinary for name, ordinary in found.items() if ordinary}


def recorded_terms(effects: pd.DataFrame, rows: I64, plan: Plan) -> U64:
    """For each of these rows the digest of between whom or for what it says to be; NO_TERMS where it does not say."""
    ops, payer, payee = column(effects, "op"), optional(effects, "payer"), optional(effects, "payee")
    item, batch, inviter = optional(effects, "item"), optional(effects, "batch"), optional(effects, "inviter")
    moved = known(payer) & known(payee)
    team, source, slot = optional(effects, "team"), optional(effects, "source"), optional(effects, "slot")
    address = optional(effects, "address")
    shipped = known(address)
    granted, invited, joined, credited, reserved = known(item), known(inviter), known(team), known(source), known(slot)
    found = np.zeros(len(rows), np.uint64)
    for place, row in enumerate(rows.tolist()):
        effect = effect_of(plan, ops[row])
        if effect and effect.moves and moved[row]:
            found[place] = answer_digest(moved_terms(payer[row], payee[row]))
        elif effect and effect.grants and granted[row]:
            found[place] = answer_digest(granted_terms(item[row], batch[row] if batch[row] is not None else ""))
        elif effect and effect.invited_by and invited[row]:
            found[place] = answer_digest(invited_terms(whole(inviter[row])))
        elif effect and effect.joins and joined[row]:
            found[place] = answer_digest(joined_terms(team[row]))
        elif effect and effect.credits and credited[row]:
            found[place] = answer_digest(credited_terms(source[row]))
        elif effect and effect.reserves and reserved[row]:
            found[place] = answer_digest(reserved_terms(slot[row]))
        elif effect and effect.ships and shipped[row]:
            found[place] = answer_digest(shipped_terms(address[row]))
    return found


def whole(number: object) -> object:
    """A number as it was told: tables with and without it, put together, have it as a float."""
    return int(number) if isinstance(number, float) else number


def as_kept(business: object) -> str:
    """A business key, cut to the length that an ack has room for."""
    return "" if business is None else str(business).encode()[: ACK["business"].itemsize].decode(errors="replace")


def orphans(reconciled: Reconciliation, effects: pd.DataFrame, plan: Plan, since_ms: float) -> I64:
    """Rows of effects that happened in the run's time and stand behind no key of it. Rows that do not tell their time count."""
    at_ms = (
        pd.to_numeric(effects["at_ms"], errors="coerce").to_numpy(float) if "at_ms" in effects.columns else np.full(len(effects), np.inf)
    )
    mapped = np.fromiter((str(op) in plan.target.operations for op in column(effects, "op")), bool, len(effects))
    return np.flatnonzero((reconciled.owner < 0) & mapped & ~(at_ms < since_ms))


def opening_legs(plan: Plan) -> "Legs[int]":
    """What stands in the ledger before anybody comes: each customer's opening balance."""
    books = plan.target.books
    if books is None or books.opening is None:
        return _counted([], [])
    fen = plan.scenario.population.opening_balance_fen
    accounts = customer_accounts(plan)
    if fen == 0:
        return _counted([], [])
    legs, sums = list(accounts), [fen] * len(accounts)
    if books.opened_from:
        legs += [books.opened_from] * len(accounts)
        sums += [-fen] * len(accounts)
    return _counted(legs, sums)


def customer_accounts(plan: Plan) -> list[str]:
    """Each customer's own account, by his number."""
    template = account_template(plan)
    return [template.render({"customer": number}) for number in range(plan.scenario.population.customers)]


def account_template(plan: Plan) -> TextTemplate:
    """What makes a customer's own account of his number as `customer`. Raises NotMapped where the target's file does not say."""
    if plan.target.books is None:
        raise NotMapped("the target's file has no `books`, so nobody's account is known")
    return TextTemplate.of(plan.target.books.account)


def owed(reconciled: Reconciliation, effects: pd.DataFrame, plan: Plan, now_ms: float) -> Owed:
    """The entries of all effects that are ours, and of the opening balances.

    Raises:
        NotMapped: the rows of an effect that moves money do not say between whom, or how much.
    """
    own = customer_accounts(plan)
    ops, amounts = column(effects, "op"), optional(effects, "amount_fen")
    payer, payee, customer = optional(effects, "payer"), optional(effects, "payee"), optional(effects, "customer")
    at_ms = optional(effects, "at_ms")
    told = known(payer) & known(payee)
    timed = known(at_ms)
    due: tuple[list[str], list[int]] = ([], [])
    pending: tuple[list[str], list[int]] = ([], [])
    for row in np.flatnonzero(reconciled.owner >= 0).tolist():
        effect = effect_of(plan, ops[row])
        if effect is None or not (effect.moves or effect.pays):
            continue
        fen = _fen(amounts[row], ops[row])
        if effect.moves:
            if not told[row]:
                raise NotMapped(f"the read-back's rows of {ops[row]} do not say between whom money moved (`parties`)")
            _enter(due, str(payer[row]), str(payee[row]), fen)
        if effect.pays:
            late = not timed[row] or now_ms - float(at_ms[row]) > effect.pays.within_s * 1000
            account = own[int(customer[row])] if _is_ours(customer[row], own) else f"of customer {customer[row]}"
            _enter(due if late else pending, TextTemplate.of(effect.pays.payer).render(plan.statics), account, fen)
    return Owed(_counted(*due).add(opening_legs(plan), fill_value=0).astype(np.int64), _counted(*pending))


def ledger_legs(ledger: pd.DataFrame) -> "Legs[int]":
    """The entries that the ledger shows."""
    sums = integers(column(ledger, "credit_fen"), "credit_fen") - integers(column(ledger, "debit_fen"), "debit_fen")
    return _counted([str(account) for account in column(ledger, "account")], sums.tolist())


_CLOCK_TWICE_MS = 100
"""So much earlier than its effect a posting may be told to be."""


def since_first_effect(ledger: pd.DataFrame, reconciled: Reconciliation, effects: pd.DataFrame) -> pd.DataFrame:
    """The ledger's rows from the first of our effects on, both by the target's clock: what stood in it before is not known.

    A posting may be told a moment earlier than the effect that it belongs to, since whoever writes both asks the clock twice.

    Raises:
        NotMapped: the rows do not say when.
    """
    ours = optional(effects, "at_ms")[reconciled.owner >= 0]
    times = optional(ledger, "at_ms")
    if not known(ours).all() or not known(times).all():
        raise NotMapped("opening balances are not known, and the ledger's rows or the effects do not say when they were made (`at_ms`)")
    if not len(ours):
        return ledger.iloc[:0]
    later: pd.DataFrame = ledger[times.astype(float) >= ours.astype(float).min() - _CLOCK_TWICE_MS]
    return later


def differences(shown: "Legs[int]", debt: Owed) -> tuple["Legs[int]", "Legs[int]"]:
    """Entries that nobody is owed, and entries that are owed and missing; how often each."""
    most = debt.due.add(debt.pending, fill_value=0)
    surplus = shown.sub(most, fill_value=0)
    missing = debt.due.sub(shown, fill_value=0)
    return surplus[surplus > 0].astype(np.int64), missing[missing > 0].astype(np.int64)


def balances(debt: Owed) -> Mapping[str, tuple[int, int]]:
    """For each account the least and the most that it may hold, in fen: they differ by promises whose time is not over."""
    due, pending = _sums(debt.due), _sums(debt.pending)
    return {account: _span(due.get(account, 0), pending.get(account, 0)) for account in due.keys() | pending.keys()}


def _span(due: int, pending: int) -> tuple[int, int]:
    return min(due, due + pending), max(due, due + pending)


def _sums(legs: "Legs[int]") -> dict[str, int]:
    found: dict[str, int] = {}
    for account, fen, count in _entries(legs):
        found[account] = found.get(account, 0) + fen * count
    return found


def _entries(legs: "Legs[int]") -> list[tuple[str, int, int]]:
    """Account, sum in fen and how often."""
    return [(str(account), int(fen), int(count)) for (account, fen), count in zip(legs.index.to_list(), legs.to_list(), strict=True)]


def _enter(legs: tuple[list[str], list[int]], payer: str, payee: str, fen: int) -> None:
    accounts, sums = legs
    accounts += [payer, payee]
    sums += [-fen, fen]


def _counted(accounts: list[str], sums: list[int]) -> "Legs[int]":
    frame = pd.DataFrame({"account": pd.Series(accounts, dtype=object), "fen": pd.Series(sums, dtype=np.int64)})
    return frame[frame["fen"] != 0].groupby(["account", "fen"]).size()


def _fen(value: object, op: object) -> int:
    if not isinstance(value, int):
        raise NotMapped(f"the read-back's rows of {op} do not tell their amount in fen")
    return value


def _is_ours(customer: object, own: list[str]) -> bool:
    return isinstance(customer, int) and 0 <= customer < len(own)


def named(legs: "Legs[int]") -> Iterator[str]:
    """Entries as words, the greatest sums first."""
    for account, fen, count in sorted(_entries(legs), key=lambda leg: (-abs(leg[1]), leg[0])):
        times = f", {count} times" if count > 1 else ""
        yield f"{account}: {fen:+} fen{times}"
