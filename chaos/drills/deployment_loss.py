"""A deployment of Kubernetes loses its pods."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.deployment_scale import DeploymentScale


class DeploymentLoss(Drill):
    """A deployment is scaled to nothing, or to too little, and back."""

    facts = DrillFacts(
        domain="capacity",
        hypothesis="Who needs it is refused in so many words or served by others, and goes on once it is back; no operation is lost.",
        blast_radius="what the pods of the deployment had in flight, and whoever needs it",
        access=("kubectl",),
        deadline_s=60.0,
        rto_s=60.0,
    )

    deployment: str = Field(default="campaign", description="by its name in Kubernetes")
    namespace: str = "default"
    replicas: int = Field(default=0, ge=0, le=1000, description="pods that are left")
    lasts_s: float = Field(default=10.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """Down, and up again in mid-load."""
        fault = DeploymentScale(deployment=self.deployment, namespace=self.namespace, replicas=self.replicas)
        return (FaultStep(fault, lasts_s=self.lasts_s),)
