"""Something is broken by an action of a Chaos Toolkit driver."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.toolkit_switch import ToolkitSwitch


class ToolkitOutage(Drill):
    """What a driver of Chaos Toolkit can break is broken, and mended by the action that the target's file names beside it."""

    facts = DrillFacts(
        domain="dependency",
        hypothesis="What needs the broken part is refused in so many words, and goes on once it is mended; no operation is lost.",
        blast_radius="what the target's file maps the switch to",
        access=("toolkit",),
        deadline_s=60.0,
        rto_s=60.0,
    )

    switch: str = Field(default="outage", description="by its name under `toolkit: switches` of the target's file")
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One switch, turned back in mid-load."""
        return (FaultStep(ToolkitSwitch(switch=self.switch), lasts_s=self.lasts_s),)
