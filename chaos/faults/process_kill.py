"""kill -9 of a part of the world."""

import signal

from chaos.fault import Aim, PartFault
from chaos.health import Look
from chaos.target_handles import Reach


class ProcessKill(PartFault):
    """kill -9 of a node, database or gateway with every process it has started, as when its machine loses power."""

    def inject(self, reach: Reach, aim: Aim) -> None:  # noqa: ARG002 - the aim is all it takes
        """Kills the first process before its children, so that it cannot mind their death."""
        for victim in aim.victims:
            victim.process.signal(signal.SIGKILL)

    def is_effective(self, reach: Reach, aim: Aim) -> Look:  # noqa: ARG002 - as inject
        """None of the processes is there any more."""
        left = [victim for victim in aim.victims if victim.process.alive]
        if left:
            return Look(holds=False, evidence=f"still there: {', '.join(map(str, left))}")
        return Look(holds=True, evidence=f"{aim}: gone")

    def undo(self, reach: Reach, aim: Aim) -> None:
        """Asks the owner to bring it back."""
        self.bring_back(reach, aim)
