"""The standby lags unseen when the primary is lost."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.primary_kill import PrimaryKill
from chaos.faults.process_freeze import ProcessFreeze


class FrozenStandby(Drill):
    """SIGSTOP of the standby, then kill -9 of the primary: what was acknowledged meanwhile must not be lost, or be counted as lost."""

    facts = DrillFacts(
        domain="database",
        hypothesis="What is acknowledged while the standby hangs survives the primary's death, or is never acknowledged.",
        blast_radius="every write, from the freeze until a database leads again",
        access=("topology",),
    )

    freeze_s: float = Field(default=1.0, ge=0, le=60, description="how long the standby is frozen before the primary is killed")

    def steps(self) -> tuple[FaultStep, ...]:
        """The standby freezes, the primary dies. Nobody wakes the standby: what it had not read yet is lost if it must be restarted."""
        return (
            FaultStep(ProcessFreeze(part="database", role="standby"), sets_up=True),
            FaultStep(PrimaryKill(), after_s=self.freeze_s),
        )
