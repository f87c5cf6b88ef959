"""What became of money that drills released from the reserve in mid-run.

Their releases are those of faults that have the fields `bucket` and `amount_fen`, struck once each. Left = how many whole grants the
buckets that were released for could still give: as it was ordered, by the server's times of the grants; and at the end, by its word.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.finding import NoEvidence
from reports.measures.arrays import optional
from reports.measures.budgets import kept, spent
from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.run.fault_event_kinds import FaultInjecting

if TYPE_CHECKING:
    from reports.evidence import Evidence

_ACTION = "budget.release"


@dataclass(frozen=True, slots=True)
class Release:
    """Money that was ordered out of the reserve."""

    at_s: float
    strike: str
    bucket: str
    fen: int


def releases(evidence: "Evidence") -> list[Release]:
    """By time."""
    found: list[Release] = []
    for event in evidence.of_kind(FaultInjecting):
        told = event.facts.parameters
        if "bucket" in told and "amount_fen" in told:
            strike = event.facts.strike or event.facts.drill
            found.append(Release(event.at_s, strike, str(told["bucket"]), int(str(told["amount_fen"]))))
    return found


def audited(evidence: "Evidence") -> int | None:
    """How many releases the audit tells since customers came; None where the target maps no audit, or nobody knows when that was."""
    if not evidence.has("audit") or evidence.t0_ms is None:
        return None
    rows = evidence.table("audit")
    pairs = zip(optional(rows, "action"), optional(rows, "at_ms"), strict=True)
    return sum(bool(action == _ACTION and at_ms is not None and float(at_ms) >= evidence.t0_ms) for action, at_ms in pairs)


def left_at_release(strike: StrikeOutcome, evidence: "Evidence") -> int:
    """Whole grants. Raises NoEvidence where it released nothing, or nobody asked for anything from the bucket."""
    plan, found, t0_ms = evidence.plan.scenario.campaign.budgets.buckets, spent(evidence), evidence.t0_ms
    if t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    whole = 0
    for mine in _of(strike, evidence):
        earlier_fen = sum(other.fen for other in releases(evidence) if other.bucket == mine.bucket and other.at_s < mine.at_s)
        grants = found[mine.bucket].grants if mine.bucket in found else []
        gone_fen = sum(grant.fen for grant in grants if grant.at_ms < t0_ms + mine.at_s * 1000)
        whole += max(0, plan[mine.bucket].fen + earlier_fen - gone_fen) // plan[mine.bucket].face_fen
    return whole


def release_left(strike: StrikeOutcome, evidence: "Evidence") -> int:
    """Whole grants. Raises NoEvidence where it released nothing, or the system does not tell its buckets."""
    plan, told = evidence.plan.scenario.campaign.budgets.buckets, kept(evidence)
    buckets = {mine.bucket for mine in _of(strike, evidence)}
    if not buckets <= told.keys():
        raise NoEvidence("the read-back does not tell the bucket that was released for")
    return sum(max(0, told[name].left_fen) // plan[name].face_fen for name in buckets)


def _of(strike: StrikeOutcome, evidence: "Evidence") -> list[Release]:
    planned = evidence.plan.scenario.campaign.budgets.buckets
    mine = [one for one in releases(evidence) if one.strike == strike.id and one.bucket in planned]
    if not mine:
        raise NoEvidence(f"{strike.id} released nothing from the reserve")
    return mine
