"""Drills of the campaign's kill switch: each thing that it can do wrong fails the gates that are made for it, and no others."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_plan import FAILURE, SHED, T0_MS
from handmade_stories import said

from reports.finding import Finding, Status
from scenarios.run.fault_event_kinds import FaultEffective, FaultHealed, FaultInjecting, FaultUndone
from scenarios.run.system_event_kinds import (
    SystemKillSwitch,
    SystemKillSwitchAcknowledged,
    SystemKillSwitchResumed,
    SystemKillSwitchStale,
    SystemKillSwitchTripped,
)

DRILL = "kill-switch-sentiment"
GATES = {
    "pause": f"time to pause of {DRILL} <= 10 s",
    "notice": f"time to notice of {DRILL} <= 5 s",
    "acknowledge": f"time to acknowledge of {DRILL} <= 5 s",
    "grants": f"grants after pause of {DRILL} <= 0",
    "success": f"success while paused of {DRILL} >= 99 %",
    "trips": f"trips of {DRILL} <= 1",
    "resumes": f"resumes of {DRILL} <= 0",
    "alarms": f"stale alarms of {DRILL} <= 0",
}
STRIKES_S, PAUSED_S = 20.0, 21.0
TRIPPED, ACKNOWLEDGED = SystemKillSwitchTripped, SystemKillSwitchAcknowledged
RESUMED, STALE = SystemKillSwitchResumed, SystemKillSwitchStale
Changes = list[tuple[float, type[SystemKillSwitch]]]
GOOD: Changes = [(PAUSED_S, TRIPPED), (22.0, ACKNOWLEDGED)]


def outcry(folder: Path, changes: Changes, *, notices: tuple[float, ...] = (21.5,), grants_until_s: float = PAUSED_S) -> Story:
    """An outcry at 20 s; what the switch does, whom the ledger has as told and when, and when the last grant was made."""
    story = Story(folder)
    story.probes()
    story.crowd(0, 60)
    story.beat(0, 60)
    for at_s in (5.0, 15.0, 20.5, grants_until_s - 0.1):
        story.ask("redpacket.open", at_s)
    story.ask("redpacket.open", 40.0, SHED)
    story.scenario["gates"] = list(GATES.values())
    story.scenario["drills"] = [{"drill": DRILL, "at": f"{STRIKES_S:g} s", "deadline": 15, "window": 10}]
    who = {"drill": DRILL, "strike": DRILL, "fault": "outcry"}
    story.tell("watchdog", STRIKES_S, FaultInjecting(parameters={"feed": "sentiment"}, **who))
    story.tell("watchdog", STRIKES_S + 0.1, FaultEffective(evidence="said", **who))
    story.tell("watchdog", STRIKES_S + 1, FaultUndone(**who))
    story.tell("watchdog", STRIKES_S + 1.1, FaultHealed(evidence="said", **who))
    for at_s, kind in changes:
        story.tell("system", at_s, kind(source="target", more={"about": "sentiment", "at_ms": round(T0_MS + at_s * 1000)}))
    story.target["events"] = {"url": "http://127.0.0.1:9/events", "kinds": {"paused": "kill_switch_tripped"}}
    story.target["operations"]["redpacket.open"]["effect"]["pausable"] = True  # type: ignore[index]  # a mapping
    tables = story.target["readback"]["tables"]  # type: ignore[index]  # a mapping
    names = ("dependency", "caller", "did", "sent_ns", "at_ms")
    tables["calls"] = {"role": "calls", "service": "bank", "path": "/calls", "fields": {name: f"$.{name}" for name in names}}
    story.tables["calls"] = [
        {"dependency": who, "caller": "a", "did": 1, "sent_ns": 1, "at_ms": round(T0_MS + at_s * 1000)}
        for who, times in (("executives", (5.0, *notices)), ("risk", (21.2,)))
        for at_s in times
    ]
    return story


def gates(story: Story) -> dict[str, Finding]:
    """What is said of each gate."""
    found = said(story)
    return {name: found[f"gate: {text}"] for name, text in GATES.items()}


STORIES: dict[str, tuple[Changes, dict[str, object], dict[str, float]]] = {
    "does all right": (GOOD, {}, {}),
    "is deaf": ([], {"notices": ()}, {"pause": 40.0, "notice": 40.0, "acknowledge": 40.0}),
    "is slow": ([(31.0, TRIPPED), (32.0, ACKNOWLEDGED)], {"notices": (31.5,)}, {"pause": 11.0}),
    "tells nobody": (GOOD[:1], {"notices": ()}, {"notice": 39.0, "acknowledge": 39.0}),
    "tells somebody late": ([GOOD[0], (30.0, ACKNOWLEDGED)], {"notices": (29.0,)}, {"notice": 8.0}),
    "is not acknowledged": (GOOD[:1], {}, {"acknowledge": 38.5}),
    "grants on": (GOOD, {"grants_until_s": 30.0}, {"grants": 1.0}),
    "goes on by itself": ([*GOOD, (35.0, RESUMED)], {}, {"resumes": 1.0}),
    "trips again and again": ([*GOOD, (35.0, TRIPPED)], {}, {"trips": 2.0}),
    "hears nothing": ([*GOOD, (35.0, STALE)], {}, {"alarms": 1.0}),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_a_kill_switch_does_wrong_fails_its_own_gates(tmp_path: Path, name: str) -> None:
    """With its figure; all the others hold."""
    changes, more, failing = STORIES[name]
    found = gates(outcry(tmp_path / "run", changes, **more))  # type: ignore[arg-type]  # figures of its fields
    assert {gate: finding.measured for gate, finding in found.items() if finding.status is Status.FAIL} == failing
    assert {finding.status for gate, finding in found.items() if gate not in failing} == {Status.PASS}


def test_a_pause_that_keeps_banking_out_fails(tmp_path: Path) -> None:
    """However well the others do: the worst operation counts."""
    story = outcry(tmp_path / "run", GOOD)
    for number in range(100):
        story.ask("claim.submit", 25.0 + number / 10, FAILURE)
    found = gates(story)
    assert [gate for gate, finding in found.items() if finding.status is Status.FAIL] == ["success"]


def test_a_grant_after_people_let_it_go_on_is_none_after_the_pause(tmp_path: Path) -> None:
    """Whoever let it go on is another matter."""
    found = gates(outcry(tmp_path / "run", [*GOOD, (35.0, RESUMED)], grants_until_s=40.0))
    assert found["grants"].measured == 0


@pytest.mark.parametrize("paused", [True, False])
def test_what_a_pause_turns_away_is_no_failing_of_a_site(tmp_path: Path, *, paused: bool) -> None:
    """Though one site has more of it to answer; without a pause it is one."""
    story = outcry(tmp_path / "run", GOOD if paused else [])
    for site, transfers, turned_away in ((b"A", 400, 20), (b"B", 400, 300)):
        story.site = site
        for number in range(transfers):
            story.ask("transfer.submit", 40.0 + number / 40)
        for number in range(turned_away):
            story.ask("redpacket.open", 40.0 + number / 40, SHED)
    story.ask("transfer.submit", story.lasts_s - 0.5)  # B serves to the end
    assert (said(story)["site-balance"].status is Status.PASS) == paused


@pytest.mark.parametrize("what", ["events", "calls", "times", "pausable", "strike"])
def test_what_is_not_on_record_of_a_pause_is_no_pass(tmp_path: Path, what: str) -> None:
    """INVALID, with the reason."""
    story = outcry(tmp_path / "run", GOOD)
    if what == "events":
        story.target["events"] = {"url": "http://127.0.0.1:9/events"}
    elif what == "calls":
        del story.target["readback"]["tables"]["calls"]  # type: ignore[index]  # a mapping
    elif what == "times":
        story.tables["redpackets"] = [row | {"at_ms": "soon"} for row in story.tables["redpackets"]]
    elif what == "pausable":
        story.target["operations"]["redpacket.open"]["effect"]["pausable"] = False  # type: ignore[index]  # a mapping
    else:
        story.events = [event for event in story.events if event[0] != "watchdog"]
    assert {finding.status for finding in gates(story).values()} == {Status.INVALID}
