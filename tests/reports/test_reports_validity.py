"""What takes a rehearsal's proof away is named, and the word is INVALID; what only looks like it is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import FAILURE, HEALTH, SHED, UNKNOWN, Story, finished, health, healthy, ticks

import reports
from reports.evidence import read_evidence
from reports.finding import Finding
from reports.judge.check_runner import findings
from scenarios.run.event_kinds import GateBreached, LoadClock, LoadJoined, LoadLost, LoadReady, RunInterrupted, WatchdogLost
from scenarios.run.outcomes import Probe
from scenarios.run.records import FLAG_UNSENT


def said(story: Story) -> dict[str, Finding]:
    """All findings of a story by their ids."""
    return {finding.id: finding for finding in findings(read_evidence(story.write()))}


def stalled(story: Story) -> None:
    """The generator got nothing done for two seconds."""
    story.tell("load-0", 20, health(stall_ms=2000.0))


def at_the_ceiling(story: Story) -> None:
    """A load process uses all of its core for five seconds; a second of rest before and behind."""
    for second in range(19, 26):
        share = 0.5 if second in (19, 25) else 0.97
        story.tell("load-0", second, health(cpu_share=share))


def collected(story: Story) -> None:
    """The garbage collector stops the world for half a second."""
    story.tell("load-0", 20, health(gc_ms=500.0))


def kept_waiting(story: Story) -> None:
    """The engine is ready to run, and others have the core, for eight seconds."""
    for second in range(20, 29):
        story.tell("load-0", second, health(run_delay_share=0.1 if second == 20 else 0.9))


def clock_set(story: Story) -> None:
    """The wall clock is set back by an hour, before T0 even."""
    story.tell("load-0", -0.5, health(wall_step_ms=-3_600_000.0, slept_ms=0.0))


def never_worked(story: Story) -> None:
    """Sixty percent of all operations fail from the first second to the last."""
    for at_s in ticks(0, 60, 100):
        story.ask("campaign.get", at_s, FAILURE)
    for at_s in ticks(-10, 0, 20):
        story.ask("campaign.get", at_s)  # who introduces himself before T0 is no crowd


def starved(story: Story) -> None:
    """One in twenty requests leaves late."""
    for at_s in ticks(10, 40, 10):
        story.ask("campaign.get", at_s, lag_ms=300, latency_ms=320)


def unsent_counted(story: Story) -> None:
    """The load process tells of 50 arrivals that it never sent."""
    story.tell("load-0", 59, finished(offered=3700, sent=3650, unsent=50))


def unsent_flagged(story: Story) -> None:
    """Forty samples say that they never left."""
    for at_s in ticks(10, 14, 10):
        story.ask("campaign.get", at_s, FAILURE, flags=FLAG_UNSENT)


def worker_died(story: Story) -> None:
    """One of two load processes is gone."""
    story.tell("door", 33, LoadLost(process="load-1", exit_code=-9))


def worker_lost_elsewhere(story: Story) -> None:
    """A worker on another machine was not heard of any more."""
    story.tell("master", -1, LoadJoined(process="load-0", host="north", cores=2))
    story.tell("master", -1, LoadClock(process="load-0", host="north", error_ms=0.2, drift_ms=0.0))
    story.tell("master", 33, LoadLost(process="load-0", host="north", reason="nothing was heard of it for 3 s"))


def clock_far_off(story: Story) -> None:
    """A worker's clock has drifted by more than may be, or the way to it is too long."""
    story.tell("master", -1, LoadJoined(process="load-0", host="north", cores=2))
    story.tell("master", -1, LoadClock(process="load-0", host="north", error_ms=20, drift_ms=0))
    story.tell("master", 61, LoadClock(process="load-0", host="north", error_ms=30, drift_ms=45))


def clock_untold(story: Story) -> None:
    """A worker on another machine never said how well it knew T0."""
    story.tell("master", -1, LoadJoined(process="load-0", host="north", cores=2))


def worker_silent(story: Story) -> None:
    """A load process got ready and was never heard of again."""
    story.tell("load-9", 0, LoadReady(arrivals=0, late_s=0.0))


def watchdog_died(story: Story) -> None:
    """The watchdog is gone."""
    story.tell("door", 33, WatchdogLost(reason="its process is gone"))


def no_readback(story: Story) -> None:
    """The target cannot be asked."""
    story.target = {name: part for name, part in story.target.items() if name != "readback"}


def too_few(story: Story) -> None:
    """600 claims cannot carry a p99.9."""
    story.scenario["gates"] = ["p99.9 of claim.submit <= 1 s"]


def no_probe(story: Story) -> None:
    """Nobody tried a key twice."""
    story.acks = [ack for ack in story.acks if ack[14] == Probe.NONE]


