"""When all is over customers name what another has done, to look at it and to go on from it."""

import time
from pathlib import Path

import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import planned, scenario, target

from locustfiles.provision.cross_examination import Examiner
from locustfiles.provision.foreign_effects import CURIOUS, Done, Effects, tried_effects
from scenarios.run.statements import Statement
from scenarios.target.effects import Books

EFFECTS: Effects = {"transfer.submit": {number: [Done(f"t-{number}")] for number in range(8)}}
ALONE: Effects = {"transfer.submit": {3: [Done("t-3")]}}
PAID: Effects = {"transfer.submit": {number: [Done(f"t-{number}", frozenset({"AC-1", "AC-2"}))] for number in (1, 2, 3)}}
Answer = tuple[int, dict[str, object]]
STATE = {"of": "transfer.submit", "effect": "transfer_id", "state": "$.data.state", "done": ["SUCCESS"], "absent": "$.code == 'NONE'"}


class _Bank(JsonAnswers):
    """Says the same to everybody, and keeps who asked for what."""

    says: Answer
    asked: list[tuple[str, str]]

    def post(self) -> None:
        self.read_json()
        self.say(200, {"token": self.headers["X-Device-Id"], "account": "AC"})

    def get(self) -> None:
        self.asked.append((str(self.headers["Authorization"]).removeprefix("Bearer "), self.path))
        self.say(*self.says)


def heard(folder: Path, says: Answer, effects: Effects, *, authorised: bool = True, books: bool = True) -> list[Statement]:
    """What the curious are answered; each asks as themselves for the next one's transfer."""
    asked: list[tuple[str, str]] = []
    effect = {"business": "t:{key}", "id": "$.data.transfer_id", "amount": "{amount_fen}"}
    with answering(_Bank, says=says, asked=asked) as base:
        made = target(
            base,
            activity_token={"extract": {}},
            session_create={"path": "/login", "extract": {"token": "$.token", "account": "$.account"}},
            transfer_submit={"path": "/pay", "effect": effect, "extract": {"transfer_id": "$.data.transfer_id"}},
            transfer_status={
                "method": "GET",
                "path": "/transfers/{transfer_id}",
                "authorised": authorised,
                "extract": {},
                "body": None,
                "shows": {"state": STATE},
            },
        )
        if books:
            made = made.model_copy(update={"books": Books(account="AC-{customer}", opening=None)})
        _, plan = planned(folder, made, scenario(population={"customers": 20}))
        examiner = Examiner(plan)
        examiner.until = time.monotonic() + 60
        told = list(tried_effects(examiner, effects))
    device = {number: str(examiner.shared.fact(number, "device")) for number in range(20)}
    assert asked == [(device[one.customer], f"/transfers/{one.subject}") for one in told]
    return told


ANSWERS: dict[str, tuple[Answer, tuple[bool, int | None]]] = {
    "shown": ((200, {"data": {"state": "SUCCESS"}}), (True, 1)),
    "refused": ((403, {"code": "NOT_YOURS"}), (True, 0)),
    "not found": ((404, {"code": "NOT_FOUND"}), (True, 0)),
    "not found, politely": ((200, {"code": "NONE"}), (True, 0)),
}


@pytest.mark.parametrize(("says", "came_to"), ANSWERS.values(), ids=ANSWERS)
def test_each_looks_at_what_another_has_done(tmp_path: Path, says: Answer, came_to: tuple[bool, int | None]) -> None:
    """With a session of their own; whether it was shown is kept, with whose it is."""
    told = heard(tmp_path, says, EFFECTS)
    assert [(one.owner, one.subject, one.customer) for one in told] == [(n, f"t-{n}", n + 1) for n in range(CURIOUS)]
    assert {(one.of_effect, one.answered, one.value) for one in told} == {(True, *came_to)}


def test_what_anybody_may_see_is_nobodys_alone(tmp_path: Path) -> None:
    """A page that asks nobody who they are is not asked."""
    assert heard(tmp_path, (200, {}), EFFECTS, authorised=False) == []


def test_who_is_alone_looks_at_nobodys(tmp_path: Path) -> None:
    """Nobody else has done the like."""
    assert heard(tmp_path, (200, {}), ALONE) == []


def test_who_paid_and_who_was_paid_may_both_look(tmp_path: Path) -> None:
    """So neither is asked to; where nobody knows whose account is whose, nobody is."""
    told = heard(tmp_path, (403, {}), PAID)
    assert [(one.owner, one.customer) for one in told] == [(1, 3), (2, 3)]
    assert heard(tmp_path / "unknown", (403, {}), PAID, books=False) == []
