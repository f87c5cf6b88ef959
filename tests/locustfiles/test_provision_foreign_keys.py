"""When all is over customers send another's request under that one's key, and an old one of theirs under its own."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import planned, scenario, target

from locustfiles.provision.cross_examination import Examiner
from locustfiles.provision.foreign_keys import BORROWERS, borrowed_keys
from locustfiles.provision.own_keys import REPEATERS, repeated_keys
from scenarios.run.outcomes import Outcome
from scenarios.run.records import ACK, NO_AMOUNT, Records, answer_digest
from scenarios.run.statements import Statement

PEOPLE = range(20)
Sent = list[tuple[str, str, dict[str, object]]]


class _Bank(JsonAnswers):
    """Has paid for everybody already, under the key that ends with their number; keeps a key to its customer, or does not."""

    keeps: bool
    sent: Sent

    def post(self) -> None:
        asked, whose = self.read_json(), self.headers["X-Device-Id"]
        if self.path == "/login":
            self.say(200, {"token": whose, "account": f"AC-{whose}"})
            return
        key = self.headers["Idempotency-Key"]
        self.sent.append((whose, key, asked))
        if self.keeps:
            self.say(422, {"code": "KEY_REUSED"})
        else:
            self.say(200, {"data": {"claim_id": f"t-{int(key[-12:], 16)}", "amount_fen": 90}})


class _OwnBank(_Bank):
    """Is asked by who has paid, under the key of then."""

    answers: tuple[int, dict[str, object]]

    def post(self) -> None:
        asked, whose = self.read_json(), self.headers["X-Device-Id"]
        if self.path == "/login":
            self.say(200, {"token": whose, "account": f"AC-{whose}"})
            return
        self.sent.append((whose, self.headers["Idempotency-Key"], asked))
        status, said = self.answers
        own = int(self.headers["Idempotency-Key"][-12:], 16)
        self.say(status, said or {"data": {"claim_id": f"t-{own}", "amount_fen": 90}})


def tried(folder: Path, base: str) -> tuple[list[Statement], Examiner]:
    """What borrowers were answered after everybody has paid 90 fen."""
    examiner, paid = everybody_paid(folder, base)
    return list(borrowed_keys(examiner, paid)), examiner


def everybody_paid(folder: Path, base: str) -> tuple[Examiner, Records]:
    """Who asks, and the acks; the last customer was the first to pay."""
    effect = {"business": "t:{key}", "id": "$.data.claim_id", "amount": "{amount_fen}", "shown": "$.data.amount_fen"}
    made = target(
        base,
        activity_token={"extract": {}},
        session_create={"path": "/login", "extract": {"token": "$.token", "account": "$.account"}},
        transfer_submit={"path": "/pay", "body": {"from": "{account}", "fen": "{amount_fen}"}, "effect": effect, "authorised": True},
    )
    _, plan = planned(folder, made, scenario(population={"customers": len(PEOPLE)}))
    examiner = Examiner(plan)
    examiner.until = time.monotonic() + 60
    paid = np.zeros(len(PEOPLE), ACK)
    paid["operation_index"] = plan.operations.index("transfer.submit")
    paid["outcome"] = Outcome.SUCCESS
    paid["customer"] = paid["key_lo"] = PEOPLE
    paid["key_hi"] = examiner.shared.key_half
    paid["asked_fen"], paid["shown_fen"] = 90, NO_AMOUNT
    paid["answer"] = [answer_digest(f"t-{number}") for number in PEOPLE]
    paid["intended_ns"] = PEOPLE[::-1]
    return examiner, paid


@pytest.fixture
def sent() -> Sent:
    """Device, key and body of each payment that is asked for."""
    return []


@pytest.fixture
def bank(request: pytest.FixtureRequest, sent: Sent) -> Iterator[str]:
    """A real server."""
    with answering(_Bank, keeps=request.param, sent=sent) as base:
        yield base


@pytest.mark.parametrize(("bank", "theirs"), [(True, 0), (False, 1)], indirect=["bank"], ids=["kept", "anybody's"])
def test_each_sends_the_request_of_another_under_that_ones_key(tmp_path: Path, bank: str, theirs: int, sent: Sent) -> None:
    """The very same content, with a session of their own."""
    told, examiner = tried(tmp_path, bank)
    pairs = [(PEOPLE[-1 - number], PEOPLE[-2 - number]) for number in range(BORROWERS)]
    assert [(statement.owner, statement.customer) for statement in told] == pairs
    assert {(statement.answered, statement.under_key, statement.value) for statement in told} == {(True, True, theirs)}
    assert {statement.fen for statement in told} == {90 if theirs else None}
    device = {number: str(examiner.shared.fact(number, "device")) for number in PEOPLE}
    assert sent == [(device[mine], examiner.shared.key_text(theirs), {"from": f"AC-{device[theirs]}", "fen": 90}) for theirs, mine in pairs]


OWN = {
    "the same": ((200, {}), (True, 1, "")),
    "another effect": ((200, {"data": {"claim_id": "t-other", "amount_fen": 90}}), (True, 0, "")),
    "a no": ((403, {"code": "NOT_YOURS"}), (True, 0, "")),
    "an error": ((500, {"code": "OOPS"}), (False, None, "transfer.submit answers 500")),
    "under way for ever": ((409, {"code": "BUSY"}), (False, None, "transfer.submit answers 409")),
}


@pytest.mark.parametrize(("answers", "kept"), OWN.values(), ids=OWN)
def test_the_oldest_requests_are_sent_again_under_their_own_keys(
    tmp_path: Path, sent: Sent, answers: tuple[int, dict[str, object]], kept: tuple[bool, int | None, str]
) -> None:
    """The very same content, by who sent it; an error is no answer, and anything but the first answer is another one."""
    with answering(_OwnBank, sent=sent, answers=answers) as base:
        examiner, paid = everybody_paid(tmp_path, base)
        told = list(repeated_keys(examiner, paid))
    oldest = list(PEOPLE[::-1][:REPEATERS])
    assert [(one.customer, one.of_own_key) for one in told] == [(number, True) for number in oldest]
    assert {(one.answered, one.value, one.reason) for one in told} == {kept}
    assert list(dict.fromkeys(key for _, key, _ in sent)) == [examiner.shared.key_text(number) for number in oldest]
    assert all(body == {"from": f"AC-{device}", "fen": 90} for device, _, body in sent)


def test_a_request_that_nobody_knows_any_more_is_not_held_against_the_key(tmp_path: Path, sent: Sent) -> None:
    """The bank says that it was another one: what the journey had chosen is in no record."""
    with answering(_OwnBank, sent=sent, answers=(422, {"code": "KEY_REUSED"})) as base:
        examiner, paid = everybody_paid(tmp_path, base)
        assert list(repeated_keys(examiner, paid)) == []


@pytest.mark.parametrize("bank", [True], indirect=True)
def test_who_is_alone_borrows_from_nobody(tmp_path: Path, bank: str, sent: Sent) -> None:
    """One customer's own key says nothing of others."""
    _, examiner = tried(tmp_path, bank)
    sent.clear()
    alone = np.zeros(1, ACK)
    alone["outcome"], alone["answer"], alone["key_hi"] = Outcome.SUCCESS, 1, examiner.shared.key_half
    alone["operation_index"] = examiner.plan.operations.index("transfer.submit")
    assert list(borrowed_keys(examiner, alone)) == []
    assert sent == []
