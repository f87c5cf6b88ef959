"""The core bank errs in every answer to the campaign."""

from pydantic import Field

from chaos.drill import Drill, FaultStep
from chaos.drills.bank_slow import BankSlow
from chaos.faults.internal_errors import InternalErrors


class BankErrors(Drill):
    """The bank does nothing for the campaign and says so: its breakers open, and what is owed waits and is paid once when it is well."""

    facts = BankSlow.facts.model_copy(update={"access": ("internal-calls", "topology")})

    lasts_s: float = Field(default=16.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """One turn of the dial."""
        return (FaultStep(InternalErrors(), lasts_s=self.lasts_s),)
