"""A rung that is done before the one below it, twice, by another's payment, or only told, is named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.ladder import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped


def climbed(folder: Path, *, asked: bool = True) -> Story:
    """Two customers, who have done three rungs and one."""
    story = brief(folder)
    maps(story, "task.complete", "steps", {"business": "{customer}", "climbs": True}, rung="", ref="")
    for number, (customer, rung) in enumerate(((100, 1), (100, 2), (100, 3), (101, 1)) if asked else ()):
        climbs(story, customer, rung, number + 1)
    return story


def climbs(story: Story, customer: int, rung: int, at_s: float, ref: str = "", *, there: bool = True) -> None:
    """A rung is done, or told so."""
    number = customer * 1000 + int(at_s * 10)
    business = f"{customer}:rung {rung}"
    happens(story, "task.complete", number, customer, at_s, there=there, business=business, rung=rung, ref=ref or f"p-{number}")


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def jumped(story: Story) -> None:
    """The third without the second."""
    climbs(story, 101, 3, 20)


def late(story: Story) -> None:
    """The second after the third."""
    climbs(story, 102, 1, 20)
    climbs(story, 102, 3, 21)
    climbs(story, 102, 2, 22)


def again(story: Story) -> None:
    """A rung that is done."""
    climbs(story, 100, 3, 20)


def by_the_same(story: Story) -> None:
    """The payment of another rung."""
    climbs(story, 101, 2, 20, "p-100010")


def only_told(story: Story) -> None:
    """Nothing is recorded."""
    climbs(story, 101, 2, 20)
    story.tables["steps"].pop()


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (jumped, "customer 101: rung 3 was done when 1 were"),
    (late, "customer 102: rung 3 was done when 1 were"),
    (again, "customer 100: rung 3 was done when 3 were"),
    (by_the_same, "p-100010: 2 rungs were done by it"),
    (only_told, "customer 101 was told that 101:rung 2 is done, which it is not"),
]


def test_a_ladder_that_is_climbed_in_order_passes(tmp_path: Path) -> None:
    """Told with rungs and customers."""
    found = judged(climbed(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "4 rungs of 2 customers; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_a_ladder_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The customer and the rung, or the payment."""
    story = climbed(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_ladders_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file is a rung of a ladder"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for a rung"):
        judged(climbed(tmp_path / "nobody", asked=False))
