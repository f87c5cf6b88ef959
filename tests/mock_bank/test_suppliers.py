"""The suppliers: each dial does what it says and nothing else, and the ledger says what was really done."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from statistics import median

import pytest
import requests
from suppliers_lab import CONTROL, Suppliers, suppliers_process

from mock_bank.events import Events
from mock_bank.supervisor.dials import DialListener
from mock_bank.suppliers.dials import DialError, Dials, Fate
from mock_bank.suppliers.ledger import Ledger
from mock_bank.suppliers.supplier import Asked, Supplier, Trade

CHANCE = Random(7)  # noqa: S311 - which calls fail is nothing secret
KEYS = (f"key-{number}" for number in count())


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suppliers]:
    """The real one."""
    with suppliers_process(tmp_path_factory.mktemp("suppliers")) as (client, _):
        yield client


@pytest.fixture
def suppliers(process: Suppliers) -> Iterator[Suppliers]:
    """All dials at rest before and after."""
    yield process
    for name in process.ask("GET", "/dials", token=CONTROL).json():
        process.ask("DELETE", f"/dials/{name}", token=CONTROL)


@pytest.mark.parametrize(("supplier", "state"), [("voucher", "REDEEMED"), ("sms", "SENT"), ("biller", "PAID"), ("risk", "ALLOW")])
def test_supplier_does_a_thing_once_for_each_key(suppliers: Suppliers, supplier: str, state: str) -> None:
    """A key asked again gets the same answer, both calls are in the ledger, and one of them did it."""
    key = next(KEYS)
    headers = {"X-Caller": "campaign-a", "X-Sent-Ns": "77"}
    answers = [suppliers.do(supplier, key, "someone", 500, headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"reference": f"{supplier}-{key}", "state": state})] * 2
    rows = suppliers.calls(key)
    assert [row["did"] for row in rows] == [1, 0]
    told = {name: rows[0][name] for name in ("supplier", "caller", "subject", "amount_fen", "state", "fate", "sent_ns")}
    expected = {"supplier": supplier, "caller": "campaign-a", "subject": "someone", "amount_fen": 500}
    assert told == expected | {"state": state, "fate": "answered", "sent_ns": 77}
    assert 0 < rows[0]["arrived_ns"] <= time.monotonic_ns()


def test_voucher_is_redeemed_once_whoever_asks(suppliers: Suppliers) -> None:
    """Another key for the same coupon is refused; the first may ask again."""
    first, second = next(KEYS), next(KEYS)
    assert suppliers.do("voucher", first, f"CP-{first}").status_code == 200
    assert suppliers.do("voucher", second, f"CP-{first}").json()["state"] == "TAKEN"
    assert suppliers.do("voucher", first, f"CP-{first}").status_code == 200
    assert [row["did"] for row in suppliers.calls(second)] == [0]


def test_message_lies_with_the_telephone_and_in_no_ledger(suppliers: Suppliers) -> None:
    """The last one, whoever asks; there is none where none was sent."""
    key = next(KEYS)
    assert suppliers.ask("GET", f"/inbox/{key}", token="").json() == {"latest": None}
    sent = {"key": key, "subject": key, "text": "271828"}
    assert suppliers.ask("POST", "/sms", sent).status_code == 200
    assert suppliers.ask("GET", f"/inbox/{key}", token="").json() == {"latest": "271828"}
    assert "271828" not in str(suppliers.calls(key))


def test_supplier_that_errs_does_nothing(suppliers: Suppliers) -> None:
    """500 for the share of calls that the dial says; the rest is done as ever."""
    suppliers.turn("sms", errors=0.6)
    keys = [next(KEYS) for _ in range(200)]
    statuses = Counter(suppliers.do("sms", key).status_code for key in keys)
    assert set(statuses) == {200, 500}
    assert 80 <= statuses[500] <= 160  # 120 of 200; less than one in a million by chance
    suppliers.turn("sms", errors=1.0)
    key = next(KEYS)
    assert suppliers.do("sms", key).status_code == 500
    assert [(row["did"], row["fate"]) for row in suppliers.calls(key)] == [(0, "error")]


def test_errors_can_be_dealt_out_evenly_to_each_caller(suppliers: Suppliers) -> None:
    """Of any ten calls of a caller as many as the share says, however the callers come one after another."""
    suppliers.turn("sms", even_errors=0.4)
    callers = ("campaign-a", "campaign-b")
    said = [suppliers.do("sms", next(KEYS), headers={"X-Caller": caller}).status_code for _ in range(30) for caller in callers]
    for number in range(2):
        mine = [status == 500 for status in said[number::2]]
        assert {sum(mine[begin : begin + 10]) for begin in range(21)} == {4}
    suppliers.turn("sms", even_errors=None)


@pytest.mark.parametrize(("dial", "did"), [("blackhole", 0), ("unanswered", 1)])
def test_supplier_that_is_silent_has_done_what_its_ledger_says(suppliers: Suppliers, dial: str, did: int) -> None:
    """A black hole does nothing, the other does it; neither answers, and one who asks again after that has it once."""
    suppliers.turn("biller", **{dial: 1.0})
    key = next(KEYS)
    with pytest.raises(requests.ReadTimeout):
        suppliers.do("biller", key, timeout=0.2)
    assert [row["did"] for row in suppliers.calls(key)] == [did]
    suppliers.turn("biller", **{dial: None})
    assert suppliers.do("biller", key).status_code == 200
    assert sum(row["did"] for row in suppliers.calls(key)) == 1


def test_supplier_may_do_a_thing_twice(suppliers: Suppliers) -> None:
    """The mistake that reconciliation is for: one answer, two effects in the ledger."""
    suppliers.turn("voucher", duplicates=1.0)
    key = next(KEYS)
    assert suppliers.do("voucher", key).json()["state"] == "REDEEMED"
    assert [row["did"] for row in suppliers.calls(key)] == [2]


def test_supplier_may_do_things_out_of_order(tmp_path: Path) -> None:
    """One is held back until a later one is done; where none comes it is not held for long."""
    trade = Trade("sms", "SENT")
    supplier = Supplier(trade, Ledger(tmp_path / "ledger"), CHANCE)

    async def story() -> list[str]:
        supplier.dials = Dials(out_of_order=1.0)
        early = asyncio.create_task(supplier.answer(asked("early")))
        await asyncio.sleep(0.001)  # it has drawn its lot
        supplier.dials = Dials()
        await supplier.answer(asked("late"))
        await early
        supplier.dials = Dials(out_of_order=1.0)
        await supplier.answer(asked("alone"))
        return [call.key for call in Ledger(tmp_path / "ledger").after(0, 9)]

    assert asyncio.run(story()) == ["late", "early", "alone"]


def asked(key: str) -> Asked:
    """A call."""
    return Asked(key, key, 0, "test", 0, 0)


def test_dials_of_one_supplier_are_no_other_s_and_are_put_to_rest(suppliers: Suppliers) -> None:
    """Turned one by one; null puts one to rest, DELETE all."""
    assert suppliers.turn("risk", errors=1.0, latency_ms=5).json()["errors"] == 1.0
    assert suppliers.do("voucher", next(KEYS)).status_code == 200
    assert suppliers.do("risk", next(KEYS)).status_code == 500
    assert suppliers.turn("risk", errors=None).json() | {"latency_ms": 5} == suppliers.turn("risk").json()
    assert set(suppliers.ask("DELETE", "/dials/risk", token=CONTROL).json().values()) == {0.0}


def test_whether_a_supplier_is_there_is_told_by_its_dials(suppliers: Suppliers) -> None:
    """Asking so does nothing and is entered nowhere."""
    before = suppliers.ask("GET", "/calls", token=CONTROL).json()["rows"]
    assert suppliers.ask("GET", "/risk").json() == {"supplier": "risk"}
    suppliers.turn("risk", errors=1.0)
    assert suppliers.ask("GET", "/risk").status_code == 500
    assert suppliers.ask("GET", "/calls", token=CONTROL).json()["rows"] == before


@pytest.mark.parametrize(
    ("method", "path", "body", "token", "status"),
    [
        ("PUT", "/dials/risk", {"error": 1}, CONTROL, 400),
        ("PUT", "/dials/risk", {"errors": 1.5}, CONTROL, 400),
        ("PUT", "/dials/risk", {"errors": True}, CONTROL, 400),
        ("PUT", "/dials/risk", {"errors": "much"}, CONTROL, 400),
        ("PUT", "/dials/risk", {"latency_ms": 50, "latency_p95_ms": 20}, CONTROL, 400),
        ("PUT", "/dials/risk", [1], CONTROL, 400),
        ("PUT", "/dials/nobody", {}, CONTROL, 404),
        ("PUT", "/dials/risk", {}, "services-token", 401),
        ("GET", "/calls?after=x", None, CONTROL, 400),
        ("GET", "/calls", None, "services-token", 401),
        ("POST", "/risk", {"key": "k"}, "services-token", 400),
        ("POST", "/risk", {"key": "", "subject": "s"}, "services-token", 400),
        ("POST", "/risk", {"key": "k" * 201, "subject": "s"}, "services-token", 400),
        ("POST", "/risk", {"key": "k", "subject": "s", "amount_fen": -1}, "services-token", 400),
        ("POST", "/nobody", {"key": "k", "subject": "s"}, "services-token", 404),
        ("POST", "/risk", {"key": "k", "subject": "s"}, "wrong", 401),
        ("POST", "/sentiment", {"scores": [2]}, CONTROL, 400),
        ("POST", "/sentiment", {"scores": [0]}, "services-token", 401),
    ],
)
def test_supplier_refuses_what_makes_no_sense(suppliers: Suppliers, method: str, path: str, body: object, token: str, status: int) -> None:
    """With one sentence, and nothing is turned or done."""
    answer = suppliers.ask(method, path, body, token=token)
    assert answer.status_code == status
    assert len(answer.json()["error"]) > 10


def test_sentiment_feed_tells_what_was_said(suppliers: Suppliers) -> None:
    """In order, each once, after a number; by its dials some of it twice."""
    first = suppliers.ask("POST", "/sentiment", {"scores": [-1, 0.5]}, token=CONTROL).json()["said"] - 2
    told = suppliers.ask("GET", f"/sentiment?after={first}").json()["mentions"]
    assert [(mention["seq"] - first, mention["score"]) for mention in told] == [(1, -1.0), (2, 0.5)]
    suppliers.turn("sentiment", duplicates=1.0)
    assert len(suppliers.ask("GET", f"/sentiment?after={first}").json()["mentions"]) == 4
    suppliers.turn("sentiment", errors=1.0)
    assert suppliers.ask("GET", "/sentiment").status_code == 500


def test_who_reads_a_feed_stands_in_the_ledger_where_he_says_who_he_is(suppliers: Suppliers) -> None:
    """With what came of it, and nothing was done; who only looks is entered nowhere."""
    me = next(KEYS)
    suppliers.ask("GET", "/complaints?after=7", headers={"X-Caller": me})
    suppliers.turn("complaints", errors=1.0)
    suppliers.ask("GET", "/complaints", headers={"X-Caller": me})
    suppliers.turn("complaints", errors=None)
    suppliers.ask("GET", "/complaints?after=8")
    rows = [row for row in suppliers.calls("") if row["supplier"] == "complaints"]
    assert [(row["subject"], row["did"], row["fate"]) for row in rows if row["caller"] == me] == [
        ("after 7", 0, "answered"),
        ("after 0", 0, "error"),
    ]
    assert all(row["caller"] for row in rows)


def test_dials_that_are_turned_are_told_once_with_their_time(suppliers: Suppliers) -> None:
    """Each that is another than before; put to rest it is at 0 again."""
    began_ns = time.monotonic_ns()
    suppliers.turn("sms", errors=0.25, latency_ms=5.0)
    suppliers.turn("sms", errors=0.25)
    suppliers.ask("DELETE", "/dials/sms", token=CONTROL)
    told = suppliers.ask("GET", f"/dials/changes?since={began_ns}", token=CONTROL).json()["changes"]
    dials = [(change["supplier"], change["dial"], change["value"]) for change in told]
    assert dials == [("sms", "latency_ms", 5.0), ("sms", "errors", 0.25), ("sms", "latency_ms", 0.0), ("sms", "errors", 0.0)]
    times = [change["monotonic_ns"] for change in told]
    assert times == sorted(set(times))
    assert began_ns < times[0] < time.monotonic_ns()
    assert suppliers.ask("GET", "/dials/changes").status_code == 401


def test_the_world_tells_each_turn_of_a_dial_once(suppliers: Suppliers, tmp_path: Path) -> None:
    """At the suppliers' own time; a listener that comes after another goes on where that one was."""

    async def hear(wanted: int) -> list[tuple[object, ...]]:
        events = Events(tmp_path / "events.jsonl")
        listening = asyncio.create_task(DialListener(suppliers.url.removeprefix("http://"), CONTROL, events).run())
        try:
            async with asyncio.timeout(10):
                while len(mine := [one for one in events.since(0) if one["dependency"] == "depot-backup"]) < wanted:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.6)  # it asks again, and tells nothing twice
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        assert len(mine) == wanted
        return [(event["kind"], event["part"], event["dial"], event["value"]) for event in mine]

    suppliers.turn("depot-backup", blackhole=1.0)
    first = asyncio.run(hear(1))
    suppliers.turn("depot-backup", blackhole=None)
    both = asyncio.run(hear(2))
    assert both == [*first, ("dial-turned", "suppliers", "blackhole", 0.0)]
    assert first == [("dial-turned", "suppliers", "blackhole", 1.0)]


