"""Everybody loses the connection to the database at the same moment."""

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.sessions_end import SessionsEnd


class ReconnectHerd(Drill):
    """Every session is ended at once: all nodes connect anew, and their herd must not keep the database down."""

    facts = DrillFacts(
        domain="database",
        hypothesis="All nodes connect anew within moments, nothing switches, and no operation is lost.",
        blast_radius="what was in flight, and whoever comes before the nodes have connected anew",
        access=("postgresql", "topology"),
        deadline_s=6.0,
        rto_s=5.0,
        gates=("switches <= 0",),
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow."""
        return (FaultStep(SessionsEnd()),)
