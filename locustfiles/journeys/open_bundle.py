"""A plan of automatic investment, for the loan coupon that comes with it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P2-08",)

_MONTHLY_FEN = (10_000, 20_000, 50_000, 100_000)
_TWO_DEVICES = 0.2
_ASKS_AGAIN = 0.1
_LOOKS = 3


def open_bundle(customer: Customer) -> Journey:
    """Log in, open a plan (some from two devices at once, some again later), wait for its end, and look for the coupon."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("read")
    monthly_fen = _MONTHLY_FEN[customer.chance.below(len(_MONTHLY_FEN))]
    if customer.chance.happens(_TWO_DEVICES):
        yield parallel(*(customer.ask("bundle.open", monthly_fen=monthly_fen) for _ in range(2)))
    else:
        yield from customer.insists_on("bundle.open", monthly_fen=monthly_fen)
    for _ in range(_LOOKS):
        if customer.session.get("bundle_state") not in ("OPENING", "UNDOING"):
            break
        yield customer.thinks("look")
        yield customer.ask("bundle.get")
    yield customer.ask("coupon.list")
    if customer.chance.happens(_ASKS_AGAIN):
        yield customer.ask("bundle.open", monthly_fen=monthly_fen)
