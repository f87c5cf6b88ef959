"""The generator sent what the scenario asks for."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, trusted
from reports.formatting import many, number
from reports.measures.unsent import unsent

ID = "unsent"
TITLE = "The generator sent everything"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> Finding:
    """What the generator itself did not send, as a share of what was offered."""
    offered, missed = unsent(evidence)
    if not offered:
        raise NoEvidence("nothing was offered: there are no samples")
    share = missed / offered
    limit = evidence.plan.scenario.trust.unsent_ratio
    detail = f"{many(offered, 'operation')} offered, {missed or 'none'} unsent by the generator ({number(share * 100, 2)} %)"
    return trusted(share <= limit, ID, share, limit, "ratio", detail)
