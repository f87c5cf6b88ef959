"""Orders that no forecast asked for, that both suppliers delivered, that came twice or to nothing are named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import Story
from handmade_features import reads_back
from handmade_plan import T0_MS
from handmade_stories import rendered, said

from reports.evidence import read_evidence
from reports.finding import Status
from reports.measures.restocking import Outlook, outlooks
from reports.output.charts.restocking import left_of

ITEM, UNITS = "rush", 30
FIELDS = ("id", "item", "batch", "units", "remaining", "went", "window_ms", "at_ms", "gone_ms", "asked", "state", "ended_ms")


def restocked(folder: Path) -> Story:
    """Ten of a prize, all gone at two a second: thirty are ordered as four are left, and are there a second later."""
    story = Story(folder)
    for number in range(14):
        story.ask("claim.submit", 20 + number / 2)
        story.tables["grants"][-1] |= {"item": ITEM, "batch": "b"}
    stock = {"item": ITEM, "batch": "b", "initial": 10, "replenished": UNITS, "granted": 14, "remaining": 26}
    story.tables["stock"] = [stock]
    reads_back(story, "orders", "orders", *FIELDS)
    reads_back(story, "depots", "calls", "dependency", "did", "ref", "units")
    story.scenario["campaign"] = {"prizes": {"restock": {"skus": 1, "units": UNITS, "most": 40, "lead_s": 3}}}
    order(story, "RS-1", 22.6)
    call(story, "RS-1")
    call(story, "RS-1", did=0)  # asked again, and not delivered again
    return story


def order(story: Story, name: str, at_s: float, **changes: object) -> Any:
    """One, as four are left."""
    row = {"id": name, "item": ITEM, "batch": "b", "units": UNITS, "remaining": 4, "went": 5, "window_ms": 2500}
    row |= {"at_ms": T0_MS + round(at_s * 1000), "state": "DELIVERED", "ended_ms": T0_MS + round(at_s * 1000) + 1000, "asked": "depot"}
    story.tables["orders"].append(row | changes)
    return story.tables["orders"][-1]


def call(story: Story, ref: str, dependency: str = "depot", did: int = 1, units: int = UNITS) -> None:
    """What a supplier says."""
    story.tables["depots"].append({"dependency": dependency, "did": did, "ref": ref, "units": units})


def by_both(story: Story) -> None:
    """One order, two suppliers."""
    call(story, "RS-1", "depot-backup")


def twice(story: Story) -> None:
    """A supplier's own mistake."""
    story.tables["depots"][0]["did"] = 2


def by_nobody(story: Story) -> None:
    """It is in the stock, and nobody sent it."""
    story.tables["depots"][0]["did"] = 0


def fewer(story: Story) -> None:
    """Not as many as were ordered."""
    story.tables["depots"][0]["units"] = UNITS - 1


def for_no_order(story: Story) -> None:
    """Somebody has sent what we never ordered."""
    call(story, "RS-7")


def refused_and_delivered(story: Story) -> None:
    """We gave it up, and it came."""
    order(story, "RS-2", 22.7, state="REFUSED")
    call(story, "RS-2")


def hanging(story: Story) -> None:
    """Nobody has ended it."""
    order(story, "RS-2", 22.7, state="OPEN", ended_ms=None, units=5)


def unforecast(story: Story) -> None:
    """It would have lasted."""
    story.tables["orders"][0] |= {"went": 1}


def nothing_went(story: Story) -> None:
    """It would have lasted for ever."""
    story.tables["orders"][0] |= {"went": 0}


def untrue(story: Story) -> None:
    """More went, as the order says, than were granted."""
    story.tables["orders"][0] |= {"went": 9}


def more_left(story: Story) -> None:
    """The order says that none was left."""
    story.tables["orders"][0] |= {"remaining": 0}


def beyond_plan(story: Story) -> None:
    """Sixty of forty."""
    order(story, "RS-2", 22.7)
    call(story, "RS-2")
    story.tables["stock"][0] |= {"replenished": 2 * UNITS, "remaining": 26 + UNITS}


