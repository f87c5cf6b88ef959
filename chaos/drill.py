"""What a drill is: faults in their order, and when each is taken back. The runner does the rest, alike for all drills."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from chaos.fault import Fault
from scenarios.plan.campaign_model import Budgets
from scenarios.plan.policy import FaultDomain
from scenarios.strict import Strict

EACH_WAY = ("account.balance-anew", "account.balance-a", "account.balance-b")
"""A read by each access path: over a new connection each time, and by each gateway alone; what is asked otherwise goes over kept ones."""


@dataclass(frozen=True, slots=True)
class FaultStep:
    """One fault of a drill."""

    fault: Fault
    after_s: float = 0.0  # since the step before it was effective
    lasts_s: float | None = None
    """Taken back after so many seconds of effect; None: once the evidence of the loss is captured."""
    sets_up: bool = False
    """Whether it only sets the scene: the recovery clock starts with the injection of the first step that does not."""


class DrillLimits(Strict):
    """How `stormdrill drill NAME` runs a drill over its own steady load and judges it; the defaults are for one that states nothing."""

    deadline_s: float = 15.0  # for its recovery
    rto_s: float = 15.0
    rpo_operations: int = 0
    gates: tuple[str, ...] = ()  # its own limits besides those two, as a scenario has them; one that names nothing is on the drill
    pulse: tuple[str, ...] = ("account.balance", "transfer.submit")  # what is asked for all the time
    ways: tuple[str, ...] = ()  # operations that go by one access path each; in the pulse too, where the target maps them
    customers: dict[str, float] = {"ordinary-banking": 55.0, "zone-page": 20.0, "check-in": 20.0, "idempotency-probe": 5.0}
    """Journeys of the load, with their weights."""
    arrivals_per_s: float = 12.0
    strikes: int = Field(default=1, ge=1, le=10)  # each over its own steady state, once the one before it is judged
    kill_switch: bool = False  # whether the campaign's own is armed
    long_window_s: float | None = None  # after the last undo the load goes on so long at least: metastability, hysteresis
    stock: int = Field(default=1_000_000, ge=1)  # prizes in all: more than anybody wants
    budgets: Budgets = Budgets()


class DrillFacts(DrillLimits):
    """What people must know of a drill before they start it."""

    domain: FaultDomain
    hypothesis: str
    blast_radius: str
    access: tuple[str, ...]  # the handles that a target's file must give


class Drill(Strict):
    """A drill, with its settings as its fields."""

    facts: ClassVar[DrillFacts | None] = None
    """None: it says nothing of itself but the first line of its file."""

    @abstractmethod
    def steps(self) -> tuple[FaultStep, ...]:
        """Its faults, in their order."""
