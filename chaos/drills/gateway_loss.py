"""One centre's gateway is lost at the peak."""

from chaos.drill import EACH_WAY, Drill, DrillFacts, FaultStep
from chaos.faults.process_kill import ProcessKill

PLAN = ("P5-03",)


class GatewayLoss(Drill):
    """kill -9 of one centre's gateway: its customers connect anew at the other's, and it comes back as it was."""

    facts = DrillFacts(
        domain="node",
        hypothesis="Its customers go to the other centre's gateway at once; no operation is lost.",
        blast_radius="what was in flight through it",
        access=("topology",),
        deadline_s=6.0,
        rto_s=0.5,
        gates=("switches <= 0",),
        ways=EACH_WAY,
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; its owner brings it back unasked."""
        return (FaultStep(ProcessKill(part="gateway")),)
