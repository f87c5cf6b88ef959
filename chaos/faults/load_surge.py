"""More customers, all at once: the load itself is the strike."""

from pydantic import Field

from chaos.fault import Fault, FaultTarget
from chaos.health import ProbeResult
from chaos.target_handles import Handles
from scenarios.plan.phases import Weights
from scenarios.plan.surges import MOST_TIMES


class LoadSurge(Fault):
    """So many times the customers that would have come, for as long as its step lasts; those who come besides may have a mix of their own.

    They are planned before T0, as all customers are, and come at the strike's own time, whether the state is steady by then or not (if it
    is not, the drill is refused as any other). That they were really sent is what the checks of the generator prove: where it falls
    behind, the run is INVALID. So there is nothing here to break, and nothing to take back.
    """

    times: float = Field(default=5.0, gt=1, le=MOST_TIMES)
    mix: Weights | None = None
    operations: tuple[str, ...] = Field(
        default=(), description="what the journeys of its mix ask for; a target that maps one not is refused"
    )

    def find_target(self, handles: Handles) -> FaultTarget:  # noqa: ARG002 - the load is no part of the target
        """The load."""
        return FaultTarget(part="the load")

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """They come by themselves."""

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as find_target
        """They are planned from this moment on."""
        return ProbeResult(holds=True, evidence=f"{self.times:g} x the customers are planned from now on")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """They stop coming by themselves."""
