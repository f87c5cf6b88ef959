"""Strikes: each has a name of its own, and a gate names the ones it means."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import BadInput
from scenarios.plan.scenario import Scenario
from scenarios.plan.strikes import PlannedDrill, names_of, number_strikes, strikes_named
from scenarios.plan.yaml_loading import load_yaml

TEXT = """
name: twice
describe: Two strikes of one drill, written down in the wrong order.
phases: [{name: peak, lasts: 90 s, arrivals: 5/s}]
mix: {zone-page: 1}
pulse: {operations: [account.balance]}
drills:
  - {drill: primary-kill, at: 50 s, deadline: 10 s}
  - {drill: node-kill, at: 40 s, deadline: 5 s}
  - {drill: primary-kill, at: 20 s, deadline: 10 s}
gates:
  - rto of primary-kill <= 5 s
  - rto of primary-kill#2 <= 5 s
"""


def load(folder: Path, old: str = "", new: str = "") -> Scenario:
    """The scenario with something else in it."""
    path = folder / "twice.yaml"
    path.write_text(TEXT.replace(old, new) if old else TEXT)
    return load_yaml(path, Scenario)


def test_strikes_are_numbered_by_their_time(tmp_path: Path) -> None:
    """Not by their place in the file."""
    assert [(strike.id, strike.at_s, strike.deadline_s) for strike in load(tmp_path).strikes] == [
        ("primary-kill", 20, 30),
        ("node-kill", 40, 45),
        ("primary-kill#2", 50, 60),
    ]


@pytest.mark.parametrize("subject", ["primary-kill#3", "node-kill#2", "primary-kil", "primary-kill#0", "primary-kill#"])
def test_a_gate_on_a_strike_that_is_not_planned_is_refused(tmp_path: Path, subject: str) -> None:
    """By the gate's own line, with all that may be named."""
    with pytest.raises(BadInput, match=r"twice.yaml:13: ") as error:
        load(tmp_path, "primary-kill#2", subject)
    assert "\n" not in str(error.value)
    if "#" not in subject or subject[-1] in "23":
        assert "there are: primary-kill, node-kill, primary-kill#1, primary-kill#2" in str(error.value)


@given(st.lists(st.tuples(st.floats(0, 1000), st.sampled_from(["a", "b", "c"])), max_size=12))
def test_every_strike_is_named_by_itself_and_by_its_drill(planned: list[tuple[float, str]]) -> None:
    """Ids are unique; `a#1` is the first of `a` alone, and the drill's name means all of its strikes; every name means something."""
    strikes = number_strikes((at_s, PlannedDrill(drill=drill, at=f"{at_s} s")) for at_s, drill in planned)
    assert len({strike.id for strike in strikes}) == len(planned)
    assert [strike.at_s for strike in strikes] == sorted(at_s for at_s, _ in planned)
    for strike in strikes:
        assert strikes_named(f"{strike.drill}#{strike.number}", strikes) == [strike]
        assert strike in strikes_named(strike.drill, strikes)
    for drill in {drill for _, drill in planned}:
        assert len(strikes_named(drill, strikes)) == sum(drill == other for _, other in planned)
    assert all(strikes_named(name, strikes) for name in names_of(strikes))