def stocked_twice(story: Story) -> None:
    """The stock has it once more."""
    story.tables["stock"][0] |= {"replenished": 2 * UNITS, "remaining": 26 + UNITS}


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (by_both, "order RS-1 of rush: delivered by depot and depot-backup"),
        (twice, "order RS-1 of rush: delivered 2 times by depot"),
        (by_nobody, "order RS-1 of rush: 30 with us, 0 with the suppliers"),
        (fewer, "order RS-1 of rush: 30 with us, 29 with the suppliers"),
        (for_no_order, "order RS-7: delivered by depot, and not with us"),
        (refused_and_delivered, "order RS-2 of rush: delivered by depot, and refused with us"),
        (hanging, "order RS-2 of rush: nobody knows how it ended"),
        (unforecast, "order RS-1 of rush: gone in 10.0 s, by the forecast; it is ordered when that is 3 s"),
        (nothing_went, "order RS-1 of rush: nothing goes, by the forecast; it is ordered when that is 3 s"),
        (untrue, "order RS-1 of rush: it says that 9 went, and 8 did"),
        (more_left, "order RS-1 of rush: it says that 0 were left, and 2 were"),
        (beyond_plan, "order RS-2 of rush: 20 more than the 40 that are planned"),
        (stocked_twice, "rush: 60 added to the stock, 30 were delivered"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_order_that_is_not_as_promised_is_named(tmp_path: Path, broken: Callable[[Story], None], named: str) -> None:
    """FAIL, one breach, and its order."""
    story = restocked(tmp_path / "run")
    broken(story)
    found = said(story)["restocking"]
    assert (found.status, found.measured, found.evidence) == (Status.FAIL, 1, (named,))


def test_an_order_for_a_true_forecast_that_came_once_is_as_promised(tmp_path: Path) -> None:
    """However often the supplier was asked, and beside one that nobody had."""
    story = restocked(tmp_path / "run")
    order(story, "RS-2", 22.7, state="REFUSED")
    found = said(story)["restocking"]
    assert (found.status, found.detail) == (Status.PASS, "2 orders of prizes, 30 pieces delivered; none not as promised")


def test_a_sale_in_which_nothing_was_ordered_is_as_promised(tmp_path: Path) -> None:
    """Nobody has told any piece, and another supplier was asked for something else."""
    story = restocked(tmp_path / "run")
    story.tables["orders"], story.tables["depots"] = [], [{"dependency": "risk", "did": 1}]
    story.tables["stock"][0] |= {"initial": 40, "replenished": 0}
    found = said(story)["restocking"]
    assert (found.status, found.detail) == (Status.PASS, "no order of prizes, no piece delivered; none not as promised")


def test_orders_that_are_not_there_are_no_pass(tmp_path: Path) -> None:
    """Not judged where the target has none; INVALID where they are not understood."""
    story = restocked(tmp_path / "mapped")
    del story.target["readback"]["tables"]["orders"]  # type: ignore[index]  # as handmade_plan has it
    assert said(story)["restocking"].status is Status.SKIPPED
    story = restocked(tmp_path / "odd")
    story.tables["orders"][0]["units"] = "some"
    assert said(story)["restocking"].status is Status.INVALID


def test_the_page_is_there_without_orders_that_can_be_understood(tmp_path: Path) -> None:
    """It tells none."""
    story = restocked(tmp_path / "run")
    story.tables["orders"][0]["units"] = "some"
    folder = rendered(story)
    assert not outlooks(read_evidence(folder))
    assert "Gone, by the forecast</th>" not in (folder / "report.html").read_text("utf-8")


def test_the_page_tells_the_forecast_error_and_for_how_long_there_was_none(tmp_path: Path) -> None:
    """Gone two seconds after the order by the forecast; of the four that were left the last one went soon, and then came thirty."""
    story = restocked(tmp_path / "run")
    story.tables["orders"][0] |= {"ended_ms": T0_MS + 26_000}
    folder = rendered(story)
    (told,) = outlooks(read_evidence(folder))
    assert isinstance(told, Outlook)
    assert (told.item, told.units, told.at_s, told.gone_s, told.arrived_s) == ("rush", UNITS, 22.6, 24.6, 26.0)
    assert told.went_s is not None
    assert told.went_s == pytest.approx(24.5, abs=0.1)
    assert told.out_s == pytest.approx(26 - told.went_s)
    assert (folder / "charts" / "restocking.svg").is_file()
    times, left = left_of(np.array([20.0, 21.0, 30.0]), [told], 2, 27)
    assert (times.tolist(), left.tolist()) == ([0, 20, 21, 26, 27], [2, 1, 0, UNITS, UNITS])
    assert "Gone, by the forecast</th>" in (folder / "report.html").read_text("utf-8")
