"""What went wrong, attempt by attempt: causes, connections that could not be made, journeys that broke."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from reports.evidence import Evidence
from reports.output.html import table, text
from reports.output.report import Report
from scenarios.run.causes import cause
from scenarios.run.event_kinds import LoadFinished
from scenarios.run.outcomes import NO_ERROR, Outcome

ORDER = 85
TITLE = "What went wrong"

_MOST_ROWS = 60


def section(report: Report) -> str:
    """Each cause with its number of attempts; nothing where every attempt had a correct answer and no journey broke."""
    evidence = report.evidence
    ended = evidence.of_kind(LoadFinished)
    return (
        _counted(("Operation", "Outcome", "Cause", "Attempts"), _attempts(evidence))
        + _counted(("Connections that could not be made", "Times"), _summed(event.facts.troubles for event in ended))
        + _counted(("Answers that could not be read", "Times"), _summed(event.facts.unread for event in ended))
        + _counted(("Journeys that broke", "Times"), _summed(event.facts.broken_journeys for event in ended))
    )


def _attempts(evidence: Evidence) -> Counter[tuple[str, ...]]:
    bad = evidence.samples[~np.isin(evidence.samples["outcome"], NO_ERROR)]
    names = evidence.plan.operations
    counts: Counter[tuple[str, ...]] = Counter()
    for (op, outcome, status, flags), count in zip(
        *np.unique(bad[["operation_index", "outcome", "status", "flags"]], return_counts=True), strict=True
    ):
        name = names[op] if op < len(names) else "a Locust user's own"
        counts[name, Outcome(outcome).label, cause(status, flags)] += int(count)
    return counts


def _summed(told: Iterable[dict[str, int]]) -> Counter[tuple[str, ...]]:
    """What the load processes have told of it at their ends, together."""
    counts: Counter[tuple[str, ...]] = Counter()
    for reasons in told:
        for reason, count in reasons.items():
            counts[(reason,)] += count
    return counts


def _counted(head: tuple[str, ...], counts: Counter[tuple[str, ...]]) -> str:
    """The most frequent ones."""
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST_ROWS]
    rows = [(*(text(cell) for cell in cells), f"{count:,}") for cells, count in ranked]
    return table(head, rows, numbers=(len(head) - 1,)) if rows else ""
