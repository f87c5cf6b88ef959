"""Asks every operation that the target has for it, whatever comes back."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

KINDS = (
    "length", "close", "chunked", "interim", "nocontent", "invalidjson", "endless", "toolong", "twice", "garbage", "halfhead",
    "tooshort", "nothing", "reset", "silent", "halfsilent", "huge", "shed", "error",
)  # fmt: skip


def every_answer(customer: Customer) -> Journey:
    """One read and one effect for each way to answer."""
    for kind in KINDS:
        yield customer.ask(f"read.{kind}")
        yield customer.ask(f"effect.{kind}")
