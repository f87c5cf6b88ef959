"""A bundle is whole or not at all: who has the plan has the coupon, and where one could not be had the other was taken back."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.bundles import Bundles
from reports.measures.offenders import Offender, first_worst_last

ID = "bundles"
TITLE = "Both halves of a bundle, or neither"
KIND = Kind.INVARIANT
PLAN = ("P2-08",)


def check(evidence: Evidence) -> Finding:
    """Each order that has come to its end, against the plans that stand with the other service and the coupons that were granted for it."""
    found, rule = evidence.bundles, evidence.plan.scenario.campaign.bundle
    wrong = [*_halves(found, rule.face_fen), *_of_nobody(found)]
    given = sum(map(len, found.coupons_fen.values()))
    if given > rule.coupons:
        wrong.append(Offender(0, given - rule.coupons, f"{many(given, 'coupon')} of {rule.coupons} that there are"))
    ends = [order.done for order in found.orders]
    still = f"; {ends.count(None)} on their way" if None in ends else ""
    detail = f"{ends.count(True)} whole, {ends.count(False)} taken back{still}; {len(wrong) or 'none'} with one half alone"
    return judged(not wrong, ID, len(wrong), 0, "bundles", f"{many(len(ends), 'bundle')}: {detail}", first_worst_last(wrong))


def _halves(found: Bundles, face_fen: int) -> Iterator[Offender]:
    for order in found.orders:
        if order.done is None:
            continue
        name, due = f"{order.name} of customer {order.customer}", int(order.done)
        how = "is whole" if order.done else "was taken back"
        plans, coupons = found.plans[order.name], found.coupons_fen.get(order.customer, [])
        if plans != due:
            yield Offender(order.at_ms, face_fen, f"{name} {how}: plans that stand for it: {plans}, due: {due}")
        if len(coupons) != due:
            yield Offender(order.at_ms, sum(coupons) or face_fen, f"{name} {how}: coupons for it: {len(coupons)}, due: {due}")
        for fen in coupons:
            if fen != face_fen:
                yield Offender(order.at_ms, abs(fen - face_fen), f"{name}: a coupon of {fen} fen, {face_fen} are promised")


def _of_nobody(found: Bundles) -> Iterator[Offender]:
    names, customers = {order.name for order in found.orders}, {order.customer for order in found.orders}
    for name in sorted(found.plans.keys() - names):
        yield Offender(0, 1, f"plan {name} belongs to no bundle")
    for customer in sorted(found.coupons_fen.keys() - customers):
        yield Offender(0, sum(found.coupons_fen[customer]), f"customer {customer}: a coupon for no bundle")
