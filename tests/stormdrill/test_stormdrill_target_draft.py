"""A draft of a target's file from what a service publishes: it loads, it says how sure it is, and it holds nothing secret."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.draft.reading import read_published
from scenarios.draft.target_draft import draft, matches
from scenarios.draft.target_drift import drift
from scenarios.errors import BadInput
from scenarios.plugins import load_target
from stormdrill.commands.target import app


def operation(
    summary: str = "", sent: dict[str, object] | None = None, told: dict[str, object] | None = None, **more: object
) -> dict[str, object]:
    """An operation with these fields in its body and in its answer."""
    plain: dict[str, object] = {
        "summary": summary,
        "responses": {"200": {"content": {"application/json": {"schema": {"properties": told or {}}}}}},
    }
    if sent is not None:
        plain["requestBody"] = {"content": {"application/json": {"schema": {"properties": sent, "required": sorted(sent)[:1]}}}}
    return plain | more


TEXT = {"type": "string", "example": "canary-example", "default": "canary-default"}
SHOP: dict[str, object] = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://uat.bank.example/v2/"}],
    "components": {
        "securitySchemes": {"b": {"type": "http", "scheme": "bearer"}, "k": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        "schemas": {
            "Claim": {"properties": {"prizeId": TEXT, "who": {"properties": {"deviceId": TEXT, "colour": TEXT}}}, "required": ["prizeId"]}
        },
        "parameters": {"key": {"in": "header", "name": "Idempotency-Key", "example": "canary-key"}},
    },
    "paths": {
        "/auth/login": {"post": operation("Log in", {"mobile": TEXT, "password": TEXT}, {"data": {"properties": {"accessToken": TEXT}}})},
        "/activities/{activityId}/claims": {
            "post": {
                "parameters": [{"$ref": "#/components/parameters/key"}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Claim"}}}},
                "responses": {"202": {"content": {"application/json": {"schema": {"properties": {"claimId": TEXT, "status": TEXT}}}}}},
            }
        },
        "/claims/{claimId}": {"get": operation(told={"status": TEXT})},
        "/activities/{activityId}/stock": {"get": operation(told={"left": TEXT})},
        "/coupons": {"get": operation("My coupons"), "post": operation("Give a coupon", {"sku": TEXT})},
        "/weather": {"get": operation("The weather")},
    },
}


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The document."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(SHOP))
    return path


def test_operations_are_matched_by_verb_path_and_names(published: Path) -> None:
    """Each of the service's once, with its confidence; what else it may be is said."""
    best, others = matches(read_published(published))
    found = {match.ours.name: (match.published.shape, match.confidence) for match in best}
    assert found["session.create"] == ("POST /auth/login", "high")
    assert found["claim.submit"][0] == "POST /activities/{}/claims"
    assert found["claim.status"] == ("GET /claims/{}", "fair")
    assert found["stock.get"][0] == "GET /activities/{}/stock"
    assert found["coupon.list"][0] == "GET /coupons"
    assert len({shape for shape, _ in found.values()}) == len(found)
    assert ("claim.submit", "POST /coupons") in {(match.ours.name, match.published.shape) for match in others}


def test_a_draft_loads_and_holds_nothing_secret(published: Path, tmp_path: Path) -> None:
    """Its fields are filled by what we know of their names, the others are choices to make."""
    path = tmp_path / "our-sale.yaml"
    told = CliRunner().invoke(app, ["new", str(path), "--from", str(published)])
    assert told.exit_code == 0, told.output
    text = path.read_text()
    assert "canary" not in text
    target = load_target(str(path))
    assert target.services["api"].base == "https://uat.bank.example/v2"
    assert target.secrets == ["X_API_KEY"]
    claim = target.operations["claim.submit"]
    assert claim.body == {"prizeId": "{sku}", "who": {"deviceId": "{device}", "colour": ""}}
    assert (claim.path, claim.extract) == ("/activities/{campaign.activity}/claims", {"claim_id": "$.claimId", "state": "$.status"})
    assert target.operations["session.create"].extract == {"token": "$.data.accessToken"}
    for words in (
        "confidence: high",
        "# or: POST /coupons",
        "# ? what it is",
        "#   GET /weather",
        "Idempotency-Key",
        "mark_echo, kill_switch",
    ):
        assert words in text, words
    assert drift(target, read_published(published)) == []
    before = path.read_bytes()
    assert CliRunner().invoke(app, ["new", str(path), "--from", str(published)]).exit_code != 0
    assert path.read_bytes() == before


