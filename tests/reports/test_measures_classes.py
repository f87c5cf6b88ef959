"""What a drill did to each class of operations, how often each wish was sent, and what became of ordered prizes; gates on all of it."""

from pathlib import Path

import pytest
from handmade import Story, ticks
from handmade_plan import SHED, SUCCESS
from handmade_stories import rendered, said
from test_checks_budgets import grant, granted, of

from reports.finding import Status
from scenarios.run.event_kinds import LoadSufficed
from scenarios.run.fault_event_kinds import FaultEffective, FaultHealed, FaultInjecting, FaultUndone

WHO = {"drill": "primary-kill", "strike": "primary-kill", "fault": "process-kill", "lease": "one"}


def struck(folder: Path, *gates: str, long_window: float | None = 10.0, over_s: float = 28.0) -> Story:
    """Customers for a minute, a fault from 25 s to 28 s, and another one that sets the scene and stays to the end."""
    story = Story(folder)
    story.scenario["gates"] = list(gates)
    planned = {"drill": "primary-kill", "at": "25 s", "deadline": 15, "window": 10, "long_window": long_window}
    story.scenario["drills"] = [planned]
    setting = {**WHO, "fault": "no-op", "lease": "scene"}
    story.tell("watchdog", 24, FaultInjecting(**setting, starts_clock=False))
    story.tell("watchdog", 24.1, FaultEffective(**setting, evidence="set"))
    story.tell("watchdog", 25, FaultInjecting(**WHO))
    story.tell("watchdog", 25.05, FaultEffective(**WHO, evidence="gone"))
    story.tell("watchdog", over_s, FaultUndone(**WHO))
    story.tell("watchdog", over_s + 0.1, FaultHealed(**WHO, evidence="whole"))
    story.tell("watchdog", 61, FaultUndone(**setting))
    story.tell("watchdog", 62, FaultHealed(**setting, evidence="whole"))
    story.beat(0, 60)
    return story


def customers(story: Story, from_s: float, to_s: float, sends: int = 1, shed: int = 0) -> None:
    """Ten claims and ten looks a second; each claim sent so often, of ten of them so many turned away to the end."""
    for number, at_s in enumerate(ticks(from_s, to_s, 10)):
        story.ask("campaign.get", at_s)
        outcomes = [SHED] * (sends - 1) + [SHED if number % 10 < shed else SUCCESS]
        story.ask("claim.submit", at_s, outcomes[0], retries=[(came, 20.0) for came in outcomes[1:]])


@pytest.mark.parametrize(
    ("gate", "status", "measured"),
    [
        ("least goodput of primary-kill >= 70 %", "PASS", 0.7),
        ("least goodput of primary-kill >= 71 %", "FAIL", 0.7),
        ("retry amplification of primary-kill <= 2.1", "PASS", 2.0),  # three sends of every claim, and one of every look
        ("retry amplification of primary-kill <= 1.9", "FAIL", 2.0),
        ("retry amplification after of primary-kill <= 1.3", "PASS", 1.0),
        ("hysteresis of primary-kill <= 5 %", "FAIL", 0.1),
        ("hysteresis of primary-kill <= 10 %", "PASS", 0.1),
    ],
)
def test_each_figure_is_a_gate(tmp_path: Path, gate: str, status: str, measured: float) -> None:
    """Three in ten claims are turned away while it is broken, one in ten for good; the long window begins two seconds after the undo."""
    story = struck(tmp_path / "run", gate)
    customers(story, 0, 25)
    customers(story, 25, 28, sends=3, shed=3)
    customers(story, 28, 30, sends=3, shed=9)  # the first fifth of the long window settles
    customers(story, 30, 60, shed=1)
    found = said(story)[f"gate: {gate}"]
    assert found.measured == pytest.approx(measured, abs=0.001)
    assert found.status == status


def test_a_long_window_that_the_load_did_not_reach_shows_nothing(tmp_path: Path) -> None:
    """INVALID, and no figure of a shorter one instead; a drill that asks for none has the last of the load."""
    gate = "hysteresis of primary-kill <= 10 %"
    story = struck(tmp_path / "run", gate, over_s=52)
    customers(story, 0, 60)
    found = said(story)[f"gate: {gate}"]
    assert (found.status, "long window" in found.detail) == ("INVALID", True)
    story = struck(tmp_path / "other", gate, over_s=52, long_window=None)
    customers(story, 0, 60)
    assert said(story)[f"gate: {gate}"].status == "PASS"


