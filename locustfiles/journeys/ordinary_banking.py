"""What people do with their bank on any day."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P1-01",)

_LEAST_FEN, _MOST_FEN = 100, 20_000
_ASKS_TOO_MUCH = 0.05


def ordinary_banking(customer: Customer) -> Journey:
    """Log in, look around, transfer a small sum (now and then more than there is), the balance in sight, and see whether it arrived."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("exposure.carousel")
    yield customer.thinks("look")
    yield customer.ask("account.balance")
    yield customer.thinks("look")
    amount_fen = _LEAST_FEN + customer.chance.below(_MOST_FEN)
    yield customer.ask("transfer.precheck", amount_fen=amount_fen)
    if not customer.succeeded():
        return
    if customer.chance.happens(_ASKS_TOO_MUCH):
        amount_fen += 2 * int(str(customer.session["balance_fen"])) if customer.knows("balance_fen") else 0
    yield customer.ask("account.balance")
    yield customer.thinks("look")
    yield customer.ask("transfer.submit", amount_fen=amount_fen)
    yield from customer.grumbles("transfer.submit")
    if not customer.succeeded():
        return
    yield customer.ask("account.balance")
    if not customer.knows("transfer_id"):
        return
    yield customer.thinks("tap")
    yield customer.ask("transfer.status")
