"""A drill that other hands perform: outages are found on the pulse alone, marks split them, and nothing that happened is no drill."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_plan import UNKNOWN
from handmade_stories import rescued, said

import reports
from reports.evidence import read_evidence
from reports.finding import Status
from scenarios.run.mark_kinds import Marked, ObservedSteady
from scenarios.run.system_event_kinds import SystemDetected, SystemPromoted, SystemPromoting

GAP_S = 0.05
"""Of the pulse; with its latency of 20 ms it is the error of a beginning, and of an end."""


def observed(folder: Path, *outages: tuple[float, float], marks: tuple[tuple[float, str], ...] = ()) -> Story:
    """A minute and a half in which the pulse has these outages, and these marks are made."""
    story = Story(folder)
    story.scenario["phases"] = [{"name": "peak", "lasts": 90, "arrivals": 10}]
    story.scenario["observed"] = {"window": 10, "deadline": 20}
    story.scenario["gates"] = ["rto of observed <= 20 s", "rpo of observed <= 0"]
    story.probes()
    story.crowd(0, 90)
    since_s = 0.0
    for down_s, up_s in outages:
        story.beat(since_s, down_s)
        story.beat(down_s, up_s, UNKNOWN, 1500.0)
        since_s = up_s
    story.beat(since_s, 90)
    story.tell("door", 10.2, ObservedSteady(evidence="0 failures"))
    for at_s, mark in marks:
        story.tell("marks", at_s, Marked(mark=mark, words="so it is", by="shift"))
    return story


@pytest.mark.parametrize(("down_s", "lasts_s"), [(25.0, 5.0), (25.0, 1.0), (31.23, 2.77), (40.01, 0.31), (12.0, 9.99)])
def test_an_outage_is_measured_by_the_pulse_alone(tmp_path: Path, down_s: float, lasts_s: float) -> None:
    """Never too short, and too long by its error at most; it says how large that is."""
    (found,) = read_evidence(observed(tmp_path / "run", (down_s, down_s + lasts_s)).write()).recoveries
    assert found.id == "observed"
    assert found.rto_s is not None
    assert lasts_s <= found.rto_s <= lasts_s + 2 * GAP_S
    zero_s, seen_s = found.strike.zero_s or 0.0, found.strike.effective_s or 0.0
    assert zero_s <= down_s <= seen_s + 1e-6
    assert seen_s - zero_s <= GAP_S


def test_each_outage_is_one_of_its_own(tmp_path: Path) -> None:
    """Where the path between them has held for the window; a relapse within it is the same outage."""
    three = read_evidence(observed(tmp_path / "three", (20, 22), (40, 41), (70, 74)).write()).recoveries
    assert [recovery.id for recovery in three] == ["observed", "observed#2", "observed#3"]
    assert [round(recovery.rto_s or 0) for recovery in three] == [2, 1, 4]
    assert [round(recovery.strike.zero_s or 0) for recovery in three] == [20, 40, 70]
    (one,) = read_evidence(observed(tmp_path / "one", (20, 22), (29, 30)).write()).recoveries
    assert round(one.rto_s or 0) == 10


def test_one_that_does_not_end_is_censored_and_fails(tmp_path: Path) -> None:
    """Greater than what could be seen."""
    story = observed(tmp_path / "run", (20, 88))
    finding = said(story)["recovery of observed"]
    assert (finding.status, finding.censored) == (Status.FAIL, True)


def test_marks_split_the_outage(tmp_path: Path) -> None:
    """As the system's own events do where it tells any; the first of a kind counts."""
    marks = ((26.0, "detected"), (26.5, "decided"), (27.0, "switching"), (27.9, "switching"), (29.0, "switched"), (60.0, "returned"))
    (found,) = read_evidence(observed(tmp_path / "run", (25.0, 30.0), marks=marks).write()).recoveries
    assert found.detection_s == pytest.approx(1.0, abs=GAP_S)
    assert (found.decision_s, found.failover_s) == (pytest.approx(1.0), pytest.approx(2.0))
    assert found.redundancy_s == pytest.approx(35.0, abs=GAP_S)


