"""kill -9 of the primary database while nobody watches it."""

from chaos.errors import NoTarget
from chaos.fault import FaultTarget, TargetProcess
from chaos.faults.primary_kill import PrimaryKill
from chaos.target_handles import Handles


class UnwatchedPrimaryKill(PrimaryKill):
    """kill -9 of the world's supervisor, and at once of the primary database: whoever watches next finds it dead."""

    def find_target(self, handles: Handles) -> FaultTarget:
        """The supervisor, and the primary with every process that it has started. Refuses a supervisor that is down, or not the world's."""
        primary, topology = super().find_target(handles), handles.topology()
        supervisor = topology.supervisor.process
        if supervisor is None or not supervisor.alive:
            raise NoTarget("the world's supervisor is down already, or its topology does not say which process it is")
        if not supervisor.descends_from(topology.supervisor_process):
            raise NoTarget(f"the supervisor (pid {supervisor.pid}) was not started by the world's first process (pid {topology.pid})")
        watcher = TargetProcess(name="the supervisor", pid=supervisor.pid, started=supervisor.started)
        return primary.model_copy(update={"processes": (watcher, *primary.processes)})
