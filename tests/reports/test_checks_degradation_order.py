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
from scenarios.run.system_event_kinds import SystemKillSwitchResumed, SystemKillSwitchTripped

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


def spiked(folder: Path, shed: dict[str, int]) -> Story:
    """The same in a sale that the scenario itself has, without a drill."""
    story = crowd(folder, shed, surge=False)
    spike = {"to": 20, "rise": 1, "half_life": 5}
    lasts = {"calm": 15, "sale": 15, "rest": 30}
    story.scenario["phases"] = [{"name": name, "lasts": lasts_s, "arrivals": 10} for name, lasts_s in lasts.items()]
    cast("list[dict[str, object]]", story.scenario["phases"])[1]["spike"] = spike
    return story


def test_order_is_judged_in_the_scenarios_own_sales(tmp_path: Path) -> None:
    """As in a drill's surge. Where everybody was served nothing gave way before anything else."""
    assert judged(spiked(tmp_path / "kept", {"page.show": 40, "prize.take": 10})).status == "PASS"
    assert judged(spiked(tmp_path / "broken", {"prize.take": 30})).status == "FAIL"
    served = judged(spiked(tmp_path / "served", {}))
    assert (served.status, served.measured) == ("PASS", 0)
    assert served.detail == "turned away: 0 % of 50 that give way first, 0 % of 50 that give way next, 0 % of 50 that give way last"


def test_what_a_drill_or_a_pause_turned_away_in_a_sale_is_no_order(tmp_path: Path) -> None:
    """A lost database turns away what needs one, and a paused campaign what it keeps out, whatever its class."""
    lost = spiked(tmp_path / "lost", {"money.pay": 50})
    lost.drill(21)
    paused = spiked(tmp_path / "paused", {"prize.take": 50})
    paused.tell("system", 20.0, SystemKillSwitchTripped(source="world", more={}))
    paused.tell("system", 24.0, SystemKillSwitchResumed(source="world", more={}))
    for story in (lost, paused):
        with pytest.raises(NotMapped, match="no surge of customers came in this run"):
            judged(story)


def test_order_is_judged_where_there_are_classes_and_a_surge(tmp_path: Path) -> None:
    """Not without either: a lost database by itself turns away what needs one."""
    shed = {"money.pay": 50}
    with pytest.raises(NotMapped, match="does not tell what gives way first"):
        judged(crowd(tmp_path / "unmapped", shed, classes=False))
    with pytest.raises(NotMapped, match="no surge of customers came"):
        judged(crowd(tmp_path / "calm", shed, surge=False))
    assert judged(crowd(tmp_path / "served", {})).status == "PASS"
