"""How many take each step: the rungs of the ladder, and what became of whom a channel brought."""

import re
from collections import Counter
from pathlib import Path
from typing import cast

from handmade import Story
from handmade_features import brief, happens
from handmade_stories import rendered
from test_checks_attributions import linked
from test_checks_ladder import climbed

from reports.evidence import read_evidence
from reports.measures.empty_handed import empty_handed
from reports.measures.funnels import Funnel, channel_funnels, segment_funnels, tier_funnels
from scenarios.plan.crowd import segments_of
from scenarios.plan.tiers import tier_of
from scenarios.run.folder import Run
from scenarios.run.outcomes import Outcome


def _section(story: Story, name: str) -> str:
    page = (rendered(story) / "report.html").read_text("utf-8")
    return page.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def _bars(section: str) -> list[tuple[str, str, str]]:
    return re.findall(r'<dt>(.*?)</dt><dd><i style="--share:([\d.]+)"></i><b>([\d,]+)</b>', section)


def test_the_ladder_tells_how_many_have_done_each_rung(tmp_path: Path) -> None:
    """Two the first, one the second and the third; a bar is as long as its share of the first."""
    found = _bars(_section(climbed(tmp_path / "run"), "ladder"))
    assert found == [
        ("rung 1", "1.0000", "2"),
        ("rung 2", "0.5000", "1"),
        ("rung 3", "0.5000", "1"),
    ]


def test_each_channel_tells_what_became_of_whom_it_brought(tmp_path: Path) -> None:
    """Of the branch's four customers two claimed, one of them paid too; who was refused did nothing."""
    story = linked(tmp_path / "run")
    operations = cast("dict[str, dict[str, dict[str, object]]]", story.target["operations"])
    operations["transfer.submit"]["effect"] |= {"moves": {"from": "AC-{customer}", "to": "AC-1"}}
    operations["claim.submit"]["effect"] |= {"grants": {"item": "sku-1"}}
    happens(story, "claim.submit", 1, 100, 20)
    happens(story, "claim.submit", 2, 101, 20)
    happens(story, "transfer.submit", 3, 101, 21)
    happens(story, "claim.submit", 4, 102, 20, Outcome.REFUSAL)
    told = _section(story, "channels")
    evidence = read_evidence(story.folder)
    assert channel_funnels(evidence) == [Funnel("branch", 4, 2, 1, 2), Funnel("kol", 2, 0, 0, 0)]
    assert [people for _, _, people in _bars(told)] == ["6", "2", "1", "2"]
    assert '<td><span translate="no">branch</span></td><td class=n>4</td><td class=n>2</td>' in told


def _tiered(folder: Path, customers: range) -> Story:
    """A target that is told of tiers, and customers who claim: every other one is refused."""
    story = brief(folder)
    operations = cast("dict[str, dict[str, object]]", story.target["operations"])
    operations["claim.submit"]["headers"] = {"X-Tier": "{tier}"}
    for number in customers:
        happens(story, "claim.submit", number, number, 20, Outcome.SUCCESS if number % 2 else Outcome.REFUSAL)
    return story


def test_each_tier_tells_what_became_of_its_customers(tmp_path: Path) -> None:
    """Everybody who asked for anything is in one of them, by the run's own draw; who was refused asked, and did nothing."""
    claimed = range(500, 530)
    told = _section(story := _tiered(tmp_path / "run", claimed), "tiers")
    others = {one.name: one for one in tier_funnels(read_evidence(_tiered(tmp_path / "others", range(0)).write()))}
    every = tier_funnels(read_evidence(story.folder))
    found = {one.name: (one.came - others[one.name].came, one.acted - others[one.name].acted) for one in every}
    plan = Run(story.folder).plan()
    mine = {number: tier_of(plan.scenario.population.tiers, plan.seed, number) for number in claimed}
    assert found == {
        tier: (list(mine.values()).count(tier), sum(one == tier and number % 2 for number, one in mine.items()))
        for tier in ("new", "active", "gold")
    }
    assert _bars(told)[0][-1] == str(sum(one.came for one in every))


def test_who_asked_for_a_prize_and_has_none_is_told_by_tier(tmp_path: Path) -> None:
    """Whoever was refused each time; one who was refused once and granted it later has one."""
    story = _tiered(tmp_path / "run", range(500, 530))
    cast("dict[str, dict[str, dict[str, object]]]", story.target["operations"])["claim.submit"]["effect"]["grants"] = {"item": "sku-1"}
    happens(story, "claim.submit", 900, 500, 25, Outcome.SUCCESS)
    others = _tiered(tmp_path / "others", range(0))
    cast("dict[str, dict[str, dict[str, object]]]", others.target["operations"])["claim.submit"]["effect"]["grants"] = {"item": "sku-1"}
    before, told = empty_handed(read_evidence(others.write())), _section(story, "stock")
    found = empty_handed(evidence := read_evidence(story.folder))
    assert found - before == Counter(evidence.tier(number) for number in range(502, 530, 2))
    assert f"<td>in all</td><td class=n>{found.total():,}</td>" in told


def test_each_segment_tells_what_became_of_its_customers(tmp_path: Path) -> None:
    """By the names of the scenario's crowd; together they are all who asked."""
    story = _tiered(tmp_path / "run", range(500, 530))
    halves = [{"name": name, "share": 0.5, "mark": "A"} for name in ("young", "others")]
    story.scenario["crowd"] = {"segments": halves}
    told = _section(story, "segments")
    evidence = read_evidence(story.folder)
    found = segment_funnels(evidence)
    assert [one.name for one in found] == ["young", "others"]
    assert sum(one.came for one in found) == sum(one.came for one in tier_funnels(evidence))
    of = segments_of(evidence.plan.scenario.crowd.segments, evidence.plan.seed, 530)
    assert found[0].came >= int((of[500:] == 0).sum()) > 0
    assert '<span translate="no">young</span>' in told


def test_who_has_neither_has_no_such_section(tmp_path: Path) -> None:
    """Absent, not empty."""
    page = (rendered(brief(tmp_path / "run")) / "report.html").read_text("utf-8")
    assert not {"ladder", "channels", "tiers", "segments", "baseline"} & set(re.findall(r'<section id="(\w+)"', page))
