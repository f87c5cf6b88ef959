"""A draft of a service that speaks GraphQL: operations on one path, told apart by their names; no literal of what was recorded."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.draft.graphql import document_in, without_literals
from scenarios.draft.reading import read_published
from scenarios.plugins import load_target
from scenarios.target.model import Target
from scenarios.target.operation_codec import compile_target
from stormdrill.commands.target import app

DRAFTS = Path(__file__).parent / "drafts"

LOGIN = """mutation Login($user: ID!, $password: String = "canary-default") {
  # canary-comment
  login(user: $user, password: $password, app: "canary-app", build: 4711) { access }
}"""
CLAIM = "mutation ClaimPrize($input: ClaimInput!) { claim(input: $input) { ...Told } } fragment Told on Claim { id status }"
STOCK = "query Stock { stock { sku left } }"
ASKED = [
    ({"operationName": "Login", "query": LOGIN, "variables": {"user": "zhang-canary", "password": "p-canary"}},
     {"data": {"login": {"access": "canary-token-1"}}}),
    ({"query": STOCK}, {"data": {"stock": [{"sku": "A-canary", "left": 3}]}}),
    ({"query": CLAIM, "operationName": "ClaimPrize", "variables": {"input": {"sku": "A-canary", "colour": "canary"}}},
     {"data": {"claim": {"id": "G-canary-77", "status": "DONE"}}}),
]  # fmt: skip


def entry(body: object, answer: object, token: str = "") -> dict[str, object]:
    """One request of a HAR."""
    headers = [{"name": "authorization", "value": f"Bearer {token}"}] if token else []
    sent = {"mimeType": "application/json", "text": json.dumps(body)}
    request = {"method": "POST", "url": "https://shop.example/api/graphql", "headers": headers, "postData": sent}
    return {"request": request, "response": {"status": 200, "content": {"mimeType": "application/json", "text": json.dumps(answer)}}}


def recorded(folder: Path, *entries: dict[str, object]) -> Path:
    """The file."""
    path = folder / "tap.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    return path


@pytest.fixture
def har(tmp_path: Path) -> Path:
    """A login, then stock and claim in one batch."""
    (login, *rest) = ASKED
    return recorded(tmp_path, entry(*login), entry([asked for asked, _ in rest], [told for _, told in rest], "canary-token-1"))


def drafted(source: Path, folder: Path) -> tuple[Target, str]:
    """The target that the command has drafted, and the file's text."""
    path = folder / "our-shop.yaml"
    told = CliRunner().invoke(app, ["new", str(path), "--from", str(source)])
    assert told.exit_code == 0, told.output
    return load_target(str(path)), path.read_text()


def sent(target: Target, name: str) -> dict[str, object]:
    """The document that an operation posts."""
    knows = {"customer": 7, "sku": "sku-1", "token": "t", "key": "k"}
    data = compile_target(target, {"campaign.activity": "flash"})[name].request(knows).data
    assert data.startswith(b"POST /api/graphql ")
    found: dict[str, object] = json.loads(data.partition(b"\r\n\r\n")[2])
    return found


def test_a_recording_of_graphql_makes_a_draft_that_can_be_sent(tmp_path: Path, har: Path) -> None:
    """One operation for each name, its document whole but for its literals, its variables by what we know of their names."""
    target, text = drafted(har, tmp_path)
    assert set(target.operations) == {"session.create", "stock.get", "claim.submit"}
    assert "canary" not in text
    assert "4711" not in text
    assert target.operations["session.create"].extract == {"token": "$.data.login.access"}
    assert target.operations["claim.submit"].extract == {"claim_id": "$.data.claim.id", "state": "$.data.claim.status"}
    assert target.outcome == {"success": "not exists $.errors"}
    claim = sent(target, "claim.submit")
    assert claim["variables"] == {"input": {"sku": "sku-1", "colour": ""}}
    assert str(claim["query"]).split() == CLAIM.split()
    login = sent(target, "session.create")
    assert login["variables"] == {"user": "7", "password": ""}
    assert 'app: "", build: 0' in str(login["query"])
    assert sent(target, "stock.get")["query"] == STOCK


def test_a_collection_of_graphql_makes_the_same(tmp_path: Path) -> None:
    """Its bodies are of a kind of their own, their variables a text with holes."""
    items = [
        {"name": asked.get("operationName", "stock"),
         "request": {"method": "POST", "url": "https://shop.example/api/graphql",
                     "body": {"mode": "graphql", "graphql": {"query": asked["query"],
                              "variables": json.dumps(asked.get("variables", {})).replace('"zhang-canary"', "{{user}}")}}},
         "response": [{"code": 200, "body": json.dumps(told)}]}
        for asked, told in ASKED
    ]  # fmt: skip
    source = tmp_path / "shop.json"
    source.write_text(json.dumps({"info": {"name": "shop"}, "item": items}))
    target, text = drafted(source, tmp_path)
    assert set(target.operations) == {"session.create", "stock.get", "claim.submit"}
    assert "canary" not in text
    assert sent(target, "claim.submit")["variables"] == {"input": {"sku": "sku-1", "colour": ""}}
    assert sent(target, "session.create")["variables"] == {"user": "7", "password": ""}