GATEWAY = {
    "openapi": "3.0.3",
    "servers": [{"url": "https://uat.bank.example"}],
    "paths": {
        "/portal/login": {
            "get": operation(),
            "post": operation("登录", told={"data": {"properties": {"accessToken": TEXT, "custAcctNo": TEXT}}})
            | {
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {"properties": dict.fromkeys(("loginName", "passWord", "_csrf"), TEXT)}
                        }
                    }
                }
            },
        },
        "/gw/claimPrize": {
            "post": operation(
                "抢券",
                dict.fromkeys(("serial_no", "orderNo", "actId", "prizeCode"), TEXT),
                {"data": {"properties": dict.fromkeys(("claimNo", "claim_status"), TEXT)}},
                parameters=[{"name": "X-Access-Token", "in": "header"}],
            )
        },
        "/gw/queryClaim": {
            "post": operation("查询", {"claimNo": TEXT}, {"data": {"properties": dict.fromkeys(("claim_status", "couponNo"), TEXT)}})
        },
        "/gw/useCoupon": {"post": operation("核销", dict.fromkeys(("couponNo", "amt"), TEXT), {"data": {"properties": {"useNo": TEXT}}})},
        "/gw/queryBalance": {"post": operation("余额", {"acctNo": TEXT}, {"data": {"properties": {"avail_balance": TEXT}}})},
    },
}


def test_a_gateway_that_posts_everything_is_drafted_with_its_login_page_and_what_answers_tell(tmp_path: Path) -> None:
    """Its hidden field comes from the form's page, its token goes back in the header of that name, numbers where they are asked for."""
    published, path = tmp_path / "gateway.json", tmp_path / "gateway.yaml"
    published.write_text(json.dumps(GATEWAY))
    path.write_text(draft(read_published(published), "gateway", published.name))
    target = load_target(str(path))
    login, claim = target.operations["session.create"], target.operations["claim.submit"]
    assert target.operations["session.page"].extract == {"csrf": "field._csrf"}
    assert (login.before, login.form) == (["session.page"], {"loginName": "{customer|str}", "passWord": "", "_csrf": "{csrf}"})
    assert (target.authorisation.header, target.authorisation.value) == ("X-Access-Token", "{token}")
    assert claim.body == {"serial_no": "{serial}", "orderNo": "{key}", "actId": "{campaign.activity}", "prizeCode": "{sku}"}
    assert claim.extract == {"claim_id": "$.data.claimNo", "state": "$.data.claim_status"}
    asked = {name: target.operations[name].body for name in ("claim.status", "coupon.redeem", "account.balance")}
    assert asked == {
        "claim.status": {"claimNo": "{claim_id}"},
        "coupon.redeem": {"couponNo": "{coupon_code}", "amt": "{amount_fen|yuan}"},
        "account.balance": {"acctNo": "{account}"},
    }