def test_ledger_survives_a_kill(tmp_path: Path) -> None:
    """What was answered is there again, page by page, and is not done a second time; a line that was cut off is nobody's."""
    with suppliers_process(tmp_path) as (suppliers, process):
        keys = [next(KEYS) for _ in range(3)]
        for key in keys:
            suppliers.do("voucher", key)
        process.kill()
        process.wait(10)
    with (tmp_path / "suppliers.jsonl").open("a") as file:
        file.write('{"seq": 4, "supp')
    with suppliers_process(tmp_path) as (suppliers, _):
        assert suppliers.do("voucher", keys[0]).status_code == 200
        assert [row["did"] for row in suppliers.calls(keys[0], limit=2)] == [1, 0]
        assert [len(suppliers.calls(key, limit=2)) for key in keys[1:]] == [1, 1]


def test_latency_is_log_normal_by_its_median_and_95th_percentile() -> None:
    """Of many, half take no longer than the one, and one in twenty longer than the other; without the other all take the same."""
    taken = sorted(Dials(latency_ms=10, latency_p95_ms=40).delay_s(CHANCE) for _ in range(20_000))
    assert median(taken) == pytest.approx(0.010, rel=0.05)
    assert taken[19_000] == pytest.approx(0.040, rel=0.05)
    assert {Dials(latency_ms=10).delay_s(CHANCE) for _ in range(9)} == {0.010}


def test_fates_come_in_the_shares_that_the_dials_say() -> None:
    """A black hole first: what it swallows can be no error."""
    dials = Dials(blackhole=0.5, errors=0.5, unanswered=0.5)
    fates = Counter(dials.fate(CHANCE) for _ in range(8000))
    shares = {fate: found / 8000 for fate, found in fates.items()}
    expected = {Fate.SWALLOWED: 0.5, Fate.ERROR: 0.25, Fate.UNANSWERED: 0.125, Fate.ANSWERED: 0.125}
    assert shares == pytest.approx(expected, abs=0.03)


def test_a_dial_says_what_it_may_be() -> None:
    """Name, value and what is allowed."""
    with pytest.raises(DialError, match=r"errors is 2; it must be a number from 0 to 1, or null"):
        Dials().turned({"errors": 2})
