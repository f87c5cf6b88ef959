"""A place that two customers have, or one who was promised it has not, is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.bookings import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome
from scenarios.target.effects import reserved_terms


def booked(folder: Path, *, asked: bool = True) -> Story:
    """Three hours, each of a customer's; a fourth customer was told that the first is taken."""
    story = brief(folder)
    maps(story, "adviser.book", "bookings", {"business": "slot {slot}", "reserves": "{slot}"}, "/book/{slot}", slot="")
    if asked:
        for customer in range(100, 103):
            books(story, customer, customer - 99)
        happens(story, "adviser.book", 200, 200, 9, Outcome.REFUSAL, business="slot 1", terms=reserved_terms(1))
    return story


def books(story: Story, customer: int, slot: int, number: int = 0, *, there: bool = True) -> None:
    """A customer has an hour, or is told so."""
    happens(
        story,
        "adviser.book",
        number or customer,
        customer,
        5,
        there=there,
        business=f"slot {slot}",
        terms=reserved_terms(slot),
        slot=str(slot),
    )


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def of_two(story: Story) -> None:
    """Another customer has the first hour as well."""
    books(story, 150, 1)


def promised_only(story: Story) -> None:
    """The second hour was promised to somebody, and its row is of nobody."""
    story.tables["bookings"] = [row for row in story.tables["bookings"] if row["slot"] != "2"]


def two_of_one(story: Story) -> None:
    """A customer has another hour."""
    books(story, 100, 9, 900)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (of_two, "slot 1 was promised to 2 customers: 100, 150"),
    (of_two, "slot 1 is given to 2 customers: 100, 150"),
    (promised_only, "slot 2 was promised to customer 101, who does not have it"),
    (two_of_one, "customer 100 has 2 places: slot 1, slot 9"),
]


def test_places_of_one_customer_each_pass(tmp_path: Path) -> None:
    """Told with places and promises; who was refused was promised nothing."""
    found = judged(booked(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "3 places, 3 promised; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=["promised-to-two", "given-to-two", "promised-only", "two-of-one"])
def test_places_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The place and the customers."""
    story = booked(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_places_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked for one."""
    with pytest.raises(NotMapped, match="no effect in the target's file reserves a place"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for a place"):
        judged(booked(tmp_path / "nobody", asked=False))
