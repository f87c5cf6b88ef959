"""Budget buckets: first-bind discounts and compensations, each once to a person, from what there is; and the reserve."""

from collections import Counter

import pytest
from services_acts import answered_ticket, binding, budgets, grants_of
from services_world import Person, World, new_key, together

PLAN = {
    "budgets": budgets(first_bind=2000, compensation=1000, reserve=5000),
    "first_bind": {"face_fen": 800},
    "compensation": {"face_fen": 500},
}


def discount(services: World, person: Person, campaign: str, card: str, node: int = 0) -> str:
    """Code of asking for the first-bind coupon."""
    body = {"campaign_id": campaign, "binding_token": binding(person, card)}
    return str(person.ask(services.campaigns[node], "POST", "/v1/first-bind-coupons", body, new_key())[1]["code"])


def compensation(services: World, person: Person, ticket: str, node: int = 0) -> str:
    """Code of accepting a compensation."""
    return str(person.ask(services.campaigns[node], "POST", f"/v1/tickets/{ticket}/compensation", None, new_key())[1]["code"])


def bucket(services: World, campaign: str, name: str) -> tuple[int, int]:
    """What is spent and released of a bucket."""
    rows = services.campaigns[1].read_back("/v1/ops/budgets")
    (row,) = [row for row in rows if (row["campaign_id"], row["bucket"]) == (campaign, name)]
    return row["spent_fen"], row["released_fen"]


def test_campaign_discount_comes_once_to_a_customer_and_once_for_a_card(services: World) -> None:
    """Two cards of one customer and one card of two, on both nodes at once."""
    name = services.campaign(**PLAN)
    me, other = services.people(2)
    mine = together([lambda n=n: discount(services, me, name, f"{me.no}-{n % 2}", n % 2) for n in range(6)])
    assert Counter(mine) == {"OK": 1, "ALREADY_CLAIMED": 5}
    taken = f"{me.no}-0" if discount(services, other, name, f"{me.no}-0") == "ALREADY_CLAIMED" else f"{me.no}-1"
    assert discount(services, other, name, taken) == "ALREADY_CLAIMED"


def test_campaign_bucket_gives_what_it_has(services: World) -> None:
    """Two thousand fen, and five at once who would have eight hundred each: two."""
    name = services.campaign(**PLAN)
    people = services.people(5)
    codes = together([lambda n=n: discount(services, people[n], name, people[n].no, n % 2) for n in range(5)])
    assert Counter(codes) == {"OK": 2, "BUDGET_SPENT": 3}
    assert bucket(services, name, "first-bind") == (1600, 0)
    assert [row["amount_fen"] for row in grants_of(services, name, "first-bind")] == [800, 800]


def test_campaign_compensation_comes_once_to_a_person(services: World) -> None:
    """Several complaints that were responded to, all at once: one; what is no complaint, or nobody has heard, has none."""
    name = services.campaign(**PLAN, desk={"agents": 0})
    me, other = services.people(2)
    tickets = [answered_ticket(services, me, name) for _ in range(4)]
    codes = together([lambda n=n: compensation(services, me, tickets[n], n % 2) for n in range(4)])
    assert Counter(codes) == {"OK": 1, "ALREADY_CLAIMED": 3}
    assert compensation(services, other, tickets[0]) == "NOT_FOUND"
    assert compensation(services, other, answered_ticket(services, other, name, "appeal")) == "NOT_ELIGIBLE"
    body = {"campaign_id": name, "category": "complaint", "text": "x"}
    unheard = other.ask(services.campaigns[0], "POST", "/v1/tickets", body, new_key())[1]["data"]["ticket_id"]
    assert compensation(services, other, unheard) == "NOT_ELIGIBLE"
    assert bucket(services, name, "compensation") == (500, 0)


def test_campaign_reserve_is_released_by_a_person_once_for_each_key(services: World) -> None:
    """As much as there is, audited; then the bucket has more."""
    name = services.campaign(**PLAN)
    people, node, path = services.people(4), services.campaigns[0], f"/v1/ops/campaigns/{name}/budget/release"
    body, key = {"bucket": "first-bind", "amount_fen": 1000, "actor": "chief", "reason": "a storm"}, new_key()
    assert [node.ops("POST", path, body, Idempotency_Key=key)[1]["code"] for _ in range(2)] == ["OK", "OK"]
    assert (bucket(services, name, "first-bind"), bucket(services, name, "reserve")) == ((0, 1000), (0, -1000))
    assert [discount(services, person, name, person.no) for person in people] == ["OK", "OK", "OK", "BUDGET_SPENT"]
    assert node.ops("POST", path, body | {"amount_fen": 4001}, Idempotency_Key=new_key())[1]["code"] == "RESERVE_EXCEEDED"
    assert node.ops("POST", path, body | {"bucket": "none"}, Idempotency_Key=new_key())[1]["code"] == "NOT_FOUND"
    assert [row["actor"] for row in node.read_back("/v1/ops/audit") if row["target"] == f"{name}/first-bind"] == ["chief"]


@pytest.mark.parametrize(("switch", "count"), [("discount_for_every_card", 2), ("", 1)], ids=["with-the-defect", "without"])
def test_campaign_discount_comes_again_only_by_defect(services: World, switch: str, count: int) -> None:
    """The switch gives one for every card."""
    name = services.campaign(**PLAN)
    (me,) = services.people(1)
    for card in ("a", "b"):
        on = f"select set_config('mock.{switch}', 'on', false);" if switch else ""
        call = f"select code from campaign.first_bind('{new_key()}', '', '{me.no}', '{name}', '{me.no}-{card}', 'A')"  # noqa: S608 - ours
        services.database.sql(on + call)
    assert len(grants_of(services, name, "first-bind")) == count


def test_campaign_bucket_gives_more_only_by_defect(services: World) -> None:
    """The switch lets it."""
    name = services.campaign(**PLAN)
    spend = f"select campaign.spend('{name}', 'first-bind', 9999)"
    assert services.database.sql(spend) == "f"
    assert services.database.sql(f"select set_config('mock.budget_unbound', 'on', false); {spend}").endswith("t")
