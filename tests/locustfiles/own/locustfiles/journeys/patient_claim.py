"""A claim with a human's patience."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey
from scenarios.run.outcomes import Outcome


def patient_claim(customer: Customer) -> Journey:
    """Tries until content or tired."""
    for attempt in customer.patience():
        claim = yield customer.ask("claim.submit", key=attempt.key)
        if claim.outcome is Outcome.SUCCESS:
            break
