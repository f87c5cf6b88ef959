"""Where money is turned away sooner than what can be left out, both are named."""

from pathlib import Path
from typing import cast

import pytest
from handmade import Story
from handmade_features import brief, reads

from reports.checks.limits.degradation_order import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome

CLASSES = {"page.show": "first", "prize.take": "next", "money.pay": "last"}


def crowd(folder: Path, shed: dict[str, int], *, surge: bool = True, classes: bool = True) -> Story:
    """Fifty of each class in a second of a surge, of which so many are turned away."""
    story = brief(folder)
    if surge:
        story.drill(20, drill="step-burst")
        story.scenario["surges"] = [{"strike": "step-burst", "at_s": 20, "lasts_s": 8, "times": 5}]
    for name, way in CLASSES.items():
        reads(story, name)
        if classes:
            cast("dict[str, dict[str, object]]", story.target["operations"])[name]["gives_way"] = way
        for number in range(50):
            story.ask(name, 22 + number / 100, Outcome.SHED if number < shed.get(name, 0) else Outcome.SUCCESS)
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


@pytest.mark.parametrize(
    "shed",
    [{"page.show": 40, "prize.take": 10}, {"page.show": 20, "prize.take": 20, "money.pay": 20}, {"page.show": 20, "prize.take": 21}],
    ids=["in-order", "all-alike", "within-chance"],
)
def test_order_that_is_kept_passes(tmp_path: Path, shed: dict[str, int]) -> None:
    """Told with the share of each class."""
    found = judged(crowd(tmp_path / "run", shed))
    assert found.status == "PASS", found.evidence
    assert found.detail.startswith(f"turned away: {2 * shed['page.show']} % of 50 that give way first")


@pytest.mark.parametrize(
    ("shed", "sentence"),
    [
        ({"prize.take": 30}, "60 % of 50 that give way next, more than 0 % of 50 that give way first"),
        ({"page.show": 50, "money.pay": 25}, "50 % of 50 that give way last, more than 0 % of 50 that give way next"),
    ],
    ids=["claims-before-pages", "money-before-claims"],
)
def test_order_that_is_not_kept_is_named(tmp_path: Path, shed: dict[str, int], sentence: str) -> None:
    """Both classes and their shares."""
    found = judged(crowd(tmp_path / "run", shed))
    assert found.status == "FAIL"
    assert sentence in found.evidence


def test_order_is_judged_where_a_surge_turned_somebody_away(tmp_path: Path) -> None:
    """Not without classes, without a surge (a lost database turns away what needs one), or where all were served."""
    shed = {"money.pay": 50}
    with pytest.raises(NotMapped, match="does not tell what gives way first"):
        judged(crowd(tmp_path / "unmapped", shed, classes=False))
    with pytest.raises(NotMapped, match="no surge of customers came"):
        judged(crowd(tmp_path / "calm", shed, surge=False))
    with pytest.raises(NotMapped, match="nobody was turned away"):
        judged(crowd(tmp_path / "served", {}))
