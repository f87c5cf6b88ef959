"""Something that an action of a Chaos Toolkit driver breaks."""

from typing import ClassVar

from chaos.handles.switch import Switches
from chaos.switch_fault import SwitchFault
from chaos.target_handles import Handles


class ToolkitSwitch(SwitchFault):
    """One switch of those that the target's file maps under `toolkit`; needs --allow-code."""

    called: ClassVar[str] = "toolkit switch"
    effect_s: ClassVar[float] = 20.0  # the cloud is slow

    def switches(self, handles: Handles) -> Switches:
        """The drivers."""
        return handles.toolkit()
