"""A journey that thinks the process is its own to end."""

import sys

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def ending_everything(customer: Customer) -> Journey:
    """Ends the program after its first answer."""
    yield customer.ask("account.balance")
    sys.exit(3)
