"""The page of the plan's coverage says what is there, and nothing else."""

from pathlib import Path

import pytest

from chaos.planned_load import with_surges
from scenarios.coverage.__main__ import journeys_of
from scenarios.coverage.declarations import ROOT, Declaration, Item, declarations, plan_items
from scenarios.coverage.page import page, state
from scenarios.errors import BadInput
from scenarios.plugins import DRILL, JOURNEY, discover
from stormdrill.commands.steady_load import steady_scenario

DAILY = journeys_of("campaign-day")


def test_the_page_is_as_it_would_be_made_now() -> None:
    """To renew: python -m scenarios.coverage."""
    assert (ROOT / "docs" / "plan-coverage.md").read_text(encoding="utf-8") == page(DAILY)


def test_the_plan_has_67_items_each_with_both_names() -> None:
    """In its own order."""
    items = plan_items()
    assert (len(items), list(items)) == (67, sorted(items))
    assert all(item.en and any("\u4e00" <= sign <= "\u9fff" for sign in item.zh) for item in items.values())


@pytest.mark.parametrize("one", declarations(), ids=lambda one: f"{one.kind}-{one.name}")
def test_what_declares_an_item_is_there(one: Declaration) -> None:
    """As a plug-in that is found, or a feature that does something."""
    kinds = {"journey": JOURNEY, "drill": DRILL}
    if one.kind in kinds:
        assert one.name in discover(kinds[one.kind].folder, ".py")
    elif one.kind == "feature":
        assert one.operations or one.name in ("payouts", "restocking")  # which work in the background
    else:
        assert one.title


def test_all_journeys_are_played_on_a_campaign_day_or_by_a_drill() -> None:
    """Those that only probe or double up as well; what only a drill brings is no ordinary day."""
    plans = [with_surges(steady_scenario(name)) for name in discover(DRILL.folder, ".py")]
    brought = {journey for plan in plans for mix in (plan.mix, *(surge.mix or {} for surge in plan.surges)) for journey in mix}
    assert discover(JOURNEY.folder, ".py").keys() == DAILY | brought
    assert brought - DAILY == {"hot-prize", "impatient-claim", "watch-the-claim"}


def test_an_item_that_is_not_the_plans_is_refused(tmp_path: Path) -> None:
    """By the file that declares it."""
    folder = tmp_path / "locustfiles" / "journeys"
    folder.mkdir(parents=True)
    (folder / "dance.py").write_text('PLAN = ("P9-99",)\n')
    with pytest.raises(BadInput, match="the journey dance declares P9-99, which is no item of the plan"):
        declarations(tmp_path)


def test_a_check_without_customers_rehearses_nothing() -> None:
    """And customers without a check are shown."""
    item = Item(en="any", zh="任何")
    check, journey = (Declaration(kind, kind, ("P1-01",)) for kind in ("check", "journey"))
    assert [state(item, told) for told in ([], [check], [journey], [check, journey])] == ["not rehearsed", "shown", "shown", "rehearsed"]
    assert state(item.model_copy(update={"part_of": "compliance"}), []) == "compliance"
