"""What customers were shown of the stock, against what had been granted by then, or may have been."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import I64, column, integers, optional
from reports.measures.books import effect_of
from reports.measures.contradictions import CLOCK_TOLERANCE_MS
from reports.measures.shown_balances import APART_NS
from reports.measures.shown_effects import looks
from scenarios.run.outcomes import Outcome
from scenarios.run.records import answer_digest
from scenarios.target.effects import granted_terms
from scenarios.target.views import StockView

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class _Prize:
    name: str
    initial: int
    earlier: int  # grants of before the run, which are taken off where the service kept its books
    replenished: int
    must_ns: I64  # ascending: since when each grant must be taken off
    may_ns: I64  # ascending: since when each grant, or claim under way, may be taken off
    over_ns: I64  # ascending: when claims that came to nothing were over


def stock(evidence: "Evidence") -> tuple[int, list[str]]:
    """How many looks were held, and what was wrong in them.

    Raises:
        NoEvidence: the read-back does not tell the stock.
    """
    held, wrong = 0, list[str]()
    prizes = _prizes(evidence)
    for name, view, read in looks(evidence, StockView):
        for look in read:
            prize = prizes.get(int(look["subject"]))
            if prize is None:
                continue
            held += 1
            by_ns, done_ns = int(look["sent_ns"]) - round(view.stale_s * 1e9) - APART_NS, int(look["done_ns"]) + APART_NS
            gone = int(np.searchsorted(prize.must_ns, by_ns, side="right"))
            may_be_gone = int(np.searchsorted(prize.may_ns, done_ns, side="right") - np.searchsorted(prize.over_ns, by_ns, side="right"))
            least, most = prize.initial - prize.earlier - may_be_gone, prize.initial + prize.replenished - gone
            if not least <= look["value"] <= most:
                span = f"{max(0, least)}" if least == most else f"{max(0, least)} to {most}"
                wrong.append(
                    f"customer {look['customer']}, {name} at {look['sent_ns'] / 1e9:.3f} s: "
                    f"reads that {look['value']} of {prize.name} are left, it must be {span} by then"
                )
    return held, wrong


def _prizes(evidence: "Evidence") -> dict[int, _Prize]:
    """By the digest of item and batch."""
    table, keys = evidence.table("stock"), evidence.reconciliation.keys
    effects = [effect_of(evidence.plan, name) for name in evidence.plan.operations]
    granting = [index for index, effect in enumerate(effects) if effect is not None and effect.grants]
    mine = np.isin(keys.op, granting)
    there = evidence.reconciliation.present
    done = (keys.outcome == Outcome.SUCCESS) & ~keys.accepted & there
    maybe = there | (keys.outcome == Outcome.UNKNOWN)
    initial, batches = integers(column(table, "initial"), "initial"), optional(table, "batch")
    earlier = _earlier(evidence)
    found: dict[int, _Prize] = {}
    for row, (item, more) in enumerate(zip(column(table, "item"), optional(table, "replenished"), strict=True)):
        name = granted_terms(item, "" if batches[row] is None else batches[row])
        digest = answer_digest(name)
        its = mine & (keys.terms == np.uint64(digest))
        found[digest] = _Prize(
            name,
            int(initial[row]),
            earlier[digest],
            int(more or 0),
            np.sort(keys.ended_ns[its & done]),
            np.sort(keys.intended_ns[its]),
            np.sort(keys.ended_ns[its & ~maybe]),
        )
    return found


def _earlier(evidence: "Evidence") -> Counter[int]:
    """How many of each prize had been granted before the run, by whoever asked then."""
    effects, since_ms = evidence.table("effects"), evidence.t0_ms
    if since_ms is None:
        return Counter()
    at_ms, ops, items, batches = (optional(effects, name) for name in ("at_ms", "op", "item", "batch"))
    granting = {name for name in evidence.plan.operations if (effect := effect_of(evidence.plan, name)) is not None and effect.grants}
    old = (
        row
        for row in np.flatnonzero(evidence.reconciliation.owner < 0).tolist()
        if ops[row] in granting and isinstance(at_ms[row], int | float) and at_ms[row] < since_ms - CLOCK_TOLERANCE_MS
    )
    return Counter(answer_digest(granted_terms(items[row], "" if batches[row] is None else batches[row])) for row in old)
