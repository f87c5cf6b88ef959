"""SIGSTOP of a part of the world: it is there, keeps its connections, and does nothing."""

import signal

from chaos.fault import FaultTarget, PartFault
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ProcessFreeze(PartFault):
    """SIGSTOP of a node, database or gateway with every process it has started; undone by SIGCONT of the very same processes."""

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the target is all it takes
        """Stops the first process first: from then on it starts no more children, and those it had started meanwhile are found."""
        for victim in target.processes:
            victim.process.signal(signal.SIGSTOP)
        for process in target.living():
            process.signal(signal.SIGSTOP)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """All its processes are in state T."""
        awake = [process.pid for process in target.living() if not process.stopped]
        if awake or not target.processes[0].process.alive:
            return ProbeResult(holds=False, evidence=f"not stopped: {target.part}, pid {awake or target.processes[0].pid}")
        return ProbeResult(holds=True, evidence=f"{target}: stopped")

    def undo(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - as inject
        """Wakes those that still live."""
        for process in reversed(target.living()):
            process.signal(signal.SIGCONT)

    def by_hand(self, target: FaultTarget) -> str:
        """Wake them."""
        return f"kill -CONT {' '.join(str(victim.pid) for victim in target.processes)} ({target.part})"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """None is stopped. Whether the world is whole is asked at the end of the drill: meanwhile it may have been fenced."""
        still = [process.pid for process in target.living() if process.stopped]
        if still:
            return ProbeResult(holds=False, evidence=f"still stopped: {target.part}, pids {still}")
        return ProbeResult(holds=True, evidence=f"no process of {target.part} is stopped")
