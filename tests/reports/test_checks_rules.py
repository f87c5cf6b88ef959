"""Who accepts rules that are not in force is named, and so is a grant that names others than those it was made under."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.rules import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome
from scenarios.run.records import REASONS

CHANGES_S = 30
PHASES = [{"name": "before", "lasts": CHANGES_S, "arrivals": "20/s"}, {"name": "after", "lasts": 30, "arrivals": "20/s"}]


def ruled(folder: Path, *, asked: bool = True) -> Story:
    """The rules change in mid-run; one customer accepts them before and one behind it, and something is granted under each."""
    story = brief(folder)
    story.scenario |= {"campaign": {"rules": {"changes": "after"}}, "phases": PHASES}
    maps(story, "rules.accept", "acceptances", {"business": "{customer}", "shown": "$.version", "accepts_rules": True}, rules="")
    maps(story, "gift.take", "gifts", {"business": "{customer}"}, rules="")
    for number, (at_s, version) in enumerate(((10, 1), (40, 2)) if asked else ()):
        accepts(story, number, at_s, version)
        gives(story, number, at_s + 1, version)
    return story


def accepts(story: Story, number: int, at_s: float, version: int) -> None:
    """A customer accepts a version."""
    happens(story, "rules.accept", number, 100 + number, at_s, fen=version, rules=version)


def gives(story: Story, number: int, at_s: float, version: int) -> None:
    """Something is granted under it."""
    happens(story, "gift.take", 500 + number, 100 + number, at_s, rules=version)


def turned_away(story: Story, at_s: float, version: int) -> None:
    """A customer who asks for a version is told that the rules have changed."""
    operation, key = 90_000 << 16, UUID(int=9000 << 64 | 9)
    story.attempt("rules.accept", operation, at_s, Outcome.REFUSAL, 20, 1, 0, 0, 0.1)
    story.ack("rules.accept", operation, key, at_s, Outcome.REFUSAL, 20, 1, version, business="x", customer=190, code=REASONS["changed"])


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (lambda story: accepts(story, 9, 45, 1), "was told of version 1, where version 2 was in force"),
    (lambda story: accepts(story, 9, 15, 2), "was told of version 2, where version 1 was in force"),
    (lambda story: gives(story, 9, 45, 1), "names version 1, where version 2 was in force"),
]


def test_rules_in_force_pass(tmp_path: Path) -> None:
    """Told with acceptances and what names a version; at the change itself either may."""
    story = ruled(tmp_path / "run")
    for number, version in ((7, 1), (8, 2)):
        accepts(story, number, CHANGES_S, version)
    found = judged(story)
    assert (found.status, found.detail) == ("PASS", "4 acceptances, 6 effects that name a version; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=["accepted-when-over", "accepted-too-early", "granted-under-old"])
def test_other_rules_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """Both versions."""
    story = ruled(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


@pytest.mark.parametrize(("at_s", "version", "lies"), [(10, 1, 1), (40, 1, 0), (40, 2, 1), (10, 2, 0)])
def test_rules_said_to_have_changed_are_held_against_the_plan(tmp_path: Path, at_s: float, version: int, lies: int) -> None:
    """Who asks for what is in force cannot be told so."""
    story = ruled(tmp_path / "run")
    turned_away(story, at_s, version)
    assert len(read_evidence(story.write()).false_refusals) == lies


def test_rules_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody accepted any."""
    with pytest.raises(NotMapped, match="no effect in the target's file accepts the rules"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run accepted the rules"):
        judged(ruled(tmp_path / "nobody", asked=False))
