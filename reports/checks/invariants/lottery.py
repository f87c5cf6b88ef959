"""Prizes are won as often as the published odds say, each is a coupon of its worth, and no more are won than there are."""

from collections import Counter
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many, number
from reports.measures.chance import interval, tails
from reports.measures.lottery import Lottery, lottery
from reports.measures.offenders import Offender, first_worst_last

ID = "lottery"
TITLE = "The lottery pays what it publishes"
KIND = Kind.INVARIANT
PLAN = ("P2-01", "P3-05")

_TOLD = 0.99
_FALSE_ALARM = 1e-4
"""One clean run in ten thousand may be called unfair. One in a hundred lies outside the interval of 99 %, which is told and not judged."""


def check(evidence: Evidence) -> list[Finding]:
    """Prizes and coupons against the plan; and the odds, by what customers were shown."""
    found, plan = lottery(evidence), evidence.plan.scenario.campaign.lottery.prizes
    wrong = [*_prizes(found, {name: (prize.face_fen, prize.stock) for name, prize in plan.items()})]
    if evidence.has("rewards"):
        wrong += _coupons(found)
    detail = f"{many(len(found.draws), 'draw')}, {sum(found.wins.values()):,} won; {len(wrong) or 'none'} not as owed"
    return [judged(not wrong, ID, len(wrong), 0, "draws", detail, first_worst_last(wrong)), _odds(found, evidence)]


def _prizes(found: Lottery, plan: dict[str, tuple[int, int]]) -> Iterator[Offender]:
    won: dict[str, int] = {}
    for draw in found.draws:
        if draw.prize is None:
            if draw.fen:
                yield Offender(draw.at_ms, draw.fen, f"{draw.name}: {draw.fen} fen for no prize")
            continue
        won[draw.prize] = won.get(draw.prize, 0) + 1
        face_fen = plan.get(draw.prize, (0, 0))[0]
        if draw.fen != face_fen:
            yield Offender(draw.at_ms, abs(draw.fen - face_fen), f"{draw.name}: {draw.prize} of {draw.fen} fen, {face_fen} are published")
    for prize, count in sorted(won.items()):
        stock = plan.get(prize, (0, 0))[1]
        if count > stock:
            yield Offender(0, count - stock, f"{prize}: won {count} times, there are {stock}")


def _coupons(found: Lottery) -> Iterator[Offender]:
    for customer, fen in sorted(found.wins.keys() | found.coupons.keys()):
        wins, coupons = found.wins[customer, fen], found.coupons[customer, fen]
        if wins != coupons:
            yield Offender(0, abs(wins - coupons), f"customer {customer}: {fen} fen won {wins} times, {many(coupons, 'coupon')} of it")


def _odds(found: Lottery, evidence: Evidence) -> Finding:
    """Each prize that has not run out, by what it is worth; where several are worth the same, together."""
    prizes = evidence.plan.scenario.campaign.lottery.prizes
    recorded = Counter(draw.prize for draw in found.draws)
    out = {prize.face_fen for name, prize in prizes.items() if recorded[name] >= prize.stock}
    published: dict[int, float] = {}
    for prize in prizes.values():
        published[prize.face_fen] = published.get(prize.face_fen, 0.0) + prize.odds
    count = sum(found.shown_fen.values())
    told, unfair = [], []
    for fen, odds in sorted(published.items()):
        if fen in out:
            told.append(f"{fen} fen ran out and is not judged")
            continue
        wins = found.shown_fen[fen]
        low, high = interval(wins, count, _TOLD) if count else (0.0, 1.0)
        outside = "" if low <= odds <= high else ", which is outside"
        told.append(
            f"{fen} fen won {wins} times of {count}: {_per_cent(low)} to {_per_cent(high)} %, {_per_cent(odds)} % published{outside}"
        )
        if min(tails(wins, count, odds)) < _FALSE_ALARM / 2 / len(published):
            unfair.append(told[-1])
    detail = f"{'; '.join(told)} (99 % intervals of Clopper and Pearson)"
    return judged(not unfair, "lottery-odds", len(unfair), 0, "prizes", detail, tuple(unfair), title="Prizes are won as often as published")


def _per_cent(share: float) -> str:
    return number(share * 100, 2)
