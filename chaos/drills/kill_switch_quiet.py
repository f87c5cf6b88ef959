"""The noise of an ordinary day, and a feed that falls silent."""

from pydantic import Field

from chaos.campaign_drill import campaign_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.outcry import Outcry
from chaos.faults.supplier_dial import SupplierDial

PLAN = ("P5-11",)


class KillSwitchQuiet(Drill):
    """Everything just under its threshold, then silence: nothing is paused, and the silence is an alarm."""

    facts = campaign_facts(
        "Noise under the thresholds and a silent feed pause nothing; the silence is told.",
        "trips <= 0",
        "stale alarms >= 1",
        "grants after pause <= 0",
        "success while paused >= 60 %",
    )

    bad: int = Field(default=36, ge=0, le=500, description="of 80 voices; from 40 on it would be grave")
    errors: float = Field(default=0.2, gt=0, le=1, description="share of risk decisions that are errors")
    silent_s: float = Field(default=8.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """The voices, some errors, and then nothing more is heard."""
        return (
            FaultStep(Outcry(feed="sentiment", bad=self.bad, good=80 - self.bad), lasts_s=1.0),
            FaultStep(SupplierDial(supplier="risk", dial="even_errors", value=self.errors), lasts_s=self.silent_s),
            FaultStep(SupplierDial(supplier="sentiment", dial="blackhole", value=1.0), after_s=1.0, lasts_s=self.silent_s),
        )
