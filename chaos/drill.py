"""What a drill is: faults in their order, and when each is taken back. The runner does the rest, alike for all drills."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from chaos.fault import Fault
from scenarios.strict import Strict


@dataclass(frozen=True, slots=True)
class FaultStep:
    """One fault of a drill."""

    fault: Fault
    after_s: float = 0.0  # since the step before it was effective
    lasts_s: float | None = None
    """Taken back after so many seconds of effect; None: once the evidence of the loss is captured."""
    sets_up: bool = False
    """Whether it only sets the scene: the recovery clock starts with the injection of the first step that does not."""


UNSAID_S = 15.0
"""Deadline and limit of a drill that states none."""
PULSE = ("account.balance", "transfer.submit")
"""What is asked for all the time beside a drill that states nothing else."""
CUSTOMERS = {"ordinary-banking": 55.0, "zone-page": 20.0, "check-in": 20.0, "idempotency-probe": 5.0}
"""What customers come for beside a drill that states nothing else."""
ARRIVALS_PER_S = 12.0
"""How many come."""

FaultDomain = Literal["node", "database", "link", "centre", "dependency", "capacity", "campaign", "people"]


class DrillFacts(Strict):
    """What people must know of a drill before they start it. Deadline and limits are those of `stormdrill drill NAME`."""

    domain: FaultDomain
    hypothesis: str
    blast_radius: str
    access: tuple[str, ...]  # the handles that a target's file must give
    deadline_s: float = UNSAID_S  # for its recovery
    rto_s: float = UNSAID_S
    rpo_operations: int = 0
    gates: tuple[str, ...] = ()  # its own limits besides those two
    pulse: tuple[str, ...] = PULSE  # what its own steady load asks for all the time
    customers: dict[str, float] = CUSTOMERS  # journeys of that load, with their weights
    arrivals_per_s: float = ARRIVALS_PER_S


class Drill(Strict):
    """A drill, with its settings as its fields."""

    facts: ClassVar[DrillFacts | None] = None
    """None: it says nothing of itself but the first line of its file."""

    @abstractmethod
    def steps(self) -> tuple[FaultStep, ...]:
        """Its faults, in their order."""
