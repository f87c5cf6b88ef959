"""What both services promise of every answer: headers, documents, pages."""

import json
from typing import Any

import jsonschema
import pytest
import requests
from fastapi.openapi.models import OpenAPI
from services_world import World, new_key

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


def test_services_answers_are_as_the_document_describes(services: World) -> None:
    """Every read, every effect and every page of both services, held against the document."""
    name = services.campaign(
        redpacket={"pool_fen": 100, "min_fen": 1, "max_fen": 50},
        zone={"zone": [{"id": "i", "title": "t"}]},
        tasks=[{"id": "t", "title": "t"}],
    )
    me, other = services.people(2)
    bank, campaign = services.banks[0], services.campaigns[0]
    documents = {node.url: requests.get(node.url + "/openapi.json", timeout=5).json() for node in (bank, campaign)}
    won, paid, packet = new_key(), new_key(), new_key()
    token = me.ask(campaign, "GET", f"/v1/activities/a{name}/token")[1]["data"]["activity_token"]
    transfer = {"from_account": me.account, "to_account": other.account, "amount_fen": 1}
    calls = [
        (bank, "POST", "/bank/v1/sessions", {}, {"no": me.no, "phone": f"p{me.no}"}, None),
        (bank, "GET", "/bank/v1/accounts/{account_id}", {"account_id": me.account}, None, None),
        (bank, "POST", "/bank/v1/transfers/precheck", {}, transfer, None),
        (bank, "POST", "/bank/v1/transfers", {}, transfer, won),
        (bank, "GET", "/bank/v1/transfers/{transfer_id}", {"transfer_id": f"TR-{won}"}, None, None),
        (bank, "POST", "/bank/v1/payments", {}, {"account_id": me.account, "merchant": "m", "order_id": "o", "amount_fen": 1}, paid),
        (bank, "GET", "/bank/v1/payments/{payment_id}", {"payment_id": f"PY-{paid}"}, None, None),
        (bank, "POST", "/bank/v1/payments/{payment_id}/reversals", {"payment_id": f"PY-{paid}"}, {}, new_key()),
        (campaign, "GET", "/v1/campaigns/{campaign_id}", {"campaign_id": name}, None, None),
        (campaign, "GET", "/v1/campaigns/{campaign_id}/zone", {"campaign_id": name}, None, None),
        (campaign, "GET", "/v1/campaigns/{campaign_id}/tasks", {"campaign_id": name}, None, None),
        (campaign, "GET", "/v1/campaigns/{campaign_id}/rank", {"campaign_id": name}, None, None),
        (campaign, "GET", "/v1/campaigns/{campaign_id}/streak", {"campaign_id": name}, None, None),
        (campaign, "GET", "/v1/time", {}, None, None),
        (campaign, "GET", "/v1/exposure?slot=zone", {}, None, None),
        (campaign, "GET", "/v1/activities/{activity_id}/stock", {"activity_id": f"a{name}"}, None, None),
        (
            campaign,
            "POST",
            "/v1/activities/{activity_id}/claims",
            {"activity_id": f"a{name}"},
            {"sku": "gold", "batch_id": "b1", "activity_token": token},
            won,
        ),
        (
            campaign,
            "POST",
            "/v1/activities/{activity_id}/claims",
            {"activity_id": f"a{name}"},
            {"sku": "gold", "batch_id": "b1", "activity_token": token},
            new_key(),
        ),
        (campaign, "GET", "/v1/claims/{claim_id}", {"claim_id": f"CL-{won}"}, None, None),
        (campaign, "GET", "/v1/coupons", {}, None, None),
        (
            campaign,
            "POST",
            "/v1/coupons/{coupon_code}/redemptions",
            {"coupon_code": f"CP-{won}"},
            {"order_id": "o", "amount_fen": 500},
            new_key(),
        ),
        (campaign, "POST", "/v1/checkins", {}, {"campaign_id": name}, packet),
        (campaign, "POST", "/v1/redpackets/{redpacket_id}/open", {"redpacket_id": f"RP-{packet}"}, None, new_key()),
        (campaign, "POST", "/v1/events", {}, {"events": [{"type": "click", "item": "i", "ts": 1}]}, None),
    ]
    for node, method, path, values, body, key in calls:
        status, envelope = me.ask(node, method, path.format(**values), body, key)
        assert status in {200, 202} or envelope["code"] == "ALREADY_CLAIMED", (path, envelope)
        described(documents[node.url], method, path.split("?")[0], status).validate(envelope)
    for node, document in ((bank, documents[bank.url]), (campaign, documents[campaign.url])):
        tables = [path for path, entry in document["paths"].items() if "/ops/" in path and "get" in entry]
        assert len(tables) in {7, 12}
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
