"""What pages publish of the campaign is held against the plan of the run."""

from pathlib import Path
from typing import cast

import pytest
from handmade import Story
from handmade_features import brief, reads
from pydantic import ValidationError

from reports.checks.invariants.announced_as_planned import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.records import MARK_DONE, NO_AMOUNT
from scenarios.target.view_reading import announced_figure
from scenarios.target.views import AnnouncedView

ANNOUNCES = [{"planned": "{campaign.end_at}", "told": "$.end"}, {"planned": "{campaign.bronze_ppm}", "told": "$.ppm"}]

PLANNED: dict[str, str | int] = {"campaign.end_at": "2026-11-22T10:20:00.000+08:00", "campaign.bronze_ppm": 400_000}


def page(folder: Path, *, announces: bool = True) -> Story:
    """A page that announces an end and odds; nobody has looked yet."""
    story = brief(folder)
    story.statics |= PLANNED
    reads(story, "page.get")
    if announces:
        cast("dict[str, dict[str, object]]", story.target["operations"])["page.get"]["shows"] = {"announces": ANNOUNCES}
    return story


def looked(story: Story, *figures: tuple[int, int]) -> Finding:
    """The place of the figure that somebody looked at, and by how much it was shown otherwise than planned."""
    planned = [announced_figure(figure) for figure in PLANNED.values()]
    place = story.operations.index("page.get")
    for customer, (view, by) in enumerate(figures):
        look = (customer, 0, 5_000_000_000, 5_100_000_000, planned[view] + by, NO_AMOUNT, customer, place, view, b"A", b"", MARK_DONE)
        story.shown.append(look)
    return check(read_evidence(story.write()))


def test_what_was_planned_passes(tmp_path: Path) -> None:
    """Each figure, as often as it is looked at."""
    found = looked(page(tmp_path / "run"), (0, -455), (1, 0), (1, 0))
    assert (found.status, found.detail) == ("PASS", "3 looks at 2 figures of the campaign, none that showed another one than planned")


@pytest.mark.parametrize(
    ("view", "by", "name"), [(0, 3_600_000, "{campaign.end_at}"), (1, 5, "{campaign.bronze_ppm}")], ids=["later", "luckier"]
)
def test_what_one_customer_is_shown_otherwise_is_named(tmp_path: Path, view: int, by: int, name: str) -> None:
    """Though all others are shown the truth."""
    found = looked(page(tmp_path / "run"), (view, 0), (view, by), (view, 0))
    assert (found.status, len(found.evidence)) == ("FAIL", 1)
    assert "customer 1, page.get: was shown" in found.evidence[0]
    assert name in found.evidence[0]


def test_what_nobody_has_looked_at_is_no_pass(tmp_path: Path) -> None:
    """Nor where the target's file does not say what is announced."""
    with pytest.raises(NotMapped, match="nobody has looked"):
        check(read_evidence(page(tmp_path / "none").write()))
    with pytest.raises(NotMapped, match="does not say what reads announce"):
        check(read_evidence(page(tmp_path / "silent", announces=False).write()))


def test_figures_of_one_thing_are_the_same_however_they_are_written() -> None:
    """Milliseconds and ISO-8601 of one moment; a number and its text. A time without its zone is nobody's."""
    assert announced_figure("2026-11-22T10:00:00.000+08:00") == announced_figure("2026-11-22T02:00:00Z") == 1_795_312_800_000
    assert announced_figure("2000") == announced_figure(2000) == 2000
    assert announced_figure("2026-11-22T10:00:00") != announced_figure("2026-11-22T10:00:00Z")
    assert announced_figure("gold") != announced_figure("silver")


@pytest.mark.parametrize("planned", ["2000", "{customer}", "{campaign.end_at}{sku}"], ids=["no-name", "customer", "both"])
def test_only_the_campaigns_names_are_planned(planned: str) -> None:
    """What a customer or a prize is does not stand in the plan."""
    with pytest.raises(ValidationError, match="allowed: \\{campaign"):
        AnnouncedView.model_validate({"planned": planned, "told": "$.x"})
