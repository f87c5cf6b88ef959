"""The campaign kill switch: whatever signals, people and time do, it does what the reference does; and it does what the plan says."""

import os
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from reference_kill_switch import Reference

from mock_bank.services.kit import kill_switch
from mock_bank.services.kit.kill_switch import (
    Change,
    ChangeKind,
    Count,
    Feed,
    KillSwitchPolicy,
    Person,
    Refusal,
    SignalPolicy,
    State,
    Turn,
)

HISTORIES = int(os.environ.get("STORMDRILL_HISTORIES", "100"))  # thousands by `make failover`

NAMES = ("failures", "sentiment")
PEOPLE = (Person("lin", may_resume=True), Person("wang", may_resume=True), Person("zhao", may_resume=False))
TOKENS = ("t-1", "t-2")
POLICY = KillSwitchPolicy(
    signals={
        "failures": SignalPolicy(window_s=10, minimum=20, grave_at=0.5, calm_below=0.2),
        "sentiment": SignalPolicy(window_s=10, minimum=10, grave_at=0.5, calm_below=0.3, stale_after_s=5),
    },
    contacts=("head", "board"),
    escalates_after_s=5,
    token_lasts_s=60,
)


@st.composite
def policies(draw: st.DrawFn) -> KillSwitchPolicy:
    """Small ones, so that every edge is met often."""

    def signal(*, feed: bool) -> SignalPolicy:
        grave_at = draw(st.sampled_from([0.25, 0.5, 1.0]))
        return SignalPolicy(
            window_s=draw(st.sampled_from([2.0, 5.0])),
            minimum=draw(st.integers(1, 4)),
            least_bad=draw(st.integers(1, 2)),
            grave_at=grave_at,
            calm_below=draw(st.sampled_from([grave_at, grave_at / 2])),
            stale_after_s=draw(st.sampled_from([1.0, 3.0])) if feed else None,
        )

    return KillSwitchPolicy(
        signals={"failures": signal(feed=False), "sentiment": signal(feed=True)},
        contacts=draw(st.sampled_from([("head",), ("head", "board")])),
        escalates_after_s=draw(st.sampled_from([1.0, 4.0])),
        token_lasts_s=draw(st.sampled_from([2.0, 10.0])),
    )


