"""Teams: who joined them, what was scored for them, and how the system says that they stand."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, integers, known, optional
from reports.measures.books import as_kept, effect_of
from reports.measures.budgets import kept
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT
from scenarios.target.readback import Source

if TYPE_CHECKING:
    from reports.evidence import Evidence

_FEN_A_POINT = 100
_KIND = "team"  # of what the best team's members are given, and the bucket that it is paid from
_AT_ONCE_MS = 1000.0  # a score tells when it was begun, and counts from when it was done


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


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest that is over: the teams that may have won it, by their recorded scores, and what was won."""

    best: tuple[str, ...]  # those of the greatest score that were there first, as near as clocks can tell; empty: none has scored
    won: tuple[tuple[int, int], ...]  # customer, fen
    spent_fen: int | None  # by the system's own account of the bucket; None where it does not tell


def contest(evidence: "Evidence", found: dict[str, Team]) -> Contest | None:
    """The teams' contest; None where it is not over while there is load, or the target's file knows no prize for it."""
    rewarded = [table.fields.get("kind", "") for table in _tables(evidence) if table.role == "rewards"]
    if not evidence.plan.scenario.campaign.team.ends or not any(kind.strip("'") == _KIND or not kind.startswith("'") for kind in rewarded):
        return None
    rewards = evidence.table("rewards")
    rows = zip(column(rewards, "kind"), integers(column(rewards, "customer"), "customer"), optional(rewards, "amount_fen"), strict=True)
    won = tuple((int(customer), int(fen)) for kind, customer, fen in rows if kind == _KIND)
    told = kept(evidence).get(_KIND)
    return Contest(_best(found), won, told.spent_fen if told else None)


def _tables(evidence: "Evidence") -> Iterator[Source]:
    readback = evidence.plan.target.readback
    yield from readback.tables.values() if readback else ()


def _best(found: dict[str, Team]) -> tuple[str, ...]:
    scored = {name: sum(one.points for one in team.scores) for name, team in found.items()}
    most = max(scored.values(), default=0)
    there_ms = {name: max(one.at_ms for one in found[name].scores) for name, score in scored.items() if score == most > 0}
    first_ms = min(there_ms.values(), default=0.0)
    return tuple(name for name, at_ms in sorted(there_ms.items(), key=lambda one: one[1]) if at_ms <= first_ms + _AT_ONCE_MS)


def shown_scores(evidence: "Evidence") -> Iterator[tuple[int, str, int]]:
    """What successes showed: the customer, the payment, and how many points."""
    plan, keys = evidence.plan, evidence.keys
    ops = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.scores]
    for row in np.flatnonzero(np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS) & (keys.shown_fen != NO_AMOUNT)).tolist():
        yield int(keys.customer[row]), keys.business[row].decode(errors="replace"), int(keys.shown_fen[row])
