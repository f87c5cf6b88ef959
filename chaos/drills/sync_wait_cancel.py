"""Commits are told not to wait for the standby, and then the primary is lost."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.commits_cancel import CommitsCancel
from chaos.faults.primary_kill import PrimaryKill
from chaos.faults.process_freeze import ProcessFreeze


class SyncWaitCancel(Drill):
    """SIGSTOP of the standby, every commit that waits for it is cancelled, kill -9 of the primary: nobody was told that it is done."""

    facts = DrillFacts(
        domain="database",
        hypothesis=(
            "A commit whose wait was cancelled is acknowledged to nobody, though the database reports success with a warning and shows it"
            " to readers until it is lost, which is its known weakness and counted apart."
        ),
        blast_radius="every write, from the freeze until a database leads again",
        access=("postgresql", "topology"),
        gates=("switches <= 1",),
    )

    freeze_s: float = Field(default=0.2, ge=0, le=60, description="how long commits wait before they are cancelled")

    def steps(self) -> tuple[FaultStep, ...]:
        """The standby freezes, commits wait and are cancelled, and the only server that has them dies."""
        return (
            FaultStep(ProcessFreeze(part="database", role="standby"), sets_up=True),
            FaultStep(CommitsCancel(), after_s=self.freeze_s),
            FaultStep(PrimaryKill()),
        )