class Histories(RuleBasedStateMachine):
    """Signals that come and stop, people who sign and do not, at any times, and a state that is read anew each time."""

    policy: KillSwitchPolicy

    def observe(self, feeds: Mapping[str, Feed]) -> Turn:
        """The one under test."""
        return kill_switch.observe(self.policy, self.state, self.now_s, feeds)

    def resume(self, person: Person, token: str) -> Turn:
        """The one under test."""
        return kill_switch.resume(self.policy, self.state, self.now_s, person, token)

    def taken(self, turn: Turn) -> Turn:
        """Its state is kept as text, as in the database."""
        self.state = State.model_validate_json(turn.state.model_dump_json())
        return turn

    @initialize(policy=policies(), now_s=st.sampled_from([0.0, 1e9]))
    def begin(self, policy: KillSwitchPolicy, now_s: float) -> None:
        """An armed switch that has heard nothing."""
        self.policy, self.now_s, self.state, self.reference = policy, now_s, State(), Reference(policy)

    @rule(name=st.sampled_from(NAMES), bad=st.integers(0, 4), good=st.integers(0, 4))
    def say(self, name: str, bad: int, good: int) -> None:
        """A signal tells something, if only that there is nothing."""
        self.reference.told.setdefault(name, []).append((self.now_s, bad + good, bad))
        self.reference.heard_s[name] = self.now_s

    @rule(name=st.sampled_from(NAMES), ago_s=st.sampled_from([-1.0, 1.0, 4.0]))
    def say_of_another_time(self, name: str, ago_s: float) -> None:
        """What comes late, or from a clock that is ahead."""
        self.reference.told.setdefault(name, []).append((self.now_s - ago_s, 2, 2))
        self.reference.heard_s[name] = self.now_s

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 5.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now_s += seconds

    @rule()
    def look(self) -> None:
        """Some node looks at the signals."""
        feeds = {name: Feed([Count(*one) for one in told], self.reference.heard_s[name]) for name, told in self.reference.told.items()}
        expected = self.reference.look(self.now_s)
        turn = self.taken(self.observe(feeds))
        assert turn.tell == expected, "it tells another than it should"

    @precondition(lambda self: self.reference.notices)
    @rule()
    def lose_notice(self) -> None:
        """The last notice was not delivered."""
        self.reference.lost = True
        self.taken(kill_switch.undelivered(self.state, self.reference.trips, len(self.reference.notices), "head"))

    @rule(back=st.integers(0, 1))
    def acknowledge(self, back: int) -> None:
        """Somebody takes a trip up, this one or the one before."""
        trip = self.reference.trips - back
        turn = self.taken(kill_switch.acknowledge(self.state, trip, "head"))
        assert self.reference.acknowledge(trip) == (turn.refusal is None)

    @rule(person=st.sampled_from(PEOPLE), token=st.sampled_from(TOKENS))
    def ask(self, person: Person, token: str) -> None:
        """Somebody signs first."""
        turn = self.taken(kill_switch.ask_to_resume(self.state, self.now_s, person, token))
        assert self.reference.ask(self.now_s, person.name, token, may=person.may_resume) == (turn.refusal is None)

    @rule(person=st.sampled_from(PEOPLE), token=st.sampled_from(TOKENS))
    def sign(self, person: Person, token: str) -> None:
        """Somebody shows a token."""
        turn = self.taken(self.resume(person, token))
        assert self.reference.resume(self.now_s, person.name, token, may=person.may_resume) == (turn.refusal is None)

    @precondition(lambda self: self.reference.paused and not self.reference.grave)
    @rule(later_s=st.sampled_from([0.0, 1.0, 2.0, 10.0]), second=st.sampled_from(PEOPLE))
    def two_sign(self, later_s: float, second: Person) -> None:
        """One asks, and somebody signs behind him."""
        self.ask(PEOPLE[0], TOKENS[0])
        self.now_s += later_s
        self.sign(second, TOKENS[0])

    @invariant()
    def agree(self) -> None:
        """Both stand alike."""
        if not hasattr(self, "reference"):
            return
        assert (self.state.tripped, self.state.trips) == (self.reference.paused, self.reference.trips)
        assert (set(self.state.grave), set(self.state.stale)) == (self.reference.grave, self.reference.stale)
        if self.state.tripped:
            assert bool(self.state.acknowledged_by) == self.reference.acknowledged


Histories.TestCase.settings = settings(max_examples=HISTORIES, stateful_step_count=40)
TestKillSwitchHistories = Histories.TestCase


class IsDeaf(Histories):
    """A switch that does not hear what is said of the campaign."""

    def observe(self, feeds: Mapping[str, Feed]) -> Turn:
        """Silence."""
        return super().observe(feeds | {"sentiment": Feed((), self.now_s)} if "sentiment" in feeds else feeds)


class TakesSilenceForTrouble(Histories):
    """A switch that trips when a feed falls silent."""

    def observe(self, feeds: Mapping[str, Feed]) -> Turn:
        """A stale feed is as bad as can be."""
        turn = super().observe(feeds)
        return super().observe(feeds | {name: Feed([Count(self.now_s, 9, 9)], self.now_s) for name in turn.state.stale})


class NeedsNoMinimum(Histories):
    """A switch that judges by the first."""

    def observe(self, feeds: Mapping[str, Feed]) -> Turn:
        """One is enough."""
        signals = {name: replace(signal, minimum=1, least_bad=1) for name, signal in self.policy.signals.items()}
        return kill_switch.observe(replace(self.policy, signals=signals), self.state, self.now_s, feeds)


class KnowsNoHysteresis(Histories):
    """A switch whose signals are calm as soon as they are below the threshold."""

    def observe(self, feeds: Mapping[str, Feed]) -> Turn:
        """One threshold."""
        signals = {name: replace(signal, calm_below=signal.grave_at) for name, signal in self.policy.signals.items()}
        return kill_switch.observe(replace(self.policy, signals=signals), self.state, self.now_s, feeds)


