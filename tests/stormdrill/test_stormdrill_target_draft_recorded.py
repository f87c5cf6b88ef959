"""A draft of a target's file from what was recorded of a service: what stood in the recording is left out of it."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.draft.reading import MOST_BYTES, read_published
from scenarios.errors import BadInput
from scenarios.plugins import load_target
from scenarios.target.model import Target
from scenarios.target.operation_codec import compile_target
from stormdrill.commands.target import app

DRAFTS = Path(__file__).parent / "drafts"


def drafted(source: Path, folder: Path) -> tuple[Target, str]:
    """The target that the command has drafted, and the file's text."""
    path = folder / "our-sale.yaml"
    told = CliRunner().invoke(app, ["new", str(path), "--from", str(source)])
    assert told.exit_code == 0, told.output
    return load_target(str(path)), path.read_text()


def test_one_tap_through_makes_a_draft(tmp_path: Path) -> None:
    """Its operations with holes where values stood, the header in which the token went back, what was asked elsewhere; no value at all."""
    target, text = drafted(DRAFTS / "tap-through.har", tmp_path)
    assert target.services["api"].base == "https://uat.bank.example"
    assert (target.authorisation.header, target.authorisation.value) == ("X-Session", "{token}")
    assert target.secrets == ["X_APP_KEY"]
    paths = {name: f"{operation.method} {operation.path}" for name, operation in target.operations.items()}
    assert paths == {
        "session.create": "POST /app/auth/login.do",
        "claim.submit": "POST /app/activities/{campaign.activity}/claims",
        "claim.status": "GET /app/claims/{claim_id}",
        "stock.get": "GET /app/activities/{campaign.activity}/stock?sku={sku}",
        "coupon.list": "GET /app/members/{customer|str}/coupons",
        "account.balance": "POST /app/acct/query.do",
        "transfer.submit": "POST /app/transfer/submit.do",
    }
    login = target.operations["session.create"]
    assert login.body == {"mobile": "{phone}", "password": "", "device": {"deviceId": "{device}"}}
    assert login.extract == {"token": "$.data.sid"}
    assert target.operations["transfer.submit"].form == {"payeeAccount": "{payee|str}", "amount": "{amount_fen|yuan}", "smsCode": ""}
    assert target.operations["claim.submit"].body == {"prizeCode": "{sku}"}
    for value in ("canary", "19900000001", "zhangsan", "spring", "6222000000000001", "G0000000", "JSESSIONID"):
        assert value not in text, value
    for words in (
        "confidence: high",
        "confidence: fair",
        "its idempotency key: X-Request-Id",
        "X-Sign",
        "besides: sign, status",
        "https://metrics.example",
    ):
        assert words in text, words


def test_a_collection_makes_a_draft(tmp_path: Path) -> None:
    """Folders, both kinds of variables, a form, headers as a text, an address by a variable; and no value of any."""
    target, text = drafted(DRAFTS / "shop.postman_collection.json", tmp_path)
    assert target.services["api"].base == "https://uat.bank.example"
    assert (target.authorisation.value, target.secrets) == ("Bearer {token}", ["X_API_KEY"])
    paths = {name: f"{operation.method} {operation.path}" for name, operation in target.operations.items()}
    assert paths == {
        "session.create": "POST /api/v1/session",
        "claim.submit": "POST /api/v1/activities/{campaign.activity}/grab",
        "claim.status": "GET /api/v1/claims/{claim_id}?sku={sku}",
        "stock.get": "GET /api/v1/stock",
    }
    assert target.operations["session.create"].body == {"phone": "{phone}", "pin": "", "retries": ""}
    assert target.operations["session.create"].extract == {"token": "$.access_token"}
    assert target.operations["claim.submit"].form == {"sku": "{sku}"}
    assert "canary" not in text.replace("canaryhouse.example", "")
    older = json.loads((DRAFTS / "shop.postman_collection.json").read_text())
    older["info"]["schema"] = "https://schema.getpostman.com/json/collection/v2.0.0/collection.json"
    older["auth"] = {"type": "apikey", "apikey": {"key": "X-Door", "value": "canary", "in": "header"}}
    older["item"][0]["item"][0]["request"]["url"] = "{{baseUrl}}/v1/session"
    (tmp_path / "older.json").write_text(json.dumps(older))
    service = read_published(tmp_path / "older.json")
    assert [each.path for each in service.operations] == [
        "/api/v1/session",
        "/api/v1/activities/{activityId}/grab",
        "/api/v1/claims/{claim_id}",
        "/api/v1/stock",
    ]
    assert (service.bearer, service.key_headers) == (False, ("X-Door", "X-Api-Key"))


def test_a_collection_whose_address_is_elsewhere_says_which_variable_to_write(tmp_path: Path) -> None:
    """As an environment of Postman's own has it, which is not in the file."""
    source = tmp_path / "shop.json"
    source.write_text((DRAFTS / "shop.postman_collection.json").read_text().replace('"key": "baseUrl"', '"key": "elsewhere"'))
    target, text = drafted(source, tmp_path)
    assert target.services["api"].base == "http://127.0.0.1:1"
    assert "its address is {{baseUrl}}, which the collection does not set; write what it stands for" in text


