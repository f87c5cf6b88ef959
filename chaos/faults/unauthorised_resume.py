"""People who may not let a paused campaign go on try to."""

from typing import ClassVar

from chaos.errors import NoTarget
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.kill_switch import KillSwitch
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class UnauthorisedResume(Fault):
    """An operator alone, one without the authority, one who signs twice, a token that is made up, and one that was shown before."""

    effect_s: ClassVar[float] = 5.0

    campaign: str = "spring"
    one: str = "head-of-risk"
    another: str = "president"
    nobody: str = "intern"
    operator_secret: str = "STORMDRILL_OPERATOR_TOKEN"  # noqa: S105 - a secret's name

    def scope(self) -> Scope:
        """Its campaign."""
        return Scope(kind="campaign", name=self.campaign)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The switch, and how much it has told already."""
        latest, _ = handles.handle(KillSwitch).told(self._operator(handles), 0)
        return FaultTarget(part=f"the kill switch of {self.campaign}", notes={"told": latest})

    def inject(self, handles: Handles, target: FaultTarget) -> None:  # noqa: ARG002 - its fields say all
        """One attempt after another."""
        switch, operator = handles.handle(KillSwitch), self._operator(handles)
        one, another, nobody = (switch.sign_in(operator, person) for person in (self.one, self.another, self.nobody))
        switch.resume_alone(operator, self.campaign)
        switch.ask_to_resume(operator, self.campaign, nobody)
        token = switch.ask_to_resume(operator, self.campaign, one)
        switch.resume(operator, self.campaign, one, token or "none")
        switch.resume(operator, self.campaign, another, token or "none")  # it was shown before
        token = switch.ask_to_resume(operator, self.campaign, one)
        switch.resume(operator, self.campaign, nobody, token or "none")
        switch.resume(operator, self.campaign, another, "made-up")

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """The switch gave a token out, so that nothing but authority stood in the way, and says that it was asked for more."""
        _, kinds = handles.handle(KillSwitch).told(self._operator(handles), int(target.notes["told"]))
        counted = {kind: kinds.count(kind) for kind in ("asked", "refused", "resumed")}
        holds = counted["asked"] > 0 and counted["refused"] > 0
        return ProbeResult(holds=holds, evidence=", ".join(f"{count} {kind}" for kind, count in counted.items()))

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing: attempts leave nothing behind."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - attempts leave nothing behind
        """Nothing is broken."""
        return ProbeResult(holds=True, evidence="attempts leave nothing behind")

    def _operator(self, handles: Handles) -> str:
        token = handles.secret_values().get(self.operator_secret)
        if token is None:
            raise NoTarget(f"the secret {self.operator_secret} is not known, so nobody can sign in")
        return token
