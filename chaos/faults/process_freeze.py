"""SIGSTOP of a part of the world: it is there, keeps its connections, and does nothing."""

import signal

from chaos.fault import FaultTarget, PartFault
from chaos.handles.process import Process
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ProcessFreeze(PartFault):
    """SIGSTOP of a node, database or gateway with every process it has started; undone by SIGCONT of the very same processes."""

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the target is all it takes
        """Stops the first process first: from then on it starts no more children, and those it had started meanwhile are found."""
        for victim in target.processes:
            victim.process.signal(signal.SIGSTOP)
        for process in _all(target):
            process.signal(signal.SIGSTOP)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """All its processes are in state T."""
        awake = [process.pid for process in _all(target) if not process.stopped]
        if awake or not target.processes[0].process.alive:
            return ProbeResult(holds=False, evidence=f"not stopped: {target.part}, pid {awake or target.processes[0].pid}")
        return ProbeResult(holds=True, evidence=f"{target}: stopped")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Wakes those that still live."""
        for process in reversed(_all(target)):
            process.signal(signal.SIGCONT)

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """None is stopped. Whether the world is whole is asked at the end of the drill: meanwhile it may have been fenced."""
        still = [process.pid for process in _all(target) if process.stopped]
        if still:
            return ProbeResult(holds=False, evidence=f"still stopped: {target.part}, pids {still}")
        return ProbeResult(holds=True, evidence=f"no process of {target.part} is stopped")


def _all(target: FaultTarget) -> list[Process]:
    """The living processes aimed at and those that the first of them has started since, each once, the first one first."""
    aimed = [victim.process for victim in target.processes]
    return [process for process in dict.fromkeys(aimed + aimed[0].tree()) if process.alive]
