"""Evidence that is missing, damaged or too thin is named, and the word is INVALID; so is a drill that did not bite."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, SHED, UNKNOWN
from handmade_stories import healthy, rescued, said

import reports
from scenarios.run.event_kinds import ALL_TABLES, ReadbackMissing, RunInterrupted, RunLeftover
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import DrillRefused, FaultFailed, FaultWithoutEffect, OfFault
from scenarios.run.outcomes import Outcome, Probe
from scenarios.run.records import ACK, FLAG_FINAL, FLAG_NOT_SENT, SAMPLE


def never_worked(story: Story) -> None:
    """Sixty percent of all operations fail from the first second to the last."""
    for at_s in ticks(0, 60, 100):
        story.ask("campaign.get", at_s, FAILURE)
    for at_s in ticks(-10, 0, 20):
        story.ask("campaign.get", at_s)  # who introduces himself before T0 is no crowd


def no_readback(story: Story) -> None:
    """The target cannot be asked."""
    story.target = {name: part for name, part in story.target.items() if name != "readback"}


def never_there(story: Story) -> None:
    """The target has gone between its check and the first request: each is refused a connection."""
    fields = SAMPLE.names or ()
    for name, value in (("status", 0), ("size", 0), ("outcome", Outcome.FAILURE), ("flags", FLAG_NOT_SENT | FLAG_FINAL)):
        place = fields.index(name)
        story.samples = [(*sample[:place], value, *sample[place + 1 :]) for sample in story.samples]
    story.absent |= {"grants", "ledger", "stock"}
    story.tell("door", 62, ReadbackMissing(table="grants", reason="Connection refused", unavailable=True, again=True))


def too_few(story: Story) -> None:
    """600 claims cannot carry a p99.9."""
    story.scenario["gates"] = ["p99.9 of claim.submit <= 1 s"]


def no_probe(story: Story) -> None:
    """Nobody tried a key twice."""
    story.acks = [ack for ack in story.acks if ack[(ACK.names or ()).index("probe")] == Probe.NONE]


GAPS: list[tuple[str, Callable[[Story], object], str, float | None]] = [
    ("a target that never worked", never_worked, "steady-state", None),
    ("a target that did not get whole again", lambda story: story.tell("door", 61, RunLeftover(what="no standby")), "leftovers", 1),
    ("a run that was stopped", lambda story: story.tell("door", 40, RunInterrupted(reason="x")), "whole-run", 40),
    ("a target that was gone before the load", never_there, "whole-run", None),
    ("a run that nobody ended", lambda story: setattr(story, "ends", False), "whole-run", None),
    ("no T0 on the wall clock", lambda story: setattr(story, "t0_wall", ""), "clock", None),
    ("a read-back changed after its capture", lambda story: story.corrupt.add("ledger"), "read-back", 1),
    ("a table that could not be read", lambda story: story.absent.add("grants"), "read-back", 1),
    ("a target without read-back", no_readback, "read-back", None),
    ("too few samples for a percentile", too_few, "enough-samples", 1),
    ("acks that are missing", lambda story: story.acks.clear(), "acks-whole", 1800 + 1),
    ("no key was ever sent twice", no_probe, "idempotency", None),
]


@pytest.mark.parametrize(("change", "finding", "measured"), [case[1:] for case in GAPS], ids=[case[0] for case in GAPS])
def test_evidence_that_is_missing_or_damaged_is_invalid(
    tmp_path: Path, change: Callable[[Story], object], finding: str, measured: float | None
) -> None:
    """Each reason for doubt is named, and the word is INVALID: neither PASS nor FAIL."""
    story = healthy(tmp_path / "run")
    change(story)
    found = said(story)[finding]
    assert found.status == "INVALID", found.detail
    assert measured is None or found.measured == measured, found.detail
    assert reports.judge_run(story.folder).word == "INVALID"


def test_a_read_back_that_was_left_out_is_said_to_be_so(tmp_path: Path) -> None:
    """What is missing everywhere has one cause, and that is the headline, not the first of the tables."""
    story = healthy(tmp_path / "run")
    story.absent |= {"grants", "ledger", "stock"}
    story.tell("door", 62, ReadbackMissing(table=ALL_TABLES, reason="left out, for a second signal came"))
    found = said(story)["read-back"]
    assert (found.status, found.measured) == ("INVALID", 3)
    assert reports.judge_run(story.folder).sentence == "the read-back was left out, for a second signal came"


def test_a_target_that_was_gone_before_the_load_is_said_first(tmp_path: Path) -> None:
    """Not what follows from it: nothing was sent, nothing is read back, no gate holds."""
    story = healthy(tmp_path / "run")
    never_there(story)
    story.write()
    verdict = reports.judge_run(story.folder)
    assert (verdict.word, verdict.exit_code) == ("INVALID", 2)
    assert re.search(r"^none of [\d,]+ requests was answered: the target was gone before the first of them$", verdict.sentence)


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


STRUCK = {"drill": "primary-kill", "fault": "process-kill"}
DRILLS = [
    (FaultWithoutEffect(**STRUCK, evidence="the process still answers"), "had no effect"),
    (DrillRefused(drill="primary-kill", reason="success ratio 0.62"), "did not start"),
    (FaultFailed(**STRUCK, reason="no such process"), "failed"),
]


@pytest.mark.parametrize(("facts", "words"), DRILLS, ids=[facts.kind for facts, _ in DRILLS])
def test_a_drill_that_did_not_bite_is_invalid(tmp_path: Path, facts: Facts, words: str) -> None:
    """A fault without effect proves nothing, however green the rest."""
    story = rescued(tmp_path / "run")
    story.tell("watchdog", 26, facts)
    found = said(story)["fault-effect"]
    assert found.status == "INVALID"
    assert words in found.detail
    assert reports.judge_run(story.folder).word == "INVALID"


def test_a_drill_that_never_struck_is_invalid(tmp_path: Path) -> None:
    """A planned drill without any event is no drill."""
    story = rescued(tmp_path / "run")
    story.events = [event for event in story.events if not isinstance(event[2], OfFault)]
    assert said(story)["fault-effect"].status == "INVALID"


def test_a_changed_event_is_invalid(tmp_path: Path) -> None:
    """Whoever rewrites the story is found out."""
    folder = rescued(tmp_path / "run").write()
    path = folder / "events" / "watchdog.jsonl"
    path.write_bytes(path.read_bytes().replace(b"the process is gone", b"the process was gone"))
    assert reports.judge_run(folder).word == "INVALID"
    assert "chain" in (folder / "verdict.json").read_text("utf-8")
