"""What the generator should have sent, and did not."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.run.event_kinds import LoadFinished

if TYPE_CHECKING:
    from reports.evidence import Evidence


def unsent(evidence: "Evidence", *, pulse: bool = True) -> tuple[int, int]:
    """Operations offered (the pulse's among them or not), and those of them that the generator never sent.

    Load processes count what they never sent; what has a sample that says so is counted too, whichever is more.
    """
    operations = evidence.operations if pulse else evidence.traffic.operations
    flagged = int(np.count_nonzero(evidence.operations.unsent))
    told = sum(event.facts.unsent for event in evidence.of_kind(LoadFinished))
    without_sample = max(0, told - flagged)
    return len(operations) + without_sample, int(np.count_nonzero(operations.unsent)) + without_sample
