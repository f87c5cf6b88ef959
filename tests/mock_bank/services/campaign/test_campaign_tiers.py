"""What is for customers of a tier: once, with the bank's proof of belonging to it; and adviser's hours that are gold customers' alone."""

from typing import Any

import pytest
from services_world import Person, World, new_key, together


def proof(services: World, me: Person, tier: str) -> str:
    """The bank's word of what a customer is, who is made so first."""
    services.database.sql(f"update bank.customers set tier = '{tier}' where customer_no = '{me.no}'")  # noqa: S608 - our own values
    told = me.ask(services.banks[0], "GET", "/bank/v1/membership")[1]["data"]
    assert told["tier"] == tier
    return str(told["tier_token"])


def ask(services: World, me: Person, what: str, body: dict[str, Any], node: int = 0) -> str:
    """The code of asking for it."""
    return str(me.ask(services.campaigns[node], "POST", what, body, new_key())[1]["code"])


def test_campaign_right_is_its_tiers_and_claimed_once(services: World) -> None:
    """On three phones at once, in both centres; whoever is of another tier is refused, and so is another's proof."""
    name, (me, friend) = services.campaign(), services.people(2)
    body = {"campaign_id": name, "tier": "gold", "tier_token": proof(services, me, "gold")}
    told = sorted(together([lambda n=n: ask(services, me, "/v1/rights", body, n % 2) for n in range(3)]))
    assert told == ["ALREADY_CLAIMED", "ALREADY_CLAIMED", "OK"]
    assert ask(services, me, "/v1/rights", body | {"tier": "new"}) == "NOT_ENTITLED"
    assert ask(services, friend, "/v1/rights", body) == "TOKEN_INVALID"
    rows = [row for row in services.campaigns[0].read_back("/v1/ops/gold-rights") if row["campaign_id"] == name]
    assert [(row["customer_no"], row["tier"]) for row in rows] == [(me.no, "gold")]


def test_campaign_vip_hour_is_gold_customers_alone(services: World) -> None:
    """One customer's, who has no second hour of any kind."""
    name, (me, friend, other) = services.campaign(advisers={"slots": 3, "vip_slots": 2}), services.people(3)
    gold, too = ({"campaign_id": name, "slot": 100_001, "tier_token": proof(services, who, "gold")} for who in (me, friend))
    active = gold | {"tier_token": proof(services, other, "active")}
    path = "/v1/advisers/vip-bookings"
    assert ask(services, other, path, active) == "NOT_ENTITLED"
    assert [ask(services, me, path, gold), ask(services, friend, path, too)] == ["OK", "SLOT_TAKEN"]
    assert ask(services, me, "/v1/advisers/bookings", {"campaign_id": name, "slot": 1}) == "ALREADY_BOOKED"
    assert ask(services, friend, path, too | {"slot": 100_003}) == "NOT_FOUND"
    free = services.campaigns[0].call("GET", f"/v1/campaigns/{name}/advisers")[1]["data"]
    assert free == {"slots": 3, "free": [1, 2, 3], "vip_free": [100_002]}


@pytest.mark.parametrize(("switch", "code"), [("vip_hours_for_all", "OK"), ("", "NOT_ENTITLED")], ids=["for-all", "for-gold"])
def test_campaign_vip_hours_have_their_defect(services: World, switch: str, code: str) -> None:
    """By its switch alone."""
    name = services.campaign()
    asked = f"campaign.book_vip_hour('{new_key()}', '', 'somebody', '{name}', 100001, 'new', 'A')"
    assert switched(services, switch, asked) == code


@pytest.mark.parametrize(("switch", "code"), [("rights_for_all", "OK"), ("", "NOT_ENTITLED")], ids=["for-all", "for-its-tier"])
def test_campaign_rights_have_their_defect(services: World, switch: str, code: str) -> None:
    """By its switch alone."""
    name = services.campaign()
    assert switched(services, switch, f"campaign.claim_right('{new_key()}', '', 'somebody', '{name}', 'gold', 'new', 'A')") == code


def switched(services: World, switch: str, asked: str) -> str:
    """The code of a function's answer while a switch is on."""
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    return services.database.sql(f"begin; {on} select code from {asked}; rollback").splitlines()[-1]  # noqa: S608 - our own values


def right_of(services: World, me: Person, name: str, tier: str) -> str:
    """The number of a tier's right that is claimed."""
    body = {"campaign_id": name, "tier": tier, "tier_token": proof(services, me, tier)}
    return str(me.ask(services.campaigns[0], "POST", "/v1/rights", body, new_key())[1]["data"]["right_id"])


def test_campaign_parcel_is_sent_once_to_whose_right_it_is(services: World) -> None:
    """What the tier is worth, to the address that was said first; nobody else has it, and nobody reads the address again."""
    name, (me, friend) = services.campaign(), services.people(2)
    right = right_of(services, me, name, "active")
    body = {"campaign_id": name, "right_id": right, "address": "a town"}
    assert ask(services, friend, "/v1/parcels", body) == "NOT_FOUND"
    told = sorted(together([lambda n=n: ask(services, me, "/v1/parcels", body | {"address": f"town {n}"}, n % 2) for n in range(3)]))
    assert told == ["OK", "PARCEL_ORDERED", "PARCEL_ORDERED"]
    [row] = [row for row in services.campaigns[0].read_back("/v1/ops/parcels") if row["right_id"] == right]
    assert (row["customer_no"], row["prize"]) == (me.no, "smart-lamp")
    assert "town" not in row["address"]


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ("parcels_again", ("OK", "NOT_FOUND", "power-bank")),
        ("parcels_for_anybody", ("PARCEL_ORDERED", "OK", "power-bank")),
        ("best_prize_for_all", ("PARCEL_ORDERED", "NOT_FOUND", "gift-box")),
        ("", ("PARCEL_ORDERED", "NOT_FOUND", "power-bank")),
    ],
)
def test_campaign_parcels_have_their_defects(services: World, switch: str, told: tuple[str, str, str]) -> None:
    """By their switches alone: another address, another customer, another prize."""
    name, (me,) = services.campaign(), services.people(1)
    right, another = right_of(services, me, name, "new"), "somebody"
    call = "campaign.order_parcel('{}', '', '{}', '{}', '{}', 'a town', 'A')".format
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""

    def asked(who: str, *, after: bool = False, what: str = "code") -> str:
        first = f"select from {call(new_key(), me.no, name, right)};" if after else ""
        then = f"select {what} from {call(new_key(), who, name, right)}"  # noqa: S608 - our own values
        return services.database.sql(f"begin; {on} {first} {then}; rollback").splitlines()[-1]

    assert (asked(me.no, after=True), asked(another), asked(me.no, what="data::json->>'prize'")) == told
