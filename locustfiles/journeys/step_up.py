"""A telephone of one's own: it logs its customer in, and answers the challenge that stands before a large transfer or a new telephone's."""

import hmac

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey
from scenarios.run.outcomes import CORRECT, Outcome, Probe

PLAN = ("P1-03",)

_LEAST_FEN, _MOST_FEN = 50_000, 60_000
_SMALL_FEN = 20_000
_NEW_TELEPHONE = 0.4
_FORGES = 0.15
_DAWDLES = 0.3
_SENDS_TWICE = 0.3
_TRIES = 6


def step_up(customer: Customer) -> Journey:
    """Log in, bind a telephone, log in by it, and transfer; what is challenged is answered and asked again, some forge the answer first."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield from customer.insists_on("device.bind", telephone=_telephone(customer))
    if not customer.knows("device_key"):
        return
    yield customer.thinks("tap")
    yield from _logs_in(customer)
    if not customer.succeeded():
        return
    yield customer.thinks("look")
    if customer.chance.happens(_NEW_TELEPHONE):
        yield from _sends(customer, "transfer.new-device", 1 + customer.chance.below(_SMALL_FEN))
    for _ in range(2 if customer.chance.happens(_SENDS_TWICE) else 1):
        yield from _sends(customer, "transfer.submit", _LEAST_FEN + customer.chance.below(_MOST_FEN - _LEAST_FEN))


def _logs_in(customer: Customer) -> Journey:
    """By what the telephone signs; some show something else first."""
    yield from customer.insists_on("login.nonce", telephone=_telephone(customer))
    if not customer.knows("nonce_id"):
        return
    if customer.chance.happens(_FORGES):
        yield customer.ask("session.unlock", probe=Probe.FOREIGN, telephone=_telephone(customer), assertion=_forged(customer))
    yield from customer.insists_on("session.unlock", telephone=_telephone(customer), assertion=_signed(customer, "nonce_id"))


def _sends(customer: Customer, operation: str, amount_fen: int) -> Journey:
    """Under one key, until it is done or refused; whatever is challenged meanwhile is answered."""
    key = customer.new_key()
    for _ in range(_TRIES):
        answer = yield customer.ask(operation, key=key, amount_fen=amount_fen, telephone=_telephone(customer))
        if answer.outcome in CORRECT:
            return
        if answer.outcome is Outcome.CHALLENGE and customer.knows("challenge_id"):
            yield from _answers(customer)
        yield customer.thinks("hesitate" if customer.chance.happens(_DAWDLES) else "glance")
    yield from customer.grumbles(operation)


def _answers(customer: Customer) -> Journey:
    """By what the telephone signs."""
    yield customer.thinks("tap")
    if customer.chance.happens(_FORGES):
        yield customer.ask("challenge.answer", probe=Probe.FOREIGN, telephone=_telephone(customer), assertion=_forged(customer))
    yield from customer.insists_on("challenge.answer", telephone=_telephone(customer), assertion=_signed(customer, "challenge_id"))


def _telephone(customer: Customer) -> str:
    """This visit's own."""
    return f"tel-{customer.shared.tag}-{customer.origin >> 16:x}"


def _signed(customer: Customer, name: str) -> str:
    """What was told under that name, signed with the telephone's key."""
    return hmac.new(str(customer.session["device_key"]).encode(), str(customer.session[name]).encode(), "sha256").hexdigest()


def _forged(customer: Customer) -> str:
    """A signature by a key that is nobody's."""
    return hmac.new(b"nobody's", str(customer.number).encode(), "sha256").hexdigest()
