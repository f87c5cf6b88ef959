"""People who want a paused campaign to go on, as the faults that let them try have it."""

from typing import ClassVar

from chaos.errors import OutOfReach
from chaos.fault import Fault, FaultTarget, Scope
from chaos.handles.kill_switch import KillSwitch
from chaos.health import ProbeResult
from chaos.target_handles import Handles


class ResumeAttempt(Fault):
    """Two who may resume, and their campaign. What they do leaves nothing that could be taken back."""

    effect_s: ClassVar[float] = 5.0

    campaign: str = "spring"
    one: str = "head-of-risk"
    another: str = "president"
    operator_secret: str = "STORMDRILL_OPERATOR_TOKEN"  # noqa: S105 - a secret's name

    def scope(self) -> Scope:
        """Its campaign."""
        return Scope(kind="campaign", name=self.campaign)

    def find_target(self, handles: Handles) -> FaultTarget:
        """The switch, and how much it has told already."""
        latest, _ = handles.handle(KillSwitch).told(self.operator(handles), 0)
        return FaultTarget(part=f"the kill switch of {self.campaign}", notes={"told": latest})

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """Nothing: attempts leave nothing behind."""

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:  # noqa: ARG002 - attempts leave nothing behind
        """Nothing is broken."""
        return ProbeResult(holds=True, evidence="attempts leave nothing behind")

    def operator(self, handles: Handles) -> str:
        """What whoever signs in shows. Raises NoTarget where it is not known."""
        return handles.secret(self.operator_secret, "sign in")

    def sign_in(self, handles: Handles, person: str) -> str:
        """What this person signs with. Raises NoTarget where nobody has the secret of his, OutOfReach where the switch does not take it."""
        signs = handles.handle(KillSwitch).sign_in(self.operator(handles), person, self.secret_of(handles, person))
        if not signs:
            raise OutOfReach(f"the switch does not let {person} sign in")
        return signs

    def secret_of(self, handles: Handles, person: str) -> str:
        """What this person alone shows to sign in. Raises NoTarget where it is not known."""
        return handles.secret(f"STORMDRILL_PERSON_{person.upper().replace('-', '_')}_TOKEN", f"sign in as {person}")

    def told_since(self, handles: Handles, target: FaultTarget) -> list[str]:
        """The kinds of changes that the switch has told since. Raises OutOfReach."""
        _, kinds = handles.handle(KillSwitch).told(self.operator(handles), int(target.notes["told"]))
        return kinds
