"""What is for some tiers alone and goes to somebody else is named; so is a no to whom it is for."""

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.eligibility import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.plan.tiers import Tiers, tier_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import REASONS

SEED = 7
SHARES = {"new": 0.3, "gold": 0.3}
OF = {tier: [n for n in range(400) if tier_of(Tiers(**SHARES), SEED, n) == tier] for tier in ("new", "active", "gold")}


def claimed(folder: Path, *, asked: bool = True) -> Story:
    """Two customers have their tiers' rights, and a third is turned away from another's."""
    story = brief(folder)
    story.scenario["population"] = {"customers": 400, "tiers": SHARES}
    step = {"service": "bank", "path": "/enrol", "over": "customers", "each": {"tier": "{tier}"}, "body": {"all": "{list}"}}
    story.target["prepare"] = {"enrol": [step]}
    for tier in ("gold", "new"):
        maps(story, f"right.{tier}", f"{tier}-rights", {"business": "{key}", "id": "$.id", "entitled": [tier]})
    if asked:
        happens(story, "right.gold", 1, OF["gold"][0], 5)
        happens(story, "right.new", 2, OF["new"][0], 6)
        turned_away(story, 3, OF["active"][0])
    return story


def turned_away(story: Story, number: int, customer: int) -> None:
    """Told that it is not for them."""
    operation, code = (90_000 + number) << 16, REASONS["not_entitled"]
    story.attempt("right.gold", operation, 7, Outcome.REFUSAL, 20, 1, 0, 0, 0.1)
    key = UUID(int=(9000 + number) << 64 | 9)
    story.ack("right.gold", operation, key, 7, Outcome.REFUSAL, 20, business=f"gold {customer}", customer=customer, code=code)


def promised(story: Story) -> None:
    """To who is new, and nothing is kept."""
    happens(story, "right.gold", 10, OF["new"][1], 5, there=False)


def given(story: Story) -> None:
    """In the system's tables, and nobody was told."""
    happens(story, "right.gold", 10, OF["gold"][1], 5)
    story.tables["gold-rights"][-1]["customer"] = OF["active"][1]


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (promised, f"right.gold right.gold:10 was promised to customer {OF['new'][1]}, who is new"),
    (given, f"right.gold right.gold:10 is given to customer {OF['active'][1]}, who is active"),
]


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_rights_of_ones_own_tier_pass(tmp_path: Path) -> None:
    """And whoever was told truly that it is not for them contradicts no book."""
    story = claimed(tmp_path / "run")
    found = judged(story)
    assert (found.status, found.detail) == ("PASS", "2 rights promised; none to customers of another tier"), found.evidence
    assert read_evidence(story.folder).false_refusals == []


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_right_of_another_tier_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """With whose it is."""
    story = claimed(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_who_is_gold_and_told_otherwise_is_named(tmp_path: Path) -> None:
    """By their tier, which the system was told."""
    story = claimed(tmp_path / "run")
    turned_away(story, 10, OF["gold"][2])
    [lie] = read_evidence(story.write()).false_refusals
    assert "told that it is not for them, who are gold" in lie.sentence


def test_rights_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file is for some tiers alone"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for what is for some tiers alone"):
        judged(claimed(tmp_path / "nobody", asked=False))
