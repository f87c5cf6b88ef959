"""What customers were shown of a team's score, against what had been scored by then; and how old the list said that it was.

A score is at least what successes had been answered with `stale_s` before the list was asked for, and at most what was asked for before
the list came. Age = from the moment as of which the list says that it is, by the server's clock, to when it was asked for, in seconds.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.books import effect_of
from reports.measures.contradictions import CLOCK_TOLERANCE_MS
from reports.measures.shown_balances import APART_NS
from reports.measures.shown_effects import looks
from reports.measures.teams import Team, due_points
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.target.views import ScoreView

if TYPE_CHECKING:
    from reports.evidence import Evidence

_LONG_AGO_NS, _NEVER_NS = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass
class ShownScores:
    """All looks of a run."""

    held: int = 0
    oldest_s: float | None = None  # when it came, by the list's own word; None where none tells it
    wrong: list[tuple[float, float, str]] = field(default_factory=list)  # when, in seconds since T0; how bad; a sentence


@dataclass(frozen=True, slots=True)
class _Scored:
    points: int
    may_ns: int  # since when it may stand in the list
    must_ns: int  # since when it must


def scores_in_lists(evidence: "Evidence", found: dict[str, Team]) -> ShownScores:
    """Of all teams by their names."""
    told, scored = ShownScores(), _scored(evidence, found)
    names = {answer_digest(name): name for name in found}
    for op, view, read in looks(evidence, ScoreView):
        for look in read:
            name = names.get(int(look["subject"]))
            if name is None:
                continue
            told.held += 1
            at_s, who = look["sent_ns"] / 1e9, f"customer {look['customer']}, {op} at {look['sent_ns'] / 1e9:.3f} s"
            by_ns, done_ns = int(look["sent_ns"]) - round(view.stale_s * 1e9) - APART_NS, int(look["done_ns"]) + APART_NS
            least = sum(one.points for one in scored[name] if one.must_ns <= by_ns)
            most = sum(one.points for one in scored[name] if one.may_ns <= done_ns)
            score = int(look["value"])
            if not least <= score <= most:
                span, off = f"{least}" if least == most else f"{least} to {most}", max(least - score, score - most)
                told.wrong.append((at_s, off, f"{who}: reads a score of {score} for team {name}, it must be {span} by then"))
            told.wrong += _age(evidence, told, look, view.stale_s, who)
    return told


def _age(evidence: "Evidence", told: ShownScores, look: np.void, stale_s: float, who: str) -> Iterator[tuple[float, float, str]]:
    if evidence.t0_ms is None or look["fen"] == NO_AMOUNT:
        return
    as_of_s = (int(look["fen"]) - evidence.t0_ms) / 1000
    age_s, ahead_s = look["sent_ns"] / 1e9 - as_of_s, as_of_s - look["done_ns"] / 1e9
    told.oldest_s = max(told.oldest_s or 0.0, look["done_ns"] / 1e9 - as_of_s)
    tolerance_s = CLOCK_TOLERANCE_MS / 1000
    if age_s > stale_s + tolerance_s:
        yield look["sent_ns"] / 1e9, age_s, f"{who}: reads a list of {age_s:.1f} s ago, {stale_s:g} s are allowed"
    if ahead_s > tolerance_s:
        yield look["sent_ns"] / 1e9, ahead_s, f"{who}: reads a list that says it is of {ahead_s:.1f} s after it came"


def _scored(evidence: "Evidence", found: dict[str, Team]) -> dict[str, list[_Scored]]:
    """What was scored, or asked to be, for each team; what others scored before the run stands throughout."""
    team_of = {customer: name for name, team in found.items() for customer in team.members}
    keys, plan = evidence.keys, evidence.plan
    ops = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.scores]
    asked: defaultdict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero(np.isin(keys.op, ops)).tolist():
        asked[keys.business[row].decode(errors="replace")].append(row)
    due = due_points(evidence, set(asked))
    scored: defaultdict[str, list[_Scored]] = defaultdict(list)
    for payment, rows in asked.items():
        done = [row for row in rows if keys.outcome[row] == Outcome.SUCCESS]
        team = team_of.get(int(keys.customer[rows[0]]))
        if team is not None and payment in due:
            must_ns = min((int(keys.ended_ns[row]) for row in done), default=_NEVER_NS)
            scored[team].append(_Scored(due[payment], min(int(keys.intended_ns[row]) for row in rows), must_ns))
    for name, team_told in found.items():
        scored[name] += [_Scored(one.points, _LONG_AGO_NS, _NEVER_NS) for one in team_told.scores if one.payment not in asked]
    return scored
