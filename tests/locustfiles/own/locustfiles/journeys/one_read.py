"""One read."""

from locustfiles.customer import Customer
from locustfiles.steps import Journey


def one_read(customer: Customer) -> Journey:
    """Looks at the balance."""
    yield customer.ask("account.balance")
