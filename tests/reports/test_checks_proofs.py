"""Who gets in by a code that is not their own, too old, used already or never sent is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.proofs import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped


def registered(folder: Path, count: int = 5) -> Story:
    """So many customers from 100 on, each by a code of their own."""
    story = brief(folder)
    maps(story, "register.code", "codes", {"business": "{key}", "id": "$.id"})
    rule = {"by": "register.code", "within_s": 30}
    maps(story, "register.submit", "registrations", {"business": "{customer}", "id": "$.id", "proven": rule}, ref="")
    for number in range(count):
        registers(story, number)
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def registers(story: Story, number: int, *, after_s: float = 2, ref: str = "") -> None:
    """A code, and the registration by it so much later; or by another one."""
    happens(story, "register.code", number, 100 + number, 5)
    ref = ref or str(story.tables["codes"][-1]["id"])
    happens(story, "register.submit", 500 + number, 100 + number, 5 + after_s, ref=ref)


def by_anothers(story: Story) -> None:
    """Somebody else's code."""
    registers(story, 10, ref=str(story.tables["codes"][1]["id"]))


def by_none(story: Story) -> None:
    """A code that nobody was sent."""
    registers(story, 10, ref="C-none")


def too_late(story: Story) -> None:
    """A code of three quarters of a minute."""
    registers(story, 10, after_s=45)


def before(story: Story) -> None:
    """Registered, and then the code was sent."""
    registers(story, 10, after_s=-1)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (by_anothers, "of customer 110 rests on {1} of customer 101"),
    (by_anothers, "{1} is used 2 times"),
    (by_none, "of customer 110 rests on C-none, which there is not"),
    (too_late, "45.0 s old; good for 30 s"),
    (before, "is 1.0 s older than"),
]


def test_proofs_of_ones_own_pass(tmp_path: Path) -> None:
    """Told with how many there are."""
    found = judged(registered(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "5 effects that rest on a proof; none without a good one")


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=["anothers", "used-twice", "none", "too-late", "before"])
def test_proof_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The registration and the code."""
    story = registered(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence.format("", story.tables["codes"][1]["id"]) in line for line in found.evidence), found.evidence


def test_proofs_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that says it of nothing is not judged, nor is a run in which nobody asked."""
    story = brief(tmp_path / "run")
    with pytest.raises(NotMapped, match="no effect in the target's file must rest on another"):
        judged(story)
    story = registered(tmp_path / "nobody", count=0)
    with pytest.raises(NotMapped, match="no customer of this run asked"):
        judged(story)
