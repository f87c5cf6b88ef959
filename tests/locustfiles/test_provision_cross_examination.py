"""Customers are asked when all is over: each logs in, looks at what is theirs, and what they are shown is written down as it was shown."""

import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from answering import JsonAnswers, answering
from locustfiles_kit import planned, scenario, target

from locustfiles.provision.cross_examination import WITNESSES, Examiner, cross_examine, witnesses
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome, Promise
from scenarios.run.readback_tables import Table, write_manifest
from scenarios.run.records import ACK_STRUCT, MARK_DONE, NO_AMOUNT
from scenarios.run.statements import FILE, Statement, ToldEffect, read_statements
from scenarios.target.model import Target
from scenarios.target.view_reading import Standing

CUSTOMERS = 100
COUPONS = [{"id": "c-1", "fen": 500, "at": 7, "used": True}, {"id": "c-2", "fen": 600, "at": 8, "used": False}]


class _Service(JsonAnswers):
    """Knows its customers by their tokens; is busy when it is first asked anything."""

    asked: list[str]

    def post(self) -> None:
        self.read_json()
        self.say(200, {"data": {"token": self.headers["X-Device-Id"], "account": "AC-7"}})

    def get(self) -> None:
        what, whose = self.path.rpartition("/")[2], self.headers["Authorization"]
        self.asked.append(f"{self.path} {whose}")
        if len(self.asked) == 1:
            self.say(503, {})
        elif what == "x-lost":
            self.say(404, {})
        else:
            self.say(200, {"fen": 1234, "coupons": COUPONS, "st": "FAILED" if what == "x-failed" else "OK", "worth": 90})


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """A real server, and what customers have asked it."""
    asked: list[str] = []
    with answering(_Service, asked=asked) as base:
        yield base, asked


def showing(base: str) -> Target:
    """A target whose reads show all kinds of things; and one whose state only doing something would tell."""
    logged_in = {"authorised": True}
    effects = {"role": "effects", "service": "all", "path": "/ops", "fields": {"op": "$.op", "customer": "$.c", "id": "$.id"}}
    made = target(
        base,
        activity_token={"extract": {}},
        session_create={"path": "/login", "extract": {"token": "$.data.token", "account": "$.data.account"}},
        account_balance={"path": "/balance/{account}", "shows": {"balance": {"account": "{account}", "fen": "$.fen"}}, **logged_in},
        coupon_list={
            "path": "/coupons",
            "shows": {
                "rows": [
                    {"of": "claim.submit", "rows": "$.coupons", "effect": "$.id", "fen": "$.fen", "at_ms": "$.at"},
                    {"of": "coupon.redeem", "rows": "$.coupons", "where": {"$.used": [True]}},
                ]
            },
            **logged_in,
        },
        transfer_status={
            "path": "/transfers/{transfer_id}",
            "shows": {"state": {"of": "transfer.submit", "effect": "transfer_id", "state": "$.st", "done": ["OK"], "fen": "$.worth"}},
            **logged_in,
        },
        claim_status={
            "path": "/claims/{coupon_code}",
            "shows": {"state": {"of": "claim.submit", "effect": "claim_id", "state": "$.st", "done": ["OK"]}},
            **logged_in,
        },
    )
    return Target.model_validate(made.model_dump(mode="json", by_alias=True) | {"readback": {"tables": {"effects": effects}}})


def finished(folder: Path, base: str) -> tuple[Run, Plan]:
    """A run that is over: everybody has claimed, customer 7 has paid three times, and it has been read back."""
    run, plan = planned(folder, showing(base), scenario(population={"customers": CUSTOMERS}))
    claim, transfer = plan.operations.index("claim.submit"), plan.operations.index("transfer.submit")
    acks = [_ack(customer, claim) for customer in range(CUSTOMERS)] + [_ack(7, transfer)]
    (run.acks_folder / "load-0.bin").write_bytes(b"".join(acks))
    rows = [{"op": "transfer.submit", "customer": 7, "id": name} for name in ("x-1", "x-lost", "x-failed", "x-beyond-the-third")]
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    (run.readback_folder / "effects.jsonl").write_bytes(lines)
    write_manifest(run.readback_folder, {"effects": Table("effects", len(rows), sha256(lines).hexdigest(), complete=True)})
    return run, plan


def _ack(customer: int, operation: int) -> bytes:
    told = (1, NO_AMOUNT, 0, customer, 200, operation, 1, int(Outcome.SUCCESS), int(Promise.EFFECTED), 0, 0, b"A", b"", b"b", MARK_DONE)
    return ACK_STRUCT.pack(customer << 16, 1, customer + 1, 0, 0, NO_AMOUNT, 0, *told)


def test_a_sample_of_customers_says_what_they_are_shown(tmp_path: Path, service: tuple[str, list[str]]) -> None:
    """Their own balances, lists and states, each with its subject, a busy service asked again, and nobody having done anything."""
    base, asked = service
    run, plan = finished(tmp_path, base)
    cross_examine(run, Examiner(plan), time.monotonic() + 60)
    told = read_statements(run.readback_folder)
    assert told
    assert len({statement.customer for statement in told}) == WITNESSES
    assert all(statement.answered for statement in told), [statement.reason for statement in told if not statement.answered]
    mine = [statement for statement in told if statement.customer == 7]
    listed = tuple(ToldEffect(str(coupon["id"]), int(str(coupon["fen"])), int(str(coupon["at"]))) for coupon in COUPONS)
    assert mine == [
        Statement(7, "account.balance", 0, "AC-7", answered=True, value=1234),
        Statement(7, "coupon.list", 0, answered=True, rows=listed),
        Statement(7, "coupon.list", 1, answered=True, rows=(ToldEffect(None, None, None),)),
        Statement(7, "transfer.status", 0, "x-1", answered=True, value=Standing.DONE, fen=90),
        Statement(7, "transfer.status", 0, "x-lost", answered=True, value=Standing.ABSENT),
        Statement(7, "transfer.status", 0, "x-failed", answered=True, value=Standing.OTHERWISE, fen=90),
    ]
    assert not [line for line in asked if line.startswith("/claims")], "its coupon's code only a claim would tell"


def test_the_same_customers_are_drawn_again(tmp_path: Path) -> None:
    """By the run's seed; of each operation some, those of a rare one among them."""
    run, plan = finished(tmp_path, "http://127.0.0.1:9")
    drawn = witnesses(run, plan)
    assert drawn == witnesses(run, plan)
    assert len(drawn) == len(set(drawn)) == WITNESSES
    assert 7 in drawn
    assert drawn != sorted(drawn)


def test_a_service_that_does_not_answer_is_told_of(tmp_path: Path) -> None:
    """Nothing listens: each question has its reason, and their time is bounded."""
    run, plan = finished(tmp_path, "http://127.0.0.1:9")
    cross_examine(run, Examiner(plan), time.monotonic() + 0.5)
    told = read_statements(run.readback_folder)
    assert told
    assert not [statement for statement in told if statement.answered or not statement.reason]


@pytest.mark.parametrize("go", [b"go\n", b""])
def test_the_process_asks_when_it_is_told_to(tmp_path: Path, service: tuple[str, list[str]], go: bytes) -> None:
    """A line on stdin: the read-back is there. Without one whoever started it is gone, and nobody is asked."""
    run, _ = finished(tmp_path, service[0])
    command = [sys.executable, "-m", "locustfiles.provision.cross_examination", str(run.folder)]
    done = subprocess.run(command, input=go, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (run.readback_folder / FILE).exists() == bool(go)
