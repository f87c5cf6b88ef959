"""Everything that stands in one data centre is lost at one instant."""

import signal
from typing import Literal, get_args

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope, TargetProcess
from chaos.handles.topology import Kind
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class CentreLoss(Fault):
    """A centre's gateway, nodes and database, with every process they have started, end (kill -9) or hang (SIGSTOP) at one instant.

    It stays lost until that is taken back: what has ended is started, and what still hangs goes on as it was.
    """

    datacentre: str = ""  # empty: the one in which the primary database is at that moment
    how: Literal["kill", "freeze"] = "kill"

    def scope(self) -> Scope:
        """All that stands there."""
        return Scope(kind="centre", datacentre=self.datacentre)

    def find_target(self, handles: Handles) -> FaultTarget:
        """Every living part of the centre. Refuses one without a database, and a process that the world has not started."""
        topology = handles.topology()
        database = topology.one("database", datacentre=self.datacentre, role="" if self.datacentre else "primary")
        if not database.datacentre:
            raise NoTarget(f"the topology does not say in which data centre {database.name} is")
        parts = [part for kind in get_args(Kind) for part in topology.parts(kind) if part.datacentre == database.datacentre]
        trees = [(part.name, topology.processes_of(part)) for part in parts if part.process and part.process.alive]
        heads = [(name, tree[0]) for name, tree in trees]
        rest = [(name, process) for name, tree in trees for process in tree[1:]]
        victims = (TargetProcess(name=name, pid=process.pid, started=process.started) for name, process in heads + rest)
        return FaultTarget(part=f"centre {database.datacentre}", processes=tuple(victims))

    def hold(self, handles: Handles, lease_s: float) -> None:
        """Lets the supervisor bring nothing of a centre back."""
        handles.supervisor().hold(lease_s, centres=True)

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the target is all it takes
        """The first process of each part before any child, so that none can mind another's death."""
        number = signal.SIGKILL if self.how == "kill" else signal.SIGSTOP
        for victim in target.processes:
            victim.process.signal(number)
        for process in target.living():  # what the first ones had started meanwhile
            process.signal(number)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - as inject
        """None of the processes runs any more."""
        left = [process.pid for process in target.living() if not (self.how == "freeze" and process.stopped)]
        if left:
            return ProbeResult(holds=False, evidence=f"{target}: pids {left} still run")
        return ProbeResult(holds=True, evidence=f"{target}: {'gone' if self.how == 'kill' else 'stopped or gone'}")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Wakes what still hangs, and asks the owner to bring the rest back; a database that was lost is never started as it was."""
        for process in reversed(target.living()):
            process.signal(signal.SIGCONT)
        handles.supervisor().rejoin()
