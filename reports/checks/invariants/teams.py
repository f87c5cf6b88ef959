"""A team's score is what its members pay, for whoever looks too; no team is too large, nobody is in two, and the best wins."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many, yuan
from reports.measures.kill_switch import in_pause
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.shown_scores import ShownScores, scores_in_lists
from reports.measures.teams import Contest, Team, contest, due_points, shown_scores, teams

ID = "teams"
TITLE = "A team scores what its members pay"
KIND = Kind.INVARIANT
PLAN = ("P1-09", "P2-10")


def check(evidence: Evidence) -> list[Finding]:
    """What customers were shown against what they paid, then members and scores by the plan and the teams' own rows; then lists."""
    found, shown, size = teams(evidence), list(shown_scores(evidence)), evidence.plan.scenario.campaign.team.size
    due = due_points(evidence, {payment for _, payment, _ in shown} | {one.payment for team in found.values() for one in team.scores})
    wrong = [*_shown(shown, due), *_in_two(found)]
    wrong += [offender for name, team in found.items() for offender in _team(name, team, size, due)]
    members = sum(len(team.members) for team in found.values())
    scores = sum(len(team.scores) for team in found.values())
    detail = f"{many(len(found), 'team')}, {many(members, 'member')}, {many(scores, 'score')}; {len(wrong) or 'none'} not by the rules"
    lists = scores_in_lists(evidence, found)
    over = contest(evidence, found)
    prizes = [_prizes(evidence, found, over)] if over else []
    return [judged(not wrong, ID, len(wrong), 0, "teams", detail, first_worst_last(wrong)), *prizes, *_lists(lists)]


def _prizes(evidence: Evidence, found: dict[str, Team], over: Contest) -> Finding:
    """Nothing is won while the campaign is paused, and a pause may outlast the load."""
    paused = bool(in_pause(evidence, np.array([evidence.load_ends_s]))[0]) and not over.won
    wrong = [] if paused else list(_not_due(found, over, evidence.plan.scenario.campaign.team.prize_fen))
    best = f"team {over.best[0]} is the best" if over.best else "no team has scored"
    detail = f"{best}; {many(len(over.won), 'prize')} of {yuan(sum(fen for _, fen in over.won))}, {len(wrong) or 'none'} not due"
    return judged(
        not wrong, "team-prizes", len(wrong), 0, "prizes", detail, first_worst_last(wrong), "The best team wins, each member once"
    )


def _not_due(found: dict[str, Team], over: Contest, prize_fen: int) -> Iterator[Offender]:
    times = Counter(customer for customer, _ in over.won)
    winners = next((name for name in over.best if set(found[name].members) == times.keys()), over.best[0] if over.best else "")
    members = set(found[winners].members) if winners else set()
    for customer in sorted(members - times.keys()):
        yield Offender(0, prize_fen, f"customer {customer}: no prize, and is in team {winners}, the best")
    for customer, count in sorted(times.items()):
        if customer not in members:
            yield Offender(0, count * prize_fen, f"customer {customer}: the best team's prize, and is not in it")
        elif count > 1:
            yield Offender(0, count * prize_fen, f"customer {customer}: the best team's prize {count} times")
    for customer, fen in over.won:
        if fen != prize_fen:
            yield Offender(0, abs(fen - prize_fen), f"customer {customer}: a prize of {fen} fen, {prize_fen} are planned")
    granted_fen = sum(fen for _, fen in over.won)
    if over.spent_fen is not None and over.spent_fen != granted_fen:
        yield Offender(0, abs(over.spent_fen - granted_fen), f"team: {over.spent_fen} fen debited for grants of {granted_fen}")


def _lists(lists: ShownScores) -> Iterator[Finding]:
    if not lists.held:
        return
    wrong = [Offender(at_s * 1000, weight, sentence) for at_s, weight, sentence in lists.wrong]
    age = "" if lists.oldest_s is None else f"; by their own word {1000 * lists.oldest_s:.0f} ms old at most when they came"
    detail = f"{many(lists.held, 'look')} at a team's score, {len(wrong) or 'none'} older or higher than it can have been{age}"
    title = "The list of teams is as fresh as it says"
    yield judged(not wrong, "team-scores-shown", len(wrong), 0, "reads", detail, first_worst_last(wrong), title)


def _shown(shown: list[tuple[int, str, int]], due: dict[str, int]) -> Iterator[Offender]:
    for customer, payment, points in shown:
        owed = due.get(payment, points)
        if points != owed:
            yield Offender(0, abs(points - owed), f"customer {customer}: {points} points shown for {payment}, {owed} are due")


def _team(name: str, team: Team, size: int, due: dict[str, int]) -> Iterator[Offender]:
    last_ms = max((one.at_ms for one in team.scores), default=0.0)
    if len(team.members) > size:
        yield Offender(last_ms, len(team.members) - size, f"team {name}: {len(team.members)} members, {size} may be")
    members = set(team.members)
    for one in team.scores:
        owed = due.get(one.payment, one.points)
        if one.customer not in members:
            yield Offender(one.at_ms, one.points, f"team {name}: {one.points} points of customer {one.customer}, who is not in it")
        if one.points != owed:
            yield Offender(one.at_ms, abs(one.points - owed), f"team {name}: {one.points} points for {one.payment}, {owed} are due")
    made = (sum(one.points for one in team.scores), len(team.members))
    if team.told is None:
        yield Offender(last_ms, made[0], f"team {name}: it has no row, and {made[0]} points of {many(made[1], 'member')}")
    elif team.told != made:
        sentence = f"team {name}: a score of {team.told[0]} and {many(team.told[1], 'member')}, they make {made[0]} and are {made[1]}"
        yield Offender(last_ms, abs(team.told[0] - made[0]), sentence)


def _in_two(found: dict[str, Team]) -> Iterator[Offender]:
    places = Counter(customer for team in found.values() for customer in team.members)
    for customer, times in sorted(places.items()):
        if times > 1:
            names = ", ".join(name for name, team in found.items() for one in team.members if one == customer)
            yield Offender(0, times, f"customer {customer} is in a team {times} times: {names}")
