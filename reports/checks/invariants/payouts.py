"""What was promised is paid: once, in full, to the customer whose it is, in its time."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, NotMapped, judged
from reports.formatting import few, many
from reports.measures.arrays import column, optional
from reports.measures.books import effect_of

ID = "payouts"
TITLE = "What is promised is paid, once and in full"
KIND = Kind.INVARIANT
PLAN = ("P2-12",)


def check(evidence: Evidence) -> Finding:
    """Every effect that owes a payment, against the payments by the effect's id; what is still in its time is named with its age."""
    if not any(operation.effect and operation.effect.pays for operation in evidence.plan.target.operations.values()):
        raise NotMapped("no effect in the target's file `pays`")
    if not evidence.has("payouts"):
        raise NotMapped("the target's read-back has no payouts")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    wrong: list[str] = []
    waiting: list[tuple[float, str]] = []
    owing = 0
    for name, problem, age_s in _promises(evidence, evidence.t0_ms + evidence.payments_until_s * 1000):
        owing += 1
        if age_s is not None:
            waiting.append((age_s, name))
        elif problem:
            wrong.append(f"{name}: {problem}")
    wrong += [f"{ref}: paid, and owed to nobody" for ref in sorted(_unowed(evidence))]
    oldest_s, oldest = max(waiting, default=(0.0, ""))
    still = f"; {len(waiting)} on their way, the oldest {oldest} for {oldest_s:.1f} s" if waiting else ""
    return judged(
        not wrong,
        ID,
        len(wrong),
        0,
        "payments",
        f"{many(owing, 'promise')}, {len(wrong) or 'none'} not paid as owed{still}",
        few(wrong),
    )


def _promises(evidence: Evidence, now_ms: float) -> Iterator[tuple[str, str, float | None]]:
    """Each effect that owes a payment: its name; what is wrong, empty where nothing; its age in seconds where it is still in its time."""
    effects, paid = evidence.table("effects"), _paid(evidence)
    ops, ids, amounts = column(effects, "op"), optional(effects, "id"), optional(effects, "amount_fen")
    customers, at_ms = optional(effects, "customer"), optional(effects, "at_ms")
    for row in np.flatnonzero(evidence.reconciliation.owner >= 0).tolist():
        effect = effect_of(evidence.plan, ops[row])
        if effect is None or effect.pays is None or amounts[row] == 0:
            continue
        rows = paid.get(str(ids[row]), [])
        name = f"{ops[row]} {ids[row]}"
        age_s = None if at_ms[row] is None else (now_ms - float(at_ms[row])) / 1000
        if not rows:
            in_time = age_s is not None and age_s <= effect.pays.within_s
            yield name, f"{amounts[row]} fen never paid", age_s if in_time else None
        elif len(rows) > 1:
            yield name, f"paid {len(rows)} times", None
        elif rows[0] != (amounts[row], customers[row]):
            yield name, f"{amounts[row]} fen owed to customer {customers[row]}, {rows[0][0]} fen paid to {rows[0][1]}", None
        else:
            yield name, "", None


def _paid(evidence: Evidence) -> dict[str, list[tuple[object, object]]]:
    """Amount and customer of each payment, by the effect that it is for."""
    payouts = evidence.table("payouts")
    final = optional(payouts, "final")
    found: dict[str, list[tuple[object, object]]] = {}
    rows = zip(column(payouts, "ref"), optional(payouts, "amount_fen"), optional(payouts, "customer"), final, strict=True)
    for ref, fen, customer, done in rows:
        if done is not False:
            found.setdefault(str(ref), []).append((fen, customer))
    return found


def _unowed(evidence: Evidence) -> set[str]:
    effects = evidence.table("effects")
    known = Counter(str(value) for value in optional(effects, "id"))
    return {ref for ref in _paid(evidence) if ref not in known}
