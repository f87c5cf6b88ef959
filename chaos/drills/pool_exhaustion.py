"""Hardly a connection to the database is to be had."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.connection_limit import ConnectionLimit


class PoolExhaustion(Drill):
    """All connections but one are gone, and nobody gets another: who has none says so soon, and all is well once they are to be had."""

    facts = DrillFacts(
        domain="database",
        hypothesis="Who gets no connection is told so at once, nothing switches, and all is well soon after there are connections again.",
        blast_radius="nearly everything, while connections are not to be had",
        access=("postgresql", "topology"),
        deadline_s=12.0,
        rto_s=10.0,
        gates=("switches <= 0",),
    )

    database: str = Field(default="bank", description="by its name on the server")
    most: int = Field(default=1, ge=0, le=100_000, description="connections that are left for all")
    lasts_s: float = Field(default=4.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """The limit, and the one from before."""
        return (FaultStep(ConnectionLimit(database=self.database, most=self.most), lasts_s=self.lasts_s),)
