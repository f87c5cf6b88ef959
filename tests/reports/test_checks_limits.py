"""Gates and recoveries are judged to the digit, and what a run was stopped from showing it does not owe."""

from pathlib import Path

import orjson
import pytest
from handmade import Story, ticks
from handmade_features import happens, maps
from handmade_plan import UNKNOWN, health
from handmade_stories import healthy, rescued, said, struck_twice

import reports
from reports.evidence import Evidence, read_evidence
from reports.finding import Finding
from reports.judge.check_runner import findings
from scenarios.run.event_kinds import GateBreached, RunInterrupted
from scenarios.run.fault_event_kinds import FaultInjecting
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_CENSORED, FLAG_PULSE


def test_a_thousand_samples_of_1049_ms_fail_a_gate_of_1000_ms(tmp_path: Path) -> None:
    """Nothing is rounded on the way to the gate."""
    story = Story(tmp_path / "run")
    story.probes()
    story.scenario["gates"] = ["p99 of campaign.get <= 1000 ms", "p99 of campaign.get <= 1049 ms", "p99 of campaign.get < 1049 ms"]
    for at_s in ticks(0, 50, 20):
        story.ask("campaign.get", at_s, latency_ms=1049)
    evidence = read_evidence(story.write())
    assert reports.judge_run(story.folder).word == "FAIL"
    found = {finding.id: finding for finding in _gates(evidence)}
    assert [found[f"gate: {gate}"].status for gate in evidence.plan.scenario.gates] == ["FAIL", "PASS", "FAIL"]
    assert found["gate: p99 of campaign.get <= 1000 ms"].measured == 1049.0


@pytest.mark.parametrize(
    ("gate", "asked", "failed", "status", "detail"),
    [
        (
            "error ratio of campaign.get <= 1 %",
            8,
            0,
            "INVALID",
            "0 % over 8 operations, 300 are needed to hold it",
        ),
        ("error ratio of campaign.get <= 1 %", 299, 0, "INVALID", "300 are needed"),
        ("error ratio of campaign.get <= 1 %", 300, 0, "PASS", "0 % over 300 operations"),
        ("error ratio of campaign.get <= 1 %", 8, 4, "FAIL", "50 % over 8 operations"),
        ("success ratio of campaign.get >= 99 %", 299, 0, "INVALID", "300 are needed"),
        ("success ratio of campaign.get >= 50 %", 6, 1, "PASS", "over 6 operations"),
        ("error ratio of campaign.get <= 0 %", 19, 0, "INVALID", "20 are needed"),
        ("peak tps of claim.submit >= 1", 0, 0, "INVALID", "no such operation was sent"),
    ],
)
def test_a_ratio_that_holds_on_a_few_operations_proves_nothing(
    tmp_path: Path, gate: str, asked: int, failed: int, status: str, detail: str
) -> None:
    """Eight good answers are no error ratio of 1 %; four bad ones of eight are one above it."""
    story = Story(tmp_path / "run")
    story.scenario["gates"] = [gate]
    for number in range(asked):
        story.ask("campaign.get", number / 10, Outcome.FAILURE if number < failed else Outcome.SUCCESS)
    (found,) = _gates(read_evidence(story.write()))
    assert (found.status, detail in found.detail) == (status, True), found.detail


def test_a_percentile_that_reaches_an_unanswered_operation_is_greater_than(tmp_path: Path) -> None:
    """2 % unanswered: p95 stands, p99 is a lower bound and fails even a limit far above it."""
    story = Story(tmp_path / "run")
    story.probes()
    story.scenario["gates"] = ["p95 of campaign.get <= 1 s", "p99 of campaign.get <= 60 s"]
    for number, at_s in enumerate(ticks(0, 50, 20)):
        if number % 50:
            story.ask("campaign.get", at_s)
        else:
            story.ask("campaign.get", at_s, UNKNOWN, 10_000, flags=FLAG_CENSORED)
    found = {finding.id: finding for finding in _gates(read_evidence(story.write()))}
    assert found["gate: p95 of campaign.get <= 1 s"].status == "PASS"
    late = found["gate: p99 of campaign.get <= 60 s"]
    assert (late.status, late.measured) == ("FAIL", 10_000)
    assert "> 10 s" in late.detail


