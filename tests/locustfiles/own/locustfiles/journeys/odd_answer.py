"""Asks for answers that are odder still than those of `every-answer`."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

ODD = ("midreset", "badchunk", "cutchunk", "badlength", "negative", "continued", "bodied204", "empty")


def odd_answer(customer: Customer) -> Journey:
    """One read and one effect for each way to answer, and a good one after it, which must not be spoilt by what came before."""
    for kind in ODD:
        yield customer.ask(f"read.{kind}")
        yield customer.ask(f"effect.{kind}")
        yield customer.ask("read.length")
