"""Invitations: so many verified friends earn one coupon, also when the last of them come at the same instant."""

from collections import Counter
from typing import Any

import pytest
from services_acts import accept, grants_of, invite, verify
from services_world import Person, World, new_key, together

RULE = {"friends": 3, "face_fen": 5000, "coupons": 10}


def hosted(services: World, count: int, **rule: int) -> tuple[str, Person, list[Person], list[str]]:
    """A campaign, somebody who invites, friends who have accepted, and their acceptances."""
    name = services.campaign(invite=RULE | rule)
    host, *guests = services.people(1 + count)
    assert invite(services, host, name)[0] == "OK"
    return name, host, guests, [accept(services, guest, name, host)[1]["acceptance_id"] for guest in guests]


def progress(services: World, person: Person, campaign: str) -> dict[str, Any]:
    """What somebody is shown of their invitations."""
    return person.ask(services.campaigns[1], "GET", f"/v1/campaigns/{campaign}/invitations")[1]["data"]  # type: ignore[no-any-return]  # JSON


def test_campaign_third_friend_earns_one_coupon_whoever_else_comes_at_that_instant(services: World) -> None:
    """Two friends earn nothing; the third to the seventh together earn one coupon, which is the inviter's, shown, and redeemed once."""
    name, host, guests, accepted = hosted(services, 7)
    for guest, acceptance in zip(guests[:2], accepted[:2], strict=True):
        assert verify(services, guest, acceptance) == "OK"
    assert progress(services, host, name) == {
        "campaign_id": name, "needed": 3, "invited": 7, "verified": 2, "coupon_code": None, "amount_fen": None
    }  # fmt: skip
    late = list(zip(guests[2:], accepted[2:], strict=True))
    codes = together([lambda n=n, one=one: verify(services, *one, n % 2) for n, one in enumerate(late)])
    assert codes == ["OK"] * 5
    (coupon,) = grants_of(services, name, "invite")
    assert (coupon["customer_no"], coupon["amount_fen"]) == (host.no, 5000)
    shown = progress(services, host, name)
    assert (shown["verified"], shown["amount_fen"]) == (7, 5000)
    listed = host.ask(services.campaigns[0], "GET", "/v1/coupons")[1]["data"]["coupons"]
    assert [(one["coupon_code"], one["kind"]) for one in listed] == [(shown["coupon_code"], "invite")]
    redeem = lambda: host.ask(  # noqa: E731 - a phrase
        services.campaigns[0], "POST", f"/v1/coupons/{shown['coupon_code']}/redemptions", {"order_id": "o", "amount_fen": 5000}, new_key()
    )[1]["code"]
    assert [redeem(), redeem()] == ["OK", "ALREADY_REDEEMED"]


def test_campaign_friend_counts_once_and_for_one_inviter(services: World) -> None:
    """Two codes accepted at once: one of them counts. Verified from several devices at once: counted once."""
    name, host, guests, accepted = hosted(services, 1)
    (rival, guest) = services.people(2)
    assert invite(services, rival, name)[0] == "OK"
    codes = together([lambda h=h: accept(services, guest, name, h)[0] for h in (host, rival)])
    assert sorted(codes) == ["ALREADY_INVITED", "OK"]
    tried = together([lambda n=n: verify(services, guests[0], accepted[0], n % 2) for n in range(5)])
    assert Counter(tried) == {"OK": 1, "ALREADY_COUNTED": 4}
    assert progress(services, host, name)["verified"] == 1


def test_campaign_nobody_counts_who_must_not(services: World) -> None:
    """Oneself, whom nobody invited, who was verified before, and another's acceptance."""
    name, host, guests, accepted = hosted(services, 1)
    (stranger,) = services.people(1)
    assert accept(services, host, name, host)[0] == "SELF_INVITED"
    assert accept(services, stranger, name, stranger)[0] == "INVITE_UNKNOWN"
    assert verify(services, stranger, accepted[0]) == "NOT_FOUND"
    assert verify(services, guests[0], accepted[0], verified_ms=1) == "NOT_NEW"
    assert progress(services, host, name)["verified"] == 0


def test_campaign_code_is_the_same_as_long_as_the_campaign_is(services: World) -> None:
    """Asked for again it is refused, and told."""
    name, host, _, _ = hosted(services, 0)
    code, told = invite(services, host, name)
    assert (code, told["invite_code"]) == ("ALREADY_INVITING", f"{name}.{host.no}")


def test_campaign_paused_counts_nobody(services: World) -> None:
    """After the pause is answered no friend counts; after it they do."""
    name, host, guests, accepted = hosted(services, 1)
    services.campaigns[0].ops("POST", f"/v1/ops/campaigns/{name}/pause", {"actor": "a", "reason": "r"})
    assert verify(services, guests[0], accepted[0]) == "CAMPAIGN_PAUSED"
    services.campaigns[0].ops("POST", f"/v1/ops/campaigns/{name}/resume", {"actor": "a", "reason": "r"})
    assert verify(services, guests[0], accepted[0]) == "OK"
    assert progress(services, host, name)["verified"] == 1


def test_campaign_coupons_end_where_they_are_spent(services: World) -> None:
    """Two inviters, one coupon."""
    name, host, guests, accepted = hosted(services, 1, friends=1, coupons=1)
    rival, friend = services.people(2)
    invite(services, rival, name)
    late = accept(services, friend, name, rival)[1]["acceptance_id"]
    assert [verify(services, guests[0], accepted[0]), verify(services, friend, late)] == ["OK", "OK"]
    assert [row["customer_no"] for row in grants_of(services, name, "invite")] == [host.no]


@pytest.mark.parametrize(("switch", "coupons"), [("coupon_for_every_friend", 2), ("", 1)], ids=["with-the-defect", "without"])
def test_campaign_fourth_friend_earns_nothing_but_by_defect(services: World, switch: str, coupons: int) -> None:
    """The switch gives another coupon to whoever brings one more."""
    name, _, guests, accepted = hosted(services, 4)
    for number, (guest, acceptance) in enumerate(zip(guests, accepted, strict=True)):
        on = f"select set_config('mock.{switch}', 'on', false);" if switch else ""
        call = f"select code from campaign.verify_invitee('{new_key()}', '', '{guest.no}', '{acceptance}', 9999999999999, 'A')"  # noqa: S608 - ours
        assert services.database.sql(on + call).endswith("OK"), number
    assert len(grants_of(services, name, "invite")) == coupons