class TellsOne(Histories):
    """A switch that never escalates."""

    def observe(self, feeds: Mapping[str, Feed]) -> Turn:
        """One notice, and no other."""
        return kill_switch.observe(replace(self.policy, escalates_after_s=1e12), self.state, self.now_s, feeds)


class WantsOneSignature(Histories):
    """A switch that whoever asks may resume himself."""

    def resume(self, person: Person, token: str) -> Turn:
        """By anybody with the authority."""
        asker = Person(f"not {person.name}", may_resume=person.may_resume)
        return super().resume(asker, token)


class TakesTokensForEver(Histories):
    """A switch to which a token is never too old."""

    def resume(self, person: Person, token: str) -> Turn:
        """For ever."""
        return kill_switch.resume(replace(self.policy, token_lasts_s=1e12), self.state, self.now_s, person, token)


BROKEN = [IsDeaf, TakesSilenceForTrouble, NeedsNoMinimum, KnowsNoHysteresis, TellsOne, WantsOneSignature, TakesTokensForEver]


@pytest.mark.parametrize("broken", BROKEN)
def test_kit_reference_tells_a_broken_kill_switch(broken: type[Histories]) -> None:
    """Histories are rich enough to find what is wrong with it."""
    found = settings(max_examples=400, stateful_step_count=40, phases=[Phase.generate], report_multiple_bugs=False, derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken, settings=found)


def outcry(now_s: float, bad: int = 20, good: int = 0) -> dict[str, Feed]:
    """What is said of the campaign now."""
    return {"sentiment": Feed([Count(now_s, bad + good, bad)], now_s), "failures": Feed([], now_s)}


def quiet(now_s: float) -> dict[str, Feed]:
    """Nothing to be told."""
    return {"sentiment": Feed([], now_s), "failures": Feed([], now_s)}


def tripped(now_s: float = 100.0) -> State:
    """A switch that has just tripped, and whose signals are calm again."""
    state = kill_switch.observe(POLICY, State(), now_s, outcry(now_s)).state
    return kill_switch.observe(POLICY, state, now_s + 20, quiet(now_s + 20)).state


def test_kit_kill_switch_trips_at_its_threshold_and_not_below() -> None:
    """Half of enough voices are; one less is not, and too few are not whatever they say."""
    for bad, good, expected in ((10, 10, True), (9, 10, False), (9, 0, False), (10, 0, True)):
        turn = kill_switch.observe(POLICY, State(), 100, outcry(100, bad, good))
        assert turn.state.tripped is expected, (bad, good)
    assert turn.changes == (Change(ChangeKind.GRAVE, "sentiment"), Change(ChangeKind.TRIPPED, "sentiment"))
    assert turn.tell == "head"


def test_kit_kill_switch_takes_silence_for_an_alarm() -> None:
    """A feed that tells nothing for too long is stale, however bad its last word was, and the switch does not trip."""
    state = kill_switch.observe(POLICY, State(), 100, quiet(100)).state
    late = {"sentiment": Feed([Count(99, 100, 100)], 99), "failures": Feed([], 106)}
    turn = kill_switch.observe(POLICY, state, 106, late)
    assert (turn.changes, turn.state.tripped) == ((Change(ChangeKind.STALE, "sentiment"),), False)
    assert kill_switch.observe(POLICY, turn.state, 107, quiet(107)).changes == (Change(ChangeKind.HEARD, "sentiment"),)


def test_kit_kill_switch_tells_until_one_acknowledges() -> None:
    """One after another, each in its time, from the first again; and nobody after the acknowledgement."""
    turn, told = kill_switch.observe(POLICY, State(), 100, outcry(100)), []
    for now_s in (100, 104.9, 105, 110, 111):
        turn = kill_switch.observe(POLICY, turn.state, now_s, quiet(now_s))
        told.append(turn.tell)
    assert told == ["", "", "board", "head", ""]
    state = kill_switch.acknowledge(turn.state, 1, "board").state
    assert kill_switch.observe(POLICY, state, 200, quiet(200)).tell == ""
    assert kill_switch.acknowledge(state, 0, "board").refusal is Refusal.NOT_TRIPPED


