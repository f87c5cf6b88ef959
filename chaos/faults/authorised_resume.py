"""Two people with the authority let a paused campaign go on."""

from chaos.campaign_resume import ResumeAttempt
from chaos.fault import FaultTarget
from chaos.handles.kill_switch import KillSwitch
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class AuthorisedResume(ResumeAttempt):
    """One asks and gets a token, the other one shows it. Refused as long as a signal is grave."""

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """Both signatures."""
        switch, operator = handles.handle(KillSwitch), self.operator(handles)
        one, another = (self.sign_in(handles, person) for person in (self.one, self.another))
        token = switch.ask_to_resume(operator, self.campaign, one)
        switch.resume(operator, self.campaign, another, token or "none")

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The switch says that the campaign goes on."""
        kinds = self.told_since(handles, target)
        return ProbeResult(holds="resumed" in kinds, evidence=", ".join(kinds) or "the switch told nothing")
