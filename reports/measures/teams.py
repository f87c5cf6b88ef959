"""Teams: who joined them, what was scored for them, and how the system says that they stand."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, integers, known, optional
from reports.measures.books import as_kept, effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

if TYPE_CHECKING:
    from reports.evidence import Evidence

_FEN_A_POINT = 100


@dataclass(frozen=True, slots=True)
class Score:
    """What a payment has scored."""

    name: str
    customer: int
    points: int
    payment: str
    at_ms: float


@dataclass
class Team:
    """One of them. `told` is its score and its members by its own row; None where it has none."""

    members: list[int] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    told: tuple[int, int] | None = None


def teams(evidence: "Evidence") -> dict[str, Team]:
    """All teams by their names.

    Raises:
        NotMapped: no effect of the target's joins a team or scores for one, or nobody asked for either.
        NoEvidence: the effects or the teams are not there.
    """
    plan = evidence.plan
    mapped = {name for name in plan.operations if (one := effect_of(plan, name)) and (one.joins or one.scores)}
    if not mapped:
        raise NotMapped("no effect in the target's file has to do with teams (`joins`, `scores`)")
    if not evidence.has("teams"):
        raise NotMapped("the target's read-back has no teams")
    found: defaultdict[str, Team] = defaultdict(Team)
    _recorded(evidence, found)
    rows = evidence.table("teams")
    score, members = integers(column(rows, "score"), "score"), integers(column(rows, "members"), "members")
    for name, points, count in zip(column(rows, "team"), score.tolist(), members.tolist(), strict=True):
        found[str(name)].told = (points, count)
    if not found and not evidence.asks(mapped):
        raise NotMapped("no customer of this run asked for a team")
    return dict(sorted(found.items()))


def _recorded(evidence: "Evidence", found: "defaultdict[str, Team]") -> None:
    effects = evidence.table("effects")
    ops, ids, named, customer = column(effects, "op"), optional(effects, "id"), optional(effects, "team"), optional(effects, "customer")
    points, ref, at_ms = optional(effects, "points"), optional(effects, "ref"), optional(effects, "at_ms")
    for row in np.flatnonzero(known(named)).tolist():
        effect, team = effect_of(evidence.plan, ops[row]), found[str(named[row])]
        if effect and effect.joins:
            team.members.append(int(customer[row]))
        elif effect and effect.scores:
            team.scores.append(Score(str(ids[row]), int(customer[row]), int(points[row]), as_kept(ref[row]), float(at_ms[row] or 0)))


def due_points(evidence: "Evidence", payments: set[str]) -> dict[str, int]:
    """What each of these payments scores by the rules, by its id, cut to what a business key has room for: a point for a whole yuan."""
    effects = evidence.table("effects")
    ids, fen = optional(effects, "id"), optional(effects, "amount_fen")
    kept = ((as_kept(ids[row]), int(fen[row])) for row in np.flatnonzero(known(ids) & known(fen)).tolist())
    return {name: amount_fen // _FEN_A_POINT for name, amount_fen in kept if name in payments}


def shown_scores(evidence: "Evidence") -> Iterator[tuple[int, str, int]]:
    """What successes showed: the customer, the payment, and how many points."""
    plan, keys = evidence.plan, evidence.keys
    ops = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.scores]
    for row in np.flatnonzero(np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS) & (keys.shown_fen != NO_AMOUNT)).tolist():
        yield int(keys.customer[row]), keys.business[row].decode(errors="replace"), int(keys.shown_fen[row])
