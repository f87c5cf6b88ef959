"""Advisers: an hour of theirs is one customer's, and nobody has two; some are gold customers' alone."""

NEEDS = ("basics", "campaigns", "idempotency", "memberships")
PLAN = ("P1-10", "P2-05", "P2-07")
