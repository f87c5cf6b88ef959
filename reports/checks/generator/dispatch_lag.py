"""The generator sent on time: what it added itself is small."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, trusted
from reports.formatting import milliseconds
from reports.measures.quantiles import Ranked
from scenarios.run.latency import dispatch_lag_us
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT

ID = "dispatch-lag"
TITLE = "The generator sent on time"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> Finding:
    """p99 of sent - ready, the wait for a connection apart, over all attempts that were sent."""
    lag_us = dispatch_lag_us(evidence.samples)[evidence.samples["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0]
    p99 = Ranked(lag_us, np.zeros(len(lag_us), bool)).at(0.99)
    if p99 is None:
        raise NoEvidence("nothing was sent")
    limit = evidence.plan.scenario.trust.dispatch_lag_p99_ms
    detail = f"p99 of the generator's own delay is {milliseconds(p99.ms)} over {len(lag_us):,} attempts"
    return trusted(p99.ms <= limit, ID, p99.ms, limit, "ms", detail)
