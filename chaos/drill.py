"""What a drill is: faults in their order, and when each is taken back. The runner does the rest, alike for all drills."""

from abc import abstractmethod
from dataclasses import dataclass

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


class Drill(Strict):
    """A drill, with its settings as its fields."""

    @abstractmethod
    def steps(self) -> tuple[FaultStep, ...]:
        """Its faults, in their order."""
