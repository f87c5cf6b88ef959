"""Customers try another's account when all is over: what they are shown of it or get from it is written down, and a refusal too."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import planned, scenario, target

from locustfiles.provision.cross_examination import Examiner
from locustfiles.provision.trespassing import TRESPASSERS, trespasses
from scenarios.run.statements import Statement

PEOPLE = range(30)


class _Bank(JsonAnswers):
    """Knows its customers by their tokens; asks whose an account is, but for what is left open."""

    leaks: str
    taken: list[object]

    def post(self) -> None:
        asked = self.read_json()
        if self.path == "/login":
            whose = self.headers["X-Device-Id"]
            self.say(200, {"token": whose, "account": f"AC-{whose}"})
        elif self._is_theirs(asked["from"]) or self.leaks == "payment":
            self.taken.append(asked["fen"])
            self.say(200, {"data": {"claim_id": "t-1"}})
        else:
            self.say(404, {})

    def get(self) -> None:
        self.say(200, {"fen": 1234}) if self._is_theirs(self.path.rpartition("/")[2]) or self.leaks == "balance" else self.say(404, {})

    def _is_theirs(self, account: str) -> bool:
        return self.headers["Authorization"] == f"Bearer {account.removeprefix('AC-')}" and self.leaks != "nothing"


@pytest.fixture
def taken() -> list[object]:
    """What was paid."""
    return []


@pytest.fixture
def bank(request: pytest.FixtureRequest, taken: list[object]) -> Iterator[str]:
    """A real server that leaks what the test says."""
    with answering(_Bank, leaks=request.param, taken=taken) as base:
        yield base


def tried(folder: Path, base: str, paying: str = "{account}") -> list[Statement]:
    """What trespassers were answered, each of whom knows an account of their own."""
    logged_in = {"authorised": True}
    effect = {"business": "t:{key}", "id": "$.data.claim_id", "amount": "{amount_fen}", "moves": {"from": "{account}", "to": "shop"}}
    made = target(
        base,
        activity_token={"extract": {}},
        session_create={"path": "/login", "extract": {"token": "$.token", "account": "$.account"}},
        account_balance={"path": "/balance/{account}", "shows": {"balance": {"account": "{account}", "fen": "$.fen"}}, **logged_in},
        transfer_submit={"path": "/pay", "body": {"from": paying, "fen": "{amount_fen}"}, "effect": effect, **logged_in},
    )
    _, plan = planned(folder, made, scenario(population={"customers": len(PEOPLE)}))
    examiner = Examiner(plan)
    examiner.until = time.monotonic() + 60
    return list(trespasses(examiner, PEOPLE))


@pytest.mark.parametrize(
    ("bank", "shown_fen", "got_fen"),
    [("what is theirs", None, None), ("balance", 1234, None), ("payment", None, 1)],
    indirect=["bank"],
    ids=["refused", "shown", "paid"],
)
def test_each_tries_the_account_of_the_next(
    tmp_path: Path, bank: str, shown_fen: int | None, got_fen: int | None, taken: list[object]
) -> None:
    """A look, and a payment of a fen; what comes of each."""
    told = tried(tmp_path, bank)
    assert len({statement.customer for statement in told}) == TRESPASSERS
    assert len(told) == 2 * TRESPASSERS
    assert all(statement.answered and statement.owner == statement.customer + 1 for statement in told), told
    assert {statement.value for statement in told if statement.operation == "account.balance"} == {shown_fen}
    assert {statement.value for statement in told if statement.operation == "transfer.submit"} == {got_fen}
    assert taken == ([1] * TRESPASSERS if got_fen else [])


@pytest.mark.parametrize("bank", ["nothing"], indirect=True)
def test_who_cannot_see_an_account_of_their_own_proves_nothing(tmp_path: Path, bank: str) -> None:
    """A service that refuses everybody everything keeps nobody's account from others."""
    assert tried(tmp_path, bank) == []


@pytest.mark.parametrize("bank", ["payment"], indirect=True)
def test_a_payment_that_names_no_account_is_nobodys_but_the_customers_own(tmp_path: Path, bank: str, taken: list[object]) -> None:
    """The service finds it by the session, so there is nothing to try."""
    assert {statement.operation for statement in tried(tmp_path, bank, paying="mine")} == {"account.balance"}
    assert taken == []
