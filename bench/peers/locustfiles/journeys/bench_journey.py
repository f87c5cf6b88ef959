"""The flash sale, again and again (or once, where BENCH_ONCE is set), with the pauses that BENCH_THINK asks for."""

import os

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, think
from scenarios.run.outcomes import Outcome

_THINK_S = float(os.environ.get("BENCH_THINK", "0"))
_PAUSE = think(_THINK_S) if _THINK_S else None
_ROUNDS = 1 if os.environ.get("BENCH_ONCE") else 1_000_000_000


def bench_journey(customer: Customer) -> Journey:
    """Log in, browse, poll, claim, decide, redeem; and again."""
    for _ in range(_ROUNDS):
        for question in ("session.create", "zone.get", "campaign.get", "stock.get", "activity.token"):
            yield customer.ask(question)
            if _PAUSE:
                yield _PAUSE
        claim = yield customer.ask("claim.submit", sku=customer.wish)
        if claim.outcome is not Outcome.SUCCESS:
            continue
        if _PAUSE:
            yield _PAUSE
        status = yield customer.ask("claim.status")
        if _PAUSE:
            yield _PAUSE
        if status.extracted["state"] == "GRANTED":
            yield customer.ask("coupon.list")
            if _PAUSE:
                yield _PAUSE
            yield customer.ask("coupon.redeem", order_id=customer.order_id())
            if _PAUSE:
                yield _PAUSE
