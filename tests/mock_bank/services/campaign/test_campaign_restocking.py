"""More of a prize is ordered before it is gone, within its plan, and delivered by one supplier, once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from services_acts import stock_of
from services_world import STEERING, World, new_key, session, wait_for

PLAN = {"stock": 3, "restock": {"units": 30, "most": 70, "lead_ms": 60_000}}


@pytest.fixture(autouse=True)
def _at_rest(services: World) -> Iterator[None]:
    yield
    for depot in ("depot", "depot-backup"):
        services.turn(depot, errors=None, unanswered=None, blackhole=None)


def orders(services: World, name: str) -> list[dict[str, Any]]:
    """Of that campaign, the first first."""
    rows = services.campaigns[1].read_back("/v1/ops/restock-orders")
    return sorted((row for row in rows if row["campaign_id"] == name), key=lambda row: row["at_ms"])


def ended(services: World, name: str, count: int = 1) -> list[dict[str, Any]]:
    """When so many are over."""
    over: Callable[[], list[dict[str, Any]]] = lambda: [row for row in orders(services, name) if row["state"] != "OPEN"]  # noqa: E731
    wait_for(lambda: len(over()) >= count, f"{count} orders are over", 20)
    return over()


def delivered(services: World, order: dict[str, Any]) -> dict[str, int]:
    """How often by whom."""
    calls = services.supplier_calls(str(order["order_id"]))
    return {name: sum(call["did"] for call in calls if call["supplier"] == name) for name in ("depot", "depot-backup")}


def sell_out(services: World, name: str, count: int = 3) -> None:
    """All of it goes."""
    codes = [person.claim(services.campaigns[0], f"a{name}", new_key())[1]["code"] for person in services.people(count)]
    assert codes == ["OK"] * count


def test_campaign_prize_that_goes_is_ordered_and_delivered_by_one_supplier(services: World) -> None:
    """Thirty from the first, which has not thirty more; thirty from the other; the rest of the plan is ten, and there is no more."""
    name = services.campaign(sku=PLAN)
    assert orders(services, name) == []
    sell_out(services, name)
    first = ended(services, name)[0]
    assert (first["state"], first["units"], first["asked"], delivered(services, first)) == (
        "DELIVERED",
        30,
        "depot",
        {"depot": 1, "depot-backup": 0},
    )
    found = ended(services, name)
    for _ in range(4):
        if sum(row["units"] for row in found) == 70:
            break
        sell_out(services, name, stock_of(services, name)["remaining"])
        found = ended(services, name, len(found) + 1)
    assert [(row["units"], row["asked"], row["refused_by"]) for row in found] == [
        (30, "depot", ""),
        (30, "depot-backup", "depot"),
        (10, "depot", ""),
    ]
    assert stock_of(services, name)["replenished"] == 70
    told = [row for row in services.campaigns[0].read_back("/v1/ops/audit") if row["target"].startswith(f"a{name}/")]
    assert [row["action"] for row in told] == ["stock.restock"] * 3


def test_campaign_supplier_that_does_not_answer_is_asked_again_and_nobody_else(services: World) -> None:
    """It delivered without a word, and then errs: the order waits for its word, and the stock has it once."""
    services.turn("depot", unanswered=1.0)
    name = services.campaign(sku=PLAN)
    sell_out(services, name)
    (order,) = wait_for(lambda: orders(services, name), "it is ordered", 10)
    wait_for(lambda: services.supplier_calls(order["order_id"]), "it is asked for", 10)
    services.turn("depot", unanswered=None, errors=1.0)
    wait_for(lambda: len(services.supplier_calls(order["order_id"])) > 1, "it is asked for again", 10)
    assert [row["state"] for row in orders(services, name)] == ["OPEN"]
    services.turn("depot", errors=None)
    assert [row["state"] for row in ended(services, name)] == ["DELIVERED"]
    assert delivered(services, order) == {"depot": 1, "depot-backup": 0}
    assert stock_of(services, name)["replenished"] == 30


def test_campaign_supplier_that_fails_is_passed_over_and_what_nobody_has_leaves_the_plan_as_it_was(services: World) -> None:
    """The other one delivers; where both fail the order is refused, and counts no more."""
    services.turn("depot", errors=1.0)
    name = services.campaign(sku=PLAN)
    sell_out(services, name)
    (order,) = ended(services, name)[:1]
    assert (order["state"], order["asked"], order["refused_by"]) == ("DELIVERED", "depot-backup", "depot")
    services.turn("depot-backup", errors=1.0)
    other = services.campaign(sku=PLAN)
    sell_out(services, other)
    (order,) = ended(services, other)
    assert (order["state"], order["refused_by"]) == ("REFUSED", "depot depot-backup")
    counted = f"select ordered from campaign.restock_plans where activity_id = 'a{other}'"  # noqa: S608 - our own values
    assert (services.database.sql(counted), stock_of(services, other)["replenished"]) == ("0", 0)


def test_campaign_order_of_a_node_that_died_is_ended_by_another_under_its_key(services: World) -> None:
    """It had been delivered, and nobody had entered it; the same supplier is asked again, delivers no more, and the stock has it once."""
    name = services.campaign(sku=PLAN | {"stock": 0}, state="DRAFT")  # so that no node orders by itself
    order = f"select campaign.order_prize('a{name}', 'gold', 'b1', 'depot', 'A')"
    asked = f"select campaign.ask_supplier(order_id, 'depot') from campaign.restock_orders where campaign_id = '{name}'"  # noqa: S608 - our own values
    services.database.sql(f"begin; {order}; {asked}; commit")
    (mine,) = orders(services, name)
    body = {"key": mine["order_id"], "subject": "any", "units": 30}
    session().post(f"{services.suppliers}/depot", json=body, headers=STEERING, timeout=5).raise_for_status()
    assert [(row["state"], row["asked"]) for row in ended(services, name)] == [("DELIVERED", "depot")]
    assert len(services.supplier_calls(mine["order_id"])) == 2
    assert delivered(services, mine) == {"depot": 1, "depot-backup": 0}
    assert stock_of(services, name)["replenished"] == 30


@pytest.mark.parametrize(
    ("switch", "units", "added"),
    [("restock_unforecast", "30", "30"), ("restock_twice", "30", "60"), ("restock_unbound", "60", "60"), ("", "30", "30")],
    ids=["unforecast", "twice", "unbound", "without"],
)
def test_campaign_restocking_has_its_defects(services: World, switch: str, units: str, added: str) -> None:
    """Each by its switch alone, in a campaign that nobody else looks at: it is no other's to see before it is rolled back."""
    name = services.campaign(
        sku={"stock": 3 if switch == "restock_unforecast" else 0, "restock": {"units": 30, "most": 30, "lead_ms": 60_000}}, state="DRAFT"
    )
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    order = f"select campaign.order_prize('a{name}', 'gold', 'b1', 'depot', 'A')"
    mine = f"from campaign.restock_orders where campaign_id = '{name}'"
    stock = f"from campaign.stock where activity_id = 'a{name}'"
    deliver = f"select campaign.deliver_order(order_id, 'depot', 'A') {mine} and state = 'OPEN'"
    told = f"select (select sum(units) {mine}), (select replenished {stock})"
    emptied = f"update campaign.stock_shards set granted = capacity where stock_id = (select stock_id {stock})"  # noqa: S608 - our own values
    again = f"{emptied}; {order}; {deliver};"
    found = services.database.sql(f"begin; {on} {order}; {deliver}; {again} {told}; rollback").splitlines()[-1]
    assert found == f"{units}|{added}"
