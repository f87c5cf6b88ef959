"""Idempotency keys: 400 without, 409 while running, 422 for another request, else the same answer again."""

import hmac
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from services_acts import accept, answered_ticket, binding, budgets, code_of, earn, invite, proof, receipt, register
from services_world import BIN, SECRET, Node, Person, World, new_key, together, wait_for

from mock_bank.services.kit.tokens import Signer

Prepared = tuple[Person, list[Node], str, Any, Any]
OPERATIONS = ["transfer", "payment", "reversal", "collection", "claim", "redemption", "checkin", "redpacket", "kyc"]


def prepared(services: World, operation: str) -> Prepared:  # noqa: PLR0911 - one for each operation
    """Who asks, the two nodes, the path, a body, and a body that says something else (None where there is none)."""
    person, other = services.people(2)
    banks, campaigns = services.banks, services.campaigns
    name = services.campaign(redpacket={"pool_fen": 1000, "min_fen": 1, "max_fen": 50})
    key = new_key()
    if operation == "transfer":
        body: dict[str, Any] = {"from_account": person.account, "to_account": other.account, "amount_fen": 5}
        return person, banks, "/bank/v1/transfers", body, body | {"amount_fen": 6}
    if operation == "collection":
        body = {"from_account": person.account, "merchant_no": other.no, "order_id": "o", "amount_fen": 5}
        return person, banks, "/bank/v1/collections", body, body | {"amount_fen": 6}
    payment = {"account_id": person.account, "merchant": "m", "order_id": "o", "amount_fen": 5}
    if operation == "payment":
        return person, banks, "/bank/v1/payments", payment, payment | {"order_id": "o2"}
    if operation == "reversal":
        person.ask(banks[0], "POST", "/bank/v1/payments", payment, key)
        return person, banks, f"/bank/v1/payments/PY-{key}/reversals", {"reason": "a"}, {"reason": "b"}
    if operation == "claim":
        token = person.ask(campaigns[0], "GET", f"/v1/activities/a{name}/token")[1]["data"]["activity_token"]
        body = {"sku": "gold", "batch_id": "b1", "activity_token": token}
        return person, campaigns, f"/v1/activities/a{name}/claims", body, body | {"sku": "silver"}
    if operation == "redemption":
        person.claim(campaigns[0], f"a{name}", key)
        body = {"order_id": "o", "amount_fen": 500}
        return person, campaigns, f"/v1/coupons/CP-{key}/redemptions", body, body | {"amount_fen": 501}
    if operation == "checkin":
        return person, campaigns, "/v1/checkins", {"campaign_id": name}, {"campaign_id": "another"}
    if operation == "kyc":
        return person, banks, "/bank/v1/kyc", {"id_no": person.no}, {"id_no": "another"}
    if operation in FEATURES:
        return FEATURES[operation](services, operation, name, person, other)
    person.ask(campaigns[0], "POST", "/v1/checkins", {"campaign_id": name}, key)
    return person, campaigns, f"/v1/redpackets/RP-{key}/open", None, None


def prepared_foreign_money(services: World, operation: str, _name: str, person: Person, _other: Person) -> Prepared:
    """The same for a quote, and for a deal in one that holds for as long as the test may take."""
    usd, more = ({"currency": "USD", "foreign_cents": cents} for cents in (5, 6))
    if operation == "quote":
        return person, services.banks, "/bank/v1/fx-quotes", usd, more
    quoted, another = (person.ask(services.banks[0], "POST", "/bank/v1/fx-quotes", usd, new_key())[1]["data"]["quote_id"] for _ in range(2))
    services.database.sql(f"update bank.fx_quotes set at = now() + interval '1 hour' where customer_no = '{person.no}'")  # noqa: S608 - our own values
    here, there = ({"from_account": person.account, "quote_id": quote} for quote in (quoted, another))
    return person, services.banks, "/bank/v1/fx-deals", here, there


