"""The same works as Locust's own users write them; prints how many requests it made and the CPU that took, as JSON."""

import json
import os
import time
import uuid
from itertools import count

import gevent
from locust import FastHttpUser, events, task
from locust.env import Environment

WORK = os.environ["BENCH_WORK"]
SECONDS = float(os.environ["BENCH_SECONDS"])
BODY = b'{"sku":"sku-01","batch_id":"batch-1"}'
_numbers = count()
TOKEN = {"Authorization": "Bearer t-0123456789abcdef0123456789abcdef", "Content-Type": "application/json"}


class Peer(FastHttpUser):
    """One of a hundred."""

    def _claim(self, token: str, activity_token: str) -> dict:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}
        body = {"sku": f"sku-{next(_numbers) % 20 + 1:02d}", "batch_id": "batch-1", "activity_token": activity_token}
        return self.client.post("/v1/activities/flash/claims", json=body, headers=headers, name="claim.submit").json()["data"]

    def _journey(self) -> None:
        client = self.client
        who = {"no": "1", "phone": "14200000001"}
        login = client.post("/bank/v1/sessions", json=who, name="session.create").json()["data"]
        headers = {"Authorization": f"Bearer {login['token']}"}
        client.get("/v1/campaigns/spring/zone", headers=headers, name="zone.get")
        client.get("/v1/campaigns/spring", headers=headers, name="campaign.get")
        client.get("/v1/activities/flash/stock", headers=headers, name="stock.get")
        token = client.get("/v1/activities/flash/token", headers=headers, name="activity.token").json()["data"]["activity_token"]
        claim = self._claim(login["token"], token)
        status = client.get(f"/v1/claims/{claim['claim_id']}", headers=headers, name="claim.status").json()["data"]
        if status["state"] == "GRANTED":
            client.get("/v1/coupons", headers=headers, name="coupon.list")
            keyed = headers | {"Idempotency-Key": str(uuid.uuid4())}
            body = {"order_id": uuid.uuid4().hex, "amount_fen": claim["face_fen"]}
            client.post(f"/v1/coupons/{claim['coupon_code']}/redemptions", json=body, headers=keyed, name="coupon.redeem").json()

    @task
    def work(self) -> None:
        """What is measured."""
        if WORK == "post":
            self.client.post("/v1/post", data=BODY, headers=TOKEN, name="post")
        elif WORK == "json":
            assert self._claim("t-0123456789abcdef0123456789abcdef", "a-1")["state"] == "GRANTED"
        else:
            self._journey()


@events.test_start.add_listener
def measure(environment: Environment, **_facts: object) -> None:
    """Waits until it runs evenly, then counts."""

    def count() -> None:
        gevent.sleep(1.0)
        requests, cpu_s = environment.stats.num_requests, time.process_time()
        gevent.sleep(SECONDS)
        print(json.dumps({"requests": environment.stats.num_requests - requests, "cpu_s": time.process_time() - cpu_s}), flush=True)
        os._exit(0)

    gevent.spawn(count)
