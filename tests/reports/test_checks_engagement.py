"""Counts of what customers see are held against what their apps reported."""

from pathlib import Path
from typing import cast

import pytest
from handmade import Story
from handmade_features import brief, reads, reads_back

from reports.checks.invariants.engagement import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.event_kinds import ReadbackCaptured
from scenarios.run.outcomes import Outcome

TAKEN, LOST, TURNED_AWAY = 200, 3, 20


def reported(folder: Path, told: int = TAKEN, *, asked: bool = True, mapped: bool = True) -> Story:
    """Two hundred views are taken, of three nobody knows, twenty are turned away; two nodes have counted them."""
    story = brief(folder)
    reads(story, "beacon.post")
    if mapped:
        cast("dict[str, dict[str, object]]", story.target["operations"])["beacon.post"]["beacon"] = "view"
        reads_back(story, "beacons", "beacons", "kind", "seen")
        story.tables["beacons"] = [{"kind": "view", "seen": told - 50}, {"kind": "view", "seen": 50}, {"kind": "click", "seen": 9}]
    for outcome, count in ((Outcome.SUCCESS, TAKEN), (Outcome.UNKNOWN, LOST), (Outcome.SHED, TURNED_AWAY)) if asked else ():
        for number in range(count):
            story.ask("beacon.post", 5 + number / 20, outcome)
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


@pytest.mark.parametrize("told", [TAKEN, TAKEN + LOST, TAKEN - 2])
def test_counts_as_reported_pass(tmp_path: Path, told: int) -> None:
    """Whether what nobody knows is counted or not, to one per cent."""
    found = judged(reported(tmp_path / "run", told))
    assert (found.status, found.detail) == (
        "PASS",
        f"1 kind counted: {told} of view for 200 reported; none off by more than 1%",
    ), found.evidence


@pytest.mark.parametrize("told", [TAKEN // 2, TAKEN - 4, TAKEN + LOST + 4])
def test_counts_otherwise_are_named(tmp_path: Path, told: int) -> None:
    """The kind, and both figures."""
    found = judged(reported(tmp_path / "run", told))
    assert (found.status, found.evidence) == ("FAIL", (f"view: {told} counted by the service, 200 to 203 reported by apps",))


def test_counts_are_judged_where_they_can_be(tmp_path: Path) -> None:
    """Not where nothing is mapped or nobody reported, nor where a drill struck: nobody is promised the counts of a moment."""
    with pytest.raises(NotMapped, match="does not say which operation reports what was seen"):
        judged(reported(tmp_path / "unmapped", mapped=False))
    with pytest.raises(NotMapped, match="no app of this run reported"):
        judged(reported(tmp_path / "nobody", asked=False))
    story = reported(tmp_path / "struck")
    story.drill(20)
    with pytest.raises(NotMapped, match="a drill struck"):
        judged(story)


def test_what_was_reported_just_before_the_read_back_may_not_stand_there_yet(tmp_path: Path) -> None:
    """Counts are written now and then; what was reported earlier must be there."""
    for name, captured_s, status in (("soon", 15.5, "PASS"), ("late", 60.0, "FAIL")):
        story = reported(tmp_path / name, TAKEN - 20)  # the last twenty are reported from 14 s on
        story.tell("door", captured_s, ReadbackCaptured(table="beacons", rows=3, sha256=""))
        assert judged(story).status == status
