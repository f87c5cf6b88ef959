"""What operators do to the campaign leaves its row in the audit: who did what, when."""

from datetime import UTC, datetime

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import known, optional
from scenarios.target.model import Target

ID = "audit-trail"
TITLE = "Operators leave their trace"
KIND = Kind.INVARIANT

_TOLERANCE_MS = 60_000.0
"""How far the target's wall clock and ours may be apart without a row seeming to be of another time."""


def check(evidence: Evidence) -> list[Finding]:
    """The requests by which this run opened its campaign, against the audit's rows from the run's beginning until customers came.

    Only where the target maps an audit and its campaign is opened by requests.
    """
    steps = _audited(evidence.plan.target)
    if not steps or not evidence.has("audit"):
        return []
    rows = evidence.table("audit")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    actor, action, at_ms = (optional(rows, name) for name in ("actor", "action", "at_ms"))
    timed = np.flatnonzero(known(at_ms))
    if len(rows) and not len(timed):
        raise NoEvidence("the read-back's audit does not tell its times")
    times = at_ms[timed].astype(np.float64)
    mine = timed[(times >= _began_ms(evidence.plan.run, evidence.t0_ms) - _TOLERANCE_MS) & (times <= evidence.t0_ms + _TOLERANCE_MS)]
    mute = mine[~(known(actor) & known(action))[mine]]
    missing = max(0, steps - (len(mine) - len(mute)))
    return [
        judged(
            not missing and not len(mute),
            ID,
            missing + len(mute),
            0,
            "rows",
            f"the campaign was opened by {many(steps, 'request')}; {many(len(mine) - len(mute), 'row')} of the audit say by whom",
            few(f"a row at {datetime.fromtimestamp(at / 1000, UTC):%H:%M:%S} UTC that does not say who or what" for at in at_ms[mute]),
        )
    ]


def _audited(target: Target) -> int:
    """How many of its requests go to a service whose audit is mapped; all of them, where no service with an audit gets any."""
    audits = {table.service for table in target.readback.tables.values() if table.role == "audit"} if target.readback else set()
    steps = target.prepare.open
    return sum(step.service in audits for step in steps) or len(steps)


def _began_ms(run: str, t0_ms: float) -> float:
    """When the run's folder was made, which is in its name; else a while before T0."""
    try:
        return datetime.strptime(run.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp() * 1000
    except ValueError:
        return t0_ms - 600_000
