"""The drill that other hands perform: nothing is broken by us, and what they say they do is written down beside what customers feel."""

from enum import StrEnum

from pydantic import Field

from scenarios.plan.phases import Duration
from scenarios.strict import Strict

OBSERVED = "observed"
"""The drill's name: in gates, findings and figures. Each outage that is seen is a strike of it, `observed#2` the second."""


class MarkKind(StrEnum):
    """What the people who fail over say that they have done, in the order in which they do it."""

    DETECTED = "detected"  # they have noticed
    DECIDED = "decided"  # to fail over
    SWITCHING = "switching"  # the command is given
    SWITCHED = "switched"  # the new path accepts writes
    RETURNED = "returned"  # redundancy is restored


class Observed(Strict):
    """How what others break is judged."""

    deadline: Duration = Field(default=300.0, description="by when it must have recovered; else its recovery is '> deadline'")
    window: Duration = Field(default=60.0, description="W: how long the recovered state must hold; 10 s in a short trial")
    p99_limit_ms: float = Field(default=2000.0, gt=0, le=600_000.0, description="of the pulse over the whole of W")
