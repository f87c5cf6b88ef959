"""The gateway sends a node nobody any more."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.server_out import ServerOut


class ServerOutage(Drill):
    """One server of the gateway's is put into maintenance with everybody who was there cut off: the others carry the load."""

    facts = DrillFacts(
        domain="node",
        hypothesis="The other nodes carry the load, and no operation is lost.",
        blast_radius="what the node had in flight",
        access=("haproxy",),
        deadline_s=8.0,
        rto_s=5.0,
    )

    backend: str = "bank"
    server: str = "bank-a"
    lasts_s: float = Field(default=5.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """Out, and back."""
        return (FaultStep(ServerOut(backend=self.backend, server=self.server), lasts_s=self.lasts_s),)
