"""What is earned is promised for the working day that the rules say, by the calendar of holidays, and paid by then."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.payout_days import Promise
from scenarios.plan.working_days import YEARS

ID = "payout-days"
TITLE = "Promised for the right working day, and paid by then"
KIND = Kind.INVARIANT
PLAN = ("P2-12",)


def check(evidence: Evidence) -> Finding:
    """Each effect that is paid within working days: the day that the read-back tells against the calendar, and against the payment."""
    promises = evidence.payout_promises
    wrong = [offender for promise in promises for offender in _problems(promise)]
    unknown = sum(promise.due is None for promise in promises)
    beyond = f"; {unknown} reach beyond {YEARS[-1]}, whose holidays are the last that are known" if unknown else ""
    detail = f"{many(len(promises), 'promise')}, {len(wrong) or 'none'} for another working day, or kept later{beyond}"
    return judged(not wrong, ID, len(wrong), 0, "payments", detail, first_worst_last(wrong))


def _problems(promise: Promise) -> Iterator[Offender]:
    if promise.due is None:
        return
    name, paid = f"{promise.name} of {promise.earned}", promise.paid
    if promise.told != promise.due.isoformat():
        yield Offender(promise.at_ms, 1, f"{name}: promised for {promise.told}, the day is {promise.due}")
    if paid and paid > promise.due:
        yield Offender(promise.paid_ms or 0, (paid - promise.due).days, f"{name}: paid on {paid}, due by {promise.due}")
