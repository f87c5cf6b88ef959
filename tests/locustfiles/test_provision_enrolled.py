"""What the answer to a customer's enrolment tells is known in later steps, and when they come."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import drive, made, near, planned, scenario

from locustfiles.crowd.shared_facts import to_be_told
from locustfiles.provision.prepare import main
from scenarios.run.enrolled import read_enrolled
from scenarios.run.handover import read_state
from scenarios.run.outcomes import Outcome
from scenarios.target.model import Target

CUSTOMERS = 5


class Registry(JsonAnswers):
    """Gives everybody an account number that follows from nothing, and knows nobody by another name."""

    accounts: ClassVar[dict[int, str]] = {}
    topped: ClassVar[list[str]] = []
    claims: ClassVar[list[str]] = []
    silent: ClassVar[bool] = False

    def post(self) -> None:
        """A registration, a top-up, or a claim."""
        said = self.read_json()
        if self.path == "/people":
            number = int(str(said["customer"]))
            self.accounts[number] = f"62-{7919 * (number + 3) % 100_000}"
            self.say(201, {} if self.silent else {"acct": self.accounts[number]})
        elif self.path.startswith("/accounts/"):
            self.topped.append(self.path.split("/")[2])
            self.say(200, {})
        else:
            account = str(said["acct"])
            self.claims.append(account)
            self.say(200 if account in self.topped else 404, {"id": account})


@pytest.fixture
def base() -> Iterator[str]:
    """Its address."""
    for kept in (Registry.accounts, Registry.topped, Registry.claims):
        kept.clear()
    Registry.silent = False
    with answering(Registry) as address:
        yield address


ENROL = {"service": "s", "path": "/people", "over": "customers", "body": {"customer": "{customer}"}, "extract": {"account": "$.acct"}}
TOP_UP = {"service": "s", "path": "/accounts/{enrolled.account}/top-up", "over": "customers", "body": {}}


def target(base: str, *enrol: dict[str, object], **more: object) -> Target:
    """A target whose customers get their account numbers when they are enrolled."""
    claim = {
        "service": "s", "method": "POST", "path": "/claim", "authorised": False, "body": {"acct": "{enrolled.account}"},
        "effect": {"business": "{enrolled.account}", "id": "$.id"},
    }  # fmt: skip
    login = {"service": "s", "method": "POST", "path": "/claim", "authorised": False, "body": {"acct": "{enrolled.account}"}}
    return Target.model_validate(
        {
            "name": "registry",
            "describe": "d",
            "services": {"s": {"base": base}},
            "operations": {"claim.submit": claim, "session.create": login},
            "prepare": {"enrol": list(enrol or (ENROL, TOP_UP))},
            **more,
        }
    )


def test_an_account_number_is_known_from_the_enrolment_on(tmp_path: Path, base: str) -> None:
    """In the step behind it, in requests and in business keys, each customer's own."""
    what = scenario({"log-in-and-claim": 1}, lasts=0.5, rate=20, drain=10.0, population={"customers": CUSTOMERS})
    run, plan = made(tmp_path, target(base), what)
    assert main([str(run.folder), "enrol"]) == 0
    assert read_enrolled(run) == {"account": [Registry.accounts[number] for number in range(CUSTOMERS)]}
    assert Registry.topped == [Registry.accounts[number] for number in range(CUSTOMERS)]
    engine = drive(run, near(run, plan))
    assert not engine.broken_journeys
    assert set(run.samples()["outcome"].tolist()) == {Outcome.SUCCESS}
    acks = run.acks()
    assert {ack["business"].decode() for ack in acks} <= set(Registry.topped)
    assert all(ack["business"].decode() == Registry.accounts[int(ack["customer"])] for ack in acks)
    assert to_be_told({"enrolled.account", "token"}) == {"token"}


def test_an_enrolment_that_does_not_tell_it_is_refused(tmp_path: Path, base: str) -> None:
    """With the customer, and where it was looked for."""
    Registry.silent = True
    run, _ = planned(tmp_path, target(base), scenario(population={"customers": CUSTOMERS}))
    assert main([str(run.folder), "enrol"]) == 64
    state = read_state(run, "prepare-enrol")
    assert state is not None
    assert state.failure == "POST /people for customer 0: extract account: there is nothing at $.acct in the answer"


@pytest.mark.parametrize(
    ("enrol", "more", "says"),
    [
        ((TOP_UP, ENROL), {}, r"\{enrolled\.account\} is told by no earlier step"),
        ((ENROL, TOP_UP | {"over": "prizes"}), {}, "or this is not over: customers"),
        (
            (ENROL | {"extract": {"acct": "$.acct"}},),
            {},
            r"is extracted by no step of prepare\.enrol; there are: acct",
        ),
        ((ENROL | {"each": {"no": "{customer}"}},), {}, "allowed: over: customers, without each"),
        ((ENROL | {"over": None},), {}, "allowed: over: customers, without each"),
        ((ENROL,), {"headers": {"X-Account": "{enrolled.account}"}}, "allowed: in operations and in steps over: customers"),
        ((ENROL,), {"books": {"account": "{enrolled.account}"}}, "allowed: in operations and in steps over: customers"),
    ],
)
def test_what_no_enrolment_tells_is_refused(enrol: tuple[dict[str, object], ...], more: dict[str, object], says: str) -> None:
    """With what is allowed."""
    with pytest.raises(ValueError, match=says):
        target("http://127.0.0.1:1", *enrol, **more)
