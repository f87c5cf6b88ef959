"""A second parcel for a right, another tier's thing, or another's right is named."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.parcels import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome, Probe

PRIZES = {"right.new": "power-bank", "right.gold": "gift-box"}


def ordered(folder: Path, count: int = 3) -> Story:
    """So many customers have each tier's right, and what it is worth sent."""
    story = brief(folder)
    for op in PRIZES:
        maps(story, op, op.replace(".", "-"), {"business": "{key}", "id": "$.id"})
    effect = {"business": "{right}", "id": "$.id", "ships": {"to": "{address}", "prizes": PRIZES}}
    maps(story, "parcel.order", "parcels", effect, "/parcels/{right}/{address}", ref="", prize="", address="")
    for number in range(count):
        for op, prize in PRIZES.items():
            orders(story, number + (50 if op == "right.gold" else 0), op, prize)
    return story


def orders(story: Story, number: int, op: str, prize: str, *, customer: int = 0, times: int = 1) -> str:
    """The right of customer 100 and so on, and a parcel for it; or for another customer."""
    right = given(story, number, op)
    for time in range(times):
        sent(story, 200 + number + 400 * time, customer or 100 + number, right, prize)
    return right


def given(story: Story, number: int, op: str) -> str:
    """A right's id."""
    happens(story, op, number, 100 + number, 5)
    return str(story.tables[op.replace(".", "-")][-1]["id"])


def sent(story: Story, number: int, customer: int, right: str, prize: str) -> None:
    """A parcel that was promised and is there."""
    to = f"street {number}"
    happens(story, "parcel.order", number, customer, 7, business=right, terms=f"to {to}", ref=right, prize=prize, address=to)


def twice(story: Story) -> None:
    """To two addresses."""
    orders(story, 20, "right.new", "power-bank", times=2)


def another_tiers(story: Story) -> None:
    """What gold customers have, to who is new."""
    orders(story, 20, "right.new", "gift-box")


def for_anothers_right(story: Story) -> None:
    """By somebody who asked honestly."""
    orders(story, 20, "right.new", "power-bank", customer=333)


def for_no_right(story: Story) -> None:
    """A right that nobody was given."""
    sent(story, 220, 120, "TR-none", "power-bank")


def by_its_number(story: Story) -> None:
    """Somebody who only knows the number of another's."""
    right, operation = given(story, 20, "right.new"), 77_000 << 16
    story.attempt("parcel.order", operation, 6, Outcome.SUCCESS, 20, 1, 0, 0, 0.1)
    story.ack("parcel.order", operation, UUID(int=77 << 64 | 9), 6, Outcome.SUCCESS, 20, business=right, customer=333, probe=Probe.FOREIGN)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (twice, "is promised 2 times"),
    (twice, "is sent 2 times"),
    (another_tiers, "holds gift-box for right.new, which is worth power-bank"),
    (for_anothers_right, "is promised to customer 333 for the right of customer 120"),
    (for_anothers_right, "of customer 120"),
    (for_no_right, "parcel.order TR-none is promised to customer 120 for a right that nobody was given"),
    (for_no_right, "for TR-none, which is no right"),
    (by_its_number, "is promised to customer 333, who only knew its number"),
]


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_parcels_by_the_rules_pass(tmp_path: Path) -> None:
    """Told with how many there are."""
    found = judged(ordered(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "6 parcels, 6 promised; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[f"{defect.__name__}-{number}" for number, (defect, _) in enumerate(DEFECTS)])
def test_parcel_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """What was promised, and what is sent."""
    story = ordered(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_parcels_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that sends nothing is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file sends a thing"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run had a thing sent"):
        judged(ordered(tmp_path / "nobody", count=0))
