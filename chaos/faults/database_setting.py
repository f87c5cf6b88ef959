"""A setting of the database that is wrong."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class DatabaseSetting(Fault):
    """A setting that is changed for the whole server, as by a hand that slipped, and set back to what it was."""

    setting: str
    value: str

    def scope(self) -> Scope:
        """Its setting."""
        return Scope(kind="database-setting", name=self.setting)

    def check(self, handles: Handles) -> None:
        """There is such a setting."""
        handles.postgresql().setting(self.setting)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The setting, what it is, and what it was set to by hand before, if it was."""
        server = handles.postgresql()
        usual, by_hand = server.setting(self.setting), server.ordered(self.setting)
        if self.value in (usual, by_hand):
            raise NoTarget(f"the setting {self.setting} is {self.value} already")
        notes: dict[str, str | float] = {"usual": usual}
        return FaultTarget(part=self.setting, notes=notes if by_hand is None else notes | {"by hand": by_hand})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - the setting's name is all it takes
        """Changes it."""
        handles.postgresql().order(self.setting, self.value)

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """A session of our own has another value than before."""
        now = handles.postgresql().setting(self.setting)
        return ProbeResult(holds=now != target.notes["usual"], evidence=f"{self.setting} is {now} (usually {target.notes['usual']})")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Sets it back."""
        by_hand = target.notes.get("by hand")
        handles.postgresql().order(self.setting, None if by_hand is None else str(by_hand))

    def by_hand(self, target: FaultTarget) -> str:
        """Set it back."""
        usual = target.notes.get("by hand")
        change = f"reset {self.setting}" if usual is None else f"set {self.setting} = '{usual}'"
        return f"alter system {change}; select pg_reload_conf()"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """A session of our own has the value from before, and the target's health, where it has one, says that it is whole."""
        now = handles.postgresql().setting(self.setting)
        seen = ProbeResult(holds=now == target.notes["usual"], evidence=f"{self.setting} is {now} (usually {target.notes['usual']})")
        return handles.besides_health(seen)