def test_what_nobody_marked_has_a_reason(tmp_path: Path) -> None:
    """And the outage is measured all the same."""
    story = observed(tmp_path / "run", (25.0, 27.0))
    (found,) = read_evidence(story.write()).recoveries
    assert (found.detection_s, found.decision_s, found.failover_s, found.redundancy_s) == (None,) * 4
    assert found.reasons["redundancy_s"] == "nobody marked 'returned'"
    assert reports.judge_run(story.folder).word == "PASS"


def test_what_the_system_tells_counts_where_nobody_marked(tmp_path: Path) -> None:
    """Step by step; a mark comes first."""
    story = observed(tmp_path / "run", (25.0, 27.0), marks=((25.5, "detected"),))
    story.failover(25.0, detection_s=0.2, decision_s=0.1, failover_s=0.4)
    (found,) = read_evidence(story.write()).recoveries
    assert found.detection_s == pytest.approx(0.5, abs=GAP_S)
    assert (found.decision_s, found.failover_s) == (pytest.approx(0.1), pytest.approx(0.4))


def test_a_planned_switch_is_marked_before_anybody_feels_it(tmp_path: Path) -> None:
    """Its marks are of the outage that follows, and there is no detection."""
    marks = ((20.0, "decided"), (24.9, "switching"), (27.0, "switched"), (40.0, "returned"), (49.0, "switching"), (52.0, "switched"))
    first, second = read_evidence(observed(tmp_path / "run", (25.0, 27.0), (50.0, 52.0), marks=marks).write()).recoveries
    assert (first.failover_s, second.failover_s) == (pytest.approx(2.1), pytest.approx(3.0))
    assert second.redundancy_s is None


TURNED = ((26.5, "switched"), (27.0, "switching"), (28.0, "detected"))


def test_no_step_ends_before_it_begins(tmp_path: Path) -> None:
    """Marked the wrong way round it is no figure but a reason, and no gate passes by it; what the system tells itself counts instead."""
    story = observed(tmp_path / "run", (25.0, 30.0), marks=TURNED)
    story.scenario["gates"] = ["decision of observed <= 5 s", "failover of observed <= 5 s"]
    gates = said(story)
    assert {gates[f"gate: {gate}"].status for gate in story.scenario["gates"]} == {Status.INVALID}
    (found,) = read_evidence(story.folder).recoveries
    assert (found.decision_s, found.failover_s) == (None, None)
    assert found.reasons["decision_s"] == "'switching' was marked before 'detected'"
    assert found.reasons["failover_s"] == "'switched' was marked before 'switching'"
    told = observed(tmp_path / "told", (25.0, 30.0), marks=TURNED)
    told.failover(25.0, detection_s=0.2, decision_s=0.1, failover_s=0.4)
    (found,) = read_evidence(told.write()).recoveries
    assert (found.decision_s, found.failover_s) == (pytest.approx(0.1), pytest.approx(0.4))


def test_a_system_that_tells_its_steps_the_wrong_way_round_tells_none(tmp_path: Path) -> None:
    """As of people."""
    story = observed(tmp_path / "run", (25.0, 30.0))
    story.failover(25.0, detection_s=0.4, decision_s=-0.1, failover_s=-0.1)
    (found,) = read_evidence(story.write()).recoveries
    assert (found.decision_s, found.failover_s) == (None, None)
    planned = rescued(tmp_path / "planned")
    planned.events = [event for event in planned.events if not isinstance(event[2], (SystemDetected, SystemPromoting, SystemPromoted))]
    planned.failover(25.0, detection_s=0.4, decision_s=-0.1, failover_s=-0.1)
    (found,) = read_evidence(planned.write()).recoveries
    assert (found.decision_s, found.failover_s) == (None, None)
    assert found.reasons["decision_s"] == "the system told of its failover command before its detection"
    assert found.reasons["failover_s"] == "the system told of its new path before its failover command"


def test_redundancy_is_not_restored_before_the_switch_is_over(tmp_path: Path) -> None:
    """By the marks: a return that was marked too early has a reason and is no figure."""
    marks = ((26.0, "detected"), (27.0, "switching"), (28.0, "returned"), (29.0, "switched"))
    (found,) = read_evidence(observed(tmp_path / "run", (25.0, 30.0), marks=marks).write()).recoveries
    assert (found.redundancy_s, found.reasons["redundancy_s"]) == (None, "'returned' was marked before 'switched'")


