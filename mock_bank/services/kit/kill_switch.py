"""The campaign kill switch (重大事件熔断): what it makes of its signals, of time and of people. Pure: it is told the time, and asks nobody.

A signal is grave when of what its window holds, if that is enough, too much is bad; it stays so until its rate is clearly lower, or too
little is left to judge by. A grave signal trips the switch, which stays tripped until people let it go on: one with the authority asks and
gets a token, another one shows it, once and in time, and nothing is grave any more. Until one of its contacts acknowledges, it tells one
after another. A feed that has fallen silent is an alarm and never a trip: silence proves nothing.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPolicy:
    """When a signal is grave. Its rate is the bad by all of them."""

    window_s: float
    minimum: int  # of all in the window: fewer prove nothing
    least_bad: int = 1  # of the bad in the window: fewer prove nothing either
    grave_at: float
    calm_below: float  # at most `grave_at`; in between it stays what it is
    stale_after_s: float | None = None  # of a feed: how long it may be silent


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitchPolicy:
    """When the switch trips, whom it tells, and for how long a token is good."""

    signals: Mapping[str, SignalPolicy]
    contacts: tuple[str, ...]  # told one after another, and from the first again
    escalates_after_s: float
    token_lasts_s: float

    def __post_init__(self) -> None:
        """Refuses what makes no sense. Raises ValueError."""
        for name, signal in self.signals.items():
            if not 0 < signal.calm_below <= signal.grave_at or signal.window_s <= 0 or min(signal.minimum, signal.least_bad) < 1:
                raise ValueError(f"{name}: a window, a minimum and a least of 1 or more, and 0 < calm_below <= grave_at are wanted")
        if not self.contacts:
            raise ValueError("contacts: somebody must be told")


@dataclass(frozen=True, slots=True)
class Count:
    """So many of something at a time, some of them bad. Times are seconds of one clock, which may be set back."""

    at_s: float
    all: int
    bad: int


@dataclass(frozen=True, slots=True)
class Feed:
    """What a signal has told, at least of its window; and when it was last heard, if only to say that there is nothing."""

    counts: Sequence[Count] = ()
    heard_s: float = float("-inf")


class State(BaseModel):
    """All that the switch knows; kept where every node and every successor finds it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tripped: bool = False
    trips: int = 0  # how often it has; the number of the trip that it stands in
    cause: str = ""
    since_s: float | None = None  # when it first looked
    grave: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    notices: int = 0  # of this trip
    noticed_s: float | None = None  # the last one; None: the next one is due
    acknowledged_by: str = ""
    asked_by: str = ""  # who has signed first; empty where no token is out
    asked_s: float = 0.0
    token: str = ""  # its digest


class ChangeKind(Enum):
    """What happened to the switch."""

    GRAVE = "grave"
    CALM = "calm"
    STALE = "stale"
    HEARD = "heard"
    TRIPPED = "tripped"
    NOTICED = "noticed"
    UNDELIVERED = "undelivered"
    ACKNOWLEDGED = "acknowledged"
    ASKED = "asked"
    RESUMED = "resumed"
    REFUSED = "refused"  # somebody who wanted to resume


