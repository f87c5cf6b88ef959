"""A supplier comes and goes."""

from pydantic import Field

from chaos.dependency_drill import dependency_facts
from chaos.drill import Drill, FaultStep
from chaos.faults.supplier_dial import SupplierDial


class SupplierFlapping(Drill):
    """All errors, all well, again and again: the breakers follow no faster than their wait, and close for good."""

    facts = dependency_facts(
        "risk",
        "A breaker opens no more often than its wait allows, spares the supplier meanwhile, and closes soon after it is well for good.",
        "openings <= 5",
        "half-open probes <= 5",
        "calls while open <= 0",
        "time to close <= 4 s",
        "flaps <= 0",
    )

    times: int = Field(default=3, ge=1, le=20)
    each_lasts_s: float = Field(default=1.5, gt=0, le=60, description="how long it errs, and how long it is well between")

    def steps(self) -> tuple[FaultStep, ...]:
        """Each turn begins when the one before it is over and as long again."""
        erring = SupplierDial(supplier="risk", dial="errors", value=1.0)
        return tuple(
            FaultStep(erring, after_s=2 * self.each_lasts_s if number else 0.0, lasts_s=self.each_lasts_s) for number in range(self.times)
        )