def prepared_remittance(services: World, operation: str, _name: str, person: Person, _other: Person) -> Prepared:
    """The same for what sending foreign money costs, and for sending it."""
    bank, deals = services.banks[0], []
    for _ in range(2):
        quoted = person.ask(bank, "POST", "/bank/v1/fx-quotes", {"currency": "USD", "foreign_cents": 5}, new_key())[1]["data"]["quote_id"]
        body = {"from_account": person.account, "quote_id": quoted}
        deals.append({"deal_id": person.ask(bank, "POST", "/bank/v1/fx-deals", body, new_key())[1]["data"]["deal_id"]})
    if operation == "fee":
        return person, services.banks, "/bank/v1/remittance-quotes", *deals
    fees = [person.ask(bank, "POST", "/bank/v1/remittance-quotes", deal, new_key())[1]["data"]["quote_id"] for deal in deals]
    services.database.sql(f"update bank.remittance_quotes set at = now() + interval '1 hour' where customer_no = '{person.no}'")  # noqa: S608 - our own values
    here, there = ({"from_account": person.account, "quote_id": fee} for fee in fees)
    return person, services.banks, "/bank/v1/remittances", here, there


def prepared_telephone(services: World, operation: str, _name: str, person: Person, other: Person) -> Prepared:
    """The same for binding a telephone, for what it signs to log in, and for its answer to a challenge."""
    if operation == "telephone":
        return person, services.banks, "/bank/v1/devices", {"device": "tel-1"}, {"device": "tel-2"}
    if operation == "nonce":
        here, there = ({"no": person.no, "device": device} for device in ("tel-1", "tel-2"))
        return person, services.banks, "/bank/v1/login-nonces", here, there
    bank = services.banks[0]
    key = person.ask(bank, "POST", "/bank/v1/devices", {"device": "tel-1"}, new_key())[1]["data"]["device_key"]
    large = {"from_account": person.account, "to_account": other.account, "amount_fen": 50_000}
    challenge = person.ask(bank, "POST", "/bank/v1/transfers", large, new_key())[1]["data"]["challenge_id"]
    body = {"device": "tel-1", "assertion": hmac.new(key.encode(), challenge.encode(), "sha256").hexdigest()}
    return person, services.banks, f"/bank/v1/challenges/{challenge}/answers", body, body | {"device": "tel-2"}


def prepared_points(services: World, operation: str, _name: str, person: Person, _other: Person) -> Prepared:
    """The same for what has to do with points."""
    goods = [{"id": "phone", "points": 5, "face_fen": 100}, {"id": "video", "points": 9, "face_fen": 100}]
    body = {"campaign_id": services.campaign(goods=goods)}
    if operation == "points":
        earned, other = (body | {"receipt_token": receipt(person, new_key(), fen)} for fen in (500, 600))
        return person, services.campaigns, "/v1/points", earned, other
    earn(services, person, body["campaign_id"], 5000)
    return person, services.campaigns, "/v1/points/exchanges", body | {"goods_id": "phone"}, body | {"goods_id": "video"}


