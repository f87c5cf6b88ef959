"""A percentile that a gate names stands on enough operations: ten beyond it."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import few, many
from reports.measures.gated_traffic import gated_traffic
from reports.measures.quantiles import least_samples

ID = "enough-samples"
TITLE = "Percentiles stand on enough operations"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC,)
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> list[Finding]:
    """The operations behind each gate on a percentile, against 10 / (1 - q). A run that a gate stopped has no time to have enough."""
    thin: list[str] = []
    gates = [(gate, gate.about.quantile) for gate in evidence.plan.scenario.parsed_gates]
    asked = [(gate, quantile) for gate, quantile in gates if quantile is not None]
    for gate, quantile in asked:
        count, needed = len(gated_traffic(gate, evidence)[0].sent), least_samples(quantile)
        if count < needed:
            thin.append(f"{gate.text}: {many(count, 'operation')}, {needed:,} are needed")
    if not asked or evidence.stopped_by_gate:
        return []
    detail = thin[0] if thin else f"{many(len(asked), 'gate')} on percentiles, each on enough operations"
    return [trusted(not thin, ID, len(thin), 0, "gates", detail, few(thin))]
