"""The data centre with the primary database is lost at the peak."""

from chaos.drill import EACH_WAY, Drill, DrillFacts, FaultStep
from chaos.faults.centre_loss import CentreLoss

PLAN = ("P5-03",)


class DatacentreLoss(Drill):
    """kill -9 of a centre's gateway, nodes and primary database at one instant: the other centre carries everything."""

    facts = DrillFacts(
        domain="centre",
        hypothesis="The other centre's database takes over and its gateway has everybody; nothing that was acknowledged is lost.",
        blast_radius="every write until the standby leads, and whatever was in flight through the lost gateway",
        access=("topology",),
        deadline_s=8.0,
        rto_s=2.0,
        gates=("switches <= 1",),
        ways=EACH_WAY[:1],  # a gateway that is lost with its centre has no recovery of its own
    )

    def steps(self) -> tuple[FaultStep, ...]:
        """One blow; the centre comes back once the evidence of the loss is captured."""
        return (FaultStep(CentreLoss()),)