def test_a_mark_that_was_too_early_may_be_made_again(tmp_path: Path) -> None:
    """The one in its order counts, of each kind."""
    wrong = ((25.5, "returned"), (25.6, "switched"), (25.7, "switching"))
    right = ((26.0, "detected"), (27.0, "switching"), (29.0, "switched"), (60.0, "returned"), (61.0, "returned"))
    (found,) = read_evidence(observed(tmp_path / "run", (25.0, 30.0), marks=(*wrong, *right)).write()).recoveries
    assert (found.decision_s, found.failover_s) == (pytest.approx(1.0), pytest.approx(2.0))
    assert found.redundancy_s == pytest.approx(35.0, abs=GAP_S)


def test_a_trial_before_the_outage_leaves_the_marks_of_the_real_one(tmp_path: Path) -> None:
    """Of each kind the first from zero on counts; one from before it only where none came after."""
    trial = ((8.0, "detected"), (9.0, "switching"))
    real = ((26.0, "detected"), (27.0, "switching"), (27.5, "switching"), (29.0, "switched"))
    (found,) = read_evidence(observed(tmp_path / "run", (25.0, 30.0), marks=(*trial, *real)).write()).recoveries
    assert found.detection_s == pytest.approx(1.0, abs=GAP_S)
    assert (found.decision_s, found.failover_s) == (pytest.approx(1.0), pytest.approx(2.0))


def test_a_drill_in_which_nothing_happened_is_none(tmp_path: Path) -> None:
    """INVALID, however well customers fared; marks alone that tell of no switch change nothing."""
    for number, marks in enumerate(((), ((20.0, "detected"), (30.0, "switched")))):
        folder = observed(tmp_path / str(number), marks=marks).write()
        verdict = reports.judge_run(folder)
        assert (verdict.word, "no drill has been performed" in verdict.sentence) == ("INVALID", True), verdict.sentence


def test_a_switch_that_nobody_felt_stands_on_its_marks_alone(tmp_path: Path) -> None:
    """It is what a bank hopes for, and the report says what it rests on."""
    story = observed(tmp_path / "run", marks=((20.0, "switching"), (30.0, "switched")))
    finding = said(story)["observed"]
    assert finding.status is Status.PASS
    assert "stands on the marks alone; 2 marks" in finding.detail
    assert reports.judge_run(story.folder).word == "PASS"
    (found,) = read_evidence(story.folder).recoveries
    assert (found.rto_s or 1.0) < 2 * GAP_S
    assert found.failover_s == pytest.approx(10.0)


def test_a_switch_that_nobody_felt_or_marked_stands_on_the_systems_own_word(tmp_path: Path) -> None:
    """A failover that is faster than the customers' patience is one that was drilled."""
    story = observed(tmp_path / "run", marks=((26.0, "detected"),))
    story.failover(25.0, detection_s=0.2, decision_s=0.1, failover_s=0.4)
    finding = said(story)["observed"]
    assert finding.status is Status.PASS
    assert "stands on the system's own word alone; 1 mark" in finding.detail
    (found,) = read_evidence(story.folder).recoveries
    assert (found.decision_s, found.failover_s) == (pytest.approx(0.1), pytest.approx(0.4))


def test_a_switch_that_was_marked_to_end_before_it_began_is_none(tmp_path: Path) -> None:
    """Felt by nobody it proves nothing, and where the system tells of one it stands on that word."""
    turned = ((20.0, "switched"), (30.0, "switching"))
    verdict = reports.judge_run(observed(tmp_path / "alone", marks=turned).write())
    assert (verdict.word, "no drill has been performed" in verdict.sentence) == ("INVALID", True), verdict.sentence
    story = observed(tmp_path / "told", marks=((26.0, "switched"), (30.0, "switching")))
    story.failover(25.0, detection_s=0.2, decision_s=0.1, failover_s=0.4)
    assert "stands on the system's own word alone; 2 marks" in said(story)["observed"].detail


def test_an_outage_before_the_state_was_steady_proves_nothing(tmp_path: Path) -> None:
    """Nobody knows what it was like before."""
    verdict = reports.judge_run(observed(tmp_path / "run", (6.0, 8.0)).write())
    assert verdict.word == "INVALID"
    assert "began before 10 s of steady state" in verdict.sentence
