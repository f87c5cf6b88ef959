"""The same claims come again and again, in both centres, while the primary database is lost."""

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.primary_kill import PrimaryKill


class DuplicateSubmit(Drill):
    """kill -9 of the primary under customers who send each claim five times: one grant for each key."""

    facts = DrillFacts(
        domain="campaign",
        hypothesis="However often and wherever a claim arrives, and whatever is lost meanwhile, it is granted once.",
        blast_radius="every write, until the standby is promoted",
        access=("topology",),
        gates=("duplicates <= 0",),
        customers={"five-taps": 75.0, "ordinary-banking": 20.0, "idempotency-probe": 5.0},
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow."""
        return (FaultStep(PrimaryKill()),)
