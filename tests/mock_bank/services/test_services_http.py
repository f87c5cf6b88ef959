"""What both services promise of every answer: headers, documents, pages."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest
import requests
from fastapi.openapi.models import OpenAPI
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
    return [
        Call("POST", "/bank/v1/sessions", {}, {"no": me.no, "phone": f"p{me.no}"}),
        Call("GET", "/bank/v1/accounts/{account_id}", {"account_id": me.account}),
        Call("POST", "/bank/v1/transfers/precheck", {}, transfer),
        Call("POST", "/bank/v1/transfers", {}, transfer, moved),
        Call("GET", "/bank/v1/transfers/{transfer_id}", {"transfer_id": f"TR-{moved}"}),
        Call("POST", "/bank/v1/payments", {}, payment, paid),
        Call("GET", "/bank/v1/payments/{payment_id}", {"payment_id": f"PY-{paid}"}),
        Call("POST", "/bank/v1/payments/{payment_id}/reversals", {"payment_id": f"PY-{paid}"}, {}, new_key()),
    ]


def campaign_calls(services: World, me: Person) -> list[Call]:
    """Each operation of the campaign service; a claim that is granted, and one that is refused."""
    name = services.campaign(
        redpacket={"pool_fen": 100, "min_fen": 1, "max_fen": 50},
        zone={"zone": [{"id": "i", "title": "t"}]},
        tasks=[{"id": "t", "title": "t"}],
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
        Call("POST", "/v1/events", {}, {"events": [{"type": "click", "item": "i", "ts": 1}]}),
    ]


@pytest.mark.parametrize(("calls", "pages"), [(bank_calls, 7), (campaign_calls, 12)])
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
