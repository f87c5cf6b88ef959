"""A merchant's statement is what was paid to them: no order more or less, and to the fen."""

from collections import Counter

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NotMapped, judged
from reports.formatting import many, yuan
from reports.measures.arrays import column, integers, known, optional
from reports.measures.books import effect_of
from reports.measures.offenders import Offender, first_worst_last

ID = "statements"
TITLE = "Merchants' statements are what they were paid"
KIND = Kind.INVARIANT
PLAN = ("P1-02", "P1-11")


def check(evidence: Evidence) -> Finding:
    """The orders and sums of each account's statements against the effects that are recorded for it."""
    plan = evidence.plan
    collecting = {name for name in plan.operations if (effect := effect_of(plan, name)) and effect.collects}
    if not collecting:
        raise NotMapped("no effect in the target's file stands in a statement (`collects`)")
    if not evidence.has("statements"):
        raise NotMapped("the target's read-back has no statements")
    orders, fen = _paid(evidence, collecting)
    told_orders, told_fen = _told(evidence)
    if not orders and not told_orders:
        raise NotMapped("no merchant of this run was paid anything")
    wrong = [
        Offender(
            0,
            abs(fen[account] - told_fen[account]) or 1,
            f"{account}: {many(told_orders[account], 'order')} of {told_fen[account]} fen in the statement, "
            f"{many(orders[account], 'order')} of {fen[account]} fen were paid",
        )
        for account in sorted(orders.keys() | told_orders.keys())
        if (orders[account], fen[account]) != (told_orders[account], told_fen[account])
    ]
    count, total_fen = sum(orders.values()), sum(fen.values())
    detail = f"{many(len(orders), 'merchant')}, {many(count, 'order')} of {yuan(total_fen)}; {len(wrong) or 'none'} with another statement"
    return judged(not wrong, ID, len(wrong), 0, "merchants", detail, first_worst_last(wrong))


def _paid(evidence: Evidence, collecting: set[str]) -> tuple[Counter[str], Counter[str]]:
    """How many orders were paid to each account, and over how much."""
    effects = evidence.table("effects")
    ops, payee, amounts = column(effects, "op"), optional(effects, "payee"), optional(effects, "amount_fen")
    there, orders, fen = known(payee) & known(amounts), Counter[str](), Counter[str]()
    for row, op in enumerate(ops):
        if op in collecting and there[row]:
            orders[str(payee[row])] += 1
            fen[str(payee[row])] += int(amounts[row])
    return orders, fen


def _told(evidence: Evidence) -> tuple[Counter[str], Counter[str]]:
    """The same by the statements, of all days."""
    rows, orders, fen = evidence.table("statements"), Counter[str](), Counter[str]()
    counts, sums = integers(column(rows, "orders"), "orders").tolist(), integers(column(rows, "total_fen"), "total_fen").tolist()
    for account, count, total_fen in zip(column(rows, "account"), counts, sums, strict=True):
        orders[str(account)] += count
        fen[str(account)] += total_fen
    return orders, fen
