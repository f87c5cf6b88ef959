"""A supplier errs just under the threshold of its breakers."""

from pydantic import Field

from chaos.dependency_drill import dependency_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.supplier_dial import SupplierDial


class BreakerFalseTrip(Drill):
    """40 % errors, dealt out evenly to each caller, where half of them would open a breaker: none opens."""

    facts = dependency_facts(
        "risk",
        "No breaker opens while its supplier errs less often than the breaker's threshold.",
        "openings <= 0",
    )

    errors: float = Field(default=0.4, gt=0, le=1, description="share of its answers that are errors")
    lasts_s: float = Field(default=9.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One turn of the dial."""
        return (FaultStep(SupplierDial(supplier="risk", dial="even_errors", value=self.errors), lasts_s=self.lasts_s),)
