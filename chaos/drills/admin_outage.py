"""A part of the target is broken through its own admin interface."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.admin_switch import AdminSwitch


class AdminOutage(Drill):
    """What the target's admin interface can break is broken, and mended: who depends on it must say so, and no operation may be lost."""

    facts = DrillFacts(
        domain="dependency",
        hypothesis="What needs the broken part is refused in so many words, and goes on once it is mended; no operation is lost.",
        blast_radius="what the target's file maps the switch to",
        access=("http-admin",),
    )

    switch: str = Field(default="outage", description="by its name under the target's `admin`")
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One switch, turned back in mid-load."""
        return (FaultStep(AdminSwitch(switch=self.switch), lasts_s=self.lasts_s),)
