"""What became of prizes that a drill ordered in mid-sale, by the books.

Its orders are those of its faults that have the fields `sku` and `quantity`, struck once each. Left = what remains of the prizes that were
ordered. Amiss = by how many pieces the books' replenishment differs from all orders of the run, prize by prize, either way: those of
drills, and those that the campaign made itself and that were delivered.
"""

from collections import Counter
from typing import TYPE_CHECKING

from reports.finding import NoEvidence
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.restocking import delivered
from reports.measures.stock_rows import StockRows, stock_rows
from scenarios.run.fault_event_kinds import FaultInjecting

if TYPE_CHECKING:
    from reports.evidence import Evidence


def replenishment_left(strike: StrikeOutcome, evidence: "Evidence") -> int:
    """Pieces. Raises NoEvidence where it ordered none, or nothing tells what is left of one."""
    ordered, rows = drilled(evidence, strike.id), _rows(evidence)
    if not ordered:
        raise NoEvidence(f"{strike.id} ordered no prizes")
    left = [rows.left[row] for row, item in enumerate(rows.item) if str(item) in ordered]
    if not left or any(value != value for value in left):  # noqa: PLR0124 - NaN
        raise NoEvidence("the read-back does not tell what is left of the prizes that were ordered")
    return int(sum(left))


def replenished_amiss(strike: StrikeOutcome, evidence: "Evidence") -> int:
    """Pieces. Raises as `replenishment_left`."""
    if not drilled(evidence, strike.id):
        raise NoEvidence(f"{strike.id} ordered no prizes")
    rows, told = _rows(evidence), Counter[str]()
    for item, count in zip(rows.item, rows.replenished, strict=True):
        told[str(item)] += int(count)
    ordered = drilled(evidence) + delivered(evidence)
    return sum(abs(told[item] - ordered[item]) for item in {*told, *ordered})


def drilled(evidence: "Evidence", strike: str | None = None) -> Counter[str]:
    """Pieces by prize that drills ordered; of one strike, or of all."""
    found: Counter[str] = Counter()
    for event in evidence.of_kind(FaultInjecting):
        told = event.facts.parameters
        if strike in (None, event.facts.strike or event.facts.drill) and "sku" in told and "quantity" in told:
            found[str(told["sku"])] += int(str(told["quantity"]))
    return found


def _rows(evidence: "Evidence") -> StockRows:
    return stock_rows(evidence.table("stock"), evidence.table("effects"))
