"""Nobody watches when the primary database is lost."""

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.unwatched_primary_kill import UnwatchedPrimaryKill


class SupervisorDeath(Drill):
    """kill -9 of the supervisor, then of the primary database: the supervisor comes back, finds it, and loses nothing acknowledged."""

    facts = DrillFacts(
        domain="database",
        hypothesis="The supervisor is started again, has a database lead that has everything, and nothing that was acknowledged is lost.",
        blast_radius="every write, until the supervisor is back and a database leads",
        access=("topology",),
        deadline_s=12.0,
        rto_s=12.0,
        gates=("switches <= 1",),
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow to both."""
        return (FaultStep(UnwatchedPrimaryKill()),)
