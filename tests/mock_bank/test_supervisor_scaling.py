"""When a node more or less is wanted: whatever the load does and whenever, as the reference says, in bounds, and without flapping."""

import os
from dataclasses import dataclass, field

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from mock_bank.supervisor.scaling import Direction, Reading, Scaler, ScalingPolicy

HISTORIES = int(os.environ.get("STORMDRILL_HISTORIES", "100"))  # thousands by `make failover`
STEP_S = 0.5
FOUR = ScalingPolicy(least=2, most=4)

loads = st.floats(0, 8, allow_nan=False)  # in nodes that are wholly busy


def reading(at_s: float, load: float, nodes: int) -> Reading:
    """Of nodes that share this load; what is beyond them waits."""
    return Reading(at_s, min(1.0, load / nodes), max(0.0, load - nodes) * 4 / nodes)


@dataclass
class Reference:
    """The rule, said as plainly as can be: every reading is kept, with how many nodes there were."""

    policy: ScalingPolicy
    changed_s: float
    readings: list[Reading] = field(default_factory=list)

    def decide(self, now_s: float, nodes: int) -> Direction | None:
        """What it says."""
        policy = self.policy
        if now_s < self.changed_s + policy.cool_down_s:
            return None
        if not policy.least <= nodes <= policy.most:
            return "out" if nodes < policy.least else "in"
        window, calm = self._since(now_s - policy.window_s), self._since(now_s - policy.calm_s)
        if window and nodes < policy.most:
            used = sum(one.utilisation for one in window) / len(window)
            waits = sum(one.waiting for one in window) / len(window)
            if used >= policy.out_at or waits >= policy.queue_at:
                return "out"
        spare = calm and all(
            one.utilisation * nodes / (nodes - 1) <= policy.in_to and one.waiting < policy.queue_at for one in calm if nodes > 1
        )
        return "in" if spare and nodes > policy.least else None

    def _since(self, since_s: float) -> list[Reading]:
        """Those after it; none where there was nobody to read yet at that time."""
        if not any(self.changed_s <= one.at_s <= since_s for one in self.readings):
            return []
        return [one for one in self.readings if one.at_s > since_s]


@st.composite
def policies(draw: st.DrawFn) -> ScalingPolicy:
    """Small ones, so that every edge is met often; in and out as far apart as the rule wants it."""
    least = draw(st.integers(1, 3))
    return ScalingPolicy(
        least=least,
        most=least + draw(st.integers(0, 3)),
        out_at=draw(st.sampled_from([0.6, 0.75, 0.9])),
        queue_at=draw(st.sampled_from([0.5, 1.0, 4.0])),
        window_s=draw(st.sampled_from([0.5, 1.0, 3.0])),
        in_to=draw(st.sampled_from([0.2, 0.5])),
        calm_s=draw(st.sampled_from([1.0, 2.0, 6.0])),
        cool_down_s=draw(st.sampled_from([0.5, 2.0, 5.0])),
    )


class Service(RuleBasedStateMachine):
    """A service under a load that goes up and down as it likes, with nodes that come and go by other hands too."""

    @initialize(policy=policies())
    def begin(self, policy: ScalingPolicy) -> None:
        """As few nodes as may be."""
        self.now_s, self.nodes, self.policy = 100.0, policy.least, policy
        self.scaler, self.reference = Scaler(policy, self.now_s), Reference(policy, self.now_s)

    @rule(load=loads, steps=st.integers(1, 30))
    def load(self, load: float, steps: int) -> None:
        """A level load for a while, read and decided upon at every step."""
        for _ in range(steps):
            self.now_s += STEP_S
            said = reading(self.now_s, load, self.nodes)
            self.scaler.note(said)
            self.reference.readings.append(said)
            self._decide()

    @rule(passes_s=st.integers(0, 16))
    def silence(self, passes_s: int) -> None:
        """Nobody could be asked. In halves of a second, which add up exactly."""
        self.now_s += passes_s / 2
        self._decide()

    @rule(nodes=st.integers(1, 7))
    def other_hands(self, nodes: int) -> None:
        """Somebody has ordered nodes in or out, or one has died."""
        if nodes != self.nodes:
            self._become(nodes)

    def _decide(self) -> None:
        way = self.scaler.decide(self.now_s, self.nodes)
        assert way == self.reference.decide(self.now_s, self.nodes)
        if way:
            assert self.now_s - self.reference.changed_s >= self.policy.cool_down_s
            assert self.nodes < self.policy.most if way == "out" else self.nodes > self.policy.least
            self._become(self.nodes + (1 if way == "out" else -1))

    def _become(self, nodes: int) -> None:
        self.nodes = nodes
        self.scaler.changed(self.now_s)
        self.reference.changed_s, self.reference.readings = self.now_s, []


