"""The three works as Locust's own users write them. Run by Locust; the variables BENCH_* say which work."""

import json
import os
import random
import time
import uuid
from itertools import count
from pathlib import Path

import gevent
from locust import FastHttpUser as _Fast
from locust import HttpUser as _Plain
from locust import constant_throughput, events
from locust.runners import Runner

WORK = os.environ["BENCH_WORK"]
THINK_S = float(os.environ.get("BENCH_THINK", "0"))
RATE = float(os.environ.get("BENCH_RATE", "0"))
BODY = b'{"sku":"sku-01"}'
TOKEN = "t-0123456789abcdef0123456789abcdef"  # noqa: S105 - the stub's own
FIXED = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "X-Pressure-Test": "true"}
_SIGMA = 0.668  # log-normal whose 95th percentile is three medians
_numbers = count()


class Works:
    """What both kinds of user do."""

    if RATE:
        wait_time = constant_throughput(RATE)

    def on_start(self) -> None:
        """Who this is."""
        self.number = next(_numbers)

    def work(self) -> None:
        """What is measured."""
        getattr(self, f"do_{WORK}")()

    def do_post(self) -> None:
        """The same bytes each time."""
        self.client.post("/v1/post", data=BODY, headers=FIXED, name="post")

    def do_get(self) -> None:
        """A question without a body."""
        self.client.get("/v1/zone", name="zone")

    def do_json(self) -> None:
        """A claim, its answer read."""
        if self.claim(TOKEN, "a-1")["state"] != "GRANTED":
            raise RuntimeError("not granted")

    def claim(self, token: str, activity_token: str) -> dict:
        """A claim with a key of its own; what was granted."""
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4()), "X-Pressure-Test": "true"}
        body = {"sku": f"sku-{self.number % 20 + 1:02d}", "batch_id": "batch-1", "activity_token": activity_token}
        answer = self.client.post("/v1/activities/flash/claims", json=body, headers=headers, name="claim.submit").json()
        if answer["code"] != "OK":
            raise RuntimeError(answer["code"])
        return answer["data"]

    def think(self) -> None:
        """A customer's pause."""
        if THINK_S:
            gevent.sleep(random.lognormvariate(0, _SIGMA) * THINK_S)

    def do_journey(self) -> None:
        """Log in, browse, poll, claim, decide, redeem."""
        client = self.client
        who = {"no": str(self.number), "phone": f"142{self.number:08d}"}
        login = client.post("/bank/v1/sessions", json=who, headers={"X-Pressure-Test": "true"}, name="session.create").json()["data"]
        headers = {"Authorization": f"Bearer {login['token']}", "X-Pressure-Test": "true"}
        self.think()
        client.get("/v1/campaigns/spring/zone", headers=headers, name="zone.get")
        self.think()
        client.get("/v1/campaigns/spring", headers=headers, name="campaign.get")
        self.think()
        client.get("/v1/activities/flash/stock", headers=headers, name="stock.get")
        self.think()
        token = client.get("/v1/activities/flash/token", headers=headers, name="activity.token").json()["data"]["activity_token"]
        self.think()
        claim = self.claim(login["token"], token)
        self.think()
        status = client.get(f"/v1/claims/{claim['claim_id']}", headers=headers, name="claim.status").json()["data"]
        self.think()
        if status["state"] == "GRANTED":
            client.get("/v1/coupons", headers=headers, name="coupon.list")
            self.think()
            keyed = headers | {"Idempotency-Key": str(uuid.uuid4())}
            body = {"order_id": uuid.uuid4().hex, "amount_fen": claim["face_fen"]}
            path = f"/v1/coupons/{claim['coupon_code']}/redemptions"
            if client.post(path, json=body, headers=keyed, name="coupon.redeem").json()["code"] != "OK":
                raise RuntimeError("not redeemed")
            self.think()


class FastHttpUser(Works, _Fast):
    """Locust's quick one."""

    tasks = [Works.work]


class HttpUser(Works, _Plain):
    """Locust's usual one."""

    tasks = [Works.work]


def report(path: Path, warm_s: float, lasts_s: float) -> None:
    """Ends Locust so long after its first answer, and then writes down the latencies of all requests after the warm-up, in milliseconds.

    Locust's own --run-time counts from its start, and a process that has to wait for its core may not send anything in that.
    """
    latencies: list[float] = []
    began: list[float] = []
    runners: list[Runner] = []

    def hear(response_time: float, **_facts: object) -> None:
        now = time.monotonic()
        if not began:
            began.append(now)
            gevent.spawn_later(lasts_s, runners[0].quit)
        if now - began[0] >= warm_s:
            latencies.append(response_time)

    events.test_start.add_listener(lambda environment, **_facts: runners.append(environment.runner))
    events.request.add_listener(hear)
    events.quitting.add_listener(lambda **_facts: path.write_text(json.dumps(latencies)))


if "BENCH_REPORT" in os.environ:
    report(Path(os.environ["BENCH_REPORT"]), float(os.environ["BENCH_WARM"]), float(os.environ["BENCH_LASTS"]))