def test_failures_of_a_drill_are_all_that_had_no_answer_yet_when_it_struck(tmp_path: Path) -> None:
    """What failed before is not its doing; what was under way is, and whoever was turned away too, customer or pulse."""
    story = rescued(tmp_path / "run", down_s=0)
    story.scenario["gates"] = ["failures of primary-kill <= 2", "failures of primary-kill <= 3"]
    zero_s = 25.0
    story.ask("campaign.get", zero_s - 2, Outcome.FAILURE, latency_ms=1000)
    story.ask("campaign.get", zero_s - 1, UNKNOWN, 1500)
    story.ask("campaign.get", zero_s + 1, Outcome.SHED)
    story.ask("campaign.get", zero_s + 2, Outcome.FAILURE, flags=FLAG_PULSE)
    story.ask("campaign.get", zero_s + 3, Outcome.REFUSAL)
    found = _gates(read_evidence(story.write()))
    assert [(finding.measured, finding.status) for finding in found] == [(3, "FAIL"), (3, "PASS")]


def _gates(evidence: Evidence) -> list[Finding]:
    return [finding for finding in findings(evidence) if finding.check == "gates"]


def test_a_system_that_never_recovers_is_censored_and_fails(tmp_path: Path) -> None:
    """Greater than the last second that could be judged, not a number that looks like an answer."""
    story = rescued(tmp_path / "run", down_s=35)
    story.scenario["gates"] = ["rto of primary-kill <= 60 s"]
    found = read_evidence(story.write()).recoveries[0]
    assert (found.rto_s, found.rto_censored) == (25.0, True)
    assert reports.judge_run(story.folder).word == "FAIL"
    assert "> 25 s" in (story.folder / "verdict.json").read_text("utf-8")


def test_a_load_that_ends_before_the_deadline_proves_nothing(tmp_path: Path) -> None:
    """A run cut off in mid-recovery is INVALID, not FAIL."""
    story = rescued(tmp_path / "run", down_s=35)
    story.tell("door", 40, RunInterrupted(reason="stopped by the user"))
    assert reports.judge_run(story.write()).word == "INVALID"


def test_a_run_that_a_gate_stopped_owes_nothing_that_would_have_come_later(tmp_path: Path) -> None:
    """No probe of a key yet, a phase that never began, a recovery and a drill that were still to come: FAIL, not INVALID."""
    gates = ["error ratio <= 5 % abort after 4 s", "p99 of claim.submit <= 1 s in peak", "rto of primary-kill <= 10 s"]
    story = Story(tmp_path / "run")
    story.scenario |= {
        "phases": [{"name": "calm", "lasts": 30, "arrivals": 9}, {"name": "peak", "lasts": 40, "arrivals": 9}],
        "gates": gates,
    }
    story.crowd(0, 20)
    story.beat(0, 16)
    story.beat(16, 20, UNKNOWN, 900)
    story.crowd(16, 20, UNKNOWN, 900)
    story.drill(16)
    story.scenario["drills"] = [*story.scenario["drills"], {"drill": "later", "at": "40 s", "deadline": 15, "window": 10}]  # type: ignore[misc]
    story.tell("door", 20.2, GateBreached(gate=gates[0], measured=0.5, from_s=16.0, to_s=20.0))
    found = said(story)
    assert reports.judge_run(story.folder).word == "FAIL"
    assert found[f"gate: {gates[0]}"].status == "FAIL"
    for owed in (f"gate: {gates[1]}", f"gate: {gates[2]}", "recovery of primary-kill", "idempotency"):
        assert found[owed].status == "SKIPPED", found[owed]
        assert found[owed].detail.endswith("(a gate stopped the run before)")


def test_a_run_that_a_gate_stopped_is_still_invalid_where_it_cannot_be_trusted(tmp_path: Path) -> None:
    """It may have been the generator that broke the gate."""
    story = healthy(tmp_path / "run")
    story.scenario["gates"] = ["p99 <= 5 ms abort after 4 s"]
    story.tell("door", 20.2, GateBreached(gate="p99 <= 5 ms abort after 4 s", measured=900.0, from_s=16.0, to_s=20.0))
    story.tell("load-0", 20, health(stall_ms=2000.0))
    assert reports.judge_run(story.write()).word == "INVALID"


