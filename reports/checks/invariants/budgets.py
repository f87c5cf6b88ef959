"""No bucket gives more than it has, each grant comes once and is worth what was planned, and the reserve loses what was ordered alone."""

from collections import Counter
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many, yuan
from reports.measures.budgets import Kept, Spent, kept, spent
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.releases import audited, releases
from scenarios.plan.campaign_model import Bucket

ID = "budgets"
TITLE = "Buckets give what they have, once to each"
KIND = Kind.INVARIANT
PLAN = ("P2-04", "P4-07", "P4-09", "P4-13", "P4-14")


def check(evidence: Evidence) -> Finding:
    """What customers were shown and what is recorded, against the plan's buckets and against the system's own account of them."""
    found, told, plan = spent(evidence), kept(evidence), evidence.plan.scenario.campaign
    wrong: list[Offender] = []
    ordered, rows = Counter[str](), audited(evidence)
    for release in releases(evidence):
        ordered[release.bucket] += release.fen
    for name, one in sorted(found.items()):
        bucket = plan.buckets.get(name, Bucket(fen=0))
        wrong += _bucket(name, one, bucket, told.get(name), ordered[name], rewarded=evidence.has("rewards"))
    wrong += _reserve(told.get("reserve"), plan.budgets.reserve_fen, ordered.total())
    wrong += _kept_back(told.get("community"), plan.budgets.community_fen, ordered["community"])
    if rows is not None and rows != len(releases(evidence)):
        wrong.append(Offender(0, rows, f"{many(rows, 'row')} of the audit for {many(len(releases(evidence)), 'release')}"))
    parts = [f"{yuan(one.fen)} in {many(len(one.grants), 'grant')} from {name}" for name, one in sorted(found.items())]
    parts += [f"{yuan(ordered.total())} released from the reserve"] if ordered else []
    detail = f"{', '.join(parts)}; {len(wrong) or 'none'} not as planned"
    return judged(not wrong, ID, len(wrong), 0, "grants", detail, first_worst_last(wrong))


def _bucket(name: str, one: Spent, plan: Bucket, told: Kept | None, ordered_fen: int, *, rewarded: bool) -> Iterator[Offender]:
    last_ms = max((grant.at_ms for grant in one.grants), default=0.0)
    limit_fen = plan.fen + ordered_fen
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
    if told and told.released_fen != ordered_fen:
        sentence = f"{name}: {told.released_fen} fen came out of the reserve, {ordered_fen} were released"
        yield Offender(last_ms, abs(told.released_fen - ordered_fen), sentence)
    if told and told.limit_fen != plan.fen:
        yield Offender(last_ms, abs(told.limit_fen - plan.fen), f"{name}: a limit of {told.limit_fen} fen, {plan.fen} are planned")
    if rewarded and (one.coupons, one.coupons_fen) != (len(one.grants), one.fen):
        sentence = f"{name}: {many(one.coupons, 'coupon')} of {one.coupons_fen} fen for {many(len(one.grants), 'grant')} of {one.fen}"
        yield Offender(last_ms, abs(one.coupons_fen - one.fen), sentence)


def _kept_back(told: Kept | None, planned_fen: int, ordered_fen: int) -> Iterator[Offender]:
    """What is kept for events of the branches, which no grant is paid from."""
    if told and (told.limit_fen, told.spent_fen, told.released_fen) != (planned_fen, 0, ordered_fen):
        off_fen = abs(told.left_fen - planned_fen - ordered_fen)
        yield Offender(0, off_fen, f"community: {told.left_fen} fen are left of {planned_fen}, from which nothing is granted")


def _reserve(told: Kept | None, planned_fen: int, ordered_fen: int) -> Iterator[Offender]:
    """What drills released has left it, and nothing else."""
    if told and (told.limit_fen, told.spent_fen, told.released_fen) != (planned_fen, 0, -ordered_fen):
        gone_fen = told.spent_fen - told.released_fen
        sentence = f"reserve: {gone_fen} fen have left it, of {told.limit_fen} ({planned_fen} are planned, {ordered_fen} released)"
        yield Offender(0, abs(gone_fen - ordered_fen), sentence)
