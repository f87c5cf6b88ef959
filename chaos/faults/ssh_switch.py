"""Something that commands on another machine break, reached by ssh."""

from typing import ClassVar

from chaos.handles.switch import Switches
from chaos.switch_fault import SwitchFault
from chaos.target_handles import Handles


class SshSwitch(SwitchFault):
    """One switch of those that the operator's file lists under `ssh`: the target's file can name no command."""

    called: ClassVar[str] = "ssh switch"

    def switches(self, handles: Handles) -> Switches:
        """The other machine."""
        return handles.ssh()