@pytest.mark.parametrize(
    ("gate", "status", "measured", "of"),
    [
        ("rto of primary-kill <= 2 s", "FAIL", 4.02, "primary-kill#2, the worst of 2 strikes"),
        ("rto of primary-kill#1 <= 2 s", "PASS", 1.02, ""),
        ("rto of primary-kill#2 <= 2 s", "FAIL", 4.02, ""),
        ("rto of primary-kill <= 5 s", "PASS", 4.02, "primary-kill#2, the worst of 2 strikes"),
        ("rto of primary-kill >= 2 s", "FAIL", 1.02, "primary-kill, the worst of 2 strikes"),
        ("rpo of primary-kill == 0", "PASS", 0, "the worst of 2 strikes"),
        ("switches of primary-kill == 1", "PASS", 1, "the worst of 2 strikes"),
        ("switches of primary-kill#2 <= 0", "FAIL", 1, ""),
    ],
)
def test_two_strikes_of_one_drill_are_two(tmp_path: Path, gate: str, status: str, measured: float, of: str) -> None:
    """A gate on the drill is kept by all of its strikes or broken; one on a strike is about that one alone."""
    story = struck_twice(tmp_path / "run")
    story.scenario["gates"] = [gate]
    story.target["events"] = {"url": "http://127.0.0.1:9/events", "kinds": {"leads": "promoted"}}
    found = said(story)[f"gate: {gate}"]
    assert (found.status, found.measured) == (status, measured), found.detail
    assert of in found.detail
    assert reports.judge_run(story.folder).word == status


def test_the_second_strike_has_its_own_recovery_and_healing(tmp_path: Path) -> None:
    """Each with its figures, its deadline and its health; the second one late is FAIL without any gate."""
    story = struck_twice(tmp_path / "run", first_s=1, second_s=16)
    found = said(story)
    assert {name: found[name].status for name in found if "primary-kill" in name} == {
        "recovery of primary-kill": "PASS",
        "healed after primary-kill": "PASS",
        "recovery of primary-kill#2": "FAIL",
        "healed after primary-kill#2": "PASS",
    }
    assert reports.judge_run(story.folder).word == "FAIL"
    told = orjson.loads((story.folder / "verdict.json").read_bytes())["recovery"]
    assert [(one["drill"], one["strike"], one["zero_s"]) for one in told] == [
        ("primary-kill", "primary-kill", 25),
        ("primary-kill", "primary-kill#2", 55),
    ]


def test_a_second_strike_that_never_hit_proves_nothing(tmp_path: Path) -> None:
    """The first one's recovery does not stand for the second's: INVALID, unless the first one broke the limit already."""
    story = struck_twice(tmp_path / "run")
    story.scenario["gates"] = ["rto of primary-kill <= 10 s", "rto of primary-kill <= 1 s"]
    story.events = [one for one in story.events if getattr(one[2], "strike", "") != "primary-kill#2"]
    found = said(story)
    assert found["gate: rto of primary-kill <= 10 s"].status == "INVALID"
    assert "primary-kill#2 never struck" in found["gate: rto of primary-kill <= 10 s"].detail
    assert found["gate: rto of primary-kill <= 1 s"].status == "FAIL"
    assert found["fault-effect"].status == "INVALID"
    assert found["fault-effect"].detail == "primary-kill#2 never struck"


def test_a_strike_that_is_not_planned_proves_nothing(tmp_path: Path) -> None:
    """Events of a third strike: somebody else broke something."""
    story = struck_twice(tmp_path / "run")
    story.tell("watchdog", 70, FaultInjecting(fault="process-kill", drill="primary-kill", strike="primary-kill#3"))
    assert said(story)["fault-effect"].detail == "the events tell of primary-kill#3, which the scenario has not"


@pytest.mark.parametrize(
    ("at_s", "gate", "status", "measured"), [(33.5, "<= 9 s", "PASS", 8.52), (38, "<= 9 s", "FAIL", 13.02), (None, "<= 9 s", "FAIL", 30)]
)
def test_another_way_is_timed_from_the_strike(tmp_path: Path, at_s: float | None, gate: str, status: str, measured: float) -> None:
    """To the first answer to a success of an operation that stands for another; one before the strike is none."""
    story = struck_twice(tmp_path / "run")
    maps(story, "transfer.counter", "counter", {"business": "{key}", "instead_of": "transfer.submit"})
    happens(story, "transfer.counter", 1, 9, 20)
    if at_s is not None:
        happens(story, "transfer.counter", 2, 9, at_s)
    name = f"time to another way of primary-kill#1 {gate}"
    story.scenario["gates"] = [name]
    found = said(story)[f"gate: {name}"]
    assert (found.status, found.measured) == (status, pytest.approx(measured, abs=0.05)), found.detail