def test_the_report_shows_the_classes_of_a_strike(tmp_path: Path) -> None:
    """Before, meanwhile and after, of reads, of what changes something, and of both."""
    story = struck(tmp_path / "run")
    customers(story, 0, 25)
    customers(story, 25, 28, sends=3, shed=3)
    customers(story, 28, 60)
    page = (rendered(story) / "report.html").read_text("utf-8")
    assert "Goodput and retries" in page
    assert "while it was broken" in page
    assert "sends for each" in page


@pytest.mark.parametrize(("booked", "granted", "amiss", "left"), [(20, 20, 0, 0), (40, 40, 20, 0), (20, 15, 0, 5), (0, 0, 20, 0)])
def test_what_a_drill_ordered_is_held_against_the_books(tmp_path: Path, booked: int, granted: int, amiss: int, left: int) -> None:
    """Entered once and no more, and granted to the last piece."""
    gates = ["replenished amiss of primary-kill <= 0", "replenishment left of primary-kill <= 0"]
    story = struck(tmp_path / "run", *gates)
    order = {**WHO, "fault": "stock-replenished", "lease": "order"}
    story.tell("watchdog", 25.2, FaultInjecting(**order, parameters={"sku": "sku-1", "quantity": 20}))
    story.tell("watchdog", 25.3, FaultEffective(**order, evidence="20 more"))
    story.tell("watchdog", 26.3, FaultUndone(**order))
    story.tell("watchdog", 26.4, FaultHealed(**order, evidence="it stays"))
    customers(story, 0, 60)
    stock = story.tables["stock"][0]
    sold = int(str(stock["granted"]))
    stock |= {"initial": sold - granted, "replenished": booked, "remaining": booked - granted}
    found = said(story)
    assert [found[f"gate: {gate}"].measured for gate in gates] == [amiss, left]


def test_a_run_whose_load_sufficed_is_whole_and_ends_then(tmp_path: Path) -> None:
    """It was told to end before its time, and nobody holds what would have come later against it."""
    story = struck(tmp_path / "run", "rto of primary-kill <= 10 s")
    customers(story, 0, 60)
    story.tell("door", 42.5, LoadSufficed())
    found = said(story)
    assert found["whole-run"].status is Status.PASS
    assert found["whole-run"].measured == 42.5
    assert "every drill had recovered" in found["whole-run"].detail
    assert found["gate: rto of primary-kill <= 10 s"].status is Status.PASS


@pytest.mark.parametrize(("discounts", "later", "dry", "left"), [(6, 1, 0, 0), (6, 0, 0, 1), (4, 0, 2, 3)])
def test_what_a_drill_released_is_wanted_and_granted(tmp_path: Path, discounts: int, later: int, dry: int, left: int) -> None:
    """Nothing was left when it came, and nothing of it is left: six discounts of eight hundred fen out of five thousand, and one more."""
    gates = ["grants left at release of primary-kill <= 0", "release left of primary-kill <= 0"]
    story = granted(tmp_path / "run", discounts=discounts)
    story.scenario["gates"] = gates
    story.scenario["drills"] = [{"drill": "primary-kill", "at": "25 s", "deadline": 15, "window": 10}]
    order = {**WHO, "fault": "reserve-released"}
    story.tell("watchdog", 25, FaultInjecting(**order, parameters={"bucket": "first-bind", "amount_fen": 800}))
    story.tell("watchdog", 25.1, FaultEffective(**order, evidence="800 fen more"))
    story.tell("watchdog", 26, FaultUndone(**order))
    story.tell("watchdog", 26.1, FaultHealed(**order, evidence="it stays"))
    for number in range(later):
        grant(story, "bind.coupon", "first-bind", 200 + number, 180 + number)
    of(story, "first-bind")["released_fen"] = 800
    found = said(story)
    assert [found[f"gate: {gate}"].measured for gate in gates] == [dry, left]