def prepared_draw(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for the lottery."""
    earned, other = ({"campaign_id": name, "receipt_token": receipt(person, new_key(), 500)} for _ in range(2))
    if operation == "chance":
        return person, services.campaigns, "/v1/lottery/chances", earned, other
    chance = person.ask(services.campaigns[0], "POST", "/v1/lottery/chances", earned, new_key())[1]["data"]["chance_id"]
    return person, services.campaigns, "/v1/lottery/draws", {"chance_id": chance}, {"chance_id": "another"}


def prepared_help(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for questions and complaints."""
    body, another = ({"campaign_id": name, "text": text} for text in ("积分", "红包"))
    if operation == "contact":
        return person, services.campaigns, "/v1/robot/messages", body, another
    if operation == "call":
        return person, services.campaigns, "/v1/calls", {"campaign_id": name, "line": "video"}, {"campaign_id": name, "line": "hotline"}
    ticket = {"category": "complaint"}
    return person, services.campaigns, "/v1/tickets", body | ticket, another | ticket


def prepared_budget(services: World, operation: str, _name: str, person: Person, _other: Person) -> Prepared:
    """The same for a card, and for what is paid from a bucket."""
    if operation == "card":
        person.ask(services.banks[0], "POST", "/bank/v1/kyc", {"id_no": person.no}, new_key())
        return person, services.banks, "/bank/v1/cards", {"card_no": f"62{person.no}"}, {"card_no": f"63{person.no}"}
    name = services.campaign(budgets=budgets(first_bind=900, compensation=900), first_bind={"face_fen": 9}, compensation={"face_fen": 9})
    if operation == "discount":
        earned, other = ({"campaign_id": name, "binding_token": binding(person, card)} for card in ("a", "b"))
        return person, services.campaigns, "/v1/first-bind-coupons", earned, other
    return person, services.campaigns, f"/v1/tickets/{answered_ticket(services, person, name)}/compensation", None, None


def prepared_invitation(services: World, operation: str, name: str, person: Person, host: Person) -> Prepared:
    """The same for what has to do with invitations."""
    campaigns = services.campaigns
    if operation == "invite":
        return person, campaigns, "/v1/invites", {"campaign_id": name}, {"campaign_id": "another"}
    invite(services, host, name)
    if operation == "acceptance":
        return person, campaigns, f"/v1/invites/{name}.{host.no}/acceptances", None, None
    accepted = accept(services, person, name, host)[1]["acceptance_id"]
    return person, campaigns, f"/v1/acceptances/{accepted}/verifications", {"verification_token": proof(person)}, None


def prepared_registration(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for having a code sent, and registering by it."""
    if operation == "code":
        return person, services.campaigns, "/v1/registrations/codes", {"campaign_id": name}, {"campaign_id": "another"}
    body = {"campaign_id": name, "code": code_of(services, person, name)}
    return person, services.campaigns, "/v1/registrations", body, body | {"code": "123456"}


def prepared_team(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for teams, bundles and links."""
    body, other = ({"campaign_id": name, "team": team} for team in ("1", "2"))
    if operation == "team":
        return person, services.campaigns, "/v1/teams/members", body, other
    if operation == "source":
        here, there = ({"campaign_id": name, "channel": "kol", "link": link} for link in ("1", "2"))
        return person, services.campaigns, "/v1/attributions", here, there
    if operation == "bundle":
        monthly, more = ({"campaign_id": name, "monthly_fen": fen} for fen in (100, 200))
        return person, services.campaigns, "/v1/bundles", monthly, more
    person.ask(services.campaigns[0], "POST", "/v1/teams/members", body, new_key())
    paid, another = ({"campaign_id": name, "receipt_token": receipt(person, new_key(), fen)} for fen in (500, 600))
    return person, services.campaigns, "/v1/teams/scores", paid, another


def prepared_page(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for pop-ups, letters, rules, advisers and tasks."""
    if operation == "rules":
        return person, services.campaigns, "/v1/rules/acceptances", {"campaign_id": name, "version": 1}, {"campaign_id": name, "version": 2}
    if operation == "push":
        return person, services.campaigns, "/v1/pushes", {"campaign_id": name}, {"campaign_id": "another"}
    if operation == "letter":
        first, second = ({"campaign_id": name, "letter": letter} for letter in (1, 2))
        return person, services.campaigns, "/v1/letters/reads", first, second
    if operation == "adviser":
        hour, another_hour = ({"campaign_id": name, "slot": slot} for slot in (1, 2))
        return person, services.campaigns, "/v1/advisers/bookings", hour, another_hour
    if operation == "popup":
        view, another_view = ({"campaign_id": name, "view": view} for view in ("1", "2"))
        return person, services.campaigns, "/v1/popups", view, another_view
    done, by_another = ({"campaign_id": name, "rung": 1, "receipt_token": receipt(person, new_key(), fen)} for fen in (500, 600))
    return person, services.campaigns, "/v1/tasks/completions", done, by_another


def prepared_deed(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for a receipt without paper, and for the gift at a booth."""
    if operation == "deed":
        paid, another = ({"campaign_id": name, "receipt_token": receipt(person, new_key(), fen)} for fen in (500, 600))
        return person, services.campaigns, "/v1/carbon-points", paid, another
    assert register(services, person, name, code_of(services, person, name)) == "OK"
    return person, services.campaigns, "/v1/booth-gifts", {"campaign_id": name}, {"campaign_id": "another"}


def prepared_tier(services: World, operation: str, name: str, person: Person, _other: Person) -> Prepared:
    """The same for what is for customers of a tier alone."""
    body = {"campaign_id": name, "tier_token": Signer(SECRET.encode()).issue("tier", f"{person.no}/gold", 3600)[0]}
    if operation == "parcel":
        right = person.ask(services.campaigns[0], "POST", "/v1/rights", body | {"tier": "gold"}, new_key())[1]["data"]["right_id"]
        here, there = ({"campaign_id": name, "right_id": right, "address": address} for address in ("a town", "another town"))
        return person, services.campaigns, "/v1/parcels", here, there
    if operation == "right":
        return person, services.campaigns, "/v1/rights", body | {"tier": "gold"}, body | {"tier": "new"}
    return person, services.campaigns, "/v1/advisers/vip-bookings", body | {"slot": 100_001}, body | {"slot": 100_002}


FEATURES: dict[str, Callable[[World, str, str, Person, Person], Prepared]] = {
    **dict.fromkeys(("invite", "acceptance", "verification"), prepared_invitation),
    **dict.fromkeys(("quote", "deal"), prepared_foreign_money),
    **dict.fromkeys(("fee", "remittance"), prepared_remittance),
    **dict.fromkeys(("telephone", "nonce", "answer"), prepared_telephone),
    **dict.fromkeys(("points", "exchange"), prepared_points),
    **dict.fromkeys(("chance", "draw"), prepared_draw),
    **dict.fromkeys(("contact", "ticket", "call"), prepared_help),
    **dict.fromkeys(("card", "discount", "compensation"), prepared_budget),
    **dict.fromkeys(("code", "registration"), prepared_registration),
    **dict.fromkeys(("team", "score", "bundle", "source"), prepared_team),
    **dict.fromkeys(("adviser", "popup", "rung", "push", "letter", "rules"), prepared_page),
    **dict.fromkeys(("right", "vip", "parcel"), prepared_tier),
    **dict.fromkeys(("deed", "gift"), prepared_deed),
}
OPERATIONS += FEATURES


@pytest.mark.parametrize("operation", OPERATIONS)
def test_services_effect_needs_a_key(services: World, operation: str) -> None:
    """400 IDEMPOTENCY_KEY_MISSING."""
    person, nodes, path, body, _ = prepared(services, operation)
    status, envelope = person.ask(nodes[0], "POST", path, body)
    assert (status, envelope["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")


@pytest.mark.parametrize("key", ["short", "k" * 65, "with space", "quote'1234"])
def test_services_key_has_an_alphabet_and_a_length(services: World, key: str) -> None:
    """What is not a key is no key."""
    (person,) = services.people(1)
    status, envelope = person.ask(services.campaigns[0], "POST", "/v1/checkins", {"campaign_id": "any"}, key)
    assert (status, envelope["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_services_same_key_and_body_get_the_same_answer_from_either_centre(services: World, operation: str) -> None:
    """Status, code and data are equal, also in another centre; another body gets 422."""
    person, nodes, path, body, other_body = prepared(services, operation)
    key = new_key()
    first = person.ask(nodes[0], "POST", path, body, key)
    again = person.ask(nodes[1], "POST", path, body, key)
    assert first[0] == 200, first
    assert (again[0], again[1]["code"], again[1]["data"]) == (200, "OK", first[1]["data"])
    if other_body is not None:
        status, envelope = person.ask(nodes[1], "POST", path, other_body, key)
        assert (status, envelope["code"], envelope["data"]) == (422, "IDEMPOTENCY_MISMATCH", None)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_services_five_at_once_on_two_nodes_have_one_effect(services: World, operation: str) -> None:
    """Every answer is the one answer or 409 in progress; at least one is the answer."""
    person, nodes, path, body, _ = prepared(services, operation)
    key = new_key()
    answers = together([lambda n=n: person.ask(nodes[n % 2], "POST", path, body, key) for n in range(5)], threads=5)
    finished = [envelope["data"] for status, envelope in answers if status == 200]
    assert finished
    assert all(data == finished[0] for data in finished)
    assert {envelope["code"] for _, envelope in answers} <= {"OK", "IDEMPOTENCY_IN_PROGRESS"}


def test_services_key_of_one_customer_is_no_key_for_another(services: World) -> None:
    """Nobody can read another's answer by his key."""
    name = services.campaign()
    one, two = services.people(2)
    key = new_key()
    assert one.claim(services.campaigns[0], f"a{name}", key)[0] == 200
    status, envelope = two.claim(services.campaigns[0], f"a{name}", key)
    assert (status, envelope["code"], envelope["data"]) == (422, "IDEMPOTENCY_MISMATCH", None)


def test_services_refusal_is_kept_as_an_answer_too(services: World) -> None:
    """SOLD_OUT stays SOLD_OUT for its key after a replenishment; a new key gets the prize."""
    name = services.campaign(sku={"stock": 0})
    (person,) = services.people(1)
    node, key = services.campaigns[0], new_key()
    first = person.claim(node, f"a{name}", key)
    more = {"activity_id": f"a{name}", "sku": "gold", "batch": "b1", "quantity": 3, "actor": "tester", "reason": "test"}
    assert node.ops("POST", "/v1/ops/stock/replenish", more, Idempotency_Key=new_key())[0] == 200
    again = person.claim(services.campaigns[1], f"a{name}", key)
    assert first[1]["code"] == again[1]["code"] == "SOLD_OUT"
    assert first[1]["data"] == again[1]["data"]
    assert person.claim(node, f"a{name}")[1]["code"] == "OK"


def test_services_refusal_for_want_of_a_campaign_is_not_kept(services: World) -> None:
    """The same keys have their effects once it is there."""
    name, (person,) = f"c{new_key()}", services.people(1)
    paid, bound = {"receipt_token": receipt(person, new_key(), 500)}, {"binding_token": binding(person, "card")}
    bodies: dict[str, dict[str, str]] = {"/v1/checkins": {}, "/v1/invites": {}, "/v1/points": paid}
    bodies |= {"/v1/lottery/chances": paid, "/v1/first-bind-coupons": bound}
    asked = [(path, {"campaign_id": name} | body, new_key()) for path, body in bodies.items()]
    codes = lambda: [person.ask(services.campaigns[0], "POST", *one)[1]["code"] for one in asked]  # noqa: E731 - a phrase
    assert codes() == ["NOT_FOUND"] * len(asked)
    services.campaign(id=name, budgets=budgets(first_bind=900), first_bind={"face_fen": 9})
    assert codes() == ["OK"] * len(asked)


def test_services_key_under_way_answers_409(services: World) -> None:
    """While a transaction with the key is open, the key is in progress; afterwards it is answered."""
    person, nodes, path, body, _ = prepared(services, "transfer")
    key = new_key()
    hold = f"begin; select pg_advisory_xact_lock(hashtextextended('{key}', 1)); select 'held'; select pg_sleep(60)"
    command = [str(BIN / "psql"), "-XAtqc", hold, services.database.dsn]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL):
        held = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        wait_for(lambda: services.database.sql(held) == "1", "the key is held")
        status, envelope = person.ask(nodes[0], "POST", path, body, key)
        assert (status, envelope["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
        services.database.sql("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'")
    assert person.ask(nodes[0], "POST", path, body, key)[0] == 200
