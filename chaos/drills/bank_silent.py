"""The campaign's calls to the core bank are answered by nobody."""

from pydantic import Field

from chaos.drill import Drill, FaultStep
from chaos.drills.bank_slow import BankSlow
from chaos.faults.link_toxic import LinkToxic


class BankSilent(Drill):
    """Nothing comes back over the campaign's ways to the bank: it may have paid, and is asked again until it says so; all is paid once."""

    facts = BankSlow.facts

    links: tuple[str, ...] = Field(
        default=("campaign-a.bank", "campaign-b.bank"), min_length=1, max_length=20, description="by their names in the topology"
    )
    lasts_s: float = Field(default=16.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """All links, one right after the other."""
        return tuple(FaultStep(LinkToxic(link=link, toxic="timeout"), lasts_s=self.lasts_s) for link in self.links)
