"""The lottery: a chance for each payment, drawn once, from a pool that ends."""

from collections import Counter
from typing import Any

import pytest
from services_acts import grants_of, receipt
from services_world import Person, World, new_key, together

from reports.measures.chance import tails

SURE = [{"id": "gold", "ppm": 1_000_000, "stock": 3, "face_fen": 700}]


def chance(services: World, person: Person, campaign: str, payment: str = "") -> tuple[str, str]:
    """Code of getting a chance, and the chance."""
    body = {"campaign_id": campaign, "receipt_token": receipt(person, payment or new_key(), 1000)}
    envelope = person.ask(services.campaigns[0], "POST", "/v1/lottery/chances", body, new_key())[1]
    return envelope["code"], envelope["data"]["chance_id"]


def draw(services: World, person: Person, chance_id: str, node: int = 0) -> tuple[str, dict[str, Any]]:
    """Code and data of a draw."""
    envelope = person.ask(services.campaigns[node], "POST", "/v1/lottery/draws", {"chance_id": chance_id}, new_key())[1]
    return envelope["code"], envelope["data"]


def test_campaign_payment_earns_one_chance(services: World) -> None:
    """Shown from several devices at once; all are told the one that there is."""
    name, payment = services.campaign(lottery=SURE), new_key()
    (me,) = services.people(1)
    told = together([lambda: chance(services, me, name, payment) for _ in range(5)])
    assert Counter(code for code, _ in told) == {"OK": 1, "CHANCE_GIVEN": 4}
    assert len({one for _, one in told}) == 1


def test_campaign_chance_is_drawn_once_and_a_prize_is_a_coupon(services: World) -> None:
    """From several devices at once: one result, and one coupon of its worth, which is redeemed."""
    name = services.campaign(lottery=SURE)
    (me,) = services.people(1)
    _, mine = chance(services, me, name)
    drawn = together([lambda n=n: draw(services, me, mine, n % 2) for n in range(5)])
    assert Counter(code for code, _ in drawn) == {"OK": 1, "ALREADY_DRAWN": 4}
    (won,) = [data for code, data in drawn if code == "OK"]
    assert {(data["coupon_code"], data["amount_fen"]) for _, data in drawn} == {(won["coupon_code"], 700)}
    assert (won["result"], won["prize"], won["amount_fen"]) == ("WON", "gold", 700)
    assert [row["amount_fen"] for row in grants_of(services, name, "lottery")] == [700]
    body = {"order_id": "o", "amount_fen": 700}
    assert me.ask(services.campaigns[0], "POST", f"/v1/coupons/{won['coupon_code']}/redemptions", body, new_key())[1]["code"] == "OK"


def test_campaign_prizes_end_and_then_nothing_is_won(services: World) -> None:
    """Three there are; ten draw at once."""
    name = services.campaign(lottery=SURE)
    people = services.people(10)
    chances = [chance(services, person, name)[1] for person in people]
    drawn = together([lambda n=n: draw(services, people[n], chances[n], n % 2)[1]["result"] for n in range(10)])
    assert Counter(drawn) == {"WON": 3, "LOST": 7}
    (prize,) = [row for row in services.campaigns[0].read_back("/v1/ops/lottery-prizes") if row["campaign_id"] == name]
    assert (prize["granted"], prize["remaining"]) == (3, 0)


@pytest.mark.parametrize(("switch", "fair"), [("", True), ("lottery_odds_halved", False)], ids=["without", "with-the-defect"])
def test_campaign_prizes_are_won_by_their_odds_but_by_defect(services: World, switch: str, fair: bool) -> None:  # noqa: FBT001 - a row's value
    """Two thousand draws in the database; one honest run in a million would be called unfair."""
    prizes = [
        {"id": "gold", "ppm": 50_000, "stock": 10_000, "face_fen": 0},
        {"id": "bronze", "ppm": 250_000, "stock": 10_000, "face_fen": 0},
    ]
    name = services.campaign(lottery=prizes)
    on = f"select set_config('mock.{switch}', 'on', false);" if switch else ""
    many = f"select campaign.draw_prize('{name}') p from generate_series(1, 2000)"  # noqa: S608 - our own values
    count = f"select count(*) filter (where (d.p).prize = 'bronze') from ({many}) d"  # noqa: S608 - our own values
    won = int(services.database.sql(on + count).split()[-1])
    assert (min(tails(won, 2000, 0.25)) > 5e-7) == fair, won
