"""Drills of circuit breakers: each thing that a breaker can do wrong fails the gate that is made for it, and no other."""

from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_plan import SHED
from handmade_stories import said

from reports.finding import Finding, Status
from scenarios.run.fault_event_kinds import FaultEffective, FaultHealed, FaultInjecting, FaultUndone
from scenarios.run.system_event_kinds import SystemBreaker, SystemBreakerClosed, SystemBreakerHalfOpened, SystemBreakerOpened, SystemServes

GATES = {
    "open": "time to open of circuit-breaker <= 3 s",
    "probes": "half-open probes of circuit-breaker <= 2",
    "leaks": "calls while open of circuit-breaker <= 0",
    "close": "time to close of circuit-breaker <= 4 s",
    "flaps": "flaps of circuit-breaker <= 0",
}
STRIKES_S, UNDONE_S = 20.0, 30.0
OPENED, PROBES, CLOSED = SystemBreakerOpened, SystemBreakerHalfOpened, SystemBreakerClosed
GOOD: list[tuple[float, type[SystemBreaker]]] = [(21, OPENED), (29, PROBES), (29.5, OPENED), (31.5, PROBES), (32, CLOSED)]


def broken(folder: Path, changes: list[tuple[float, type[SystemBreaker]]], calls: list[float]) -> Story:
    """A supplier fails from 20 to 30 s; node `b` does all right, `a` changes and calls at these times, besides before the fault."""
    story = Story(folder)
    story.probes()
    story.crowd(0, 60)
    story.beat(0, STRIKES_S)
    story.beat(STRIKES_S, 33, SHED)
    story.beat(33, 60)
    story.scenario["gates"] = list(GATES.values())
    story.scenario["drills"] = [{"drill": "circuit-breaker", "at": f"{STRIKES_S:g} s", "deadline": 15, "window": 10}]
    who = {"drill": "circuit-breaker", "strike": "circuit-breaker", "fault": "supplier-dial"}
    story.tell("watchdog", STRIKES_S, FaultInjecting(parameters={"supplier": "risk"}, **who))
    story.tell("watchdog", STRIKES_S + 0.1, FaultEffective(evidence="errors", **who))
    story.tell("watchdog", UNDONE_S, FaultUndone(**who))
    story.tell("watchdog", UNDONE_S + 0.1, FaultHealed(evidence="at rest", **who))
    for node, told in (("a", changes), ("b", GOOD)):
        for at_s, kind in told:
            story.tell("system", at_s, kind(source="target", more={"node": node, "dependency": "risk"}))
    good = [29.1, 29.2, 31.6, 31.7]
    story.target["events"] = {"url": "http://127.0.0.1:9/events", "kinds": {"opened": "breaker_opened"}}
    tables = story.target["readback"]["tables"]  # type: ignore[index]  # a mapping
    names = ("dependency", "caller", "did", "sent_ns")
    tables["calls"] = {"role": "calls", "service": "bank", "path": "/calls", "fields": {name: f"$.{name}" for name in names}}
    before = ticks(0, 20, 4)
    story.tables["calls"] = [
        {"dependency": dependency, "caller": caller, "did": 1, "sent_ns": story.t0_ns + round(at_s * 1e9)}
        for dependency, caller, times in (("risk", "a", before + calls), ("risk", "b", before + good), ("voucher", "a", [21.5, 22.5]))
        for at_s in times
    ]
    return story


def gates(story: Story) -> dict[str, Finding]:
    """What is said of each gate."""
    found = said(story)
    return {name: found[f"gate: {gate}"] for name, gate in GATES.items()}


