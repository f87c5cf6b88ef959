"""A deployment of Kubernetes that has another number of pods."""

from typing import ClassVar

from pydantic import Field

from chaos.errors import NoTarget
from chaos.fault import LATE_S, Fault, FaultTarget, Scope
from chaos.handles.kubectl import Kubectl
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class DeploymentScale(Fault):
    """A deployment is scaled, by default to nothing, and back to what it was."""

    late_s: ClassVar[float] = LATE_S

    deployment: str
    namespace: str = "default"
    replicas: int = Field(default=0, ge=0, le=1000)

    def scope(self) -> Scope:
        """The deployment."""
        return Scope(kind="deployment", name=f"{self.namespace}/{self.deployment}")

    def check(self, handles: Handles) -> None:
        """It is there."""
        handles.handle(Kubectl).deployment(self.namespace, self.deployment)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The deployment, and its pods. Refuses one that has that number already, or not all of its own."""
        found, part = handles.handle(Kubectl).deployment(self.namespace, self.deployment), f"{self.namespace}/{self.deployment}"
        if found.wanted == self.replicas:
            raise NoTarget(f"the deployment {part} has {self.replicas} pods already")
        if found.ready != found.wanted or not found.settled:
            raise NoTarget(f"the deployment {part} has {found.ready} of {found.wanted} pods before it is touched")
        return FaultTarget(part=part, notes={"usual": float(found.wanted)})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its names are all it takes
        """Scales it."""
        handles.handle(Kubectl).scale(self.namespace, self.deployment, self.replicas)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """So many of its pods are ready, and no more are there."""
        return self._has(handles, target, self.replicas)

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Scales it back."""
        handles.handle(Kubectl).scale(self.namespace, self.deployment, int(target.notes["usual"]))

    def by_hand(self, target: FaultTarget) -> str:
        """Scale it back."""
        return f"kubectl scale deployment/{self.deployment} -n {self.namespace} --replicas={target.notes['usual']:g}"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """All of its pods are ready, and the target's health, where it has one, says that it is whole."""
        return handles.besides_health(self._has(handles, target, int(target.notes["usual"])))

    def _has(self, handles: Handles, target: FaultTarget, replicas: int) -> ProbeResult:
        found = handles.handle(Kubectl).deployment(self.namespace, self.deployment)
        holds = found.settled and found.wanted == found.ready == replicas
        return ProbeResult(holds=holds, evidence=f"the deployment {target.part} has {found.ready} of {found.wanted} pods")
