"""kill -9 of a part of the world."""

import signal

from chaos.fault import FaultTarget, PartFault
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ProcessKill(PartFault):
    """kill -9 of a node, database or gateway with every process it has started, as when its machine loses power."""

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the target is all it takes
        """Kills the first process before its children, so that it cannot mind their death."""
        for victim in target.processes:
            victim.process.signal(signal.SIGKILL)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """None of the processes is there any more."""
        left = [victim for victim in target.processes if victim.process.alive]
        if left:
            return ProbeResult(holds=False, evidence=f"still there: {', '.join(map(str, left))}")
        return ProbeResult(holds=True, evidence=f"{target}: gone")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Asks the owner to bring it back."""
        self.bring_back(handles, target)