def test_kit_kill_switch_does_not_wait_for_a_notice_that_was_lost_nor_for_a_clock_set_back() -> None:
    """The next one is told at the next look."""
    state = kill_switch.observe(POLICY, State(), 100, outcry(100)).state
    lost = kill_switch.undelivered(state, 1, 1, "head").state
    assert kill_switch.observe(POLICY, lost, 100.5, quiet(100.5)).tell == "board"
    assert kill_switch.observe(POLICY, state, 40, quiet(40)).tell == "board"


LIN, WANG, ZHAO = PEOPLE


@pytest.mark.parametrize(
    ("second", "token", "after_s", "refusal"),
    [
        (WANG, "t", 1, None),
        (LIN, "t", 1, Refusal.SAME_PERSON),
        (ZHAO, "t", 1, Refusal.NO_AUTHORITY),
        (WANG, "another", 1, Refusal.VOID),
        (WANG, "", 1, Refusal.VOID),
        (WANG, "t", 60, Refusal.VOID),
        (WANG, "t", -1, Refusal.VOID),
    ],
)
def test_kit_kill_switch_resumes_by_two_people_and_a_token(second: Person, token: str, after_s: float, refusal: Refusal | None) -> None:
    """Both with the authority, the token in time; every refusal says why and is a change of its own."""
    asked = kill_switch.ask_to_resume(tripped(), 200, LIN, "t").state
    turn = kill_switch.resume(POLICY, asked, 200 + after_s, second, token)
    assert (turn.refusal, turn.state.tripped) == (refusal, refusal is not None)
    kind = ChangeKind.REFUSED if refusal else ChangeKind.RESUMED
    assert [(change.kind, change.about) for change in turn.changes] == [(kind, second.name)]


def test_kit_kill_switch_takes_a_token_once() -> None:
    """Shown by whom it does not serve, it is used up; and what has resumed once resumes nothing later."""
    asked = kill_switch.ask_to_resume(tripped(), 200, LIN, "t").state
    burnt = kill_switch.resume(POLICY, asked, 201, LIN, "t").state
    assert kill_switch.resume(POLICY, burnt, 202, WANG, "t").refusal is Refusal.VOID
    again = kill_switch.observe(POLICY, kill_switch.resume(POLICY, asked, 201, WANG, "t").state, 300, outcry(300)).state
    calm = kill_switch.observe(POLICY, again, 320, quiet(320)).state
    assert (calm.tripped, calm.trips) == (True, 2)
    assert kill_switch.resume(POLICY, calm, 321, WANG, "t").refusal is Refusal.VOID


def test_kit_kill_switch_does_not_resume_into_what_is_grave() -> None:
    """Nobody gets a token while a signal is grave, nor is one good any more that was out before."""
    grave = kill_switch.observe(POLICY, State(), 100, outcry(100)).state
    assert kill_switch.ask_to_resume(grave, 101, LIN, "t").refusal is Refusal.STILL_GRAVE
    asked = kill_switch.ask_to_resume(tripped(), 200, LIN, "t").state
    worse = kill_switch.observe(POLICY, asked, 201, outcry(201)).state
    assert kill_switch.resume(POLICY, worse, 202, WANG, "t").refusal is Refusal.STILL_GRAVE


@pytest.mark.parametrize("changes", [{"window_s": 0}, {"minimum": 0}, {"least_bad": 0}, {"calm_below": 0.6}, {"calm_below": 0}])
def test_kit_kill_switch_refuses_a_policy_that_makes_no_sense(changes: dict[str, float]) -> None:
    """Before it is armed."""
    with pytest.raises(ValueError, match="failures: "):
        replace(POLICY, signals={"failures": replace(POLICY.signals["failures"], **changes)})  # type: ignore[arg-type]  # figures of its fields
    with pytest.raises(ValueError, match="somebody must be told"):
        replace(POLICY, contacts=())
