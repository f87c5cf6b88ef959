"""The database is switched over on purpose, and back."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.planned_switch import PlannedSwitch as Fault

PLAN = ("P5-03",)


class PlannedSwitch(Drill):
    """The standby is made to lead while all is well, and after a while the former primary again: customers hardly feel it."""

    facts = DrillFacts(
        domain="database",
        hypothesis="A switch that is planned costs a moment over and a moment back, and nothing that was acknowledged.",
        blast_radius="every write, for the moment of the switch over and of the one back",
        access=("topology",),
        deadline_s=15.0,
        rto_s=15.0,
        gates=("switches == 2", "outage-equivalent <= 5 s"),
    )

    lasts_s: float = Field(default=1.0, gt=0, le=600, description="from the switch over to the order to go back")

    def steps(self) -> tuple[FaultStep, ...]:
        """Over, and back as soon as the former primary has everything."""
        return (FaultStep(Fault(), lasts_s=self.lasts_s),)
