"""What both services promise of every answer: headers, documents, pages."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest
import requests
from fastapi.openapi.models import OpenAPI
from services_acts import answered_ticket, binding, budgets, code_of, invite, proof, receipt
from services_world import Person, World, new_key


@dataclass(frozen=True)
class Call:
    """One operation, as a customer calls it."""

    method: str
    path: str
    values: dict[str, str] = field(default_factory=dict)
    body: object = None
    key: str | None = None


PATHS = ["/health", "/openapi.json", "/nowhere", "/v1/time", "/bank/v1/ops/ledger", "/v1/ops/grants"]


@pytest.mark.parametrize("path", PATHS)
def test_services_every_answer_says_where_it_comes_from_and_echoes_the_test_mark(services: World, path: str) -> None:
    """X-Site and X-Node, the mark if there was one, also on errors."""
    for node, name, site in ((services.banks[1], "bank-b", "B"), (services.campaigns[0], "campaign-a", "A")):
        marked = requests.get(node.url + path, headers={"X-Pressure-Test": "true"}, timeout=5)
        assert (marked.headers["X-Site"], marked.headers["X-Node"], marked.headers["X-Pressure-Test"]) == (site, name, "true")
        assert "X-Pressure-Test" not in requests.get(node.url + path, timeout=5).headers


def test_services_prove_which_world_they_belong_to(services: World) -> None:
    """The nonce, the site, the name."""
    assert services.banks[0].call("GET", "/bank/v1/proof") == (200, {"nonce": "n-1", "site": "A", "name": "bank-a"})
    assert services.campaigns[1].call("GET", "/v1/proof") == (200, {"nonce": "n-1", "site": "B", "name": "campaign-b"})


def test_services_node_that_is_full_turns_customers_away_and_nobody_else(services: World) -> None:
    """503 with Retry-After for who finds no place; health and the operator are answered, and see how full it is."""
    node = services.campaigns[1]
    asked, usual = "/v1/time", node.ops("GET", "/v1/ops/load")[1]["data"]
    assert node.ops("PUT", "/v1/ops/capacity", {"at_once": 1, "hold_ms": 10_000})[0] == 200
    try:
        assert requests.get(node.url + asked, timeout=5).status_code == 200
        refused = requests.get(node.url + asked, timeout=5)
        assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (503, "SYSTEM_BUSY", "1")
        assert [node.call("GET", path)[0] for path in ("/health", "/ready")] == [200, 200]
        full = node.ops("GET", "/v1/ops/load")[1]["data"]
        assert (full["at_once"], full["busy"], full["shed"] - usual["shed"]) == (1, 1, 1)
    finally:
        limits = {name: usual[name] for name in ("at_once", "queue", "hold_ms")}
        assert node.ops("PUT", "/v1/ops/capacity", limits)[0] == 200
    assert requests.get(node.url + asked, timeout=5).status_code == 200
    assert node.call("GET", "/v1/ops/load")[0] == 403


def test_services_trace_id_is_the_callers_if_it_is_fit_to_print(services: World) -> None:
    """Taken over when plain; replaced when not."""
    node = services.banks[0]
    assert node.call("GET", "/nowhere", X_Request_Id="my-trace.1")[1]["trace_id"] == "my-trace.1"
    assert node.call("GET", "/nowhere", X_Request_Id='a"b')[1]["trace_id"].startswith("bank-a-")


@pytest.mark.parametrize("service", ["bank", "campaign"])
def test_services_openapi_document_is_valid(services: World, service: str) -> None:
    """OpenAPI 3.1, every reference resolves, every operation has an id of its own and its codes."""
    node = services.banks[0] if service == "bank" else services.campaigns[0]
    document = requests.get(node.url + "/openapi.json", timeout=5).json()
    OpenAPI.model_validate(document)
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(document["components"]["schemas"])
    operations = [entry for path in document["paths"].values() for entry in path.values()]
    assert len({entry["operationId"] for entry in operations}) == len(operations)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def described(document: dict[str, Any], method: str, path: str, status: int) -> jsonschema.Draft202012Validator:
    """A validator for one answer as the document describes it."""
    schema = document["paths"][path][method.lower()]["responses"][str(status)]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(schema | {"components": document["components"]})


def bank_calls(services: World, me: Person) -> list[Call]:
    """Each operation of the bank."""
    [other] = services.people(1)
    moved, paid = new_key(), new_key()
    transfer = {"from_account": me.account, "to_account": other.account, "amount_fen": 1}
    payment = {"account_id": me.account, "merchant": "m", "order_id": "o", "amount_fen": 1}
    order = {"from_account": me.account, "merchant_no": other.no, "order_id": "o", "amount_fen": 1}
    return [
        Call("POST", "/bank/v1/collections", {}, order, new_key()),
        Call("GET", "/bank/v1/statement"),
        Call("GET", "/bank/v1/spending"),
        Call("GET", "/bank/v1/diagnosis"),
        Call("POST", "/bank/v1/fx-quotes", {}, {"currency": "USD", "foreign_cents": 1}, quoted := new_key()),
        Call("POST", "/bank/v1/fx-deals", {}, {"from_account": me.account, "quote_id": f"FQ-{quoted}"}, dealt := new_key()),
        Call("GET", "/bank/v1/membership"),
        Call("POST", "/bank/v1/remittance-quotes", {}, {"deal_id": f"FX-{dealt}"}, asked := new_key()),
        Call("POST", "/bank/v1/remittances", {}, {"from_account": me.account, "quote_id": f"RQ-{asked}"}, new_key()),
        Call("POST", "/bank/v1/sessions", {}, {"no": me.no, "phone": f"p{me.no}"}),
        Call("GET", "/bank/v1/accounts/{account_id}", {"account_id": me.account}),
        Call("POST", "/bank/v1/transfers/precheck", {}, transfer),
        Call("POST", "/bank/v1/transfers", {}, transfer, moved),
        Call("POST", "/bank/v1/transfers/by-new-devices", {}, transfer, new_key()),
        Call("GET", "/bank/v1/transfers/{transfer_id}", {"transfer_id": f"TR-{moved}"}),
        Call("POST", "/bank/v1/payments", {}, payment, paid),
        Call("GET", "/bank/v1/payments/{payment_id}", {"payment_id": f"PY-{paid}"}),
        Call("GET", "/bank/v1/payments/{payment_id}/receipt", {"payment_id": f"PY-{paid}"}),
        Call("POST", "/bank/v1/payments/{payment_id}/reversals", {"payment_id": f"PY-{paid}"}, {}, new_key()),
        Call("POST", "/bank/v1/devices", {}, {"device": "tel-1"}, new_key()),
        Call("POST", "/bank/v1/login-nonces", {}, {"no": me.no, "device": "tel-1"}, new_key()),
        Call("POST", "/bank/v1/kyc", {}, {"id_no": me.no}, known := new_key()),
        Call("GET", "/bank/v1/kyc/{kyc_id}", {"kyc_id": f"KY-{known}"}),
        Call("POST", "/bank/v1/cards", {}, {"card_no": f"62{me.no}"}, bound := new_key()),
        Call("GET", "/bank/v1/cards/{card_token}/proof", {"card_token": f"CD-{bound}"}),
    ]


def campaign_calls(services: World, me: Person) -> list[Call]:
    """Each operation of the campaign service; a claim that is granted, and one that is refused."""
    name = services.campaign(
        redpacket={"pool_fen": 100, "min_fen": 1, "max_fen": 50},
        zone={"zone": [{"id": "i", "title": "t"}]},
        tasks=[{"id": "t", "title": "t"}],
        budgets=budgets(first_bind=900, compensation=900),
        first_bind={"face_fen": 9},
        compensation={"face_fen": 9},
        goods=[{"id": "phone", "points": 5, "face_fen": 100}],
    )
    campaign, activity, won, packet = {"campaign_id": name}, {"activity_id": f"a{name}"}, new_key(), new_key()
    token = me.ask(services.campaigns[0], "GET", f"/v1/activities/a{name}/token")[1]["data"]["activity_token"]
    claim = {"sku": "gold", "batch_id": "b1", "activity_token": token}
    order = {"order_id": "o", "amount_fen": 500}
    return [
        Call("GET", "/v1/campaigns/{campaign_id}", campaign),
        Call("GET", "/v1/campaigns/{campaign_id}/zone", campaign),
        Call("GET", "/v1/campaigns/{campaign_id}/tasks", campaign),
        Call("GET", "/v1/campaigns/{campaign_id}/rank", campaign),
        Call("GET", "/v1/campaigns/{campaign_id}/streak", campaign),
        Call("GET", "/v1/time"),
        Call("GET", "/v1/exposure?slot=zone"),
        Call("GET", "/v1/activities/{activity_id}/stock", activity),
        Call("POST", "/v1/activities/{activity_id}/claims", activity, claim, won),
        Call("POST", "/v1/activities/{activity_id}/claims", activity, claim, new_key()),
        Call("GET", "/v1/claims/{claim_id}", {"claim_id": f"CL-{won}"}),
        Call("GET", "/v1/coupons"),
        Call("POST", "/v1/coupons/{coupon_code}/redemptions", {"coupon_code": f"CP-{won}"}, order, new_key()),
        Call("POST", "/v1/checkins", {}, campaign, packet),
        Call("POST", "/v1/redpackets/{redpacket_id}/open", {"redpacket_id": f"RP-{packet}"}, None, new_key()),
        *invitation_calls(services, me, name),
        *registration_calls(services, me, name),
        *team_calls(me, name),
        Call("POST", "/v1/bundles", {}, campaign | {"monthly_fen": 100}, bundled := new_key()),
        Call("GET", "/v1/bundles/{bundle_id}", {"bundle_id": f"BO-{bundled}"}),
        *landing_calls(name),
        Call("POST", "/v1/tasks/completions", {}, campaign | {"rung": 1, "receipt_token": receipt(me, new_key(), 500)}, new_key()),
        Call("POST", "/v1/carbon-points", {}, campaign | {"receipt_token": receipt(me, new_key(), 500)}, new_key()),
        Call("POST", "/v1/booth-gifts", {}, campaign, new_key()),
        Call("POST", "/v1/popups", {}, campaign | {"view": "v"}, new_key()),
        Call("POST", "/v1/pushes", {}, campaign, new_key()),
        Call("POST", "/v1/letters/reads", {}, campaign | {"letter": 1}, new_key()),
        Call("GET", "/v1/campaigns/{campaign_id}/inbox", campaign),
        Call("GET", "/v1/recommendations"),
        Call("GET", "/v1/campaigns/{campaign_id}/rules", campaign),
        Call("POST", "/v1/rules/acceptances", {}, campaign | {"version": 1}, new_key()),
        Call("GET", "/v1/campaigns/{campaign_id}/advisers", campaign),
        Call("POST", "/v1/advisers/bookings", {}, campaign | {"slot": 7}, new_key()),
        *points_calls(me, name),
        *help_calls(name),
        *budget_calls(services, me, name),
        Call("POST", "/v1/events", {}, {"events": [{"type": "click", "item": "i", "ts": 1}]}),
    ]


def budget_calls(services: World, me: Person, name: str) -> list[Call]:
    """A discount, and a compensation."""
    ticket = answered_ticket(services, me, name)
    return [
        Call("POST", "/v1/first-bind-coupons", {}, {"campaign_id": name, "binding_token": binding(me, "card")}, new_key()),
        Call("POST", "/v1/tickets/{ticket_id}/compensation", {"ticket_id": ticket}, None, new_key()),
    ]


def help_calls(name: str) -> list[Call]:
    """A question, and a complaint."""
    asked, opened, called = {"campaign_id": name, "text": "积分什么时候到账"}, new_key(), new_key()
    return [
        Call("POST", "/v1/robot/messages", {}, asked, new_key()),
        Call("POST", "/v1/tickets", {}, asked | {"category": "complaint"}, opened),
        Call("GET", "/v1/tickets/{ticket_id}", {"ticket_id": f"TK-{opened}"}),
        Call("POST", "/v1/calls", {}, {"campaign_id": name, "line": "hotline"}, called),
        Call("GET", "/v1/calls/{call_id}", {"call_id": f"CA-{called}"}),
    ]


def registration_calls(services: World, me: Person, name: str) -> list[Call]:
    """A code that is sent, and the registration by one."""
    body = {"campaign_id": name}
    return [
        Call("POST", "/v1/registrations/codes", {}, body, new_key()),
        Call("POST", "/v1/registrations", {}, body | {"code": code_of(services, me, name)}, new_key()),
    ]


def team_calls(me: Person, name: str) -> list[Call]:
    """A team that is joined, what is scored for it, and the best."""
    body = {"campaign_id": name}
    return [
        Call("POST", "/v1/teams/members", {}, body | {"team": "1"}, new_key()),
        Call("POST", "/v1/teams/scores", {}, body | {"receipt_token": receipt(me, new_key(), 500)}, new_key()),
        Call("GET", "/v1/campaigns/{campaign_id}/teams", body),
    ]


def landing_calls(name: str) -> list[Call]:
    """What a link shows, a customer who came by it, and the best of a channel."""
    body = {"campaign_id": name}
    return [
        Call("GET", "/v1/campaigns/{campaign_id}/landing?channel=branch&link=7", body),
        Call("POST", "/v1/attributions", {}, body | {"channel": "branch", "link": "7"}, new_key()),
        Call("GET", "/v1/campaigns/{campaign_id}/sources?channel=branch", body),
    ]


def points_calls(me: Person, name: str) -> list[Call]:
    """Points for a payment, and what they buy."""
    campaign, ordered = {"campaign_id": name}, new_key()
    return [
        Call("POST", "/v1/points", {}, campaign | {"receipt_token": receipt(me, new_key(), 5000)}, new_key()),
        Call("GET", "/v1/campaigns/{campaign_id}/points", campaign),
        Call("GET", "/v1/campaigns/{campaign_id}/goods", campaign),
        Call("POST", "/v1/points/exchanges", {}, campaign | {"goods_id": "phone"}, ordered),
        Call("GET", "/v1/points/exchanges/{order_id}", {"order_id": f"EX-{ordered}"}),
        Call("GET", "/v1/campaigns/{campaign_id}/lottery", campaign),
        Call("POST", "/v1/lottery/chances", {}, campaign | {"receipt_token": receipt(me, new_key(), 5000)}, drawn := new_key()),
        Call("POST", "/v1/lottery/draws", {}, {"chance_id": f"LC-{drawn}"}, new_key()),
    ]


def invitation_calls(services: World, me: Person, name: str) -> list[Call]:
    """A code that is shared, a friend's code that is accepted, and how far it has come."""
    [friend] = services.people(1)
    invite(services, friend, name)
    came = new_key()
    return [
        Call("POST", "/v1/invites", {}, {"campaign_id": name}, new_key()),
        Call("POST", "/v1/invites/{invite_code}/acceptances", {"invite_code": f"{name}.{friend.no}"}, None, came),
        Call(
            "POST",
            "/v1/acceptances/{acceptance_id}/verifications",
            {"acceptance_id": f"IA-{came}"},
            {"verification_token": proof(me)},
            new_key(),
        ),
        Call("GET", "/v1/campaigns/{campaign_id}/invitations", {"campaign_id": name}),
    ]