STORIES: dict[str, tuple[list[tuple[float, type[SystemBreaker]]], list[float], dict[str, float]]] = {
    "as it should": (GOOD, [29.1, 29.2, 31.6, 31.7], {}),
    "closed before the supplier was well": ([(21, OPENED), (29, PROBES), (29.5, CLOSED)], [29.1, 29.2], {}),
    "never opens": ([], ticks(20, 60, 4), {"open": 40.0}),
    "opens late": ([(25, OPENED), (31.5, PROBES), (32, CLOSED)], [31.6, 31.7], {"open": 5.0}),
    "never half-opens": ([(21, OPENED)], [], {"close": 30.0}),
    "closes late": ([(21, OPENED), (35, PROBES), (35.5, CLOSED)], [35.1, 35.2], {"close": 5.5}),
    "admits all probes": ([(21, OPENED), (30.5, PROBES), (32, CLOSED)], ticks(30.5, 31.5, 10), {"probes": 10.0}),
    "lets calls through while open": (GOOD, [21.5, 22.5, 29.1, 29.2, 31.6, 31.7], {"leaks": 2.0}),
    "flaps": ([*GOOD, (40, OPENED), (42, PROBES), (42.5, CLOSED)], [29.1, 29.2, 31.6, 31.7], {"flaps": 1.0}),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_a_breaker_does_wrong_fails_its_own_gate(tmp_path: Path, name: str) -> None:
    """By the worst breaker, with its figure; all the others hold."""
    changes, calls, failing = STORIES[name]
    found = gates(broken(tmp_path / "run", changes, calls))
    assert {gate: finding.measured for gate, finding in found.items() if finding.status is Status.FAIL} == failing
    assert {finding.status for gate, finding in found.items() if gate not in failing} == {Status.PASS}
    assert all("(a to risk, the worst of 2)" in found[gate].detail for gate in failing)


@pytest.mark.parametrize(("held_s", "status"), [(2.0, "INVALID"), (1.0, "FAIL")])
def test_a_breaker_that_nobody_could_call_is_not_said_to_close_late(tmp_path: Path, held_s: float, status: str) -> None:
    """It closes after 5.5 s of 4, and the load generator did nothing for so long meanwhile."""
    story = broken(tmp_path / "run", *STORIES["closes late"][:2])
    story.ask("campaign.get", 31, latency_ms=held_s * 1000 + 20, lag_ms=held_s * 1000)
    found = gates(story)["close"]
    assert (found.status, found.measured) == (status, 5.5), found.detail
    assert ("but 3.5 s without the load generator's own delay" in found.detail) == (status == "INVALID")


@pytest.mark.parametrize(
    ("served_s", "node", "measured", "status"),
    [
        ((33.0,), "a", 2.5, "PASS"),
        ((25.0, 33.0), "a", 5.5, "FAIL"),
        ((19.0,), "a", 5.5, "FAIL"),
        ((33.0,), "b", 5.5, "FAIL"),
        ((61.0,), "a", 5.5, "FAIL"),
    ],
    ids=[
        "back late",
        "back before the undo, and away again by itself",
        "started before the strike",
        "another node's return",
        "back after the load",
    ],
)
def test_a_breaker_closes_no_sooner_than_its_node_is_back(
    tmp_path: Path, served_s: tuple[float, ...], node: str, measured: float, status: str
) -> None:
    """It closes 5.5 s after the undo of 4 s allowed: that counts from the return of the node that the strike took, and both are said."""
    story = broken(tmp_path / "run", *STORIES["closes late"][:2])
    for at_s in served_s:
        story.tell("system", at_s, SystemServes(source="target", more={"node": node}))
    found = gates(story)["close"]
    assert (found.status, found.measured) == (status, measured), found.detail
    assert ("since its node served again; 5.5 s since the undo" in found.detail) == (status == "PASS"), found.detail


def test_a_breaker_that_stays_open_behind_its_nodes_return_never_closed(tmp_path: Path) -> None:
    """Until the load ends, however late the node is."""
    story = broken(tmp_path / "run", *STORIES["never half-opens"][:2])
    story.tell("system", 34.0, SystemServes(source="target", more={"node": "a"}))
    found = gates(story)["close"]
    assert (found.status, found.measured, found.censored) == (Status.FAIL, 26.0, True), found.detail


def test_the_figures_of_a_breaker_that_does_all_right(tmp_path: Path) -> None:
    """From the injection to its opening, from the undo to its closing, and two probes at a time."""
    found = gates(broken(tmp_path / "run", *STORIES["as it should"][:2]))
    assert {gate: finding.measured for gate, finding in found.items()} == {
        "open": 1.0,
        "probes": 2.0,
        "leaks": 0.0,
        "close": 2.0,
        "flaps": 0.0,
    }


@pytest.mark.parametrize(
    ("what", "said_of_it"),
    [
        ("calls", "the target's read-back has no table of calls"),
        ("events", "the target tells nothing of its circuit breakers"),
        ("dependency", "broke no dependency that a breaker could guard"),
        ("callers", "nobody called risk"),
        ("times", "'sent_ns' should be a whole number"),
    ],
)
def test_what_is_not_on_record_is_no_pass(tmp_path: Path, what: str, said_of_it: str) -> None:
    """INVALID, with the reason."""
    story = broken(tmp_path / "run", *STORIES["as it should"][:2])
    if what == "calls":
        del story.target["readback"]["tables"]["calls"]  # type: ignore[index]  # a mapping
    elif what == "events":
        story.target["events"] = {"url": "http://127.0.0.1:9/events"}
    elif what == "dependency":
        story.events = [
            (writer, at_s, facts.model_copy(update={"parameters": {}}) if isinstance(facts, FaultInjecting) else facts)
            for writer, at_s, facts in story.events
        ]
    elif what == "callers":
        story.tables["calls"] = [row for row in story.tables["calls"] if row["dependency"] == "voucher"]
    else:
        story.tables["calls"] = [row | {"sent_ns": "soon"} for row in story.tables["calls"]]
    found = gates(story)
    assert {finding.status for finding in found.values()} == {Status.INVALID}
    assert all(said_of_it in finding.detail for finding in found.values())


def test_a_drill_that_never_struck_has_no_figures(tmp_path: Path) -> None:
    """However well the breakers did meanwhile."""
    story = broken(tmp_path / "run", *STORIES["as it should"][:2])
    story.events = [event for event in story.events if event[0] != "watchdog"]
    assert {finding.status for finding in gates(story).values()} == {Status.INVALID}
