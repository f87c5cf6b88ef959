"""Every process that took part lived to its end."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few, many
from scenarios.run.events import Event

ID = "processes"
TITLE = "No process was lost"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> Finding:
    """Load processes that got ready and never finished, those that died, and the watchdog."""
    lost = [_died(event) for event in evidence.of_kind("load.lost")]
    lost += [f"the watchdog died: {event.text('reason')}" for event in evidence.of_kind("watchdog.lost")]
    ready = {event.text("writer") or event.writer for event in evidence.of_kind("load.ready")}
    finished = {event.text("writer") or event.writer for event in evidence.of_kind("load.finished")}
    named = {event.text("writer") for event in evidence.of_kind("load.lost")}
    lost += [f"load process {writer} never finished" for writer in sorted(ready - finished - named)]
    missing = max(1, evidence.plan.workers) - len(ready)
    lost += [f"{many(missing, 'load process')} of {max(1, evidence.plan.workers)} never got ready"] if missing > 0 else []
    detail = lost[0] if lost else f"{many(len(ready), 'load process')} lived to the end"
    return trusted(not lost, ID, len(lost), 0, "processes", detail, few(lost))


def _died(event: Event) -> str:
    writer, host = event.text("writer"), event.text("host")
    if "reason" not in event.facts:
        return f"load process {writer} died (exit code {event.text('exit_code')})"
    return f"load process {writer}{f' on {host}' if host else ''} was lost: {event.text('reason')}"