def test_what_has_drifted_is_said(published: Path, tmp_path: Path) -> None:
    """A path that has gone, another verb, a field more and one less, an answer that is told elsewhere."""
    path = tmp_path / "our-sale.yaml"
    path.write_text(draft(read_published(published), "our-sale", "openapi.json"))
    changed = json.loads(json.dumps(SHOP))
    paths = changed["paths"]
    paths["/v3/login"] = paths.pop("/auth/login")
    paths["/claims/{id}"] = {"post": paths.pop("/claims/{claimId}")["get"]}
    changed["components"]["schemas"]["Claim"] = {"properties": {"prizeId": TEXT, "captcha": TEXT}, "required": ["captcha"]}
    paths["/activities/{activityId}/claims"]["post"]["responses"]["202"]["content"]["application/json"]["schema"] = {
        "properties": {"state": TEXT}
    }
    published.write_text(json.dumps(changed))
    told = CliRunner().invoke(app, ["diff", str(path), str(published)], standalone_mode=False)
    assert told.return_value == 1, told.output
    for words in (
        "session.create: POST /auth/login is not published",
        "claim.status: GET /claims/{claim_id} is not published; published there: POST",
        "claim.submit: the field 'captcha' is asked for, and is not sent",
        "claim.submit: the field 'who' is sent, and is not published",
        "claim.submit: nothing is published at $.claimId",
    ):
        assert words in told.output, told.output


def described(**server: object) -> dict[str, object]:
    """A document with this server, and one more."""
    return {"openapi": "3.1.0", "servers": [server], "paths": {"/claims": {"post": operation()}}}


@pytest.mark.parametrize(
    ("server", "base", "says"),
    [
        ({"url": "https://uat.bank.example/v2"}, "https://uat.bank.example/v2", ""),
        ({"url": "https://{env}.bank.example", "variables": {"env": {"default": "uat"}}}, "https://uat.bank.example", ""),
        ({"url": "https://{env}.bank.example"}, "", "where {env} has no default; fill it in"),
        ({"url": "uat.bank.example"}, "https://uat.bank.example", "published as 'uat.bank.example', without http:// or https:// before it"),
        ({"url": "uat.bank.example:8443/v2"}, "https://uat.bank.example:8443/v2", "https is taken"),
        ({"url": "localhost:8080"}, "https://localhost:8080", "https is taken"),
        ({"url": "/v2"}, "", "a path of the host that serves the document; write both, as https://uat.bank.example:8443/v2"),
        ({"url": "v2"}, "", "a path of the host that serves the document"),
        ({"url": "https://canary:canary@uat.bank.example"}, "", "names a user or a query, which no base may"),
        ({}, "", "no address is named; write the test system's"),
    ],
    ids=["whole", "filled", "unfilled", "name", "name with port", "local", "path", "word", "user", "none"],
)
def test_where_the_service_is_is_taken_over_or_said_how_to_write(tmp_path: Path, server: dict[str, object], base: str, says: str) -> None:
    """On the terminal, and beside the base, which is none of anybody's where nothing else is known."""
    document, path = tmp_path / "openapi.json", tmp_path / "our-sale.yaml"
    document.write_text(json.dumps(described(**server)))
    told = CliRunner().invoke(app, ["new", str(path), "--from", str(document)])
    assert told.exit_code == 0, told.output
    assert load_target(str(path)).services["api"].base == (base or "http://127.0.0.1:1")
    assert says in told.output
    assert says in path.read_text()
    assert ("its address" in told.output) == bool(says)
    assert "canary" not in told.output + path.read_text()


def test_other_servers_are_named_beside_the_first(tmp_path: Path) -> None:
    """Which is often production."""
    document, path = tmp_path / "openapi.json", tmp_path / "our-sale.yaml"
    document.write_text(json.dumps(described() | {"servers": [{"url": "https://bank.example"}, {"url": "https://uat.bank.example"}]}))
    told = CliRunner().invoke(app, ["new", str(path), "--from", str(document)])
    assert "published besides: https://uat.bank.example; take the test system's" in told.output


