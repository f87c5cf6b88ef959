"""No bucket gives more than it has, each grant is worth what was planned and comes once to each person, and the reserve is left alone."""

from collections import Counter
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many, yuan
from reports.measures.budgets import Kept, Spent, kept, spent
from reports.measures.offenders import Offender, first_worst_last
from scenarios.plan.campaign_model import Bucket

ID = "budgets"
TITLE = "Buckets give what they have, once to each"
KIND = Kind.INVARIANT
PLAN = ("P2-04", "P4-09", "P4-13", "P4-14")


def check(evidence: Evidence) -> Finding:
    """What customers were shown and what is recorded, against the plan's buckets and against the system's own account of them."""
    found, told, plan = spent(evidence), kept(evidence), evidence.plan.scenario.campaign.budgets
    wrong: list[Offender] = []
    for name, one in sorted(found.items()):
        wrong += _bucket(name, one, plan.buckets.get(name, Bucket(fen=0)), told.get(name), rewarded=evidence.has("rewards"))
    wrong += _reserve(told.get("reserve"), plan.reserve_fen)
    parts = ", ".join(f"{yuan(one.fen)} in {many(len(one.grants), 'grant')} from {name}" for name, one in sorted(found.items()))
    return judged(not wrong, ID, len(wrong), 0, "grants", f"{parts}; {len(wrong) or 'none'} not as planned", first_worst_last(wrong))


def _bucket(name: str, one: Spent, plan: Bucket, told: Kept | None, *, rewarded: bool) -> Iterator[Offender]:
    last_ms = max((grant.at_ms for grant in one.grants), default=0.0)
    limit_fen = plan.fen + (told.released_fen if told else 0)
    most = max(one.fen, one.shown_fen)
    if most > limit_fen:
        yield Offender(last_ms, most - limit_fen, f"{name}: {most} fen out of {limit_fen}")
    for grant in one.grants:
        if grant.fen != plan.face_fen:
            yield Offender(grant.at_ms, abs(grant.fen - plan.face_fen), f"{grant.name}: {grant.fen} fen, {plan.face_fen} are planned")
    for customer, times in Counter(grant.customer for grant in one.grants).items():
        if times > 1:
            yield Offender(last_ms, times * plan.face_fen, f"customer {customer}: {times} times from {name}")
    if told and told.spent_fen != one.fen:
        yield Offender(last_ms, abs(told.spent_fen - one.fen), f"{name}: {told.spent_fen} fen debited for grants of {one.fen}")
    if told and told.limit_fen != plan.fen:
        yield Offender(last_ms, abs(told.limit_fen - plan.fen), f"{name}: a limit of {told.limit_fen} fen, {plan.fen} are planned")
    if rewarded and (one.coupons, one.coupons_fen) != (len(one.grants), one.fen):
        sentence = f"{name}: {many(one.coupons, 'coupon')} of {one.coupons_fen} fen for {many(len(one.grants), 'grant')} of {one.fen}"
        yield Offender(last_ms, abs(one.coupons_fen - one.fen), sentence)


def _reserve(told: Kept | None, planned_fen: int) -> Iterator[Offender]:
    """Nobody releases anything in a rehearsal, so nothing may have left it."""
    if told and (told.limit_fen, told.spent_fen, told.released_fen) != (planned_fen, 0, 0):
        gone_fen = told.spent_fen - told.released_fen
        yield Offender(0, gone_fen, f"reserve: {gone_fen} fen have left it, of {told.limit_fen} ({planned_fen} are planned)")
