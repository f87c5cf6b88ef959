"""A journey whose key no record holds."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def overspending(customer: Customer) -> Journey:
    """Asks once, and then with a key of 70 bits."""
    yield customer.ask("account.balance")
    yield customer.ask("transfer.submit", key=1 << 70, amount_fen=1)
