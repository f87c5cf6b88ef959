"""The gift at a booth: for who registers there, once each."""

NEEDS = ("basics", "campaigns", "idempotency", "registrations")
PLAN = ("P3-09",)
