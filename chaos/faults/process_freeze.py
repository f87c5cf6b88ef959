"""SIGSTOP of a part of the world: it is there, keeps its connections, and does nothing."""

import signal

from chaos.fault import Aim, PartFault
from chaos.handles.process import Process
from chaos.health import Look
from chaos.target_handles import Reach


class ProcessFreeze(PartFault):
    """SIGSTOP of a node, database or gateway with every process it has started; undone by SIGCONT of the very same processes."""

    def inject(self, reach: Reach, aim: Aim) -> None:  # noqa: ARG002 - the aim is all it takes
        """Stops the first process first: from then on it starts no more children, and those it had started meanwhile are found."""
        for victim in aim.victims:
            victim.process.signal(signal.SIGSTOP)
        for process in _all(aim):
            process.signal(signal.SIGSTOP)

    def is_effective(self, reach: Reach, aim: Aim) -> Look:  # noqa: ARG002 - as inject
        """All its processes are in state T."""
        awake = [process.pid for process in _all(aim) if not process.stopped]
        if awake or not aim.victims[0].process.alive:
            return Look(holds=False, evidence=f"not stopped: {aim.part}, pid {awake or aim.victims[0].pid}")
        return Look(holds=True, evidence=f"{aim}: stopped")

    def undo(self, reach: Reach, aim: Aim) -> None:  # noqa: ARG002 - as inject
        """Wakes those that still live."""
        for process in reversed(_all(aim)):
            process.signal(signal.SIGCONT)

    def is_healed(self, reach: Reach, aim: Aim) -> Look:  # noqa: ARG002 - as inject
        """None is stopped. Whether the world is whole is asked at the end of the drill: meanwhile it may have been fenced."""
        still = [process.pid for process in _all(aim) if process.stopped]
        if still:
            return Look(holds=False, evidence=f"still stopped: {aim.part}, pids {still}")
        return Look(holds=True, evidence=f"no process of {aim.part} is stopped")


def _all(aim: Aim) -> list[Process]:
    """The living processes aimed at and those that the first of them has started since, each once, the first one first."""
    aimed = [victim.process for victim in aim.victims]
    return [process for process in dict.fromkeys(aimed + aimed[0].tree()) if process.alive]