VALIDITY: list[tuple[str, Callable[[Story], object], str, float | None]] = [
    ("a stalled generator", stalled, "stalls", 2000),
    ("a load process at its ceiling", at_the_ceiling, "cpu-ceiling", 5),
    ("a pause of the garbage collector", collected, "gc-pauses", 500),
    ("an engine without a core", kept_waiting, "core-waits", 8),
    ("a wall clock that was set", clock_set, "clock-step", 3_600_000),
    ("a target that never worked", never_worked, "steady-state", None),
    ("a starved generator", starved, "dispatch-lag", 300),
    ("unsent arrivals, as the process counts them", unsent_counted, "unsent", None),
    ("unsent arrivals, as samples tell them", unsent_flagged, "unsent", None),
    ("a load process that died", worker_died, "processes", 1),
    ("a load process that fell silent", worker_silent, "processes", 1),
    ("a worker that fell silent on another machine", worker_lost_elsewhere, "processes", 1),
    ("a worker whose clock is not known well enough", clock_far_off, "worker-clocks", 75),
    ("a worker whose clock is not known", clock_untold, "worker-clocks", None),
    ("a watchdog that died", watchdog_died, "processes", 1),
    ("a run that was stopped", lambda story: story.tell("door", 40, RunInterrupted(reason="x")), "whole-run", 40),
    ("a run that nobody ended", lambda story: setattr(story, "ends", False), "whole-run", None),
    ("no T0 on the wall clock", lambda story: setattr(story, "t0_wall", ""), "clock", None),
    ("a read-back changed after its capture", lambda story: story.corrupt.add("ledger"), "read-back", 1),
    ("a table that could not be read", lambda story: story.absent.add("grants"), "read-back", 1),
    ("a target without read-back", no_readback, "read-back", None),
    ("too few samples for a percentile", too_few, "enough-samples", 1),
    ("acks that are missing", lambda story: story.acks.clear(), "acks-whole", 1800 + 1),
    ("no key was ever sent twice", no_probe, "idempotency", None),
]


@pytest.mark.parametrize(("change", "finding", "measured"), [case[1:] for case in VALIDITY], ids=[case[0] for case in VALIDITY])
def test_what_cannot_be_trusted_is_invalid(tmp_path: Path, change: Callable[[Story], object], finding: str, measured: float | None) -> None:
    """Each reason for doubt is named, and the word is INVALID: neither PASS nor FAIL."""
    story = healthy(tmp_path / "run")
    change(story)
    found = said(story)[finding]
    assert found.status == "INVALID", found.detail
    assert measured is None or found.measured == measured, found.detail
    assert reports.judge_run(story.folder).word == "INVALID"


def test_seconds_at_the_ceiling_that_do_not_follow_each_other_are_forgiven(tmp_path: Path) -> None:
    """Two of three seconds busy, for a minute, by one process; the other process's seconds are its own."""
    story = healthy(tmp_path / "run")
    story.load_processes = 2
    for second in range(2, 60):
        for number in (0, 1):
            story.tell(f"load-{number}", second, health(cpu_share=0.5 if second % 3 == number else 0.99))
    assert said(story)["cpu-ceiling"].status == "PASS"


def test_a_system_that_does_not_tell_of_waits_is_no_reason_for_doubt(tmp_path: Path) -> None:
    """Only Linux tells how long a thread waited for a core; stalls are told everywhere."""
    story = healthy(tmp_path / "run")
    story.health = HEALTH.model_copy(update={"run_delay_share": None})
    assert "core-waits" not in said(story)
    assert reports.judge_run(story.folder).word == "PASS"


def test_a_machine_that_slept_is_named(tmp_path: Path) -> None:
    """The wall clock went on without it."""
    story = healthy(tmp_path / "run")
    story.tell("load-0", 30, health(wall_step_ms=90_000.0, slept_ms=90_000.0))
    assert "set forward by 90 s at 30.0 s (the machine slept for 90 s)" in said(story)["clock-step"].detail


@pytest.mark.parametrize("lasts_s", [3, 6, 60])
def test_a_target_that_breaks_down_fails_however_short_the_run(tmp_path: Path, lasts_s: int) -> None:
    """It worked for a third of the load and never again: that is what a rehearsal is for, and no reason for doubt."""
    story = Story(tmp_path / "run")
    story.scenario |= {"phases": [{"name": "all", "lasts": lasts_s, "arrivals": 20}], "gates": ["error ratio <= 1 %"]}
    story.probes(0.1)
    story.crowd(0, lasts_s / 3)
    story.crowd(lasts_s / 3, lasts_s, UNKNOWN, 1500)
    found = said(story)
    assert (found["steady-state"].status, found["gate: error ratio <= 1 %"].status) == ("PASS", "FAIL")
    assert reports.judge_run(story.folder).word == "FAIL"


def test_a_target_that_sheds_load_from_the_first_second_is_judged(tmp_path: Path) -> None:
    """Whoever sends customers away as agreed is in order; whether that may be is for the gates."""
    story = Story(tmp_path / "run")
    story.scenario["gates"] = ["shed ratio <= 20 %"]
    story.probes()
    story.crowd(0, 60, SHED)
    assert said(story)["steady-state"].status == "PASS"
    assert reports.judge_run(story.folder).word == "FAIL"


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
    stalled(story)
    assert reports.judge_run(story.write()).word == "INVALID"
