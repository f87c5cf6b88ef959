"""The kill switch in a campaign's plan: whether it is armed, when it trips, whom it tells, and who may let the campaign go on."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.kill_switch import KillSwitchPolicy, Person, SignalPolicy
from mock_bank.services.kit.operation import Body

FAILURES: Final = "failures"
SENTIMENT: Final = "sentiment"
COMPLAINTS: Final = "complaints"
BOOKS: Final = "books"

_Seconds = Annotated[float, Field(gt=0, le=300)]
_Rate = Annotated[float, Field(gt=0, le=1)]


class SignalPlan(Body):
    """When one signal is grave: its rate in the window, and from how many on."""

    window_s: _Seconds = 10.0
    minimum: Annotated[int, Field(ge=1)] = 1
    least_bad: Annotated[int, Field(ge=1)] = 1
    grave_at: _Rate
    calm_below: _Rate
    stale_after_s: _Seconds | None = None

    def policy(self) -> SignalPolicy:
        """The same for the switch. Raises ValueError where it makes no sense."""
        return SignalPolicy(**self.model_dump())


class KillSwitchPlan(Body):
    """The switch. Its signals: failed transactions, bad words among those said, complaints by transactions, and books that do not agree."""

    armed: bool = False
    failures: SignalPlan = SignalPlan(minimum=50, grave_at=0.3, calm_below=0.1)
    sentiment: SignalPlan = SignalPlan(minimum=20, grave_at=0.5, calm_below=0.3, stale_after_s=5)
    complaints: SignalPlan = SignalPlan(least_bad=20, grave_at=0.05, calm_below=0.02, stale_after_s=5)
    books: SignalPlan = SignalPlan(window_s=2, grave_at=1, calm_below=1)
    contacts: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)] = ("duty-manager", "head-of-retail", "president")
    escalates_after_s: _Seconds = 5.0
    token_lasts_s: _Seconds = 60.0
    may_resume: Annotated[tuple[Name, ...], Field(max_length=50)] = ("head-of-risk", "head-of-retail", "president")

    @model_validator(mode="after")
    def _makes_sense(self) -> "KillSwitchPlan":
        self.policy()
        return self

    def policy(self) -> KillSwitchPolicy:
        """What the switch goes by. Raises ValueError where it makes no sense."""
        signals = {FAILURES: self.failures, SENTIMENT: self.sentiment, COMPLAINTS: self.complaints, BOOKS: self.books}
        return KillSwitchPolicy(
            signals={name: signal.policy() for name, signal in signals.items()},
            contacts=self.contacts,
            escalates_after_s=self.escalates_after_s,
            token_lasts_s=self.token_lasts_s,
        )

    def person(self, name: str) -> Person:
        """Somebody of that name."""
        return Person(name, may_resume=name in self.may_resume)


SWITCH: Final = CampaignPart("kill_switch", KillSwitchPlan, KillSwitchPlan())
