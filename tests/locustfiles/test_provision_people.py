"""People and prizes that exist already: a row of a file each, known by the service's own names, before the run and after it."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import orjson
import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import planned, scenario

from locustfiles.crowd.customer import Session
from locustfiles.crowd.shared_facts import shared_facts
from locustfiles.provision.prepare import prepare
from scenarios.client.readback_capture import capture
from scenarios.errors import BadInput
from scenarios.plan.yaml_loading import load_yaml
from scenarios.target.model import Target
from scenarios.target.operation_codec import compile_target
from stormdrill.rehearsal.validation import validate

PEOPLE = "account,手机\nA-17,13900000001\nA-18,13900000002\n\nB-03,13900000003\n"
FILE = """
name: shop
describe: A shop whose people are known.
services: {{shop: {{base: "{base}"}}}}
data: {{file: people.csv, customer: account}}
items: {{sku-1: H-100, sku-2: H-200}}
operations:
  claim.submit:
    service: shop
    method: POST
    path: "/claims/{{data.account}}"
    authorised: false
    body: {{mobile: "{{data.手机}}", prize: "{{sku}}"}}
    effect: {{business: "{{data.account}}", grants: {{item: "{{sku}}"}}}}
prepare:
  enrol: [{{service: shop, path: "/people/{{data.account}}", over: customers, body: {{mobile: "{{data.手机}}", no: "{{customer}}"}}}}]
  open: [{{service: shop, path: /prizes, over: prizes, each: {{id: "{{sku}}", n: "{{stock}}"}}, body: {{all: "{{list}}"}}}}]
readback:
  tables:
    claims: {{role: effects, service: shop, path: /claims, fields: {{op: "'claim.submit'", customer: $.acc, item: $.prize}}}}
"""


class Desk(JsonAnswers):
    """Takes whoever comes, and tells what three have got."""

    came: ClassVar[list[tuple[str, object]]] = []

    def get(self) -> None:
        """The claims."""
        self.say(200, {"rows": [{"acc": "B-03", "prize": "H-100"}, {"acc": "A-17", "prize": "H-200"}, {"acc": "Z-99", "prize": "H-100"}]})

    def post(self) -> None:
        """Somebody, or something."""
        self.came.append((self.path, self.read_json()))
        self.say(200, {})


@pytest.fixture
def desk() -> Iterator[str]:
    """Its address."""
    Desk.came.clear()
    with answering(Desk) as base:
        yield base


def shop(folder: Path, base: str, people: str | bytes = PEOPLE, *changes: tuple[str, str]) -> Target:
    """The target, as it is read from its file."""
    (folder / "people.csv").write_bytes(people if isinstance(people, bytes) else people.encode())
    text = FILE.format(base=base)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "shop.yaml"
    file.write_text(text)
    return load_yaml(file, Target)


SALE = {"campaign": {"prizes": {"skus": 2, "stock": 30, "per_customer": 10}}, "population": {"customers": 3}}


def test_each_customer_is_somebody_of_the_file_with_prizes_of_the_services(tmp_path: Path, desk: str) -> None:
    """In what they ask, in how they are enrolled, one by one, and in how the sale is opened."""
    target = shop(tmp_path, desk)
    run, plan = planned(tmp_path, target, scenario({"one-claim": 1}, **SALE))
    facts = shared_facts(run.plan())
    codec = compile_target(target, {})["claim.submit"]
    session = Session(facts, 1)
    request = codec.encoder.request({"key": "k"}, session)
    assert request.url == f"{desk}/claims/A-18"
    assert orjson.loads(request.body) == {"mobile": "13900000002", "prize": facts.wish(1)}
    assert {facts.wish(number) for number in range(3)} <= {"H-100", "H-200"}
    prepare(plan, "enrol")
    assert [path for path, _ in Desk.came] == ["/people/A-17", "/people/A-18", "/people/B-03"]
    assert Desk.came[2][1] == {"mobile": "13900000003", "no": 2}
    prepare(plan, "open")
    assert [each["id"] for each in Desk.came[3][1]["all"]] == ["H-100", "H-200"]  # type: ignore[index]  # a JSON object


def test_the_read_back_names_customers_by_a_column(tmp_path: Path, desk: str) -> None:
    """Whoever is not of the file is none of ours."""
    table = capture(shop(tmp_path, desk), {}, tmp_path)["claims"]
    assert table.complete, table.reason
    rows = [orjson.loads(line) for line in (tmp_path / "claims.jsonl").read_bytes().splitlines()]
    assert [row["customer"] for row in rows] == [2, 0, None]


def test_a_file_of_another_character_set_is_read(tmp_path: Path) -> None:
    """Where the target's file names it; a byte order mark is none of the first column."""
    target = shop(tmp_path, "http://127.0.0.1:1", PEOPLE.encode("gb18030"), ("people.csv,", "people.csv, encoding: gb18030,"))
    _, plan = planned(tmp_path, target, scenario({"one-claim": 1}, **SALE))
    assert shared_facts(plan).fact(2, "data.手机") == "13900000003"
    assert shop(tmp_path, "http://127.0.0.1:1", b"\xef\xbb\xbf" + PEOPLE.encode()).data


