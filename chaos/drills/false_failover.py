"""The primary database hiccups, and is well."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.process_freeze import ProcessFreeze

_TIMES = 3


class FalseFailover(Drill):
    """SIGSTOP of the primary for a moment, three times: too short to be a loss, so nothing may switch."""

    facts = DrillFacts(
        domain="database",
        hypothesis="A hiccup is waited for: nobody is fenced, nothing switches, and no operation is lost.",
        blast_radius="every write, for the moment of each hiccup",
        access=("topology",),
        deadline_s=8.0,
        rto_s=8.0,
        gates=("switches <= 0",),
    )

    hiccup_s: float = Field(default=0.3, gt=0, le=10)
    apart_s: float = Field(default=1.5, gt=0, le=60, description="from one to the next")

    def steps(self) -> tuple[FaultStep, ...]:
        """Frozen and woken, three times."""
        hiccup = ProcessFreeze(part="database", role="primary")
        return tuple(FaultStep(hiccup, after_s=self.apart_s if number else 0.0, lasts_s=self.hiccup_s) for number in range(_TIMES))
