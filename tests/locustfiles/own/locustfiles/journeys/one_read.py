"""One read."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def one_read(customer: Customer) -> Journey:
    """Looks at the balance."""
    yield customer.ask("account.balance")