def test_an_odd_document_still_makes_a_file_that_loads(tmp_path: Path) -> None:
    """Names that would be YAML of their own, references that lead round, and no address at all."""
    odd = {
        "openapi": "3.1.0",
        "components": {
            "schemas": {
                "A": {
                    "allOf": [{"$ref": "#/components/schemas/A"}],
                    "properties": {'a": {b\n#': TEXT, "x": {"$ref": "#/components/schemas/A"}},
                }
            }
        },
        "paths": {
            "/claims/\n{x}": {"post": operation()},
            "/claims/{a: b}/#c": {
                "post": operation("grab", {"amount: {": TEXT}) | {"parameters": [{"in": "header", "name": "Idempotency\n-x"}]}
            },
            "/loop": {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                    "operationId": "login",
                }
            },
            "/nothing": None,
        },
    }
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(odd))
    file = tmp_path / "odd.yaml"
    file.write_text(draft(read_published(path), "odd", "odd.json"))
    assert {"claim.submit", "session.create"} <= set(load_target(str(file)).operations)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is neither JSON nor YAML"),
        ("[]", "is nothing that a draft can be made from; allowed: an OpenAPI document of version 3"),
        ('{"swagger": "2.0", "paths": {}}', "is nothing that a draft can be made from; allowed: an OpenAPI document of version 3"),
    ],
)
def test_what_is_no_such_document_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """In one sentence."""
    path = tmp_path / "api.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=says):
        read_published(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("openapi: 3.0.0\npaths: {}\npaths: {}\n", r":3: .*the key 'paths' twice"),
        ('{"openapi": "3.0.0", "paths": {"/a": {}, "/a": {}}}', "the key '/a' twice"),
        ("openapi: 3.0.0\npaths: {? [a, b] : {}}\n", ":2: .*a list or a mapping for a key"),
        ("openapi: 3.0.0\npaths: &all {/a: *all}\n", ":2: .*recursive"),
        ("openapi: 3.0.0\npaths: " + "[" * 3000, "is neither JSON nor YAML"),
    ],
    ids=["a key twice", "the same in JSON", "a list as key", "in itself", "deep"],
)
def test_what_is_wrong_with_a_document_is_said_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    """As of every file that is YAML."""
    path = tmp_path / "api.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=says):
        read_published(path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda _: None, "is missing"),
        (os.mkfifo, "is a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: (path.touch(), os.truncate(path, 1 << 40)), "has 1,099,511,627,776 bytes"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is neither JSON nor YAML"),
    ],
    ids=["none", "pipe", "device", "folder", "terabyte", "no text"],
)
def test_what_is_no_plain_text_is_refused_without_waiting_for_it(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    """Whatever lies there in the place of a document."""
    path = tmp_path / "api.json"
    make(path)
    with pytest.raises(BadInput, match=says):
        read_published(path)


@pytest.mark.parametrize(
    "text",
    [
        "openapi: 3.0.0\npaths: {/a: {get: {summary: 2026-99-99}}}\n",
        "openapi: 3.0.0\nx: &x {get: {summary: a}}\npaths: {/a: {<<: *x}}\n",
        f'{{"openapi": "3.0.0", "paths": {{"/a": {{"get": {{"summary": {"9" * 5000}}}}}}}}}',
        "openapi: 3.0.0\npaths: {/a: {get: {summary: !!python/object/apply:os.abort []}}}\n",
    ],
    ids=["a day that is none", "a merge", "a number of many digits", "a tag"],
)
def test_what_a_document_says_is_taken_for_text(tmp_path: Path, text: str) -> None:
    """No number, day or tag of it is more than its characters."""
    path = tmp_path / "api.yaml"
    path.write_text(text)
    assert [operation.shape for operation in read_published(path).operations] == ["GET /a"]


def test_a_document_that_unfolds_without_end_is_read_to_a_limit(tmp_path: Path) -> None:
    """Schemas that are made of many others that are made of many others."""
    schemas = {f"A{step}": {"allOf": [{"$ref": f"#/components/schemas/A{step + 1}"}] * 60} for step in range(7)}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A0"}}}}
    path = tmp_path / "wide.json"
    path.write_text(
        json.dumps({"openapi": "3.0.0", "components": {"schemas": schemas}, "paths": {"/login": {"post": {"requestBody": body}}}})
    )
    assert read_published(path).operations[0].body == ()
