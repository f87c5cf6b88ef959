"""The headline names the cause: what died or was stopped comes before what could not happen then."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_stories import rescued, said

import reports
from scenarios.run.event_kinds import LoadLost, RunInterrupted, RunLeftover, RunStarted
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import FaultEffective, FaultHealed, FaultInjecting, FaultUndone, WatchdogLost


def without_strike(folder: Path) -> Story:
    """A run whose drill never struck."""
    story = rescued(folder)
    story.events = [one for one in story.events if not isinstance(one[2], (FaultInjecting, FaultEffective, FaultUndone, FaultHealed))]
    return story


@pytest.mark.parametrize(
    ("told", "headline"),
    [
        (None, "primary-kill never struck"),
        (LoadLost(process="load-0", exit_code=-9), "load process load-0 died (exit code -9)"),
        (WatchdogLost(reason="its process is gone"), "the watchdog died: its process is gone"),
        (RunInterrupted(reason="stopped by the user"), "partial: interrupted at 20.0 s of 60 s (stopped by the user)"),
    ],
    ids=["nothing else", "killed load process", "killed watchdog", "stopped by the user"],
)
def test_the_headline_names_the_cause_and_not_its_consequence(tmp_path: Path, told: Facts | None, headline: str) -> None:
    """A drill that never struck is the news only where nothing explains it."""
    story = without_strike(tmp_path / "run")
    if told is not None:
        story.tell("door", 20, told)
    assert said(story)["fault-effect"].status == "INVALID"
    verdict = reports.judge_run(story.folder)
    assert (verdict.word, verdict.sentence) == ("INVALID", headline)


def test_a_door_that_died_is_the_headline(tmp_path: Path) -> None:
    """Nobody ended the run: neither the drill that never struck nor the load process that never finished is the cause."""
    story = without_strike(tmp_path / "run")
    story.ends = False
    story.write()
    verdict = reports.judge_run(story.folder)
    assert verdict.word == "INVALID"
    assert "nobody ended the run" in verdict.sentence


def test_a_line_that_was_changed_is_the_headline(tmp_path: Path) -> None:
    """What is behind it cannot be read: that the run seems not to have ended is the consequence."""
    folder = rescued(tmp_path / "run").write()
    events = folder / "events" / "door.jsonl"
    events.write_text(events.read_text("utf-8").replace(RunStarted.kind, "run.stated", 1), "utf-8")
    verdict = reports.judge_run(folder)
    assert verdict.word == "INVALID"
    assert verdict.sentence.startswith("events/door.jsonl:1: the chain of events is broken")


def test_what_was_left_behind_is_a_finding(tmp_path: Path) -> None:
    """Something could not be taken back, or the world did not go down: a run that is not over proves nothing."""
    story = rescued(tmp_path / "run")
    story.tell("door", 61, RunLeftover(what="the world in run-1-2 did not go down"))
    found = said(story)["leftovers"]
    assert (found.status, found.measured) == ("INVALID", 1)
    assert reports.judge_run(story.folder).sentence == "left behind: the world in run-1-2 did not go down"


def test_a_watchdog_that_died_while_healing_is_a_finding_and_the_headline(tmp_path: Path) -> None:
    """What it left comes after its own death."""
    story = rescued(tmp_path / "run")
    story.tell("door", 61, WatchdogLost(reason="it died while healing"))
    story.tell("door", 62, RunLeftover(what="primary-kill: the undo failed"))
    said(story)
    assert reports.judge_run(story.folder).sentence == "the watchdog died: it died while healing"