def test_what_was_sent_by_a_hash_is_said(tmp_path: Path) -> None:
    """Its document is nowhere, so the file has to be given it; the hash is left out."""
    asked = {"operationName": "ClaimPrize", "variables": {"sku": "A"}, "extensions": {"persistedQuery": {"sha256Hash": "canary" * 10}}}
    target, text = drafted(recorded(tmp_path, entry(asked, {"data": {"claim": {"id": "G1"}}})), tmp_path)
    assert "ClaimPrize was sent by the hash of its document; write that as graphql" in text
    assert sent(target, "claim.submit") == {"operationName": "ClaimPrize", "variables": {"sku": "sku-1"}}
    assert "canary" not in text


@pytest.mark.parametrize(
    ("query", "name", "reads"),
    [
        ("{ stock { left } }", "stock", True),
        ("query { mine: coupons { id } }", "coupons", True),
        ("mutation { query { x } }", "query", False),
        ("fragment F on T { id } mutation Grab($a: ID!) { grab(query: $a) { ...F } }", "Grab", False),
        ("query Mutation { x }", "Mutation", True),
    ],
)
def test_an_operation_is_known_by_its_name(query: str, name: str, *, reads: bool) -> None:
    """Its own, else that of the first field; and by its kind whether it changes anything."""
    found = document_in({"query": query})
    assert found is not None
    assert (found.name, found.reads) == (name, reads)


@pytest.mark.parametrize("body", [None, [], 7, {}, {"query": 7}, {"query": "shoes"}, {"query": "{" * 30_000}, {"operationName": "x"}])
def test_what_is_no_graphql_is_none(body: object) -> None:
    """A search for shoes is a search."""
    assert document_in(body) is None


def test_no_literal_of_a_document_is_kept() -> None:
    """Texts of both kinds, with escapes; numbers; comments; names and types stay."""
    query = 'query Q2($n: Int = 20) { a1(x: "s\\"t", y: """b "c" \n d""", z: [1, -2.5e3], k: $n) { b } } # tail "x"'
    assert without_literals(query) == 'query Q2($n: Int = 0) { a1(x: "", y: "", z: [0, 0], k: $n) { b } }'


def changed(path: Path, *changes: tuple[str, str]) -> None:
    """Writes something else into a file."""
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def diffed(path: Path, source: Path) -> tuple[int, str]:
    """What `target diff` says."""
    told = CliRunner().invoke(app, ["diff", str(path), str(source)], standalone_mode=False)
    assert told.exception is None, told.exception
    return told.return_value, told.output


def test_a_draft_and_its_graphql_recording_differ_in_nothing(tmp_path: Path, har: Path) -> None:
    """Until a variable is not sent any more, another is, an answer is elsewhere."""
    path = tmp_path / "our-shop.yaml"
    drafted(har, tmp_path)
    assert diffed(path, har) == (0, "no differences\n")
    asked = json.loads(json.dumps(ASKED[2][0]))
    asked["query"] = asked["query"].replace("$input: ClaimInput!", "$input: ClaimInput!, $captcha: String!")
    asked["variables"]["captcha"] = "x"
    code, said = diffed(path, recorded(tmp_path, entry(asked, {"data": {"claimPrize": {"id": "G2"}}})))
    assert code == 1
    assert "claim.submit: the field 'captcha' was sent in the recording, and is not sent" in said
    assert "claim.submit: nothing is answered in the recording at $.data.claim.id" in said
    assert "not recorded, so not compared: session.create, stock.get" in said


@pytest.mark.parametrize("source", ["tap-through.har", "shop.postman_collection.json"])
def test_a_draft_and_its_recording_differ_in_nothing(tmp_path: Path, source: str) -> None:
    """A word in the place of a hole, and a base with a folder, are no difference; another verb or path is not recorded."""
    path = tmp_path / "our-shop.yaml"
    target, _ = drafted(DRAFTS / source, tmp_path)
    assert diffed(path, DRAFTS / source) == (0, "no differences\n")
    top = "/app" if source.endswith("har") else "/api"
    changed(
        path,
        ('"https://uat.bank.example"', f'"https://uat.bank.example{top}"'),
        (f'path: "{top}/', 'path: "/'),
        ("{campaign.activity}", "spring"),
    )
    assert diffed(path, DRAFTS / source) == (0, "no differences\n")
    changed(path, ("/claims/{claim_id}", "/claims/of/{claim_id}"))
    code, said = diffed(path, DRAFTS / source)
    assert (code, "not recorded, so not compared: claim.status" in said) == (0, True), said
    assert "claim.status" in target.operations


def test_a_recording_of_something_else_is_a_difference(tmp_path: Path) -> None:
    """Nothing was compared, so nothing was found right."""
    path = tmp_path / "our-shop.yaml"
    drafted(DRAFTS / "tap-through.har", tmp_path)
    code, said = diffed(path, recorded(tmp_path, entry({"query": STOCK}, {})))
    assert (code, said) == (1, "nothing that the target asks was recorded\n1 difference\n")
    assert read_published(DRAFTS / "tap-through.har").recorded