@pytest.mark.parametrize(("calls", "pages"), [(bank_calls, 24), (campaign_calls, 53)])
def test_services_answers_are_as_the_document_describes(services: World, calls: Callable[[World, Person], list[Call]], pages: int) -> None:
    """Every read, every effect and every page of a service, held against its document."""
    [me] = services.people(1)
    node = services.banks[0] if calls is bank_calls else services.campaigns[0]
    document = requests.get(node.url + "/openapi.json", timeout=5).json()
    for call in calls(services, me):
        status, envelope = me.ask(node, call.method, call.path.format(**call.values), call.body, call.key)
        assert status in {200, 202} or envelope["code"] == "ALREADY_CLAIMED", (call, envelope)
        described(document, call.method, call.path.split("?")[0], status).validate(envelope)
    tables = [path for path, entry in document["paths"].items() if "/ops/" in path and "get" in entry]
    assert len(tables) == pages
    for path in tables:
        status, envelope = node.ops("GET", path)
        described(document, "GET", path, status).validate(envelope)


@pytest.mark.parametrize("limit", [1, 7, 5000])
def test_services_pages_are_complete_and_without_repetition(services: World, limit: int) -> None:
    """Whatever the size of a page, all rows come once, in order."""
    name = services.campaign(sku={"stock": 5})
    for person in services.people(12):
        person.claim(services.campaigns[0], f"a{name}")
    whole = services.campaigns[0].read_back("/v1/ops/claims", limit=5000)
    paged = services.campaigns[1].read_back("/v1/ops/claims", limit=limit)
    keys = [row["idempotency_key"] for row in paged]
    assert keys == sorted(set(keys)) == [row["idempotency_key"] for row in whole]
    assert sum(row["campaign_id"] == name for row in paged) == 12


@pytest.mark.parametrize("limit", ["0", "-1", "5001", "many", "٣"])
def test_services_page_of_no_size_is_a_bad_parameter(services: World, limit: str) -> None:
    """The answer says what is allowed."""
    status, envelope = services.banks[0].ops("GET", f"/bank/v1/ops/ledger?limit={limit}")
    assert (status, envelope["message"]) == (400, "limit: a number from 1 to 5000")
