"""Sessions: who is let in, and with what."""

import pytest
from services_world import SECRET, Person, World

from mock_bank.services.kit.tokens import Signer


def test_services_login_in_one_centre_opens_the_other(services: World) -> None:
    """The token of A's bank is good at B's bank and at the campaign."""
    (person,) = services.people(1, balance_fen=77)
    status, envelope = services.banks[0].call("POST", "/bank/v1/sessions", {"no": person.no, "phone": f"p{person.no}", "device": "d"})
    assert (status, envelope["data"]["accounts"]) == (200, [person.account])
    logged_in = Person(person.no, envelope["data"]["token"])
    assert logged_in.ask(services.banks[1], "GET", f"/bank/v1/accounts/{person.account}")[1]["data"]["balance_fen"] == 77
    assert logged_in.ask(services.campaigns[1], "GET", "/v1/coupons")[1]["data"] == {"coupons": []}


@pytest.mark.parametrize("credentials", [{"no": "nobody", "phone": "p"}, {"no": "KNOWN", "phone": "wrong"}])
def test_services_login_refuses_alike_whatever_is_wrong(services: World, credentials: dict[str, str]) -> None:
    """Unknown number and wrong phone get the same answer."""
    (person,) = services.people(1)
    body = credentials | ({"no": person.no} if credentials["no"] == "KNOWN" else {})
    status, envelope = services.banks[0].call("POST", "/bank/v1/sessions", body)
    assert (status, envelope["code"], envelope["message"]) == (401, "BAD_CREDENTIALS", "number and phone do not match")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "TOKEN_INVALID"),
        ("Bearer nonsense", "TOKEN_INVALID"),
        ("Bearer session~x~9999999999~00", "TOKEN_INVALID"),
        ("Bearer " + Signer(SECRET.encode()).issue("activity", "x", 60)[0], "TOKEN_INVALID"),
        ("Bearer " + Signer(b"another secret").issue("session", "x", 60)[0], "TOKEN_INVALID"),
        ("Bearer " + Signer(SECRET.encode()).issue("session", "x", -1)[0], "TOKEN_EXPIRED"),
    ],
    ids=["none", "nonsense", "forged", "another-kind", "another-world", "too-old"],
)
def test_services_token_that_is_not_good_is_refused(services: World, header: str, code: str) -> None:
    """Missing, forged, of another kind or world, or too old: 401."""
    status, envelope = services.banks[0].call("GET", "/bank/v1/accounts/AC-x", Authorization=header)
    assert (status, envelope["code"]) == (401, code)


def test_services_operator_is_asked_for_the_token(services: World) -> None:
    """Without it, and with a wrong one: 403."""
    for node, path in ((services.banks[0], "/bank/v1/ops/ledger"), (services.campaigns[0], "/v1/ops/grants")):
        assert node.call("GET", path)[0] == 403
        assert node.call("GET", path, **{"X-Operator-Token": "wrong"})[1]["code"] == "FORBIDDEN"
