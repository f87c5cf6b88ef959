"""What the service makes of idempotency keys that come twice, twice at once, with another body, or not at all."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import NO_KEY, Journey, parallel
from scenarios.run.outcomes import Probe

_AMOUNT_FEN, _OTHER_FEN = 101, 102


def idempotency_probe(customer: Customer) -> Journey:
    """Transfer a small sum, send the very same again, then another sum under the same key, one without a key, and one twice at once."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    key = customer.new_key()
    yield customer.ask("transfer.submit", key=key, probe=Probe.FIRST, amount_fen=_AMOUNT_FEN)
    if not customer.succeeded():
        return
    yield customer.thinks("glance")
    yield customer.ask("transfer.submit", key=key, probe=Probe.REPLAY, amount_fen=_AMOUNT_FEN)
    yield customer.ask("transfer.submit", key=key, probe=Probe.MISMATCH, amount_fen=_OTHER_FEN)
    yield customer.ask("transfer.submit", key=NO_KEY, probe=Probe.MISSING, amount_fen=_AMOUNT_FEN)
    twin = customer.new_key()
    yield parallel(*(customer.ask("transfer.submit", key=twin, probe=Probe.TWIN, amount_fen=_AMOUNT_FEN) for _ in range(2)))
