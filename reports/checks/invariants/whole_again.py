"""Once a fault is taken back the system is whole again, by its deadline: one that stays broken is broken, whoever broke it."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, Status, judged
from reports.formatting import few
from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.run.event_kinds import RunNotWhole

ID = "whole-again"
TITLE = "Whole again once the fault is gone"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """Each fault that was injected: health verified, refuted by the system's own word, or never told, which proves nothing.

    And the system at the end, when every fault had been taken back.
    """
    ours = [strike for strike in evidence.strikes if strike.zero_s is not None and not strike.observed]
    found = [_healed(strike) for strike in ours if not strike.not_undone]  # what is still broken on purpose owes no health
    last = [event.facts for event in evidence.of_kind(RunNotWhole)]
    if last:
        said = [f"not whole {facts.within_s:g} s after every fault was taken back: {facts.evidence}" for facts in last]
        found.append(judged(False, ID, None, None, "", said[0], few(said)))  # noqa: FBT003 - the first thing a check has to say
    return found


def _healed(strike: StrikeOutcome) -> Finding:
    name = f"healed after {strike.id}"
    if strike.not_healed:
        return Finding(name, Status.FAIL, None, None, "", f"{strike.id}: {strike.not_healed}")
    if strike.healed_s is None:
        return Finding(name, Status.INVALID, None, None, "", f"{strike.id}: health was never verified after the undo")
    return Finding(name, Status.PASS, None, None, "", f"{strike.id}: health verified")
