"""Advisers: an hour of theirs is one customer's, and nobody has two."""

NEEDS = ("basics", "campaigns", "idempotency")
PLAN = ("P1-10", "P2-05")
