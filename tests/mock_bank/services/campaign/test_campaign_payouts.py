"""The outbox: what was won is paid by the bank, exactly once."""

import signal
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from services_world import OPERATOR, Node, Person, World, new_key, wait_for

from scenarios.plan.campaign import SHANGHAI
from scenarios.plan.working_days import is_working_day, working_day_after


def redeem(services: World, person: Person, node: int = 0, fen: int = 500) -> tuple[str, str]:
    """A campaign whose prize this person has won and redeemed; its id and the payout's key."""
    name, won, redeemed = services.campaign(sku={"face_fen": fen}), new_key(), new_key()
    person.claim(services.campaigns[node], f"a{name}", won)
    body = {"order_id": "o", "amount_fen": fen}
    status, _ = person.ask(services.campaigns[node], "POST", f"/v1/coupons/CP-{won}/redemptions", body, redeemed)
    assert status == 200
    return name, f"RD-{redeemed}"


def outbox(node: Node, key: str) -> dict[str, Any]:
    """The payout's row."""
    (row,) = [row for row in node.read_back("/v1/ops/outbox") if row["payout_key"] == key]
    return row


def test_services_red_packet_and_coupon_reach_the_account(services: World) -> None:
    """Both are paid within seconds, each with one posting, and the balance says so."""
    (me,) = services.people(1, balance_fen=0)
    name = services.campaign(redpacket={"pool_fen": 100, "min_fen": 100, "max_fen": 100, "packets": 1})
    packet = me.ask(services.campaigns[0], "POST", "/v1/checkins", {"campaign_id": name}, new_key())[1]["data"]["redpacket_id"]
    assert me.ask(services.campaigns[1], "POST", f"/v1/redpackets/{packet}/open", None, new_key())[1]["data"]["amount_fen"] == 100
    _, coupon = redeem(services, me)
    for key in (packet, coupon):
        wait_for(lambda key=key: outbox(services.campaigns[0], key)["state"] == "PAID", "it is paid")
    assert me.ask(services.banks[0], "GET", f"/bank/v1/accounts/{me.account}")[1]["data"]["balance_fen"] == 600


def test_services_prize_without_money_owes_nothing(services: World) -> None:
    """A face of nothing makes no payout."""
    (me,) = services.people(1)
    _, key = redeem(services, me, fen=0)
    assert key not in {row["payout_key"] for row in services.campaigns[0].read_back("/v1/ops/outbox")}


def test_services_third_working_day_is_that_of_the_harness_unless_by_defect(services: World) -> None:
    """Every day of a year, in the database and by the judge's calendar, two that know nothing of each other; and a promise."""
    works = "select string_agg(case when campaign.is_working_day(d::date) then '1' else '0' end, '' order by d)"
    days = f"{works} from generate_series('2026-01-01', '2026-12-31', interval '1 day') d"
    told = services.database.sql(days)
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert told == "".join(str(int(bool(is_working_day(day)))) for day in year)
    assert (
        "0" not in services.database.sql(f"begin; select set_config('mock.any_day_works', 'on', true); {days}; rollback").splitlines()[-1]
    )
    (me,) = services.people(1)
    _, key = redeem(services, me)
    (row,) = [row for row in services.campaigns[0].read_back("/v1/ops/redemptions") if row["effect_id"] == key]
    earned = datetime.fromtimestamp(row["at_ms"] / 1000, SHANGHAI).date()
    due = working_day_after(earned, 3)
    assert row["pays_by"] == outbox(services.campaigns[0], key)["pays_by"]
    assert due is None or row["pays_by"] == due.isoformat()


class Moody(BaseHTTPRequestHandler):
    """A bank that pays and then, every second time, does not say so."""

    bank_url = ""
    calls = 0

    def do_POST(self) -> None:
        """Pass the batch on to the real bank; then answer, or drop the connection."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {"X-Operator-Token": OPERATOR, "Content-Type": "application/json"}
        answer = requests.post(self.bank_url + self.path, data=body, headers=headers, timeout=5)
        type(self).calls += 1
        if type(self).calls % 2 == 1:
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Silence."""


@pytest.fixture
def moody(services: World) -> Iterator[str]:
    """Its address."""
    Moody.bank_url, Moody.calls = services.banks[1].url, 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_services_payout_is_posted_once_though_the_bank_is_moody(services: World, moody: str) -> None:
    """The bank pays but does not answer every second time: every payout is delivered again, and is in the ledger once."""
    # The honest nodes are frozen meanwhile, or they would deliver first; they hold no lock, since a lease is one statement.
    for node in services.campaigns:
        node.process.send_signal(signal.SIGSTOP)
    try:
        keys = [services.owe(person.no, 70) for person in services.people(6, balance_fen=0)]
        nodes = [services.node("campaign", f"moody-{n}", "A", bank_url=moody) for n in range(2)]
        wait_for(lambda: {outbox(nodes[0], key)["state"] for key in keys} == {"PAID"}, "all are paid")
        for node in nodes:
            services.stop(node)
    finally:
        for node in services.campaigns:
            node.process.send_signal(signal.SIGCONT)
    assert Moody.calls >= 2
    postings = [row for row in services.banks[0].read_back("/bank/v1/ops/ledger") if row["txn_id"].removeprefix("PO-") in keys]
    assert sorted(row["credit_fen"] for row in postings) == [0] * 6 + [70] * 6
    assert max(outbox(services.campaigns[0], key)["attempts"] for key in keys) >= 2


def test_services_lease_of_a_dead_node_runs_out(services: World) -> None:
    """A payout that was leased and never settled is paid by another node after the lease."""
    (me,) = services.people(1, balance_fen=0)
    key = services.owe(me.no, 70, due="now() + interval '1 s'", attempts=1)
    wait_for(lambda: outbox(services.campaigns[0], key)["state"] == "PAID", "the other node pays")
    assert outbox(services.campaigns[0], key)["attempts"] == 2


def test_services_payout_to_a_stranger_ends_as_failed(services: World) -> None:
    """What the bank will never pay is not tried for ever, and says why."""
    key = services.owe("stranger", 70)
    wait_for(lambda: outbox(services.campaigns[0], key)["state"] == "FAILED", "it is given up")
    assert outbox(services.campaigns[0], key)["error"] == "REJECTED"
