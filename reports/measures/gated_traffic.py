"""Which operations a gate judges."""

from typing import TYPE_CHECKING

from reports.measures.traffic import Traffic
from scenarios.plan.gates import Gate

if TYPE_CHECKING:
    from reports.evidence import Evidence


def gated_traffic(gate: Gate, evidence: "Evidence") -> tuple[Traffic, str]:
    """The operations (attempts, for service times) that a gate judges: the customers'; the pulse's where customers do no such thing.

    Told beside them, to be put behind a figure: whose they are, where they are not the customers'.
    """
    traffic, of = evidence.traffic, ""
    if gate.measure.startswith("service "):
        traffic = evidence.customer_attempts
    if gate.subject is not None:
        mine = traffic.of_operation(gate.subject)
        if not len(mine) and len(evidence.pulse.of_operation(gate.subject)):
            mine, of = evidence.pulse.of_operation(gate.subject), " (of the pulse)"
        traffic = mine
    return (traffic.in_phase(gate.phase) if gate.phase else traffic), of
