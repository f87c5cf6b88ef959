"""Something that the target's own admin interface breaks."""

from typing import ClassVar

from chaos.handles.switch import Switches
from chaos.switch_fault import SwitchFault
from chaos.target_handles import Handles


class AdminSwitch(SwitchFault):
    """One switch of those that the target's file maps under `admin`."""

    called: ClassVar[str] = "admin switch"

    def switches(self, handles: Handles) -> Switches:
        """The admin interface."""
        return handles.http_admin()
