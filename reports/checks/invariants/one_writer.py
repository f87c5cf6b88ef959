"""There is one writer at a time: what a second one acknowledges, nobody has afterwards."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many, number
from reports.measures.writers import by_either, counted

ID = "one-writer"
TITLE = "Never two writers"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """Seconds with two writers, by the system's own word and by the acknowledgements after a fault that only the losing side has."""
    if not any(strike.zero_s is not None for strike in evidence.strikes):
        return []
    spans = by_either(evidence)
    longest_s = max((span.lasts_s for span in spans), default=0.0)
    detail = "no second writer was seen"
    if not counted(evidence):
        detail = "nothing is acknowledged that only a losing side has; the target does not tell who accepts writes"
    if spans:
        lost = sum(span.operations for span in spans)
        detail = f"two writers for {number(longest_s)} s"
        detail += f"; {many(lost, 'operation')} that only the losing side has" if lost else ""
    return [judged(not spans, ID, round(longest_s, 3), 0, "s", detail, few(str(span) for span in spans))]
