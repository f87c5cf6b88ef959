"""What was given away, what a customer who was brought has cost, and what comes of the scenario's own inputs."""

from pathlib import Path
from typing import cast

import pytest
from handmade import Story
from handmade_features import brief, reads_back
from handmade_stories import rendered
from test_checks_attributions import linked

from reports.evidence import read_evidence
from reports.finding import NotMapped
from reports.measures.costs import Costs, Granted, costs
from scenarios.errors import BadInput
from scenarios.plan.crowd import bots_of
from scenarios.plan.scenario import Scenario
from scenarios.plan.yaml_loading import load_yaml


def spent(folder: Path, **worth: int) -> Story:
    """Six customers whom links brought, two rewards, and 12 yuan paid."""
    story = linked(folder)
    reads_back(story, "gifts", "rewards", "kind", "customer", "amount_fen", "id", "at_ms")
    story.tables["gifts"] = [{"kind": "gift", "customer": 100 + one, "amount_fen": 500, "id": f"G{one}", "at_ms": 0} for one in range(2)]
    reads_back(story, "payouts", "payouts", "ref", "customer", "amount_fen", "state", "at_ms", "final")
    story.tables["payouts"] = [
        {"ref": f"P{one}", "customer": 100, "amount_fen": 600, "state": "PAID", "at_ms": 0, "final": True} for one in range(2)
    ]
    if worth:
        cast("dict[str, object]", story.scenario.setdefault("campaign", {}))["worth"] = worth
    return story


def test_costs_tell_what_each_customer_who_was_brought_has_cost(tmp_path: Path) -> None:
    """Twelve yuan for six: two each; worth five each, that returns one and a half times what was paid."""
    found = costs(read_evidence(spent(tmp_path / "run", customer_fen=500, outage_minute_fen=90_000).write()))
    assert found == Costs((Granted("gift", 2, 1000),), 1200, 6, 0, 0.0, 500, 90_000)
    assert (found.each_fen, found.returned, found.outage_fen) == (200.0, 1.5, 0.0)


def test_without_the_scenarios_inputs_nothing_is_made_up(tmp_path: Path) -> None:
    """No return, no cost of an outage; nor the cost of a customer where nobody was brought."""
    found = costs(read_evidence(spent(tmp_path / "run").write()))
    assert (found.returned, found.outage_fen) == (None, None)
    assert Costs((), 100, 0, 0, 60.0, 500, 1000).each_fen is None
    assert Costs((), 0, 3, 0, 60.0, 500, 1000).returned is None
    assert Costs((), 100, 0, 0, 90.0, 500, 1000).outage_fen == 1500


def test_what_a_customer_has_cost_is_told_without_bots_too(tmp_path: Path) -> None:
    """All that was paid, for each of those whom the run's own draw makes people; nothing of bots is said where there are none."""
    story = spent(tmp_path / "run")
    marks = dict.fromkeys(("share", "taps_mean", "gap_median_s", "gap_p95_s"), "A")
    story.scenario["crowd"] = {"bots": {"share": 0.5, "taps_mean": 9, "gap_median_s": 0.1, "gap_p95_s": 0.2, "marks": marks}}
    page = (rendered(story) / "report.html").read_text("utf-8")
    evidence = read_evidence(story.folder)
    found = costs(evidence)
    drawn = bots_of(evidence.plan.scenario.crowd, evidence.plan.seed, evidence.plan.scenario.population.customers)
    assert 0 < found.bots < found.brought == 6
    assert found.bots == sum(bool(drawn[number]) for number in range(100, 106))
    assert found.each_person_fen == 1200 / (6 - found.bots)
    assert f"<dt>Bots among them</dt><dd>{found.bots}</dd>" in page
    assert "Bots among them" not in (rendered(spent(tmp_path / "none")) / "report.html").read_text("utf-8")


def test_the_report_has_them_and_is_without_them_where_nothing_was_given(tmp_path: Path) -> None:
    """In a section of their own."""
    page = (rendered(spent(tmp_path / "run", customer_fen=500)) / "report.html").read_text("utf-8")
    told = page.partition('<section id="costs"')[2].partition("</section>")[0]
    assert all(f"<dd>{figure}</dd>" in told for figure in ("¥12.00", "6", "¥2.00", "¥5.00", "150 %"))
    assert '<td><span translate="no">gift</span></td><td class=n>2</td><td class=n>¥10.00</td>' in told
    with pytest.raises(NotMapped, match="nothing that was granted or paid"):
        costs(read_evidence(brief(tmp_path / "none").write()))


@pytest.mark.parametrize(("worth", "told"), [("{customer_fen: -1}", "greater than or equal to 0"), ("{ltv: 3}", "ltv")])
def test_what_a_customer_is_worth_is_fen(tmp_path: Path, worth: str, told: str) -> None:
    """File, line, what, what is allowed."""
    path = tmp_path / "sale.yaml"
    sale = "name: sale\ndescribe: A sale.\nphases: [{name: peak, lasts: 5, arrivals: 1}]\nmix: {flash-sale: 1}\n"
    path.write_text(f"{sale}campaign: {{worth: {worth}}}\n")
    with pytest.raises(BadInput, match=told) as refused:
        load_yaml(path, Scenario)
    assert "sale.yaml" in str(refused.value)
