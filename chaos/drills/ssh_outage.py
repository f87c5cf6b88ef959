"""Something on another machine is broken by its own commands."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.ssh_switch import SshSwitch


class SshOutage(Drill):
    """What the operator's file says how to break on another machine is broken, and mended."""

    facts = DrillFacts(
        domain="node",
        hypothesis="The others carry the load, or whoever needs it is refused in so many words and goes on then; no operation is lost.",
        blast_radius="what the operator's file maps the switch to",
        access=("ssh",),
    )

    switch: str = Field(default="outage", description="by its name under `ssh: switches` of the operator's file")
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One switch, turned back in mid-load."""
        return (FaultStep(SshSwitch(switch=self.switch), lasts_s=self.lasts_s),)
