"""People who may not let a paused campaign go on try to."""

from chaos.campaign_resume import ResumeAttempt
from chaos.fault import FaultTarget
from chaos.handles.kill_switch import KillSwitch
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class UnauthorisedResume(ResumeAttempt):
    """An operator alone, one without the authority, one who signs twice, by another's name too, a token made up or shown before."""

    nobody: str = "intern"

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """One attempt after another."""
        switch, operator = handles.handle(KillSwitch), self.operator(handles)
        one, another, nobody = (self.sign_in(handles, person) for person in (self.one, self.another, self.nobody))
        switch.resume_alone(operator, self.campaign)
        switch.ask_to_resume(operator, self.campaign, nobody)
        token = switch.ask_to_resume(operator, self.campaign, one)
        switch.resume(operator, self.campaign, one, token or "none")
        switch.resume(operator, self.campaign, another, token or "none")  # it was shown before
        token = switch.ask_to_resume(operator, self.campaign, one)
        switch.resume(operator, self.campaign, nobody, token or "none")
        token = switch.ask_to_resume(operator, self.campaign, one)
        disguised = switch.sign_in(operator, self.another, self.secret_of(handles, self.one))  # one hand, two names
        switch.resume(operator, self.campaign, disguised or "none", token or "none")
        switch.resume(operator, self.campaign, another, "made-up")

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The switch gave a token out, so that nothing but authority stood in the way, and says that it was asked for more."""
        kinds = self.told_since(handles, target)
        counted = {kind: kinds.count(kind) for kind in ("asked", "refused", "resumed")}
        holds = counted["asked"] > 0 and counted["refused"] > 0
        return ProbeResult(holds=holds, evidence=", ".join(f"{count} {kind}" for kind, count in counted.items()))
