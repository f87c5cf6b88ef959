"""Customers who are owed to two links, and links that do not count true, are named."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back

from reports.checks.invariants.attributions import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.target.effects import credited_terms


def linked(folder: Path, *, asked: bool = True) -> Story:
    """Two links of a branch's and one of a star's, which brought three, one and two."""
    story = brief(folder)
    maps(story, "landing.attribute", "attributions", {"business": "{customer}:source", "credits": "{link}"}, "/by/{link}", source="")
    reads_back(story, "sources", "sources", "source", "customers")
    for number, source in enumerate(("branch/1", "branch/1", "branch/1", "branch/2", "kol/1", "kol/1") if asked else ()):
        comes(story, 100 + number, source)
    counted(story)
    return story


def comes(story: Story, customer: int, source: str, key: int = 0) -> None:
    """Somebody comes by a link."""
    happens(story, "landing.attribute", key or customer, customer, 5, terms=credited_terms(source), source=source)


def counted(story: Story) -> None:
    """The links' own rows, as customers make them."""
    brought = Counter(str(row["source"]) for row in story.tables["attributions"])
    story.tables["sources"] = [{"source": source, "customers": count} for source, count in sorted(brought.items())]


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def in_two(story: Story) -> None:
    """A customer of the star's comes by a branch too."""
    comes(story, 104, "branch/2", 900)
    counted(story)


def counted_twice(story: Story) -> None:
    """Each customer twice."""
    story.tables["sources"][2]["customers"] = 4


def lost_update(story: Story) -> None:
    """A count that has forgotten a customer."""
    story.tables["sources"][0]["customers"] = 2


def without_row(story: Story) -> None:
    """A link that is in no list."""
    del story.tables["sources"][1]


def of_nobody(story: Story) -> None:
    """A link that nobody came by, and a count."""
    story.tables["sources"].append({"source": "ad/9", "customers": 7})


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (in_two, "customer 104 is owed to 2 links: branch/2, kol/1"),
    (counted_twice, "kol/1: 4 customers by its count, it brought 2"),
    (lost_update, "branch/1: 2 customers by its count, it brought 3"),
    (without_row, "branch/2: it has no row, and brought 1 customer"),
    (of_nobody, "ad/9: 7 customers by its count, it brought 0"),
]


def test_links_that_count_true_pass(tmp_path: Path) -> None:
    """Told with customers and links."""
    found = judged(linked(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "6 customers came by 3 links; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_links_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The link or the customer, and both figures."""
    story = linked(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_links_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody came by one."""
    with pytest.raises(NotMapped, match="no effect in the target's file owes customers to a link"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run came by a link"):
        judged(linked(tmp_path / "nobody", asked=False))
