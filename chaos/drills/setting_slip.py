"""A hand slips, and the database takes no writes."""

from pydantic import Field

from chaos.drill import Drill, DrillFacts, FaultStep
from chaos.faults.database_setting import DatabaseSetting


class SettingSlip(Drill):
    """A setting of the whole database is changed, by default so that it is read only, and set back: no failover helps against that."""

    facts = DrillFacts(
        domain="database",
        hypothesis="Writes are refused and say so, reads go on, nothing switches, and once the setting is right again all is well.",
        blast_radius="every write, while the setting is wrong",
        access=("postgresql", "topology"),
        deadline_s=10.0,
        rto_s=8.0,
        gates=("switches <= 0",),
    )

    setting: str = "default_transaction_read_only"
    value: str = "on"
    lasts_s: float = Field(default=4.0, gt=0, le=600)

    def steps(self) -> tuple[FaultStep, ...]:
        """Wrong, and right again."""
        return (FaultStep(DatabaseSetting(setting=self.setting, value=self.value), lasts_s=self.lasts_s),)
