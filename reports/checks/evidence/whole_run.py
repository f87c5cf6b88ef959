"""The run came to its end."""

from dataclasses import replace

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import many
from scenarios.run.event_kinds import LoadSufficed, RunEnded, RunInterrupted, RunStarted

ID = "whole-run"
TITLE = "The run came to its end"
KIND = Kind.VALIDITY
EXPLAINED_BY = ("processes",)


def check(evidence: Evidence) -> Finding:
    """Started, not interrupted, ended, by a target that was there when it began; a run that a gate stopped is whole."""
    started, ended = evidence.of_kind(RunStarted), evidence.of_kind(RunEnded)
    cut = evidence.of_kind(RunInterrupted)
    planned_s = evidence.plan.scenario.lasts_s
    if asked := evidence.asked_in_vain:
        gone = f"none of {many(asked, 'request')} was answered: the target was gone before the first of them"
        return _found(evidence, gone, "")
    if evidence.stopped_by_gate and ended:
        return _found(evidence, "", "a gate stopped the run")
    if not started:
        return _found(evidence, "the run never started", "")
    if cut:
        return _found(evidence, f"partial: interrupted at {cut[0].at_s:.1f} s of {planned_s:g} s ({cut[0].facts.reason})", "")
    if not ended:
        return _found(evidence, f"partial: the records end at {evidence.last_s:.1f} s, and nobody ended the run", "")
    return _found(evidence, "", _whole(evidence, planned_s))


def _whole(evidence: Evidence, planned_s: float) -> str:
    if evidence.of_kind(LoadSufficed):
        return f"{evidence.load_ends_s:.1f} s of load of {planned_s:g} s: every drill had recovered, and its window was over"
    return f"{planned_s:g} s of load, to the end"


def _found(evidence: Evidence, problem: str, fine: str) -> Finding:
    found = trusted(not problem, ID, round(evidence.load_ends_s, 3), evidence.plan.scenario.lasts_s, "s", problem or fine)
    return replace(found, sign=">=")
