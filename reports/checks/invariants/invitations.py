"""Who has brought as many friends as are needed has one coupon, and nobody else has any; nobody brings themselves."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.invitations import Inviter, known_before
from reports.measures.offenders import Offender, first_worst_last
from scenarios.plan.campaign_model import Invitation

ID = "invitations"
TITLE = "One coupon for the friends that are needed"
KIND = Kind.INVARIANT
PLAN = ("P1-09", "P2-11")


def check(evidence: Evidence) -> Finding:
    """Friends as they were told that they count, and as they are recorded, against the coupons of each who invited them."""
    found = evidence.inviters
    rule = evidence.plan.scenario.campaign.invitation
    coupons = sum(len(one.coupons_fen) for one in found.values())
    wrong = [offender for one in found.values() for offender in _problems(one, rule, spent=coupons >= rule.coupons)]
    wrong += _shared(found)
    wrong += _not_new(found, known_before(evidence))
    if coupons > rule.coupons:
        wrong.append(Offender(0, coupons, f"{coupons} coupons of {rule.coupons} that there are"))
    enough = sum(len(one.friends) >= rule.friends for one in found.values())
    return judged(
        not wrong,
        ID,
        len(wrong),
        0,
        "inviters",
        f"{many(sum(len(one.friends) for one in found.values()), 'friend')} of {many(len(found), 'inviter')}, {enough} with {rule.friends} "
        f"or more; {many(coupons, 'coupon')}; {len(wrong) or 'none'} not as owed",
        first_worst_last(wrong),
    )


def _problems(one: Inviter, rule: Invitation, *, spent: bool) -> Iterator[Offender]:
    needed, face_fen = rule.friends, rule.coupon_fen
    friends, coupons, name = len(one.friends), len(one.coupons_fen), f"customer {one.customer}"
    if one.customer in one.friends:
        yield Offender(one.last_ms, friends, f"{name} counts as their own friend")
    if coupons > 1:
        yield Offender(one.last_ms, coupons, f"{name}: {coupons} coupons for {friends} friends")
    elif coupons and friends < needed:
        yield Offender(one.last_ms, needed - friends, f"{name}: a coupon for {many(friends, 'friend')}, {needed} are needed")
    elif not coupons and friends >= needed and not spent:
        yield Offender(one.last_ms, friends, f"{name}: no coupon for {friends} friends")
    for fen in one.coupons_fen:
        if fen is not None and fen != face_fen:
            yield Offender(one.last_ms, abs(fen - face_fen), f"{name}: a coupon of {fen} fen, {face_fen} are promised")


def _not_new(found: dict[int, Inviter], known: set[int]) -> Iterator[Offender]:
    """Friends whom the bank had known before they were invited."""
    for one in found.values():
        for friend in sorted(one.friends & known):
            yield Offender(one.last_ms, 1, f"customer {one.customer}: friend {friend} had been verified before they were invited")


def _shared(found: dict[int, Inviter]) -> Iterator[Offender]:
    """Friends who count more than once."""
    of: dict[int, list[Inviter]] = {}
    for one in found.values():
        for friend, times in one.recorded.items():
            of.setdefault(friend, []).extend([one] * times)
    for friend, hosts in sorted(of.items()):
        if len(hosts) > 1:
            names = ", ".join(str(host.customer) for host in hosts)
            yield Offender(hosts[0].last_ms, len(hosts), f"customer {friend} counts as a friend {len(hosts)} times: of {names}")
