"""The system could be asked afterwards, and its answer is whole."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, trusted
from reports.formatting import few, many
from scenarios.run.event_kinds import ALL_TABLES, ReadbackMissing

ID = "read-back"
TITLE = "The read-back is whole"
KIND = Kind.VALIDITY
TAINTS = (About.EFFECTS,)
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> Finding:
    """Every table that the target maps: captured, complete, and as its checksum says."""
    readback = evidence.plan.target.readback
    if readback is None or not readback.tables:
        raise NoEvidence("the target offers no read-back, so nothing that it acknowledged can be checked")
    problems = [evidence.table_problems[role] for role in sorted(evidence.table_problems)]
    left_out = [missing.facts.reason for missing in evidence.of_kind(ReadbackMissing) if missing.facts.table == ALL_TABLES]
    if problems and left_out:
        problems.insert(0, f"the read-back was {left_out[0]}")
    rows = sum(entry.rows for entry in evidence.manifest.values())
    detail = problems[0] if problems else f"{many(rows, 'row')} in {many(len(readback.tables), 'table')}, as captured"
    return trusted(not problems, ID, len(evidence.table_problems), 0, "tables", detail, few(problems))
