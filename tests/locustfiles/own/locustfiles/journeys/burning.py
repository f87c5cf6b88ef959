"""Burns a core."""

from time import process_time

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def burning(customer: Customer) -> Journey:
    """Looks at the balance, and thinks so hard that nobody else gets a turn."""
    until_s = process_time() + 0.05
    while process_time() < until_s:
        pass
    yield customer.ask("account.balance")
