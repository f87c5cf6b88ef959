"""The campaign's zone page, whose parts the app fetches all at once."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P3-02", "P3-03", "P6-01")


def zone_page(customer: Customer) -> Journey:
    """Open the zone page, look at it for a while, and let the app report what was seen."""
    blocks = ("exposure.carousel", "exposure.popup", "zone.get", "task.list", "stock.get", "rank.list")
    yield parallel(*(customer.ask(block) for block in blocks))
    yield customer.thinks("browse")
    yield customer.ask("beacon.post")