class Refusal(Enum):
    """Why a wish is not granted."""

    NOT_TRIPPED = "it is not tripped"
    NO_AUTHORITY = "this person may not resume"
    STILL_GRAVE = "a signal is grave still"
    SAME_PERSON = "it takes a second person"
    VOID = "the token is not the one that is out, is used, or is too old"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, and about whom or what."""

    kind: ChangeKind
    about: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of something: the state now, what changed, whom to tell now, and why a wish was refused, if it was.

    Whoever tells him says by `delivered` or `undelivered` what came of it.
    """

    state: State
    changes: tuple[Change, ...] = ()
    tell: str = ""
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs, and whether he has the authority to resume."""

    name: str
    may_resume: bool


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def observe(policy: KillSwitchPolicy, state: State, now_s: float, feeds: Mapping[str, Feed]) -> Turn:
    """What the signals say now, and who is to be told."""
    since_s = now_s if state.since_s is None else min(state.since_s, now_s)
    stale = tuple(name for name, signal in policy.signals.items() if _is_stale(signal, feeds.get(name, Feed()), since_s, now_s))
    grave = tuple(
        name
        for name, signal in policy.signals.items()
        if _is_grave(signal, feeds.get(name, Feed()).counts, now_s, before=name in state.grave, stale=name in stale)
    )
    changes = [*_differences(state.stale, stale, ChangeKind.STALE, ChangeKind.HEARD)]
    changes += _differences(state.grave, grave, ChangeKind.GRAVE, ChangeKind.CALM)
    now = state.model_copy(update={"since_s": since_s, "grave": grave, "stale": stale})
    if grave and not state.tripped:
        now = _fresh(now, tripped=True, trips=state.trips + 1, cause=", ".join(grave))
        changes.append(Change(ChangeKind.TRIPPED, now.cause))
    return _escalated(policy, now, now_s, tuple(changes))


def delivered(state: State, notice: int, contact: str) -> Turn:
    """A notice has reached its contact."""
    return Turn(state, (Change(ChangeKind.NOTICED, contact, str(notice)),))


def undelivered(state: State, trip: int, notice: int, contact: str) -> Turn:
    """A notice could not be delivered: the next one is due at once."""
    latest = (state.trips, state.notices) == (trip, notice)
    lost = Change(ChangeKind.UNDELIVERED, contact, str(notice))
    return Turn(state.model_copy(update={"noticed_s": None}) if latest else state, (lost,))


def acknowledge(state: State, trip: int, person: str) -> Turn:
    """Somebody has taken it up: nobody else is told. Only the first of a trip counts."""
    if not state.tripped or state.trips != trip:
        return Turn(state, refusal=Refusal.NOT_TRIPPED)
    if state.acknowledged_by:
        return Turn(state)
    return Turn(state.model_copy(update={"acknowledged_by": person}), (Change(ChangeKind.ACKNOWLEDGED, person),))


def ask_to_resume(state: State, now_s: float, person: Person, token: str) -> Turn:
    """The first signature: the token is out from now on, and any earlier one is void."""
    if refusal := _not_now(state, person):
        return _refused(state, person, refusal)
    asked = state.model_copy(update={"asked_by": person.name, "asked_s": now_s, "token": digest(token)})
    return Turn(asked, (Change(ChangeKind.ASKED, person.name),))


def resume(policy: KillSwitchPolicy, state: State, now_s: float, person: Person, token: str) -> Turn:
    """The second signature. The token is used up by being shown, whatever comes of it."""
    if refusal := _not_now(state, person):
        return _refused(state, person, refusal)
    if not state.token or not hmac.compare_digest(state.token, digest(token)):
        return _refused(state, person, Refusal.VOID)
    used = state.model_copy(update={"asked_by": "", "token": ""})
    if not 0 <= now_s - state.asked_s < policy.token_lasts_s:
        return _refused(used, person, Refusal.VOID)
    if person.name == state.asked_by:
        return _refused(used, person, Refusal.SAME_PERSON)
    return Turn(_fresh(used, tripped=False), (Change(ChangeKind.RESUMED, person.name, f"asked by {state.asked_by}"),))


def _not_now(state: State, person: Person) -> Refusal | None:
    if not state.tripped:
        return Refusal.NOT_TRIPPED
    if not person.may_resume:
        return Refusal.NO_AUTHORITY
    return Refusal.STILL_GRAVE if state.grave else None


def _refused(state: State, person: Person, refusal: Refusal) -> Turn:
    return Turn(state, (Change(ChangeKind.REFUSED, person.name, refusal.value),), refusal=refusal)


def _fresh(state: State, **changes: object) -> State:
    """Nothing of the trip before is left."""
    cleared = {"cause": "", "notices": 0, "noticed_s": None, "acknowledged_by": "", "asked_by": "", "token": ""}
    return state.model_copy(update=cleared | changes)


def _escalated(policy: KillSwitchPolicy, state: State, now_s: float, changes: tuple[Change, ...]) -> Turn:
    waiting = state.tripped and not state.acknowledged_by
    # A clock that was set back to before the last notice is no reason to wait for it to come round again.
    due = state.noticed_s is None or not 0 <= now_s - state.noticed_s < policy.escalates_after_s
    if not waiting or not due:
        return Turn(state, changes)
    contact = policy.contacts[state.notices % len(policy.contacts)]
    told = state.model_copy(update={"notices": state.notices + 1, "noticed_s": now_s})
    return Turn(told, changes, tell=contact)


def _is_stale(signal: SignalPolicy, feed: Feed, since_s: float, now_s: float) -> bool:
    return signal.stale_after_s is not None and now_s - max(feed.heard_s, since_s) > signal.stale_after_s


def _is_grave(signal: SignalPolicy, counts: Sequence[Count], now_s: float, *, before: bool, stale: bool) -> bool:
    recent = [count for count in counts if now_s - signal.window_s < count.at_s <= now_s]
    total, bad = sum(count.all for count in recent), sum(count.bad for count in recent)
    if total < signal.minimum or bad < signal.least_bad or (stale and not before):
        return False
    return bad / total >= (signal.calm_below if before else signal.grave_at)


def _differences(before: tuple[str, ...], now: tuple[str, ...], came: ChangeKind, went: ChangeKind) -> list[Change]:
    return [*(Change(came, name) for name in now if name not in before), *(Change(went, name) for name in before if name not in now)]
