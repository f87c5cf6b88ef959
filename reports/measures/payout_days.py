"""Payments that are promised for a working day: the day that the system tells, the day by the calendar, and when they were made."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from scenarios.plan.campaign import SHANGHAI
from scenarios.plan.working_days import working_day_after
from scenarios.target.effects import Effect

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Promise:
    """An effect that is paid later. `due` is None where the calendar does not go so far, `paid_ms` where no payment is known."""

    name: str
    at_ms: float
    told: str
    due: date | None
    paid_ms: float | None

    @property
    def earned(self) -> date:
        """The day of the effect."""
        return bank_day(self.at_ms)

    @property
    def paid(self) -> date | None:
        """The day of the payment."""
        return None if self.paid_ms is None else bank_day(self.paid_ms)


def bank_day(at_ms: float) -> date:
    """The day of a moment, by the bank's calendar."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(SHANGHAI).date()


def payout_promises(evidence: "Evidence") -> list[Promise]:
    """All effects that are paid within working days.

    Raises:
        NotMapped: the target's file says it of none, or the rows do not tell the day.
        NoEvidence: the effects are not there.
    """
    mapped = evidence.plan.target.operations
    days = {name: within for name, operation in mapped.items() if (within := _days(operation.effect)) is not None}
    if not days:
        raise NotMapped("no effect in the target's file is paid within working days (`pays`)")
    if not evidence.maps("effects", "pays_by"):
        raise NotMapped("the read-back's effects do not tell by which day they are paid (`pays_by`)")
    effects, paid_ms = evidence.table("effects"), _paid_ms(evidence)
    ops, ids, at_ms = column(effects, "op"), optional(effects, "id"), optional(effects, "at_ms")
    told, amounts, there = optional(effects, "pays_by"), optional(effects, "amount_fen"), known(at_ms)
    found = []
    for row, op in enumerate(ops):
        within = days.get(str(op))
        if within is not None and there[row] and amounts[row]:
            name, moment = str(ids[row]), float(at_ms[row])
            found.append(Promise(name, moment, str(told[row] or "no day"), working_day_after(bank_day(moment), within), paid_ms.get(name)))
    return found


def _days(effect: Effect | None) -> int | None:
    return effect.pays.working_days if effect and effect.pays else None


def _paid_ms(evidence: "Evidence") -> dict[str, float]:
    """When each effect was last paid for, where the read-back tells it."""
    if not (evidence.has("payouts") and evidence.maps("payouts", "at_ms")):
        return {}
    payouts = evidence.table("payouts")
    rows = zip(column(payouts, "ref"), optional(payouts, "at_ms"), strict=True)
    return {str(ref): float(at_ms) for ref, at_ms in rows if at_ms is not None}
