"""A letter that a phone tells of twice is named, and so is a count of what is unread that cannot be."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.letters import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome


def lettered(folder: Path, *, asked: bool = True) -> Story:
    """Four letters: two customers were told of two each, and one has read both."""
    story = brief(folder)
    story.scenario["campaign"] = {"inbox": {"letters": 4}}
    maps(story, "push.next", "pushes", {"business": "{key}", "shown": "$.letter", "letter": "pushed"}, letter="")
    maps(story, "letter.read", "reads", {"business": "{customer}", "shown": "$.unread", "letter": "read"}, letter="")
    for number, (customer, letter) in enumerate(((100, 1), (100, 2), (101, 1), (101, 2)) if asked else ()):
        tells(story, number, customer, letter)
    if asked:
        reads(story, 10, 1, 20, 3)
        reads(story, 11, 2, 22, 2)
    return story


def tells(story: Story, number: int, customer: int, letter: int, *, there: bool = True) -> None:
    """A phone tells of a letter."""
    happens(story, "push.next", number, customer, 5 + number, there=there, fen=letter, letter=letter)


def reads(story: Story, number: int, letter: int, at_s: float, unread: int, outcome: Outcome = Outcome.SUCCESS) -> None:
    """Customer 100 reads a letter, and is shown what is left."""
    happens(story, "letter.read", number, 100, at_s, outcome, fen=unread, business=f"100:{letter}", letter=letter)


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def told_twice(story: Story) -> None:
    """Of the first letter again, as the customer saw."""
    tells(story, 20, 101, 1, there=False)


def recorded_twice(story: Story) -> None:
    """Of the first letter again, as the system says of a push that nobody's phone received."""
    happens(story, "push.next", 20, 101, 30, Outcome.UNKNOWN, there=True, letter=1)


def never_falls(story: Story) -> None:
    """A third letter is read, and as many are unread as before."""
    reads(story, 12, 3, 24, 2)


def falls_by_two(story: Story) -> None:
    """A third letter is read, and none is left of two."""
    reads(story, 12, 3, 24, 0)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (told_twice, "customer 101 was told of letter 1 2 times"),
    (recorded_twice, "customer 101 was pushed, by the read-back, letter 1 2 times"),
    (never_falls, "customer 100 was shown 2 unread after 100:3; it was 1"),
    (falls_by_two, "customer 100 was shown 0 unread after 100:3; it was 1"),
]


def test_letters_once_and_true_counts_pass(tmp_path: Path) -> None:
    """Told with pushes and counts."""
    found = judged(lettered(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "4 letters pushed, 2 counts of what is unread; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_letters_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The customer, the letter, and both figures."""
    story = lettered(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


@pytest.mark.parametrize("unread", [1, 0])
def test_what_nobody_knows_to_be_read_may_count(tmp_path: Path, unread: int) -> None:
    """A letter whose reading was never answered: the next count may have it or not."""
    story = lettered(tmp_path / "run")
    reads(story, 12, 3, 24, 0, Outcome.UNKNOWN)
    reads(story, 13, 4, 26, unread)
    assert judged(story).status == "PASS"


def test_letters_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody had to do with them."""
    with pytest.raises(NotMapped, match="no effect in the target's file pushes or reads a letter"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run had to do with letters"):
        judged(lettered(tmp_path / "nobody", asked=False))
