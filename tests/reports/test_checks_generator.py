"""What the load generator did not keep is named, and the word is INVALID; what only looks like it is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, HEALTH, finished, health
from handmade_stories import healthy, said

import reports
from scenarios.run.event_kinds import LoadClock, LoadJoined, LoadLost, LoadReady
from scenarios.run.fault_event_kinds import WatchdogLost
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT


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


DOUBTS: list[tuple[str, Callable[[Story], object], str, float | None]] = [
    ("a stalled generator", stalled, "stalls", 2000),
    ("a load process at its ceiling", at_the_ceiling, "cpu-ceiling", 5),
    ("a pause of the garbage collector", collected, "gc-pauses", 500),
    ("an engine without a core", kept_waiting, "core-waits", 8),
    ("a wall clock that was set", clock_set, "clock-step", 3_600_000),
    ("a starved generator", starved, "dispatch-lag", 300),
    ("unsent arrivals, as the process counts them", unsent_counted, "unsent", None),
    ("unsent arrivals, as samples tell them", unsent_flagged, "unsent", None),
    ("a load process that died", worker_died, "processes", 1),
    ("a load process that fell silent", worker_silent, "processes", 1),
    ("a worker that fell silent on another machine", worker_lost_elsewhere, "processes", 1),
    ("a worker whose clock is not known well enough", clock_far_off, "worker-clocks", 75),
    ("a worker whose clock is not known", clock_untold, "worker-clocks", None),
    ("a watchdog that died", watchdog_died, "processes", 1),
]


@pytest.mark.parametrize(("change", "finding", "measured"), [case[1:] for case in DOUBTS], ids=[case[0] for case in DOUBTS])
def test_what_the_generator_did_not_keep_is_invalid(
    tmp_path: Path, change: Callable[[Story], object], finding: str, measured: float | None
) -> None:
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


def test_what_the_target_kept_from_being_sent_counts_as_failed_not_as_unsent(tmp_path: Path) -> None:
    """A refused connection is the target's doing."""
    story = healthy(tmp_path / "run")
    story.scenario["gates"] = ["failure ratio of campaign.get <= 1 %"]
    for at_s in ticks(20, 25, 10):
        story.ask("campaign.get", at_s, FAILURE, 1, flags=FLAG_NOT_SENT)
    found = said(story)
    assert found["unsent"].status == "PASS"
    assert found["gate: failure ratio of campaign.get <= 1 %"].status == "FAIL"
    assert reports.judge_run(story.folder).word == "FAIL"
