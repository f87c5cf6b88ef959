"""A fee that is waived for whom it should not be, at another time or too often, or not waived for whom it should be, is named."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps
from handmade_plan import T0_MS

from reports.checks.invariants.privileges import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.plan.tiers import Tiers, tier_of

SEED = 7
TIERS = Tiers(new=0.3, gold=0.3)
GOLD = [number for number in range(400) if tier_of(TIERS, SEED, number) == "gold"]
OTHERS = [number for number in range(400) if tier_of(TIERS, SEED, number) != "gold"]
FEE = 1500


def remitted(folder: Path, *, asked: bool = True) -> Story:
    """Two gold customers are spared the fee in the first phase, one twice before paying it; another customer is not, nor one later."""
    story = brief(folder)
    story.scenario["population"] = {"customers": 400, "tiers": {"new": 0.3, "gold": 0.3}}
    story.scenario["phases"] = [{"name": "early", "lasts": 30, "arrivals": 1}, {"name": "late", "lasts": 30, "arrivals": 1}]
    campaign = story.scenario.setdefault("campaign", {})
    assert isinstance(campaign, dict)
    campaign["privilege"] = {"fee_fen": FEE, "free": 2, "during": "early"}
    story.statics |= {"campaign.remit_free_from": _told(0), "campaign.remit_free_until": _told(30)}
    prepare = {"service": "bank", "path": "/enrol", "over": "customers", "each": {"tier": "{tier}"}, "body": {"all": "{list}"}}
    story.target["prepare"] = {"enrol": [prepare]}
    maps(story, "remit.quote", "fees", {"business": "{key}", "id": "$.id", "shown": "$.fen", "waived": "gold"})
    sent = {"business": "{quote}", "id": "$.id", "shown": "$.fen", "quoted": {"by": "remit.quote", "good_s": 3}}
    maps(story, "remit.send", "remittances", sent, "/send/{quote}")
    if asked:
        for number, (who, at_s, fen) in enumerate(
            [(GOLD[0], 5, 0), (GOLD[0], 9, 0), (GOLD[0], 13, FEE), (GOLD[1], 8, 0), (OTHERS[0], 6, FEE), (GOLD[2], 40, FEE)]
        ):
            sends(story, number, who, at_s, fen)
    return story


def _told(at_s: float) -> str:
    """A moment as the target was told it."""
    return datetime.fromtimestamp(T0_MS / 1000 + at_s, UTC).isoformat(timespec="milliseconds")


def sends(story: Story, number: int, who: int, at_s: float, fen: int) -> None:
    """A customer is quoted a fee, and a second later sends for it."""
    happens(story, "remit.quote", number, who, at_s, fen=fen)
    happens(story, "remit.send", 500 + number, who, at_s + 1, fen=fen, business=f"q{number}")


def for_another(story: Story) -> None:
    """Who is not gold is spared it."""
    sends(story, 10, OTHERS[1], 5, 0)


def later(story: Story) -> None:
    """When its time is over."""
    sends(story, 10, GOLD[3], 35, 0)


def by_its_own_clock(story: Story) -> None:
    """Just before the end as the customer knows it, and long after it by the system's own word."""
    sends(story, 10, GOLD[3], 29.9, 0)
    story.tables["fees"][-1]["at_ms"] = T0_MS + 34_000


def too_often(story: Story) -> None:
    """A third time."""
    sends(story, 10, GOLD[0], 20, 0)


def not_spared(story: Story) -> None:
    """Gold, in its time, for the first time."""
    sends(story, 10, GOLD[3], 5, FEE)


def another_fee(story: Story) -> None:
    """A fee that nobody has planned."""
    sends(story, 10, OTHERS[1], 5, 900)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (for_another, "was shown 0 fen; it should be 1500 fen"),
    (later, "who is gold, was shown 0 fen; it should be 1500 fen"),
    (by_its_own_clock, "who is gold, is recorded with 0 fen; it should be 1500 fen"),
    (too_often, f"customer {GOLD[0]} is recorded 3 times without a fee, 2 may be"),
    (not_spared, "who is gold, was shown 1500 fen; it should be 0 fen"),
    (another_fee, "was shown 900 fen; it should be 1500 fen"),
]


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_fees_as_the_privilege_says_pass(tmp_path: Path) -> None:
    """Told with how many were waived."""
    found = judged(remitted(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "6 fees shown, 3 of them waived; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_fee_otherwise_is_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The customer, and what it should have been."""
    story = remitted(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_what_cannot_be_known_speaks_for_the_target(tmp_path: Path) -> None:
    """Either fee at the window's very end; and a fee while another quote without one may still hold."""
    story = remitted(tmp_path / "run")
    for number, (at_s, fen) in enumerate([(29.8, 0), (29.8, FEE)]):
        sends(story, 20 + number, GOLD[4 + number], at_s, fen)
    for number, fen in enumerate([0, 0, FEE]):
        happens(story, "remit.quote", 30 + number, GOLD[8], 10 + number / 10, fen=fen)
    found = judged(story)
    assert found.status == "PASS", found.evidence


def test_fees_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file shows a fee that some are spared"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for a fee"):
        judged(remitted(tmp_path / "nobody", asked=False))
