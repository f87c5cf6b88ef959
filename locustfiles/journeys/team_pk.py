"""A team to score for, and a bill that scores."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P1-09", "P2-10")

_LEAST_FEN, _MOST_FEN = 500, 8_000
_SCORES_AGAIN = 0.15


def team_pk(customer: Customer) -> Journey:
    """Log in, join the team that friends are in, pay a bill, score with it (some try it twice), and see who is ahead."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    team = str(customer.number % customer.shared.skew.teams + 1)
    yield customer.ask("team.rank", team=team)
    yield customer.thinks("look")
    yield from customer.insists_on("team.join", team=team)
    if not customer.succeeded():
        yield customer.ask("team.rank", team=team)
        return
    amount_fen = _LEAST_FEN + customer.chance.below(_MOST_FEN)
    yield from customer.insists_on("payment.submit", order_id=customer.order_id(), amount_fen=amount_fen)
    if customer.succeeded():
        yield customer.ask("payment.receipt")
    if not customer.succeeded():
        return
    yield from customer.insists_on("team.score")
    if customer.succeeded() and customer.chance.happens(_SCORES_AGAIN):
        yield customer.ask("team.score")
    yield customer.thinks("tap")
    yield customer.ask("team.rank", team=team)