def test_scaler_does_what_the_reference_does() -> None:
    """Thousands of histories by `make failover`; some here."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Service, settings=settings(max_examples=HISTORIES, stateful_step_count=12, deadline=None, phases=[Phase.generate, Phase.shrink])
    )


def scaled(policy: ScalingPolicy, load_by_step: list[float], nodes: int) -> list[tuple[float, Direction, int]]:
    """When, which way and to how many, under a load that is read at every step."""
    scaler, found = Scaler(policy, 0.0), list[tuple[float, Direction, int]]()
    for step, load in enumerate(load_by_step, 1):
        now_s = step * STEP_S
        scaler.note(reading(now_s, load, nodes))
        if way := scaler.decide(now_s, nodes):
            nodes += 1 if way == "out" else -1
            found.append((now_s, way, nodes))
            scaler.changed(now_s)
    return found


@settings(max_examples=HISTORIES, deadline=None)
@given(loads, st.integers(2, 4))
def test_under_a_level_load_nothing_flaps(load: float, nodes: int) -> None:
    """It goes one way, to where the load is carried, and stays there."""
    found = scaled(FOUR, [load] * 240, nodes)
    assert len({way for _, way, _ in found}) <= 1
    there = found[-1][2] if found else nodes
    assert there == FOUR.most or load / there < FOUR.out_at


@settings(max_examples=HISTORIES, deadline=None)
@given(st.lists(st.tuples(loads, st.integers(1, 40)), min_size=1, max_size=12))
def test_whatever_the_load_does_bounds_cool_down_and_calm_are_kept(plan: list[tuple[float, int]]) -> None:
    """Two to four nodes, no two changes within the cool-down, and nobody goes before it was calm for long enough since the last change."""
    policy = FOUR
    found = scaled(policy, [load for load, steps in plan for _ in range(steps)], policy.least)
    assert all(policy.least <= nodes <= policy.most for _, _, nodes in found)
    for (before_s, _, _), (at_s, way, _) in zip([(0.0, "out", 0), *found], found, strict=False):
        assert at_s - before_s >= (policy.cool_down_s if way == "out" else policy.calm_s)


@pytest.mark.parametrize(
    ("load_by_step", "ways"),
    [
        pytest.param([1.0] * 100, [], id="half full"),
        pytest.param([1.0] * 20 + [2.0] + [1.0] * 20, [], id="a burst that the window's mean does not feel"),
        pytest.param([1.0] * 20 + [2.5] * 60, ["out", "out"], id="a burst that stays"),
        pytest.param([1.0] * 20 + [2.0] * 60 + [0.2] * 80, ["out", "in"], id="up and down again"),
        pytest.param([9.0] * 100, ["out", "out"], id="more than there may be nodes for"),
    ],
)
def test_so_many_are_wanted(load_by_step: list[float], ways: list[str]) -> None:
    """From two nodes on; load in nodes that are wholly busy, twice a second."""
    assert [way for _, way, _ in scaled(FOUR, load_by_step, 2)] == ways