WRONG: dict[str, tuple[str | bytes, tuple[tuple[str, str], ...], str]] = {
    "no file": (PEOPLE, (("people.csv", "nobody.csv"),), "shop.yaml:5: data.file: there is no file "),
    "no such column": (PEOPLE, (('{data.account}"', '{data.iban}"'),), "shop.yaml:5: {data.iban} is no column of "),
    "no column of customers": (
        PEOPLE,
        (("customer: account", "customer: iban"),),
        "people.csv:1: has no column 'iban'; there are: ",
    ),
    "a short row": (PEOPLE + "C-1\n", (), "people.csv:6: has 1 values where the first line names 2"),
    "a column twice": (PEOPLE.replace("手机", "account"), (), "people.csv:1: names a column twice"),
    "a column of no name": (PEOPLE.replace("手机", "a b"), (), "people.csv:1: names a column 'a b'; allowed: "),
    "one customer twice": (PEOPLE + "A-17,1\n", (), "two rows have the same account"),
    "another character set": (PEOPLE.encode("gb18030"), (), "is not utf-8 text; allowed as encoding: utf-8, gb18030"),
    "an open quote": (PEOPLE + 'D-1,"x\n', (), "is no CSV: "),
    "no data": (PEOPLE, (("data: {file: people.csv, customer: account}", "secrets: []"),), "needs data: {file: people.csv}"),
    "accounts of the judge's": (
        PEOPLE,
        (("operations:", 'books: {account: "{data.account}"}\noperations:'),),
        "an account of the books is told by {customer} alone",
    ),
    "each without over": (PEOPLE, (("over: prizes, ", ""),), "add over: customers or over: prizes"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_when_the_file_is_read(tmp_path: Path, name: str) -> None:
    """With the file and the line."""
    people, changes, says = WRONG[name]
    with pytest.raises(BadInput) as refused:
        shop(tmp_path, "http://127.0.0.1:1", people, *changes)
    assert says in str(refused.value)


def test_too_few_people_and_prizes_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """By the scenario that needs them."""
    target = shop(tmp_path, "http://127.0.0.1:1")
    validate(scenario({"zone-page": 1}, **SALE), target)
    with pytest.raises(BadInput, match=r"people\.csv: has 3 rows, and the scenario short has 4 customers, who need one each"):
        validate(scenario({"zone-page": 1}, **SALE | {"population": {"customers": 4}}), target)
    with pytest.raises(BadInput, match="the target's items lack sku-3, one of the scenario's 3 prizes; there are: sku-1, sku-2"):
        validate(scenario({"zone-page": 1}, **SALE | {"campaign": {"prizes": {"skus": 3, "stock": 30, "per_customer": 10}}}), target)


def test_a_token_that_nothing_tells_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """Since every authorised operation would be left unsaid; what needs none, or has a cookie, is let pass."""
    told = shop(tmp_path, "http://127.0.0.1:1").model_dump()
    told["operations"] = {"account.balance": {"service": next(iter(told["services"])), "path": "/balance"}}
    told |= {"data": None, "items": {}, "prepare": {}, "readback": None, "mark_echo": None, "kill_switch": None}
    plan = scenario({"zone-page": 1}, **SALE)
    with pytest.raises(
        BadInput, match=r"account\.balance is sent with \{token\}, which no operation tells; extract it from a login's answer"
    ):
        validate(plan, Target.model_validate(told))
    for free in (
        {"authorisation": {"header": "X-Device", "value": "{device}"}},
        {"operations": {"account.balance": told["operations"]["account.balance"] | {"authorised": False}}},
        {"operations": told["operations"] | {"session.create": {**told["operations"]["account.balance"], "extract": {"token": "$.t"}}}},
        {"session": {"cookie": "SID", "renew": "session.create"},
         "operations": told["operations"] | {"session.create": told["operations"]["account.balance"]}},
    ):  # fmt: skip
        validate(plan, Target.model_validate(told | free))