@pytest.mark.parametrize("source", ["tap-through.har", "shop.postman_collection.json"])
def test_what_was_drafted_can_be_sent(tmp_path: Path, source: str) -> None:
    """Each operation's request is made of what a customer knows."""
    target, _ = drafted(DRAFTS / source, tmp_path)
    knows = {
        "phone": "19900000001",
        "device": "d-1",
        "sku": "sku-1",
        "claim_id": "G1",
        "customer": 7,
        "payee": 8,
        "amount_fen": 1234,
        "token": "t",
    }
    codecs = compile_target(target, {"campaign.activity": "flash", **{f"secret.{name}": "a-long-value" for name in target.secrets}})
    for name, codec in codecs.items():
        data = codec.request({**knows, "account": "6-7", "key": "k"}).data
        assert data.startswith(f"{target.operations[name].method} /a".encode()), data
        assert b"uat.bank.example" in data


ODD_HAR = {
    "log": {
        "entries": [
            None,
            {"request": {"method": 5, "url": []}},
            {"request": {"method": "POST", "url": "http://[::1/x"}},
            {
                "request": {
                    "method": "POST",
                    "url": "https://u:canary@127.0.0.1:9/login\ud800\n: x#y",
                    "headers": 7,
                    "postData": {"mimeType": 3},
                }
            },
            {
                "request": {"method": "POST", "url": "https://127.0.0.1:9/claims", "postData": {"text": "{" * 9999}},
                "response": {"status": "x"},
            },
            {"request": {"method": "POST", "url": "https://127.0.0.1:9/login", "postData": {"text": '{"\ud800": 1, "a: b": {"x": []}}'}}},
        ]
    }
}
ODD_COLLECTION = {
    "info": {},
    "item": [
        {
            "item": [
                {"item": 5},
                {"request": {"url": {"path": [{"value": "login"}, 3], "host": 3}, "method": "POST", "body": {"mode": "file"}}},
            ]
        },
        {
            "request": {"url": "{{nothing}}//claims", "method": "POST", "header": [3], "body": {"mode": "raw", "raw": "[" * 9999}},
            "response": [1],
        },
        {"request": 5, "auth": []},
    ],
}


@pytest.mark.parametrize(("name", "odd"), [("odd.har", ODD_HAR), ("odd.json", ODD_COLLECTION), ("a: b #.json", ODD_HAR)])
def test_an_odd_recording_still_makes_a_file_that_loads(tmp_path: Path, name: str, odd: object) -> None:
    """Wrong types wherever they can be, names that no file can hold, a user in an address."""
    (tmp_path / name).write_text(json.dumps(odd))
    _, text = drafted(tmp_path / name, tmp_path)
    assert "canary" not in text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is neither JSON nor YAML"),
        ("[" * 100_000, "is neither JSON nor YAML"),
        ("9" * 5000, "is neither JSON nor YAML|is nothing that"),
        ("\x00\xff", "is neither JSON nor YAML"),
        ("[]", "is nothing that a draft can be made from; allowed: an OpenAPI document"),
        ('{"log": {"entries": {}}}', "is nothing that a draft can be made from"),
        ('{"log": [' + " " * 2_000_001, "is neither JSON nor YAML"),
    ],
    ids=["cut off", "too deep", "a long number", "bytes", "a list", "no entries", "long and no JSON"],
)
def test_what_no_draft_can_be_made_from_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """In one sentence."""
    path = tmp_path / "sale.har"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=says) as refused:
        read_published(path)
    assert "\n" not in str(refused.value)


def test_a_recording_that_is_too_long_is_refused(tmp_path: Path) -> None:
    """Before it is read."""
    path = tmp_path / "sale.har"
    path.touch()
    os.truncate(path, MOST_BYTES + 1)
    with pytest.raises(BadInput, match="has 64,000,001 bytes; 64,000,000 are the most"):
        read_published(path)


def test_what_nothing_tells_is_not_asked_for(tmp_path: Path) -> None:
    """A web session by cookies alone: no token is sent; and an account or a claim's number that no answer tells stays a choice."""
    said = [("POST", "/login", '{"phone": "1"}'), ("GET", "/account/6222000000000001/balance", ""), ("GET", "/claims/G1234567", "")]
    entries = [
        {"request": {"method": method, "url": f"http://127.0.0.1:9{path}", "headers": [{"name": "Cookie", "value": "S=canary"}],
                     "postData": {"mimeType": "application/json", "text": text}}, "response": {"status": 200, "content": {"text": "{}"}}}
        for method, path, text in said
    ]  # fmt: skip
    (tmp_path / "web.har").write_text(json.dumps({"log": {"entries": entries}}))
    target, text = drafted(tmp_path / "web.har", tmp_path)
    assert not any(operation.authorised for operation in target.operations.values())
    assert "cookies go back by themselves" in text
    assert "canary" not in text
    for codec in compile_target(target, {}).values():
        codec.request({"phone": "19900000001", "key": "k"})
