"""Bundles: a plan with the bank and a coupon with us, or neither, whatever fails on the way."""

from collections import Counter
from typing import Any

import pytest
from services_acts import grants_of
from services_world import Person, World, new_key, together, wait_for

RULE = {"face_fen": 700, "coupons": 1}


def bundle(services: World, person: Person, campaign: str, node: int = 0) -> tuple[int, str, dict[str, Any]]:
    """Status, code and data."""
    body = {"campaign_id": campaign, "monthly_fen": 10_000}
    status, envelope = person.ask(services.campaigns[node], "POST", "/v1/bundles", body, new_key())
    return status, envelope["code"], envelope["data"]


def plans(services: World, *people: Person) -> list[str]:
    """The states of their plans with the bank."""
    numbers = {person.no for person in people}
    return sorted(row["state"] for row in services.banks[0].read_back("/bank/v1/ops/invest-plans") if row["customer_no"] in numbers)


def test_campaign_bundle_is_had_once(services: World) -> None:
    """From five devices at once: one plan, one coupon."""
    name, (me,) = services.campaign(bundle=RULE | {"coupons": 9}), services.people(1)
    told = together([lambda n=n: bundle(services, me, name, n % 2)[1] for n in range(5)])
    assert Counter(told) == {"OK": 1, "ALREADY_BUNDLED": 4}
    assert plans(services, me) == ["OPEN"]
    assert [row["amount_fen"] for row in grants_of(services, name, "bundle")] == [700]


def test_campaign_bundle_without_a_coupon_is_taken_back(services: World) -> None:
    """Four at once, one coupon: three plans are cancelled, and all are told how it ended."""
    name, people = services.campaign(bundle=RULE), services.people(4)
    told = together([lambda n=n: bundle(services, people[n], name, n % 2) for n in range(4)])
    assert {(status, code) for status, code, _ in told} == {(200, "OK")}
    assert Counter((data["state"], data["amount_fen"]) for _, _, data in told) == {("COMPLETED", 700): 1, ("COMPENSATED", 0): 3}
    assert plans(services, *people) == ["CANCELLED", "CANCELLED", "CANCELLED", "OPEN"]
    assert len(grants_of(services, name, "bundle")) == 1


@pytest.mark.parametrize(("coupons", "state", "plan"), [(1, "COMPLETED", "OPEN"), (0, "COMPENSATED", "CANCELLED")], ids=["whole", "undone"])
def test_campaign_bundle_whose_node_died_is_taken_up(services: World, coupons: int, state: str, plan: str) -> None:
    """Begun, and nobody there to go on: another does when its lease is over, to the one end or the other."""
    name, (me,), key = services.campaign(bundle=RULE | {"coupons": coupons}), services.people(1), new_key()
    services.database.sql(f"select campaign.begin_bundle('{key}', '', '{me.no}', '{name}', 100, 'A')")
    services.database.sql(f"update campaign.bundles set next_at = now() where bundle_id = 'BO-{key}'")  # noqa: S608 - our own values
    path = f"/v1/bundles/BO-{key}"
    wait_for(lambda: me.ask(services.campaigns[1], "GET", path)[1]["data"]["state"] == state, "it has come to its end")
    assert plans(services, me) == [plan]
    assert len(grants_of(services, name, "bundle")) == coupons


def test_campaign_plan_of_a_bundle_is_cancelled_unless_by_defect(services: World) -> None:
    """The state after the coupon could not be had: still to be undone; by the defect it is said to be."""
    name, (me,), key = services.campaign(bundle=RULE | {"coupons": 0}), services.people(1), new_key()
    begun = f"select campaign.begin_bundle('{key}', '', '{me.no}', '{name}', 100, 'A')"
    granted = f"select state from campaign.grant_bundle('BO-{key}', 'A')"  # noqa: S608 - our own values
    for switch, state in (("", "UNDOING"), ("select set_config('mock.bundle_not_undone', 'on', true);", "COMPENSATED")):
        assert services.database.sql(f"begin; {switch} {begun}; {granted}; rollback").splitlines()[-1] == state


def test_bank_plan_that_was_cancelled_is_never_opened(services: World) -> None:
    """Nor one whose opening comes late."""
    (me,), plan = services.people(1), new_key()
    who = {"plan_id": plan, "customer_no": me.no}
    ask = lambda path, **more: services.banks[0].ops("POST", f"/bank/v1/internal/plans{path}", who | more)[1]["data"]["state"]  # noqa: E731 - a phrase
    assert (ask("/cancellations"), ask("", monthly_fen=5), ask("", monthly_fen=5)) == ("CANCELLED", "CANCELLED", "CANCELLED")
    assert (
        services.banks[0].ops("POST", "/bank/v1/internal/plans", {"plan_id": new_key(), "customer_no": "nobody", "monthly_fen": 5})[0]
        == 404
    )
