"""Whoever is shown more than a day's cap is named, and so is whoever is told of a cap that is not reached."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.frequency import check
from reports.checks.invariants.honest_refusals import check as honest
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome
from scenarios.run.records import REASONS


def capped(folder: Path, *, asked: bool = True) -> Story:
    """Two a day: one customer was shown both and refused a third, another one."""
    story = brief(folder)
    story.scenario["campaign"] = {"popup": {"per_day": 2}}
    maps(story, "popup.show", "popups", {"business": "{customer}", "capped": "popup"})
    for number, customer in ((1, 100), (2, 100), (3, 101)) if asked else ():
        happens(story, "popup.show", number, customer, number)
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def once_more(story: Story) -> None:
    """A third one, of which the read-back knows."""
    happens(story, "popup.show", 9, 100, 9)


def once_more_unrecorded(story: Story) -> None:
    """A third one, which only the customer knows of."""
    happens(story, "popup.show", 9, 100, 9, there=False)


def once_more_unseen(story: Story) -> None:
    """A third one, whose answer nobody received."""
    happens(story, "popup.show", 9, 100, 9, Outcome.UNKNOWN, there=True)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (once_more, "customer 100: popup.show shown 3 times, 2 may be"),
    (once_more_unrecorded, "customer 100: popup.show shown 3 times, 2 may be"),
    (once_more_unseen, "customer 100: popup.show recorded 3 times on "),
]


def test_a_cap_that_is_kept_passes(tmp_path: Path) -> None:
    """Told with times and customers."""
    found = judged(capped(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "3 times shown to 2 customers, 2 a day of popup.show at most; none too often"), (
        found.evidence
    )


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_more_than_the_cap_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The customer, and both figures."""
    story = capped(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_caps_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file is capped"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for what is capped"):
        judged(capped(tmp_path / "nobody", asked=False))


@pytest.mark.parametrize(("customer", "status"), [(100, "PASS"), (101, "FAIL")])
def test_a_refusal_by_a_cap_is_held_against_what_was_shown(tmp_path: Path, customer: int, status: str) -> None:
    """Who was shown both may be told so; who was shown one may not."""
    story = capped(tmp_path / "run")
    operation = 5000 << 16
    story.attempt("popup.show", operation, 9, Outcome.REFUSAL, 20, 1, 0, 0, 0.1)
    story.ack(
        "popup.show", operation, UUID(int=5000 << 64 | 9), 9, Outcome.REFUSAL, 20, business="x", customer=customer, code=REASONS["limit"]
    )
    found = honest(read_evidence(story.write()))
    assert found.status == status, found.evidence
