"""What customers were shown that they have spent, against what they had paid by then."""

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import I64, column, optional
from reports.measures.shown_balances import NONE, Movements, held_against, span
from reports.measures.shown_effects import Contradictions, looks
from scenarios.target.views import SpentView

if TYPE_CHECKING:
    from reports.evidence import Evidence


def spent(evidence: "Evidence") -> Contradictions:
    """Each sum that was shown.

    Where the target's file does not know what stood in an account before the run, somebody may have spent before it: the same sum
    for all that they were shown.

    Raises:
        NotMapped: the rows of such an effect do not tell how much it was.
        NoEvidence: there are no effects to look at.
    """
    books = evidence.plan.target.books
    before = 0 if books and books.opening else None
    found = Contradictions()
    for name, view, read in looks(evidence, SpentView):
        assert isinstance(view, SpentView)  # noqa: S101 - as asked for
        if not len(read):
            continue
        customers = np.unique(read["customer"])
        paid = _paid(evidence, view.of, customers)
        for customer in customers.tolist():
            reads = read[read["customer"] == customer]
            found.join(held_against(f"customer {customer}, {name}", reads, paid.get(customer, NONE), view.stale_s, before))
    return found


def _paid(evidence: "Evidence", of: Collection[str], customers: "np.ndarray[tuple[int], np.dtype[np.integer]]") -> dict[int, Movements]:
    """What each of these customers has paid by effects of these operations, by the run's own keys."""
    reconciled, effects = evidence.reconciliation, evidence.table("effects")
    ops, amounts = column(effects, "op"), optional(effects, "amount_fen")
    theirs: I64 = np.flatnonzero((reconciled.owner >= 0) & np.fromiter((op in of for op in ops), bool, len(ops)))
    theirs = theirs[np.isin(reconciled.keys.customer[reconciled.owner[theirs]], customers)]
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row in theirs.tolist():
        key, fen = int(reconciled.owner[row]), amounts[row]
        if not isinstance(fen, int):
            raise NotMapped(f"the read-back's rows of {ops[row]} do not tell their amount in fen")
        effect = evidence.plan.target.operations[str(ops[row])].effect
        assert effect is not None  # noqa: S101 - the target's file was checked for it
        found[int(reconciled.keys.customer[key])].append((fen, *span(evidence, key, effect.settles_within_s)))
    return {customer: Movements(*(np.array(part, np.int64) for part in zip(*paid, strict=True))) for customer, paid in found.items()}
