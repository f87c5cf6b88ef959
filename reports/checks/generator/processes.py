"""Every process that took part lived to its end."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few, many
from scenarios.run.event_kinds import LoadFinished, LoadLost, LoadReady, RunEnded, RunInterrupted
from scenarios.run.fault_event_kinds import WatchdogLost

ID = "processes"
TITLE = "No process was lost"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> Finding:
    """Load processes that died, or got ready and never finished, and the watchdog.

    A run that was stopped, or whose door died, says so itself; that a load process then never got ready or finished is no news.
    """
    lost = [_died(event.facts) for event in evidence.of_kind(LoadLost)]
    lost += [f"the watchdog died: {event.facts.reason}" for event in evidence.of_kind(WatchdogLost)]
    ready = {event.writer for event in evidence.of_kind(LoadReady)}
    finished = {event.writer for event in evidence.of_kind(LoadFinished)}
    named = {event.facts.process for event in evidence.of_kind(LoadLost)}
    if evidence.of_kind(RunEnded) and not evidence.of_kind(RunInterrupted):
        lost += [f"load process {writer} never finished" for writer in sorted(ready - finished - named)]
        missing = max(1, evidence.plan.workers) - len(ready)
        lost += [f"{many(missing, 'load process')} of {max(1, evidence.plan.workers)} never got ready"] if missing > 0 else []
    detail = lost[0] if lost else f"{many(len(ready), 'load process')} lived to the end"
    return trusted(not lost, ID, len(lost), 0, "processes", detail, few(lost))


def _died(lost: LoadLost) -> str:
    if lost.exit_code is not None:
        return f"load process {lost.process} died (exit code {lost.exit_code})"
    return f"load process {lost.process}{f' on {lost.host}' if lost.host else ''} was lost: {lost.reason}"
