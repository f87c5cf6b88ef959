"""A setting of the database that is wrong."""

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.sql import alter_setting
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class DatabaseSetting(Fault):
    """A setting that is changed for the whole server, as by a hand that slipped, and set back to what it was.

    The value of a list is all of it, as `show` tells it.
    """

    setting: str
    value: str

    def scope(self) -> Scope:
        """Its setting."""
        return Scope(kind="database-setting", name=self.setting.lower())

    def check(self, handles: Handles) -> None:
        """There is such a setting, and the value can be one."""
        alter_setting(self.setting, self.value)
        handles.postgresql().setting(self.setting)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The setting, what it is, and what it was set to by hand before, if it was. Refuses a value that can be none."""
        server = handles.postgresql()
        usual, by_hand = server.setting(self.setting), server.ordered(self.setting)
        if self.value in (usual, by_hand):
            raise NoTarget(f"the setting {self.setting} is {self.value} already")
        alter_setting(self.setting, self.value)
        notes: dict[str, str | float] = {"usual": usual}
        return FaultTarget(part=self.setting, notes=notes if by_hand is None else notes | {"by hand": by_hand})

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """Changes it. Refuses a value with which nobody could come and set it back."""
        handles.postgresql().try_out(self.setting, self.value, _by_hand(target))

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """A session of our own has another value than before."""
        now = handles.postgresql().setting(self.setting)
        return ProbeResult(holds=now != target.notes["usual"], evidence=f"{self.setting} is {now} (usually {target.notes['usual']})")

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Sets it back."""
        handles.postgresql().order(self.setting, _by_hand(target))

    def by_hand(self, target: FaultTarget) -> str:
        """Set it back."""
        return f"{alter_setting(self.setting, _by_hand(target))}; select pg_reload_conf()"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """A session of our own has the value from before, and the target's health, where it has one, says that it is whole."""
        now = handles.postgresql().setting(self.setting)
        seen = ProbeResult(holds=now == target.notes["usual"], evidence=f"{self.setting} is {now} (usually {target.notes['usual']})")
        return handles.besides_health(seen)


def _by_hand(target: FaultTarget) -> str | None:
    value = target.notes.get("by hand")
    return None if value is None else str(value)
