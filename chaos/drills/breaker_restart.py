"""A node dies while its breaker is open."""

from chaos.dependency_drill import dependency_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.process_kill import ProcessKill
from chaos.faults.supplier_dial import SupplierDial

_SILENT_S = 10.0
_KILLED_AFTER_S = 3.0
_BACK_AFTER_S = 1.0


class BreakerRestart(Drill):
    """The supplier is silent, a node is killed and comes back: it does not call anew what its predecessor knew to be out of order."""

    facts = dependency_facts(
        "risk",
        "A node that comes back spares the supplier that the one before it had found out of order.",
        "half-open probes <= 5",
        "calls while open <= 0",
        "time to close <= 4 s",
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """The node is back long before the supplier is."""
        silent = SupplierDial(supplier="risk", dial="blackhole", value=1.0)
        killed = ProcessKill(part="node", role="campaign", datacentre="A")
        return (FaultStep(silent, lasts_s=_SILENT_S), FaultStep(killed, after_s=_KILLED_AFTER_S, lasts_s=_BACK_AFTER_S))
